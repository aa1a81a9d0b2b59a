"""Certificates that must be refused, by the keys of a demo's own CAs."""

import os
import subprocess

import demo

SUPPORT = os.path.join(demo.TESTS, "support")
REVOKE = os.path.join(demo.SOURCE, "certs", "revoke-demo-certificate")
PARTY = "URI:spiffe://{}.comity.example/party/{}"
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
PROFILES = os.path.join(demo.SOURCE, "certs", "profiles.cnf")
CONFIG = ["-config", os.path.join(SUPPORT, "make-test-pki.cnf")]


def uri(party):
    return PARTY.format(party[:2].lower(), party)


def openssl(*words, env=None):
    """What the command prints."""
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=True,
                          env=dict(os.environ, **(env or {})))
    return done.stdout


class Certificates:
    def __init__(self, gateway):
        self.demo = gateway
        self.folder = os.path.join(os.path.dirname(gateway.dir), "bad")
        os.makedirs(self.folder)

    def openssl(self, *words, names=""):
        openssl(*words, env={"NAMES": names, "CA": f"{self.demo.pki}/XA"})

    def paths(self, name):
        return f"{self.folder}/{name}.crt", f"{self.folder}/{name}.key"

    def issue(self, name, names, profile="client", country="XA", issuer=None):
        """A certificate with these alternative names, by the CA in the folder issuer."""
        certificate, key = self.paths(name)
        issuer = issuer or f"{self.demo.pki}/XA"
        self.openssl("req", *CONFIG, "-x509", "-extensions", profile, "-subj",
                     f"/C={country}/O=DEMO/CN={name} DEMO", *NEW_KEY, "-keyout", key, "-out",
                     certificate, "-days", "2", "-CA", f"{issuer}/ca.crt", "-CAkey",
                     f"{issuer}/ca.key", names=names)
        return certificate, key

    def dated(self, name, begin, end):
        certificate, key = self.paths(name)
        request = f"{self.folder}/{name}.csr"
        names = uri("XA-CA-01")
        self.openssl("req", *CONFIG, "-new", "-subj", f"/C=XA/O=DEMO/CN={name} DEMO", *NEW_KEY,
                     "-keyout", key, "-out", request, names=names)
        self.openssl("ca", *CONFIG, "-batch", "-notext", "-extensions", "client", "-startdate",
                     begin, "-enddate", end, "-in", request, "-out", certificate, names=names)
        return certificate, key

    def ended_list(self):
        """What the CA revoked, on a list that ended long ago."""
        path = f"{self.folder}/ended.pem"
        self.openssl("ca", *CONFIG, "-gencrl", "-crl_lastupdate", "20240101000000Z",
                     "-crl_nextupdate", "20240201000000Z", "-out", path)
        return path

    def rogue(self):
        """A CA that nobody configured, with the name of Arvenia's. Its folder."""
        folder = f"{self.folder}/rogue"
        os.makedirs(folder)
        self.openssl("req", *CONFIG, "-x509", "-extensions", "unconstrained_ca", *NEW_KEY, "-subj",
                     "/C=XA/O=DEMO/CN=XA State CA DEMO", "-days", "2", "-keyout",
                     f"{folder}/ca.key", "-out", f"{folder}/ca.crt")
        return folder

    def revoke(self, *paths):
        subprocess.run([REVOKE, "--dir", self.demo.pki, *paths], check=True, capture_output=True)
