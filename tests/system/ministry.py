"""A ministry's witness: comity-witness in a folder of its own, beside a demo, and what a gateway
sends to it."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import tempfile

import demo
import forge

PROGRAM = os.path.join(demo.PROGRAMS, "comity-witness")
NAME = "ministry.xa.example/witness/1"
PUBLIC = bytes.fromhex("302a300506032b6570032100")  # what stands before an Ed25519 key in DER


def verify(vkey, note):
    """The time of the cosignature by this key, which must hold."""
    name, identifier, key = vkey.split("+", 2)
    body, lines = note.split("\n\n")
    line = next(line for line in lines.splitlines() if line.startswith(f"\u2014 {name} "))
    blob = base64.b64decode(line.split(" ")[2])
    assert len(blob) == 76 and blob[:4].hex() == identifier, line
    time_s = int.from_bytes(blob[4:12], "big")
    with tempfile.TemporaryDirectory() as folder:
        for part, octets in (("key", PUBLIC + base64.b64decode(key)[1:]), ("signature", blob[12:]),
                             ("text", f"cosignature/v1\ntime {time_s}\n{body}\n".encode())):
            with open(f"{folder}/{part}", "wb") as file:
                file.write(octets)
        forge.Key.openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey",
                          f"{folder}/key", "-sigfile", f"{folder}/signature", "-in",
                          f"{folder}/text")
    return time_s


class Witness:
    """A witness with a folder of its own."""

    def __init__(self, demonstration, pair):
        self.demo, self.pair = demonstration, pair
        self.folder = tempfile.mkdtemp(dir=os.path.dirname(demonstration.dir))
        self.rulebook = f"{self.folder}/rulebook"
        shutil.copytree(f"{demonstration.dir}/rulebook", self.rulebook)
        self.key, self.state = f"{self.folder}/witness.key", f"{self.folder}/state.db"
        self.words, self.ready = f"{self.folder}/err", f"{self.folder}/ready"
        self.process = None
        made = demo.run(PROGRAM, "--make-key", "--key", self.key, "--name", NAME)
        assert made.code == 0, made
        self.vkey = made.out.strip()

    def command(self, **other):
        options = {"name": NAME, "key": self.key, "state": self.state, "listen": "127.0.0.1:0",
                   "certificate": self.pair[0], "tls-key": self.pair[1],
                   "authorities": self.demo.pki, "rulebook": self.rulebook, "ready": self.ready}
        options.update({name.replace("_", "-"): value for name, value in other.items()})
        return [PROGRAM, *(word for name, value in options.items() if value is not None
                           for word in (f"--{name}", value))]

    def start(self):
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        with open(self.words, "ab") as words:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=words)
        demo.until(lambda: os.path.exists(self.ready) or self.process.poll() is not None,
                   "it is ready")
        assert self.process.poll() is None, self.said()
        self.address = demo.read(self.ready).decode().strip()
        return self

    def end(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(timeout=demo.DEADLINE_S)
        self.process = None
        return code

    def said(self):
        return demo.read(self.words).decode()

    def events(self, name):
        lines = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    # ---- asking ----

    def connect(self, who):
        kind = "gateways" if "-GW-" in who else "parties"
        return self.connect_as(*(f"{self.demo.pki}/{who[:2]}/{kind}/{who}/tls.{end}"
                                 for end in ("crt", "key")))

    def connect_as(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(f"{self.demo.pki}/XA/ca.crt")
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["http/1.1"])
        host, port = self.address.rsplit(":", 1)
        return http.client.HTTPSConnection(host, int(port), context=context,
                                           timeout=demo.DEADLINE_S)

    def ask(self, method, path, body=None, who="XA-GW-01", connection=None):
        """Status, type and text of the answer."""
        own = connection or (self.connect(who) if isinstance(who, str) else self.connect_as(*who))
        try:
            own.request(method, path, body)
            answer = own.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
        finally:
            if connection is None:
                own.close()

    def submit(self, text, who="XA-GW-01", connection=None):
        return self.ask("POST", "/add-checkpoint", text.encode(), who, connection)

    def add(self, log, old, size=None, who="XA-GW-01", connection=None):
        """Asks to cosign this log after that size."""
        return self.submit(request(log, old, size), who, connection)

    def kept(self, origin, what="checkpoint", who="XA-CA-01"):
        return self.ask("GET", f"/{hashlib.sha256(origin.encode()).hexdigest()}/{what}", who=who)

    def evidence(self, origin, who="XC-GW-01"):
        """All pieces, page by page: a list for each page."""
        pages, on = [], "evidence"
        while on:
            status, kind, text = self.kept(origin, on, who)
            assert (status, kind) == (200, "application/jsonl"), text
            rows = [json.loads(line) for line in text.splitlines()]
            on = f"evidence?from={rows.pop()['next']}" if "next" in rows[-1] else None
            pages.append(rows)
        return pages


def request(log, old, size=None):
    size = log.size if size is None else size
    hashes = log.path(old, size) if 0 < old < size else []
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)
    return f"old {old}\n{lines}\n{log.note(size)}"
