#!/usr/bin/python3
"""flip_evidence.py VERIFY DIR STEP: changes every STEP-th octet of each file of an evidence folder, one
at a time and in memory, and asks verify.py each time. With the digests as they were, and with digests
made anew, as a forger would. Prints an object: changes that nobody named, and how many were made.
Needs Debian's python3-cryptography and python3-cbor2, which the other tests do without."""

import hashlib
import importlib.util
import json
import sys

WORDS = ("README.txt", "SHA256SUMS")  # around the evidence: only the digests vouch for them


def load(path):
    spec = importlib.util.spec_from_file_location("verify", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Options:
    key, witnessed, quorum, closed, tsa_ca = None, False, None, None, None


def with_sums(octets):
    text = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n"
                   for name, data in sorted(octets.items()) if name != "SHA256SUMS")
    return dict(octets, SHA256SUMS=text.encode())


def faults(verify, folder, octets):
    evidence = verify.Evidence(folder, Options)
    evidence.octets = octets
    evidence.leaf = verify.sha256(b"\0", octets["entry.cbor"])
    return evidence.verify()


def says_the_same(name, octets, changed):
    """Blanks between the words of a JSON text, for one."""
    if name in WORDS:
        return True
    try:
        return name == "entry.json" and json.loads(octets) == json.loads(changed)
    except ValueError:
        return False


def main():
    verify, folder, step = load(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    whole = verify.Evidence(folder, Options).octets
    assert faults(verify, folder, whole) == [], faults(verify, folder, whole)
    unnamed, made, turn = [], 0, 0
    for name, octets in sorted(whole.items()):
        for place in range(turn % step, len(octets), step):
            changed = bytearray(octets)
            changed[place] ^= 1 << turn % 8
            turn += 1
            flipped = dict(whole, **{name: bytes(changed)})
            made += 1
            named = dict(faults(verify, folder, flipped))
            if name not in named.get("sums", "") and name != "SHA256SUMS" or not named:
                unnamed.append([name, place, "digests"])
            if not (says_the_same(name, octets, flipped[name]) or
                    faults(verify, folder, with_sums(flipped))):
                unnamed.append([name, place, "proofs"])
    print(json.dumps({"unnamed": unnamed, "made": made}))


if __name__ == "__main__":
    main()
