"""A ministry's own copy of its State's log: what it takes, what it refuses, what it forgets."""

import contextlib
import datetime
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import contexts
import demo
import forge
import texts
import web

DONE, USAGE, REFUSED, UNKNOWN, CONFLICT, VERIFY, STALE, FORK = 0, 2, 3, 5, 6, 9, 10, 11
FRESH_S = 600  # so long a cosignature says something to a reader
STEP_S = 0.02  # between the moments at which a sync is killed
KILLS = 400
PARTS = ("journal", "lock", "log")
LOG = "demo"  # what the log is called, and the folder of its mirror
GROUND = ("--basis", "LED 16(2)", "--order", "XA-DPA-01/2026-114")


def blob(column, at):
    """SQL of the column with another octet there, counted from 0."""
    return (f"CAST(substr({column}, 1, {at}) || CASE substr({column}, {at} + 1, 1) WHEN x'00'"
            f" THEN x'01' ELSE x'00' END || substr({column}, {at} + 2) AS BLOB)")


class MirrorTest(web.Oversight):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hire("XC-MIN-01", state="XC")
        for party in ("XA-MIN-01", "XA-DPA-01", "XA-POL-02", "XC-MIN-01"):
            folder = f"{cls.demo.pki}/{party[:2]}/parties/{party}"
            contexts.change(cls.demo, party.lower(), f"{party[:2].lower()}-ca-01", party=party,
                            cert=f"{folder}/tls.crt", key=f"{folder}/tls.key",
                            sealing_cert=f"{folder}/seal.crt", sealing_key=f"{folder}/seal.key")

    def folder(self, name):
        return os.path.join(demo.temporary_folder(), name)

    def sync(self, *more, context="xa-min-01"):
        return self.demo.comity("audit", "sync", *more, context=context)

    def synced(self, *more, context="xa-min-01"):
        done = self.sync(*more, context=context)
        self.assertEqual(done.code, DONE, done)
        return done.json

    def verified(self, mirror, *more, context="xa-min-01"):
        done = self.demo.comity("audit", "verify", "--mirror", mirror, *more, context=context)
        self.assertEqual(done.code, DONE, done)
        self.assertTrue(done.json["verified"])
        return done.json

    def settled(self):
        """The size of XA's log, which nothing adds to any more."""
        return self.demo.settled_size(self.xa, "XA-CA-01")

    @staticmethod
    @contextlib.contextmanager
    def database(mirror, how="ro"):
        with contextlib.closing(sqlite3.connect(f"file:{mirror}/{LOG}/mirror.db?mode={how}",
                                                uri=True)) as db:
            yield db

    def slots(self, mirror):
        with self.database(mirror) as db:
            return dict(db.execute("SELECT idx, slot FROM opening"))

    def test_a_ministry_has_all_of_its_log_and_what_was_added_next_time(self):
        mirror = self.folder("xa-min-01")
        size = self.settled()
        first = self.synced("--mirror", mirror)
        self.assertEqual((first["size"], first["new"], first["openings"]), (size, size, size))
        self.assertIsNone(first["cosigned_since"])
        found = self.verified(mirror)
        for key in ("origin", "size", "root"):
            self.assertEqual(found[key], first[key], key)
        self.demo.accepted(demo.plain("MIRROR-1"))
        size = self.settled()
        again = self.synced("--mirror", mirror)
        self.assertEqual((again["size"], again["new"], again["openings"]),
                         (size, size - first["size"], size - first["size"]))
        read = [slot for slot in self.slots(mirror).values() if b"AUDIT_READ" in slot]
        self.assertGreater(len(read), 0)  # that it looked is in what it looks at
        own = demo.run(demo.COMITY, "audit", "verify", "--mirror", mirror, "--key",
                       self.demo.vkey(self.xa), "--json")
        self.assertEqual(own.code, DONE, own)

    def test_each_context_has_its_own_mirrors(self):
        self.synced(context="xa-dpa-01")
        self.synced(context="xc-min-01")
        home = self.demo.env["COMITY_HOME"]
        ours, theirs = f"{home}/mirror/xa-dpa-01/XA-GW-01", f"{home}/mirror/xc-min-01/XC-GW-01"
        self.assertIn("xa-gw-01", self.verified(ours)["origin"])
        self.assertIn("xc-gw-01", self.verified(theirs, context="xc-min-01")["origin"])
        self.assertEqual(self.sync("--mirror", ours, context="xc-min-01").code, CONFLICT)
        self.assert_fails(self.demo.comity("audit", "verify", "--mirror", f"{home}/nowhere"),
                          USAGE, "CONFIG")

    def test_nobody_else_is_given_one(self):
        before = self.settled()
        mirror = self.folder("nobody")
        for context in ("xa-pol-02", "xa-ca-01"):
            self.assert_fails(self.sync("--mirror", mirror, context=context), REFUSED, "E_ROLE")
        self.assert_fails(self.sync("--mirror", mirror, "--gateway", "XC-GW-01"), REFUSED,
                          "E_ROLE")
        self.assert_fails(self.sync("--mirror", mirror, "--gateway", "XA-GW-09"), UNKNOWN,
                          "E_UNKNOWN")
        self.assert_fails(self.sync("--mirror", mirror, "--dry-run"), USAGE, "USAGE")
        self.assertFalse(os.path.exists(mirror))
        self.assertEqual(self.settled(), before)  # nobody was asked

    def test_a_sync_that_is_killed_at_any_moment_goes_on(self):
        mirror = self.folder("killed")
        size = self.settled()
        words = [demo.COMITY, "audit", "sync", "--mirror", mirror, "--context", "xa-min-01"]
        killed = 0
        for count in range(1, KILLS):
            process = subprocess.Popen(words, env=self.demo.env, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(count * STEP_S)
            process.kill()
            if process.wait() != -signal.SIGKILL:  # it was quicker
                break
            killed += 1
        self.assertEqual(process.returncode, DONE)
        self.assertGreater(killed, 0)
        self.assertGreaterEqual(self.verified(mirror)["size"], size)

    def test_what_is_erased_at_the_gateway_is_forgotten(self):
        mirrors = {context: self.folder(context) for context in ("xa-min-01", "xa-dpa-01")}
        with self.reader("XA-POL-02") as reader:
            self.assertEqual(reader.get("/openings?from=0&count=1")[0], 404)
        self.settled()
        for context, mirror in mirrors.items():
            self.synced("--mirror", mirror, context=context)
        slots = self.slots(mirrors["xa-min-01"])
        denied = max(index for index, slot in slots.items() if b"E_ROLE" in slot)
        record = slots[denied][slots[denied].index(b"E_ROLE") - 40:]
        self.assertEqual(self.demo.admin(self.xa, "erase", "--entry", str(denied), *GROUND),
                         {"done": "erased"})
        self.settled()
        for context, mirror in mirrors.items():
            self.synced("--mirror", mirror, context=context)
            self.assertNotIn(b"E_ROLE", self.slots(mirror)[denied], context)
            for path, octets in demo.folder_octets(mirror):
                self.assertNotIn(record[:60], octets, path)
            self.verified(mirror, context=context)

    def test_one_changed_octet_is_found(self):
        whole, mirror = self.folder("whole"), self.folder("changed")
        self.synced("--mirror", whole)
        changes = {
            "entry 3: its time": "UPDATE entry SET time = time + 1 WHERE idx = 3",
            "hash 3 is not that of its entry":
                f"UPDATE entry SET entry = {blob('entry', 78)} WHERE idx = 3",
            "entry 3: its openings":
                f"UPDATE opening SET slot = {blob('slot', 130)} WHERE idx = 3",
            "not a signed checkpoint":
                f"UPDATE checkpoint SET note = {blob('note', '(length(note) - 5)')}",
            "checkpoint: the directory knows no log":
                f"UPDATE checkpoint SET note = {blob('note', 2)}",
            "tile/0/000": f"UPDATE tile SET hashes = {blob('hashes', 2)}",
            "at the gateway that the mirror names": "UPDATE log SET gateway = 'XA-GW-02'",
            "names another log": f"UPDATE log SET origin = 'xa-gw-02.example/audit/{LOG}'",
        }
        for fault, change in changes.items():
            shutil.copytree(whole, mirror)
            with self.database(mirror, "rw") as db:
                self.assertEqual(db.execute(change).rowcount, 1)
                db.commit()
            done = self.demo.comity("audit", "verify", "--mirror", mirror, context="xa-min-01")
            self.assertEqual((done.code, done.json["verified"]), (VERIFY, False), (change, done))
            self.assertIn(fault, done.json["fault"])
            shutil.rmtree(mirror)

    def test_an_old_checkpoint_is_not_taken(self):
        mirror = self.folder("behind")
        path = os.path.join(self.xa.log, "checkpoint")
        self.settled()
        old = demo.read(path)
        self.synced("--mirror", mirror)
        self.settled()
        before = self.synced("--mirror", mirror)
        self.settled()
        new = demo.read(path)
        with open(path, "wb") as file:
            file.write(old)
        self.assert_fails(self.sync("--mirror", mirror), STALE, "E_STALE")
        with open(path, "wb") as file:
            file.write(new)
        self.assertEqual(self.verified(mirror)["size"], before["size"])
        self.synced("--mirror", mirror)

    def witnessed(self, *witnesses):
        """A context of the ministry whose directory wants all these witnesses of its State's."""
        rulebook = self.folder("rulebook")
        shutil.copytree(self.rulebook, rulebook)
        path = os.path.join(rulebook, "states", "demo")
        rows = "".join(f'\n      witness XA "{witness.vkey}"' for witness in witnesses)
        text, count = re.subn(r"(?m)^( *log \"xa-gw-01.* quorum) \d+$",
                              lambda found: f"{found[1]} {len(witnesses)}{rows}",
                              demo.read(path).decode())
        self.assertEqual(count, 1)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return contexts.change(self.demo, f"xa-min-01-{len(witnesses)}", "xa-min-01",
                               directory=rulebook)

    def test_nothing_is_taken_beyond_the_end_that_the_directory_signs(self):
        size = self.settled()
        origin = self.demo.vkey(self.xa).split("+")[0]
        for end, code, why in ((size - 1, VERIFY, "ended with"), (size, FORK, "another root")):
            rulebook = os.path.join(demo.temporary_folder(), "rulebook")
            shutil.copytree(f"{self.demo.dir}/rulebook", rulebook)
            texts.change_where(f"{rulebook}/states/demo", rf'(log "{origin}" key .*? quorum 0)',
                               lambda row, end=end: f'{row[1]} closed at {end} root "{"A" * 43}="')
            context = contexts.change(self.demo, "ended", "xa-min-01", directory=rulebook)
            mirror = self.folder(f"ended-{end - size}")
            done = self.sync("--mirror", mirror, context=context)
            self.assertEqual(done.code, code, done)
            self.assertIn(why, done.error["message"])
            self.assertFalse(os.path.exists(mirror) and any(
                name == "mirror.db" for _, _, names in os.walk(mirror) for name in names))

    def test_without_enough_fresh_cosignatures_nothing_is_taken(self):
        mirror = self.folder("witnessed")
        path = os.path.join(self.xa.log, "checkpoint")
        witness, other = (forge.Witness(f"ministry.xa.example/witness/{number}",
                                        forge.Key.make(self.folder("witness.key")))
                          for number in (1, 2))
        one, two = self.witnessed(witness), self.witnessed(witness, other)
        size, now_s = self.settled(), int(time.time())
        note = demo.read(path).decode()
        for age_s, context in ((None, one), (FRESH_S + 30, one), (-FRESH_S - 300, one),
                               (10, two)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(note if age_s is None else witness.cosign(note, now_s - age_s))
            self.assert_fails(self.sync("--mirror", mirror, context=context), STALE, "E_STALE")
        done = self.synced("--mirror", mirror, context=one)
        self.assertEqual((done["size"], done["openings"]), (size, size))
        since = datetime.datetime.fromtimestamp(now_s - 10, datetime.timezone.utc)
        self.assertEqual(done["cosigned_since"], since.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.verified(mirror, context=one)
        self.settled()  # the next checkpoint is without

    def closed(self, size, root):
        """A context of the ministry whose directory closes its gateway's log there."""
        rulebook = os.path.join(demo.temporary_folder(), "rulebook")
        shutil.copytree(self.rulebook, rulebook)
        texts.change_where(os.path.join(rulebook, "states", "demo"),
                           r'(?m)^( *log "xa-gw-01.* quorum \d+)$',
                           lambda row: f'{row[1]} closed at {size} root "{root}"')
        return contexts.change(self.demo, "closed", "xa-min-01", directory=rulebook)

    def test_another_root_at_the_end_convicts_and_the_end_itself_is_taken(self):
        mirror, other = self.folder("ends"), "A" * 43 + "="
        self.settled()
        kept = self.synced("--mirror", mirror)
        size = self.settled()
        self.assertEqual(self.sync("--mirror", mirror, context=self.closed(size - 1, other)).code,
                         VERIFY)
        self.convicts_all_the_same(mirror, self.closed(size, other))
        self.assert_fails(self.sync("--mirror", mirror, context=self.closed(size, other)), FORK,
                          "E_FORK")
        evidence = {os.path.splitext(path)[1]: demo.read(path).decode()
                    for path in demo.files_below(os.path.join(mirror, LOG, "evidence"))}
        self.assertEqual([evidence[end].split("\n")[1] for end in (".kept", ".shown")],
                         [str(kept["size"]), str(size)])
        self.verified(mirror)
        root = demo.read(os.path.join(self.xa.log, "checkpoint")).decode().split("\n")[2]
        done = self.synced("--mirror", mirror, context=self.closed(size, root))
        self.assertEqual(done["size"], size)

    def convicts_all_the_same(self, mirror, context):
        """A copy of it, where what is kept has lost its signature: it is the directory that says
        where the log ended."""
        spoiled = self.folder("spoiled")
        shutil.copytree(mirror, spoiled)
        with contextlib.closing(sqlite3.connect(os.path.join(spoiled, LOG, "mirror.db"))) as rows:
            note = bytes(rows.execute("SELECT note FROM checkpoint").fetchone()[0])
            other = b"A" if note[-9:-8] != b"A" else b"B"
            rows.execute("UPDATE checkpoint SET note = ?", (note[:-9] + other + note[-8:],))
            rows.commit()
        self.assert_fails(self.sync("--mirror", spoiled, context=context), FORK, "E_FORK")

    def published(self):
        return int(demo.read(os.path.join(self.xa.log, "checkpoint")).split(b"\n")[1])

    def begin(self):
        """Starts XA's gateway, and waits until it shows that it did."""
        before = self.published()
        self.xa.start()
        demo.until(lambda: self.published() > before, "it publishes that it was started")

    def keep(self, name):
        """What the gateway has, in a folder beside it."""
        kept = self.folder(name)
        os.mkdir(kept)
        for part in PARTS:
            self.copy(os.path.join(self.xa.folder, part), kept)
        return kept

    def put_back(self, kept):
        for part in PARTS:
            shutil.rmtree(os.path.join(self.xa.folder, part))
            self.copy(os.path.join(kept, part), self.xa.folder)

    @staticmethod
    def copy(path, folder):
        """With its owner, whom comityd becomes."""
        subprocess.run(["cp", "-a", path, folder], check=True)

    @demo.costly
    def test_what_was_rewritten_is_an_alarm_and_both_are_kept(self):
        mirror = self.folder("forked")
        other = self.demo.at("XC")
        other.end()  # that one sees it, too, and would not speak with XA any more
        self.xa.end()
        begun = self.keep("begun")
        before = self.published()
        self.xa.start()
        self.demo.accepted(demo.plain("TRUE"))
        demo.until(lambda: self.published() > before + 1, "start and message are published")
        true = self.synced("--mirror", mirror)
        self.xa.end()
        finished = self.keep("finished")
        self.put_back(begun)
        self.begin()
        files = {}
        while len(files) < 2 * 2 or self.published() <= true["size"]:
            self.assert_fails(self.sync("--mirror", mirror), FORK, "E_FORK")
            for path in demo.files_below(os.path.join(mirror, LOG, "evidence")):
                self.assertEqual(demo.read(path), files.setdefault(path, demo.read(path)))
            self.xa.end()
            self.begin()
        self.assert_fails(self.sync("--mirror", mirror), FORK, "E_FORK")
        self.assertEqual({os.path.splitext(path)[1] for path in files}, {".kept", ".shown"})
        for path, octets in files.items():
            if path.endswith(".kept"):
                self.assertEqual(int(octets.split(b"\n")[1]), true["size"])
        self.assertEqual(self.verified(mirror)["root"], true["root"])
        self.xa.end()
        self.put_back(finished)
        self.begin()
        self.assertGreater(self.synced("--mirror", mirror)["size"], true["size"])
        other.start()


if __name__ == "__main__":
    demo.main()
