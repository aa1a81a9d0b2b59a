"""A world of many States: a CA, a revocation list, a gateway and parties of each, of which two
gateways live. The others are refused, found by a name and refused, or take connections and say
nothing. The two live ones have the smallest ids, so that they dial all others."""

import atexit
import base64
import concurrent.futures
import hashlib
import json
import os
import shutil
import socket
import subprocess

import certificates
import demo
import rows

CERTS = os.path.join(demo.SOURCE, "certs")
LAW = ("vocabulary", "levels", "objects", "messages", "rules")
LIVE = ("AA", "AC")
ROLES = ("CA", "JUD", "POL", "FIU")


def codes(count):
    """The live States and that many others, which come behind them."""
    found = (first + second for first in map(chr, range(ord("B"), ord("Z") + 1))
             for second in map(chr, range(ord("A"), ord("Z") + 1)))
    return [*LIVE, *(next(found) for _ in range(count - len(LIVE)))]


def vkey(origin, public):
    octets = b"\x01" + public
    number = hashlib.sha256(origin.encode() + b"\n" + octets).digest()[:4].hex()
    return f"{origin}+{number}+{base64.b64encode(octets).decode()}"


class Wide(demo.Demo):
    """A demo in everything but how it was made."""

    def __init__(self, states, parties):
        self.keepers = [demo.bound(0) for _ in LIVE]
        self.silent = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.dir = os.path.join(demo.temporary_folder(), "wide")
        self.pki, self.rulebook = f"{self.dir}/pki", f"{self.dir}/rulebook"
        self.codes, self.gateways = codes(states), []
        atexit.register(self.down)
        self.parties = {code: [] for code in self.codes}
        for i in range(parties):
            code = self.codes[i % states]
            self.parties[code].append(f"{code}-{ROLES[i // states]}-01")
        self.addresses = {code: self.address_of(i) for i, code in enumerate(self.codes)}
        self.make_pki()
        self.write_rulebook()
        env = dict(os.environ, COMITY_HOME=os.path.join(self.dir, "home"))
        made = [self.write_gateway(code) for code in LIVE]
        self.up = {"contexts": [f"{code.lower()}-ca-01" for code in LIVE]}
        demo.Gateway.__init__(self, made[0], env)
        self.gateways = [self] + [demo.Gateway(row, env) for row in made[1:]]

    def address_of(self, i):
        if i < len(LIVE):
            return "127.0.0.1:%d" % self.keepers[i].getsockname()[1]
        return ("127.0.0.1:1", "localhost:1",
                "127.0.0.1:%d" % self.silent.getsockname()[1])[i % 3]

    def down(self):
        for gateway in self.gateways:
            if gateway.process is not None and gateway.process.poll() is None:
                gateway.process.kill()
                gateway.process.wait()
        self.silent.close()

    # ---- certificates ----

    def make_pki(self):
        words = [word for code in LIVE for word in ("--gateway", f"{code}-GW-01")]
        words += [word for code in LIVE for party in self.parties[code]
                  for word in ("--party", party)]
        subprocess.run([f"{CERTS}/make-demo-pki", "--dir", self.pki, *words], check=True,
                       capture_output=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.make_state, self.codes[len(LIVE):]))

    def make_state(self, code):
        """As make-demo-pki does, but a year long and with what a directory needs alone: so many
        that end within the month would be as many alarms."""
        ca = f"{self.pki}/{code}"
        os.makedirs(f"{ca}/parties")
        for name, text in (("index.txt", ""), ("crlnumber", "01\n")):
            with open(f"{ca}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        self.request(code, "state_ca", f"{code} State CA DEMO", f"{ca}/ca", days=366)
        subprocess.run([f"{CERTS}/make-demo-crl", "--dir", self.pki, code], check=True,
                       capture_output=True)
        for party in self.parties[code]:
            for use in ("sealing", "encryption"):
                self.request(code, use, party, f"{ca}/parties/{party}.{use}", "-CA",
                             f"{ca}/ca.crt", "-CAkey", f"{ca}/ca.key", days=60)

    @staticmethod
    def request(code, profile, name, path, *more, days):
        host = f"{code.lower()}.comity.example"
        env = {"COMITY_STATE": code, "COMITY_HOST": host, "COMITY_CA": "",
               "COMITY_URI": f"spiffe://{host}/party/{name}"}
        certificates.openssl("req", "-config", certificates.PROFILES, "-x509", "-extensions",
                             profile, "-subj", f"/C={code}/O=DEMO/CN={name}",
                             *certificates.NEW_KEY, "-keyout", f"{path}.key", "-out",
                             f"{path}.crt", "-days", str(days), *more, env=env)

    def certificate_of(self, party, use):
        if party[:2] in LIVE:
            name = {"sealing": "seal", "encryption": "enc"}[use]
            return demo.read(f"{self.pki}/{party[:2]}/parties/{party}/{name}.crt")
        return demo.read(f"{self.pki}/{party[:2]}/parties/{party}.{use}.crt")

    # ---- the rulebook ----

    def write_rulebook(self):
        for name in LAW:
            path = os.path.join(demo.SOURCE, "policies", name)
            (shutil.copytree if os.path.isdir(path) else shutil.copy)(
                path, self.made(f"{self.rulebook}/law/{name}"))
        with open(self.made(f"{self.rulebook}/states/wide"), "w", encoding="utf-8") as file:
            file.write("states number 1\n")
            file.writelines(self.state_row(code) for code in self.codes)
            file.writelines(self.gateway_row(code) for code in self.codes)
        for code in self.codes:
            with open(self.made(f"{self.rulebook}/parties/{code}/wide"), "w",
                      encoding="utf-8") as file:
                file.write(f"parties {code} number 1\n")
                file.writelines(self.party_row(party) for party in self.parties[code])

    @staticmethod
    def made(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def state_row(self, code):
        tiers = "".join(f"    tier {other} T3\n" for other in LIVE
                        if code in LIVE and other != code)
        return (f'  state {code} "State {code}"\n    domain {code.lower()}.comity.example\n'
                "    languages eng\n"
                + rows.certificate("authority", demo.read(f"{self.pki}/{code}/ca.crt")) + tiers)

    def gateway_row(self, code):
        origin, public = self.origin(code), os.urandom(32)
        if code in LIVE:
            public = base64.b64decode(
                demo.read(f"{self.pki}/{code}/gateways/{code}-GW-01/log.pub"))
        return (f'  gateway {code}-GW-01\n    address "{self.addresses[code]}"\n'
                f'    log "{origin}" key "{vkey(origin, public)}" {rows.dates()} quorum 0\n')

    def party_row(self, party):
        return (f'  party {party} "Office {party}" home {party[:2]}-GW-01 {rows.dates()}\n'
                + "".join(rows.certificate(use, self.certificate_of(party, use))
                          for use in ("sealing", "encryption")))

    @staticmethod
    def origin(code):
        return f"{code.lower()}-gw-01.comity.example/audit/demo"

    # ---- the live ones ----

    def write_gateway(self, code):
        """Files and folders of one gateway; its row as `demo up` tells it."""
        own, keys = f"{self.dir}/gateways/{code}-GW-01", f"{self.pki}/{code}/gateways/{code}-GW-01"
        text = [f"gateway: '{code}-GW-01'", f"listen: ['{self.addresses[code]}']",
                "tls:", f"  certificate: '{keys}/tls.crt'", f"  key: '{keys}/tls.key'",
                f"rulebook: '{self.rulebook}'", "rulebook_signatures: 'none'",
                f"journal: '{own}/journal'",
                f"lock: '{own}/lock/lock.db'", "log:", f"  path: '{own}/log'",
                f"  origin: '{self.origin(code)}'", f"  key: '{keys}/log.key'",
                f"key_encryption_key: '{keys}/kek.hex'", f"ready: '{own}/ready'", "authorities:"]
        for state in self.codes:
            text += [f"  - state: '{state}'", f"    certificate: '{self.pki}/{state}/ca.crt'",
                     f"    crl: '{self.pki}/{state}/crl.pem'"]
        for folder in ("", "/journal", "/lock", "/log"):
            os.makedirs(own + folder)
        if os.geteuid() == 0:
            text.append("user: 'nobody'")
            user = demo.nobody()
            for path in (f"{keys}/tls.key", own, *(f"{own}/{n}" for n in ("journal", "lock", "log"))):
                os.chown(path, user.pw_uid, user.pw_gid)
        text += ["limits:", "  ballast: '1MiB'", "  floor: '16MiB'", ""]
        for name, octets in (("comityd.yaml", "\n".join(text)), ("comityd.err", "")):
            with open(f"{own}/{name}", "w", encoding="utf-8") as file:
                file.write(octets)
        self.write_context(code)
        return {"id": f"{code}-GW-01", "address": self.addresses[code], "pid": 0,
                "config": f"{own}/comityd.yaml", "journal": f"{own}/journal", "log": f"{own}/log"}

    def write_context(self, code):
        name, folder = f"{code.lower()}-ca-01", f"{self.pki}/{code}"
        party = f"{folder}/parties/{code}-CA-01"
        path = self.made(f"{self.dir}/home/contexts/{name}.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"party": f"{code}-CA-01", "gateway": f"{code}-GW-01",
                       "cert": f"{party}/tls.crt", "key": f"{party}/tls.key",
                       "ca": f"{folder}/ca.crt", "crl": f"{folder}/crl.pem",
                       "sealing_cert": f"{party}/seal.crt", "sealing_key": f"{party}/seal.key",
                       "directory": self.rulebook, "archive": f"archive/{name}"}, file)
        os.chmod(path, 0o600)
