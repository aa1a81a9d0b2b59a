"""The installed programs and a demo of their own for each test, over loopback. ctest names the
programs' folder in COMITY_PROGRAMS."""

import atexit
import json
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import link

PROGRAMS = os.environ["COMITY_PROGRAMS"]
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.dirname(TESTS)
COMITY = os.path.join(PROGRAMS, "comity")
COMITYD = os.path.join(PROGRAMS, "comityd")
A3 = os.path.join(SOURCE, "clients", "examples", "a3-request.json")
LONG = os.environ.get("COMITY_LONG") == "1"
SANITIZED = os.environ.get("COMITY_SANITIZE", "") != ""
LARGE = LONG and not SANITIZED  # for what a sanitizer would only make longer
DEADLINE_S = 30
# For what takes minutes under sanitizers, and is run without them each time.
costly = unittest.skipIf(SANITIZED and not LONG, "with sanitizers in tests/run --long only")

# A sanitizer's freed memory is kept aside and would look like growth.
os.environ["ASAN_OPTIONS"] = ":".join(
    filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1"]))
for name in ("COMITY_CONTEXT", "NO_COLOR"):
    os.environ.pop(name, None)


def until(holds, what, seconds=DEADLINE_S):
    """Waits for what should happen."""
    end = time.monotonic() + seconds
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files_below(folder):
    """Not the sockets: they have no octets to read."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not pathlib.Path(path).is_socket():
                yield path


def folder_octets(folder):
    """Every file below a folder, those of a running journal too: path and octets."""
    for path in sorted(files_below(folder)):
        try:
            yield path, read(path)
        except FileNotFoundError:
            continue  # renamed or removed by its owner meanwhile


def a3():
    """Case A.3 as the officer of XA-CA-01 composes it."""
    with open(A3, encoding="utf-8") as file:
        return json.load(file)


def plain(case_ref):
    """A short request with one suspect and no victim."""
    return {
        "type": "mla.request", "case_ref": case_ref, "instrument": "UNTOC18", "lang": "eng",
        "owner": "XA", "legal_basis": ["UNTOC18"], "purpose": "EVIDENCE",
        "transfer": {"tier": "T3", "basis": "LED37_BINDING"},
        "authority": {"name": "Prosecutor", "function": "Prosecutor"},
        "proceeding": {"type": "PROSECUTION", "subject": "fraud",
                       "conducted_by": {"name": "District Court", "function": "judge"}},
        "facts": "S1 opened the account named in item 1.", "facts_subjects": ["S1"],
        "facts_cats": ["CRM"], "offences": [{"iccs": "0701", "max_penalty_months": 60}],
        "items": [{"item": 1, "measure": "BANK_RECORDS", "target_sid": "S1",
                   "details": {"iban": "XC71CRLB0000000047110815"}}],
        "persons": [{"sid": "S1", "cat": "ACCUSED", "dob": "1984-03-17", "citizenship": ["XC"],
                     "name": {"family": "Halmar", "given": "Viktor"}}],
        "purpose_text": "evidence at trial"}


def person(document, sid):
    return next(p for p in document["persons"] if p["sid"] == sid)


def signatories(name):
    """Who signs an object of the demo's rulebook."""
    return {"law": ("XF-MIN-01", "XF-JUD-01"),
            "states": ("XF-CA-01",)}.get(name, (f"{name[-2:]}-MIN-01",))


def sign(pki, folder, *names, by=None, more=()):
    """Has those who sign these objects of a rulebook do so, or one of them."""
    for name in names:
        for who in by or signatories(name):
            place = f"{pki}/{who[:2]}/parties/{who}/seal"
            done = run(COMITY, "policy", "sign", folder, "--object", name, "--key", f"{place}.key",
                       "--cert", f"{place}.crt", "--yes", "-q", *more)
            assert done.code == 0, done


def renumber(folder, name):
    """The next number of an object whose text has changed."""
    place = os.path.join(folder, *name.split(":"))
    word = name.replace(":", " ")
    for path in files_below(place):
        text = read(path).decode()
        new = re.sub(rf"(?m)^{word} number (\d+)$",
                     lambda found: f"{word} number {int(found[1]) + 1}", text)
        if new != text:
            with open(path, "w", encoding="utf-8") as file:
                file.write(new)
            return
    raise AssertionError(f"{name} has no number")


def reissue(pki, folder, *names):
    """Objects with the next number, signed anew."""
    for name in names:
        renumber(folder, name)
    sign(pki, folder, *names)


class Done:
    """How a program ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self):
        return json.loads(self.err)["error"]

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def run(*words, env=None, given=None, seconds=4 * DEADLINE_S):
    done = subprocess.run(words, input=given, capture_output=True, text=True, env=env,
                          timeout=seconds, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def has_ended(pid):
    """With all its threads, so that its files and ports are free."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 0)[0])
    finally:
        os.close(process)


def is_running(pid, config):
    """One that is ending has no command line any more."""
    try:
        words = read(f"/proc/{pid}/cmdline").split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return config.encode() in words or (words == [b""] and not has_ended(pid))


def processor_s(pid):
    """What a process has used of the processors so far, in user and in system mode."""
    fields = read(f"/proc/{pid}/stat").decode().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def temporary_folder():
    """A folder that comityd can reach after it became somebody else; removed at the end."""
    path = tempfile.mkdtemp(prefix="comity-system-")
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def bound(port):
    """Keeps a port of loopback, 0 for any that is free: nobody is given it by chance, while whoever
    wants this one can listen there."""
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    keeper.bind(("127.0.0.1", port))
    return keeper


class Gateway:
    """One gateway of a demo: its files and its process."""

    def __init__(self, row, env):
        self.gateway, self.env, self.process = row, env, None
        self.own_env = {}  # more for the environment of comityd, which clients do not have
        self.id, self.address, self.pid = row["id"], row["address"], row["pid"]
        self.config, self.journal, self.log = row["config"], row["journal"], row["log"]
        self.folder = os.path.dirname(self.config)
        self.words = os.path.join(self.folder, "comityd.err")

    def limit(self, **limits):
        """Other limits for the next start, and these alone."""
        rows = "".join(f"  {key}: '{value}'\n" for key, value in limits.items())
        text = re.sub(r"(?m)^limits:\n(?: .*\n)*", "", read(self.config).decode())
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"{text}limits:\n{rows}")

    def end(self, how=signal.SIGTERM):
        """Ends comityd and waits until it is gone. The exit code where it is our child."""
        os.kill(self.pid, how)
        if self.process is None:
            until(lambda: not is_running(self.pid, self.config), "comityd ends")
            return None
        code = self.process.wait(timeout=DEADLINE_S)
        self.process = None
        return code

    def start(self, *before):
        """Starts comityd again with the same configuration, so at the same address."""
        said = self.launch(*before)
        assert self.process.poll() is None, said

    def launch(self, *before, **env):
        """Starts comityd and waits until it is ready, or has ended. What it said so far. before:
        words of a program that starts it; env: more for its environment."""
        ready = os.path.join(self.folder, "ready")
        if os.path.exists(ready):
            os.unlink(ready)
        there = len(self.said())
        with open(self.words, "ab") as words:
            self.process = subprocess.Popen(
                [*before, COMITYD, "--config", self.config], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=words,
                env=dict(self.env, **self.own_env, **env))
        self.pid = self.process.pid
        with open(os.path.join(self.folder, "pid"), "w", encoding="utf-8") as file:
            file.write(f"{self.pid}\n")  # demo restart and demo down go by it
        until(lambda: os.path.exists(ready) or self.process.poll() is not None, "comityd decides")
        return self.said()[there:]

    def freeze(self):
        """Stops the process where it stands; nothing it holds is closed."""
        os.kill(self.pid, signal.SIGSTOP)
        until(lambda: b") T " in read(f"/proc/{self.pid}/stat"), "it stands still")

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    def is_running(self):
        return is_running(self.pid, self.config)

    def comityd(self, config, *more):
        """Runs comityd where it should not stay."""
        return run(COMITYD, "--config", config, *more, env=self.env)

    def said(self):
        """What comityd said so far."""
        return read(self.words).decode()

    def events(self, name=None, after=0):
        """The lines of that event, all events without a name, that it said from so far on."""
        lines = [json.loads(line) for line in self.said()[after:].splitlines()
                 if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if name in (None, line["event"])]

    def memory(self, key="VmRSS"):
        """What comityd has in memory, in KiB."""
        for line in read(f"/proc/{self.pid}/status").decode().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1])
        raise AssertionError(f"no {key}")

    def memory_peak(self):
        return self.memory("VmHWM")


