"""What a gateway gone bad can sign: entries, trees, checkpoints and receipts made with the real key
of its log, and cosignatures of witnesses made for a test. Written for the tests alone."""

import base64
import hashlib
import hmac
import os
import subprocess
import tempfile

import octets
import published

LOG, COSIGNATURE = 1, 4  # types of keys


class Key:
    """An Ed25519 key in a file."""

    def __init__(self, path):
        self.path = path
        self.public = self.openssl("pkey", "-in", path, "-pubout", "-outform", "DER")[-32:]

    @classmethod
    def make(cls, path):
        cls.openssl("genpkey", "-algorithm", "ed25519", "-out", path)
        return cls(path)

    @staticmethod
    def openssl(*words):
        return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as file:
            file.write(text)
            file.flush()
            return self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path,
                                "-in", file.name)


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name, kind, public):
    key = base64.b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{key}"


def line(name, blob):
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n"


class Witness:
    """Cosigns what it is given (C2SP tlog-cosignature, cosignature/v1)."""

    def __init__(self, name, key):
        self.name, self.key = name, key
        self.vkey = vkey(name, COSIGNATURE, key.public)

    def cosign(self, note, time_s):
        """The note with a line more."""
        body = note[:note.index("\n\n") + 1]
        signed = f"cosignature/v1\ntime {time_s}\n{body}".encode()
        blob = key_id(self.name, COSIGNATURE, self.key.public) + time_s.to_bytes(8, "big")
        return note + line(self.name, blob + self.key.sign(signed))


# ---- trees (RFC 9162 2.1) ----

def split(count):
    """The largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def tree_root(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return published.node_hash(tree_root(leaves[:k]), tree_root(leaves[k:]))


def inclusion(index, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return inclusion(index, leaves[:k]) + [tree_root(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [tree_root(leaves[:k])]


def consistency(old, leaves, whole=True):
    if old == len(leaves):
        return [] if whole else [tree_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return consistency(old, leaves[:k], whole) + [tree_root(leaves[k:])]
    return consistency(old - k, leaves[k:], False) + [tree_root(leaves[:k])]


def entry(time_ms, record):
    """An entry with this outer record, and its opening."""
    key = os.urandom(32)
    record = octets.cbor(record)
    outer = hmac.digest(key, b"comity-outer-1\0" + record, "sha256")
    return octets.cbor([1, time_ms, outer, os.urandom(32)]), [key, record]


class Log:
    """Any history that the key's owner likes."""

    def __init__(self, origin, key, entries=()):
        self.origin, self.key, self.entries = origin, key, list(entries)

    @property
    def leaves(self):
        return [published.leaf_hash(entry) for entry in self.entries]

    @property
    def size(self):
        return len(self.entries)

    def add(self, *entries):
        """The index of the last one."""
        self.entries += entries
        return self.size - 1

    def fill(self, size, time_ms=1):
        """Entries about nothing, until there are so many."""
        while self.size < size:
            self.add(entry(time_ms, {1: 1, 2: 9, 3: 0})[0])

    def root(self, size=None):
        return tree_root(self.leaves[:self.size if size is None else size])

    def note(self, size=None):
        size = self.size if size is None else size
        body = f"{self.origin}\n{size}\n{base64.b64encode(self.root(size)).decode()}\n"
        blob = key_id(self.origin, LOG, self.key.public) + self.key.sign(body.encode())
        return f"{body}\n{line(self.origin, blob)}"

    def path(self, old, new=None):
        return consistency(old, self.leaves[:new])

    def receipt(self, index, opening, old=None, path=None):
        """For an entry of it; with a consistency proof from old, where there is one."""
        found = {1: self.entries[index], 2: opening, 3: index,
                 4: inclusion(index, self.leaves), 5: self.note()}
        if old is not None:
            found[6] = [old, self.path(old) if path is None else path]
        return octets.cbor(found)


def opened(receipt):
    """A receipt's parts, and its outer record."""
    parts = octets.uncbor(receipt)
    return parts, octets.uncbor(parts[2][1])
