"""A published audit log, read and hashed without the gateway's code (RFC 6962, C2SP tlog-tiles)."""

import base64
import hashlib
import os

import demo

TILE = 256


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def read_note(text):
    """(size, root) of a checkpoint; its signature is for others to verify."""
    _, size, root = text.split("\n")[:3]
    return int(size), base64.b64decode(root)


def tile_name(number):
    name = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        name = f"x{number % 1000:03d}/{name}"
    return name


class Log:
    """Every entry so far, and the root over the first n of them for each n."""

    def __init__(self, folder):
        self.folder, self.entries, self.roots = folder, [], [hashlib.sha256().digest()]
        self.edge = []  # roots of full subtrees, largest first: (leaves, hash)

    def add(self, entry):
        self.entries.append(entry)
        self.edge.append((1, leaf_hash(entry)))
        while len(self.edge) > 1 and self.edge[-1][0] == self.edge[-2][0]:
            (leaves, left), (_, right) = self.edge[-2:]
            self.edge[-2:] = [(2 * leaves, node_hash(left, right))]
        root = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            root = node_hash(left, root)
        self.roots.append(root)

    def bundle(self, number, width):
        """Entries of a bundle of which so many are published."""
        path = os.path.join(self.folder, "tile", "entries", tile_name(number))
        octets = demo.read(path if width == TILE else f"{path}.p/{width}")
        while octets:
            length = int.from_bytes(octets[:2], "big")
            yield octets[2:2 + length]
            octets = octets[2 + length:]

    def grow(self):
        """Takes what was published since; must end in the checkpoint's root."""
        size, root = read_note(demo.read(os.path.join(self.folder, "checkpoint")).decode())
        assert size >= len(self.entries), "the published log shrank"
        for number in range(len(self.entries) // TILE, -(-size // TILE)):
            bundle = list(self.bundle(number, min(TILE, size - number * TILE)))
            known = self.entries[number * TILE:]
            assert bundle[:len(known)] == known, f"bundle {number} was rewritten"
            for entry in bundle[len(known):]:
                self.add(entry)
        assert (len(self.entries), self.roots[-1]) == (size, root), "the checkpoint does not hold"

    def holds(self, receipt):
        """Whether a receipt's entry and checkpoint are of this log."""
        size, root = read_note(receipt[5])
        return self.entries[receipt[3]] == receipt[1] and self.roots[size] == root