class Demo(Gateway):
    """Two ministries and their gateway, in a folder of its own. With states each has a gateway of
    its own: `at` gives it by the State's code, and the demo itself stands for the first. witnesses:
    each State's ministry cosigns every log. env: more for the environment of what makes it."""

    def __init__(self, states=None, env=None, witnesses=False):
        self.dir = os.path.join(temporary_folder(), "demo")
        self.process = None
        self.pki = os.path.join(self.dir, "pki")
        self.gateways = []
        atexit.register(self.down)
        more = () if states is None else ("--states", ",".join(states))
        more += ("--witnesses",) if witnesses else ()
        done = run(COMITY, "demo", "up", "--dir", self.dir, "--json", *more,
                   env=dict(os.environ, **(env or {})))
        assert done.code == 0, done
        self.up = done.json
        rows = self.up["gateways"]
        self.keepers = [bound(int(address.rsplit(":", 1)[1]))
                        for row in rows + self.up["witnesses"]
                        for address in (row["address"], row.get("http")) if address]
        super().__init__(rows[0], dict(os.environ, COMITY_HOME=os.path.join(self.dir, "home")))
        self.gateways = [self] + [Gateway(row, self.env) for row in rows[1:]]

    def at(self, state):
        """The gateway of that State."""
        return next(gateway for gateway in self.gateways if gateway.id.startswith(state + "-"))

    def down(self):
        for gateway in self.gateways:
            if gateway.process is not None and gateway.process.poll() is None:
                gateway.process.kill()
                gateway.process.wait()
        run(COMITY, "demo", "down", "--dir", self.dir, "-q")

    def restart(self, state, *more):
        """By the command, as people do it."""
        gateway = self.at(state)
        done = run(COMITY, "demo", "restart", "--dir", self.dir, "--gateway", gateway.id, "--json",
                   *more)
        assert done.code == 0, done
        gateway.pid = next(g["pid"] for g in done.json["gateways"] if g["id"] == gateway.id)
        if gateway.process is not None:
            gateway.process.wait(timeout=DEADLINE_S)
            gateway.process = None
        return done.json

    def comity(self, *words, context=None, given=None):
        chosen = () if context is None else ("--context", context)
        return run(COMITY, *words, *chosen, "--json", env=self.env, given=given)

    def admin(self, gateway, *words, before=()):
        """What the operator of a gateway is answered. before: words of a program that asks."""
        done = run(*before, COMITY, "admin", *words, "--config", gateway.config, "--json",
                   env=self.env)
        assert done.code == 0, (words, done)
        return done.json

    def send(self, document, *more, to=("XC-CA-01",), context="xa-ca-01"):
        parties = [word for party in to for word in ("--to", party)]
        return self.comity("request", "send", "-f", "-", *parties, *more, context=context,
                           given=json.dumps(document))

    def accepted(self, document, to="XC-CA-01", context="xa-ca-01"):
        """The message's id."""
        done = self.send(document, to=(to,), context=context)
        assert done.code == 0, done
        return done.json["recipients"][0]["id"]

    def show(self, message, context="xc-ca-01", *more):
        return self.comity("request", "show", message, *more, context=context)

    def stage(self, message, context="xa-ca-01"):
        """How far an own message got, as its sender is told."""
        own = self.show(message, context)
        assert own.code == 0, own
        return own.json["recipients"][0]["stage"]

    def inbox(self, context="xc-ca-01"):
        done = self.comity("request", "inbox", context=context)
        assert done.code == 0, done
        return done.rows

    def context(self, name):
        done = self.comity("context", "show", name)
        assert done.code == 0, done
        return done.json

    # ---- logs: of the first gateway, unless one is named ----

    def vkey(self, gateway=None):
        origin = (gateway or self).id.lower()
        logs = self.comity("audit", "keys", context="xc-ca-01").json["logs"]
        return next(log["vkey"] for log in logs if log["origin"].startswith(origin))

    def verified(self, log=None):
        return self.comity("audit", "verify", "--log", log or self.log,
                           context=self.up["contexts"][-1])

    def copy_log(self, folder, ignore=None):
        """A whole copy of the published log: what is being published goes on meanwhile."""
        def copied():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                shutil.copytree(self.log, folder, ignore=ignore)
            except (shutil.Error, FileNotFoundError):
                return False
            return self.verified(folder).code == 0
        until(copied, "a copy of the log that holds")

    def log_size(self, gateway=None):
        """Entries in the published log, which must hold."""
        done = self.verified((gateway or self).log)
        assert done.code == 0, done
        return done.json["size"]

    def settled_size(self, gateway=None, party="XC-CA-01"):
        """Entries in the log once all that was answered so far is published."""
        with link.Link(self, party, gateway=gateway) as asking:
            origin = self.vkey(gateway).split("+")[0]
            note = asking.ask(link.LOG_CHECKPOINT, origin)[4][0][0]
            asking.end()
        return self.log_grown_to(int(note.split("\n")[1]), gateway)

    def log_grown_to(self, size, gateway=None):
        """Publishing follows within a second; what a killed gateway left goes with it."""
        def grown():
            done = self.verified((gateway or self).log)
            return done.code == 0 and done.json["size"] >= size
        until(grown, f"a published log of {size} entries that holds")
        return self.log_size(gateway)

    def end_reports(self):
        """What sanitizers found wrong in any gateway."""
        return [line for gateway in self.gateways
                for line in re.findall(r"(?m)^.*(?:Sanitizer|runtime error: ).*$", gateway.said())]


def nobody():
    """Whom comityd becomes when it is started as root."""
    return pwd.getpwnam("nobody")


class DemoTest(unittest.TestCase):
    """Tests that share one demo."""

    longMessage = True
    maxDiff = None
    states = None  # each with a gateway of its own

    @classmethod
    def setUpClass(cls):
        cls.demo = Demo(cls.states)
        cls.addClassCleanup(cls.end_demo)

    @classmethod
    def end_demo(cls):
        cls.demo.down()
        reports = cls.demo.end_reports()
        assert not reports, reports

    def assert_fails(self, done, code, name):
        self.assertEqual(done.code, code, done)
        self.assertEqual(done.error["code"], name, done)
        self.assertTrue(done.error["message"], done)
        self.assertIn("hint", done.error)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that atexit runs
    unittest.main(verbosity=2)
