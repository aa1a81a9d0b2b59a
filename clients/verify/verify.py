#!/usr/bin/python3
"""verify.py DIR [--key VKEY]... [--witnessed --quorum N] [--closed SIZE:ROOT] [--tsa-ca FILE]: checks
an evidence folder of `comity audit export`.

Written from the published formats (C2SP signed-note, tlog-cosignature and tlog-proof, RFC 6962,
RFC 9052, RFC 9942) and PROTOCOL.md, with none of Comity's own code. Names every check that fails and
exits 1; exits 0 where all hold. Without --key the keys in DIR/vkeys are believed: compare them with
what the States publish. With --witnessed N of the witnesses among --key must have cosigned the
checkpoint: take keys and N from the directory, for whoever made DIR can write any quorum into it.
With --closed nothing beyond that end of the log counts, and what leads to it needs no witness: take
it from the directory ("closed at SIZE root ROOT"), never from DIR. With --tsa-ca a timestamp must be
there, and openssl, which reads it, must trace it to these roots.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import uuid

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

KINDS = ("none disclosure request consultation refusal law key erasure correction start-stop "
         "operator auditor hold stage").split()
STAGES = {0: "none", 1: "accepted", 2: "relayed", 3: "delivered", 4: "retrieved", 17: "rejected",
          18: "not-relayed", 19: "not-delivered", 20: "not-retrieved"}
NAMES = {5: "gateway", 6: "id", 7: "from", 8: "to", 9: "type", 10: "purpose", 11: "seal",
         12: "release", 13: "rulebook", 14: "code"}
STAMP = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo, before what is timestamped
IMPRINT = bytes.fromhex("3031300d060960864801650304020105000420")  # SHA-256, and a digest follows
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
PEM = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


class Fault(ValueError):
    """What does not hold."""


def require(holds, why):
    if not holds:
        raise Fault(why)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text):
    octets = base64.b64decode(text, validate=True)
    require(base64.b64encode(octets).decode() == text, "base64 that is not in its one form")
    return octets


def closing(text):
    """SIZE:ROOT."""
    size, root = text.split(":")
    require(int(size) > 0 and len(unbase64(root)) == 32, "no end of a log")
    return int(size), unbase64(root)


def decode(octets):
    """CBOR in its one deterministic form: what is read must write back to itself."""
    value = cbor2.loads(octets)
    require(cbor2.dumps(value) == octets, "CBOR that is not in its one form")
    return value


def root_of(leaf, index, size, path):
    """Where an inclusion path leads to: RFC 9162 2.1.3.2."""
    require(0 <= index < size, "the index is not below the size")
    at, last, node = index, size - 1, leaf
    for sibling in path:
        require(last > 0 and len(sibling) == 32, "the path is too long")
        if at & 1 or at == last:
            node = sha256(b"\1", sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        at, last = at >> 1, last >> 1
    require(last == 0, "the path is too short")
    return node


def tlog_proof(octets):
    """Index, path, and the checkpoint below."""
    head, _, body = octets.partition(b"\n\n")
    header, index, *path = head.decode().split("\n")
    require(header == "c2sp.org/tlog-proof@v1" and index == f"index {int(index[6:])}",
            "it is no tlog-proof")
    return int(index[6:]), [unbase64(node) for node in path], body


class Vkey:
    """The key of a log (type 1) or of a witness (type 4): "name+id+base64"."""

    def __init__(self, text):
        self.text = text
        self.name, key_id, key = text.split("+", 2)
        octets = unbase64(key)
        self.id, self.type, self.key = bytes.fromhex(key_id), octets[0], octets[1:]
        require(self.id == sha256(self.name.encode(), b"\n", octets)[:4] and len(self.key) == 32 and
                key_id == self.id.hex(), f"the id of the key of {self.name} is not its own")

    def verify(self, signature, signed, what):
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.key).verify(signature, signed)
        except InvalidSignature:
            raise Fault(f"the signature of {self.name} over {what} is wrong") from None


class Note:
    """A checkpoint: three lines, an empty one, signatures."""

    def __init__(self, text):
        self.origin, size, root, empty, *lines = text.decode().split("\n")
        require(empty == "" and lines and lines[-1] == "", "it is no checkpoint")
        self.body = f"{self.origin}\n{size}\n{root}\n".encode()
        self.size, self.root, self.lines = int(size), unbase64(root), []
        require(str(self.size) == size and self.size >= 0, "its size is not a plain number")
        for line in lines[:-1]:
            dash, name, blob = line.split(" ")
            require(dash == "\u2014", "a line of it is no signature")
            self.lines.append((name, unbase64(blob)))

    def blobs(self, key):
        return [blob[4:] for name, blob in self.lines if name == key.name and blob[:4] == key.id]

    def signed(self, log):
        blobs = self.blobs(log)
        require(log.type == 1 and self.origin == log.name and blobs, "not signed by the log's key")
        for blob in blobs:
            log.verify(blob, self.body, "the checkpoint")

    def cosigned(self, witness):
        blobs = self.blobs(witness)
        for blob in blobs:
            time = struct.unpack(">Q", blob[:8])[0]
            witness.verify(blob[8:], f"cosignature/v1\ntime {time}\n".encode() + self.body,
                           "the checkpoint")
        return len(blobs) > 0 and witness.type == 4


class Evidence:
    """The files, and what has been read of them so far. Each check is a method, run in this order."""

    CHECKS = ("files sums keys entry opening json checkpoint inclusion proof receipt cose seal "
              "signature release fields timestamp").split()

    def __init__(self, folder, options):
        self.folder, self.options, self.octets, self.notes = folder, options, {}, []
        for path in pathlib.Path(folder).rglob("*"):
            if not path.is_dir():
                self.octets[str(path.relative_to(folder))] = path.read_bytes()
        self.leaf = sha256(b"\0", self.octets.get("entry.cbor", b""))

    def below(self, folder):
        return [(name, octets) for name, octets in sorted(self.octets.items())
                if name.startswith(f"{folder}/")]

    def check_files(self):
        for name in ("entry.cbor", "opening.cbor", "entry.json", "proof.tlog", "checkpoint",
                     "receipt.cbor", "vkeys", "log.pem", "README.txt", "SHA256SUMS"):
            require(name in self.octets, f"{name} is missing")

    def check_sums(self):
        text = "".join(f"{hashlib.sha256(octets).hexdigest()}  {name}\n"
                       for name, octets in sorted(self.octets.items()) if name != "SHA256SUMS")
        given = self.octets["SHA256SUMS"].decode()
        wrong = sorted({line[66:] for line in set(text.split("\n")) ^ set(given.split("\n"))})
        require(text == given, "not as exported: " + ", ".join(wrong))

    def check_keys(self):
        rows = [line.split(" ") for line in self.octets["vkeys"].decode().splitlines()]
        self.log = Vkey(next(row[1] for row in rows if row[0] == "log"))
        self.witnesses = {row[1]: Vkey(row[2]) for row in rows if row[0] == "witness"}
        group = next((row for row in rows if row[0] == "group"), None)
        self.quorum = int(group[2]) if group else 0
        require(all(row[0] in ("log", "witness", "group", "quorum") for row in rows) and
                rows[-1] == ["quorum", group[1] if group else "none"] and
                (not group or sorted(group[3:]) == sorted(self.witnesses)), "vkeys: no such policy")
        for key in [self.log, *self.witnesses.values()] if self.options.key else []:
            require(key.text in self.options.key, f"the key of {key.name} is not one that you trust")
        pem = ed25519.Ed25519PublicKey.from_public_bytes(self.log.key).public_bytes(*PEM)
        require(self.octets["log.pem"] == pem, "log.pem is not the log's key")

    def check_entry(self):
        version, self.time, self.outer, inner = decode(self.octets["entry.cbor"])
        require(version == 1 and len(self.outer) == len(inner) == 32 and
                len(self.octets["entry.cbor"]) == 79, "it is no entry")

    def check_opening(self):
        key, record = decode(self.octets["opening.cbor"])
        made = hmac.new(key, b"comity-outer-1\0" + record, hashlib.sha256).digest()
        require(len(key) == 32 and made == self.outer, "key and record do not open the entry")
        self.record = decode(record)
        self.says = {"kind": KINDS[self.record[2]], "stage": STAGES[self.record[3]],
                     "hop": self.record[4]}
        for label, name in NAMES.items():
            value = self.record.get(label)
            if value is not None:
                self.says[name] = (str(uuid.UUID(bytes=value)) if label == 6 else
                                   value.hex() if isinstance(value, bytes) else value)

    def check_json(self):
        told = json.loads(self.octets["entry.json"])
        at = datetime.datetime.utcfromtimestamp(self.time // 1000).isoformat()
        millis = f".{self.time % 1000:03}" if self.time % 1000 else ""
        require(told["says"] == self.says and told["leaf"] == self.leaf.hex() and
                (told["time_ms"], told["time"]) == (self.time, f"{at}{millis}Z") and
                set(told) == {"log", "index", "size", "leaf", "time", "time_ms", "says"},
                "it does not say what entry and opening say")

    def check_checkpoint(self):
        self.note = Note(self.octets["checkpoint"])
        self.note.signed(self.log)
        told = {key.key for key in self.witnesses.values() if self.note.cosigned(key)}
        self.notes.append(f"{len(told)} of the {len(self.witnesses)} witnesses in vkeys have cosigned "
                          f"the checkpoint; that {self.quorum} are enough is that file's own word")
        ended = self.is_end(self.note.size, self.note.root)
        require(not self.options.witnessed or self.is_witnessed() or ended or self.check_cose(),
                "not cosigned by so many of the witnesses that you trust")

    def is_witnessed(self):
        """By the reader's keys and number alone; one key under two names has one voice."""
        keys = [Vkey(text) for text in self.options.key or []]
        voices = {key.key for key in keys if key.type == 4 and self.note.cosigned(key)}
        self.notes.append(f"{len(voices)} witnesses that you trust have cosigned the checkpoint")
        return len(voices) >= self.options.quorum

    def is_end(self, size, root):
        """Whether this is all of a log that the directory closes."""
        end, last = self.options.closed or (None, None)
        require(end is None or size <= end, f"the log ended at {end} entries, this is of {size}")
        require(size != end or root == last, "the log ended with another root")
        return size == end

    def check_inclusion(self):
        receipt = decode(self.octets["receipt.cbor"])
        require(root_of(self.leaf, receipt[3], self.note.size, receipt[4]) == self.note.root,
                "the path of the receipt does not lead to the checkpoint")
        told = json.loads(self.octets["entry.json"])
        require((told["log"], told["index"], told["size"]) ==
                (self.note.origin, receipt[3], self.note.size), "entry.json: another place")

    def check_proof(self):
        index, path, note = tlog_proof(self.octets["proof.tlog"])
        require(note == self.octets["checkpoint"], "its checkpoint is another one")
        require(root_of(self.leaf, index, self.note.size, path) == self.note.root,
                "its path does not lead to the checkpoint")

    def check_receipt(self):
        receipt = decode(self.octets["receipt.cbor"])
        require(set(receipt) - {6} == {1, 2, 3, 4, 5} and receipt[1] == self.octets["entry.cbor"] and
                receipt[2] == decode(self.octets["opening.cbor"]) and
                receipt[5].encode() == self.octets["checkpoint"], "it is of another entry")

    def check_cose(self):
        if "receipt.cose" not in self.octets:
            return
        tag = decode(self.octets["receipt.cose"])
        header, unprotected, payload, signature = tag.value
        claims = decode(header)
        require(tag.tag == 18 and payload is None and set(claims) == {1, 4, 15, 395, "tree-size"} and
                claims[1] in (-8, -19) and claims[395] == 1, "it is no receipt of RFC 9942")
        require(claims[4] == self.log.id and claims[15] == {
            1: self.log.name, 2: f"urn:uuid:{self.says['id']}"}, "it is of another log or message")
        require(set(unprotected) == {396} and set(unprotected[396]) == {-1}, "it proves no inclusion")
        (proof,) = unprotected[396][-1]
        size, index, path = decode(proof)
        require(size == claims["tree-size"], "the log has signed another size than the proof has")
        root = root_of(self.leaf, index, size, path)
        self.log.verify(signature, cbor2.dumps(["Signature1", header, b"", root]), "receipt.cose")
        return self.is_end(size, root)

    def check_seal(self):
        if "seal.cose" not in self.octets:
            return
        octets = self.octets["seal.cose"]
        require(sha256(b"comity-seal-1\0", octets) == self.record.get(11), "not what the entry is about")
        self.header, unprotected, self.payload, self.sealed = decode(octets).value
        self.claims = decode(self.payload)
        require(unprotected == {} and self.claims[24] == sorted(set(self.claims[24])),
                "it is no seal")
        require([self.claims[2], self.claims[7], self.claims[8], self.claims[5], self.claims[15]] ==
                [self.record[label] for label in range(6, 11)], "its claims are not the entry's")

    def check_signature(self):
        if "certificate.der" not in self.octets:
            return
        der, claims = self.octets["certificate.der"], decode(self.header)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        require(claims[34] == [-16, sha256(der)], "the seal names another certificate")
        at = datetime.datetime.utcfromtimestamp(self.time / 1000)
        require(certificate.not_valid_before <= at <= certificate.not_valid_after,
                "the certificate was not valid when the entry was made")
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        (name,) = names.get_values_for_type(x509.UniformResourceIdentifier)
        require(name.endswith(f"/party/{self.claims[7]}"), "the certificate is not the sender's")
        signed = cbor2.dumps(["Signature1", self.header, b"", self.payload])
        try:
            if claims[1] == -7 and isinstance(key, ec.EllipticCurvePublicKey):
                r, s = (int.from_bytes(half, "big") for half in (self.sealed[:32], self.sealed[32:]))
                require(len(self.sealed) == 64 and s <= ORDER // 2, "the signature has a high S")
                key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
            else:
                require(claims[1] == -8, "another algorithm")
                key.verify(self.sealed, signed)
        except InvalidSignature:
            raise Fault("the sender has not signed this seal") from None

    def check_release(self):
        if "release.cbor" not in self.octets:
            require(not self.below("derived"), "there are derived values without a release")
            return
        octets = self.octets["release.cbor"]
        require(sha256(b"comity-release-1\0", octets) == self.record.get(12),
                "not what the entry commits to")
        release = decode(octets)
        require([release[4], release[6], release[7], release[8], release[9]] ==
                [self.record[label] for label in (6, 7, 8, 10, 11)], "it is of another message")
        for folder, tag in (("fields", b"comity-released-1\0"), ("derived", b"comity-derived-1\0")):
            for path, octets in self.below(folder):
                require(sha256(tag, octets) in release[11], f"{path} was not released")

    def check_fields(self):
        for path, octets in self.below("fields"):
            require("seal.cose" in self.octets and
                    sha256(b"comity-field-1\0", octets) in self.claims[24], f"{path} is not in the seal")

    def check_timestamp(self):
        there = {"timestamp.tsr", "timestamp.tlog"} & set(self.octets)
        if not self.options.tsa_ca and not there:
            return
        require(len(there) == 2, "it is missing")
        index, path, body = tlog_proof(self.octets["timestamp.tlog"])
        origin, size, root, end = body.decode().split("\n")
        require(end == "" and str(int(size)) == size and origin == self.note.origin and
                index == decode(self.octets["receipt.cbor"])[3], "it is of another entry")
        led = root_of(self.leaf, index, int(size), path)
        require(led == unbase64(root), "its path does not lead to what was timestamped")
        self.is_end(int(size), led)
        response = self.octets["timestamp.tsr"]
        require(response.partition(STAMP)[2].count(IMPRINT + sha256(body)) == 1,
                "it is a timestamp of something else")
        self.trace(response, body)

    def trace(self, response, body):
        """The signature, by openssl."""
        if not self.options.tsa_ca:
            self.notes.append("whose the timestamp is was not checked: --tsa-ca FILE does")
            return
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder, name) for name in ("body", "response")]
            for path, octets in zip(paths, (body, response)):
                path.write_bytes(octets)
            done = subprocess.run(["openssl", "ts", "-verify", "-data", paths[0], "-in", paths[1],
                                   "-CAfile", self.options.tsa_ca], capture_output=True, check=False)
            require(done.returncode == 0, "by none of the authorities that are trusted with it")
            told = subprocess.run(["openssl", "ts", "-reply", "-in", paths[1], "-text"],
                                  capture_output=True, check=False).stdout.decode()
        self.notes.append(next(line for line in told.splitlines() if line.startswith("Time stamp")))

    def verify(self):
        """Gives the names of the checks that fail, with why; a check that needs what an earlier one
        could not read fails with it."""
        faults = []
        for name in self.CHECKS:
            try:
                getattr(self, f"check_{name}")()
            except Exception as why:  # pylint: disable=broad-except
                told = isinstance(why, Fault)
                faults.append((name, str(why) if told else f"cannot be read ({type(why).__name__})"))
        return faults


def main():
    parser = argparse.ArgumentParser(description="Checks an evidence folder of comity audit export.")
    parser.add_argument("folder")
    parser.add_argument("--key", action="append", metavar="VKEY", help="a key that you trust")
    parser.add_argument("--witnessed", action="store_true", help="a quorum must have cosigned")
    parser.add_argument("--quorum", type=int, metavar="N", help="of the witnesses among --key")
    parser.add_argument("--closed", type=closing, metavar="SIZE:ROOT", help="the end of the log")
    parser.add_argument("--tsa-ca", metavar="FILE", help="roots whose timestamps you trust")
    options = parser.parse_args()
    if options.witnessed != (options.quorum is not None) or (options.quorum or 0) < options.witnessed:
        parser.error("--witnessed and --quorum N, at least 1, go together: the directory says how many "
                     "witnesses are enough, and DIR could say any number")
    evidence = Evidence(options.folder, options)
    faults = evidence.verify()
    for name, why in faults:
        print(f"FAILED  {name}: {why}")
    if faults:
        return 1
    print("\n".join([f"ok      {name}" for name in Evidence.CHECKS] +
                    [f"note    {note}" for note in evidence.notes]))
    print(json.dumps(evidence.says, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
