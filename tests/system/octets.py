"""MessagePack and CBOR as the protocol uses them, written for the tests alone: a second opinion on
what the gateway writes. Whatever is not in the shortest form, or trails, is an error."""

import struct


class Wrong(Exception):
    pass


class Reader:
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, count):
        if count > len(self.octets) - self.at:
            raise Wrong("cut short")
        self.at += count
        return self.octets[self.at - count:self.at]

    def number(self, width):
        return int.from_bytes(self.take(width), "big")


def whole(read, octets):
    reader = Reader(octets)
    value = read(reader)
    if reader.at != len(octets):
        raise Wrong("octets trail")
    return value


# ---- MessagePack ----

def head(value, small, wide):
    """small: (first octet, limit); wide: first octet for each width that may follow."""
    first, limit = small
    if value < limit:
        return bytes([first | value])
    for octet, width in wide:
        if value < 1 << 8 * width:
            return bytes([octet]) + value.to_bytes(width, "big")
    raise Wrong("too large")


def pack(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int) and value >= 0:
        return head(value, (0, 128), ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)))
    if isinstance(value, str):
        octets = value.encode()
        return head(len(octets), (0xA0, 32), ((0xD9, 1), (0xDA, 2), (0xDB, 4))) + octets
    if isinstance(value, bytes):
        return head(len(value), (0xC4, 0), ((0xC4, 1), (0xC5, 2), (0xC6, 4))) + value
    if isinstance(value, list):
        return head(len(value), (0x90, 16), ((0xDC, 2), (0xDD, 4))) + b"".join(map(pack, value))
    raise Wrong(f"no MessagePack for {value!r}")


FIXED = {0xC0: None, 0xC2: False, 0xC3: True}
UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
SIGNED = {0xD0: "b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
BINARIES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
ARRAYS = {0xDC: 2, 0xDD: 4}


def read_msgpack(r):
    octet = r.number(1)
    if octet < 0x80:
        return octet
    if octet >= 0xE0:
        return octet - 256
    if octet == 0x80:
        return {}
    if octet in FIXED:
        return FIXED[octet]
    if octet in UNSIGNED:
        return r.number(UNSIGNED[octet])
    if octet in SIGNED:
        form = SIGNED[octet]
        return struct.unpack(form, r.take(struct.calcsize(form)))[0]
    if octet in TEXTS or 0xA0 <= octet < 0xC0:
        return r.take(octet & 31 if octet < 0xC0 else r.number(TEXTS[octet])).decode()
    if octet in BINARIES:
        return r.take(r.number(BINARIES[octet]))
    if octet in ARRAYS or 0x90 <= octet < 0xA0:
        count = octet & 15 if octet < 0xA0 else r.number(ARRAYS[octet])
        return [read_msgpack(r) for _ in range(count)]
    raise Wrong(f"MessagePack {octet:#x}")


def unpack(octets):
    value = whole(read_msgpack, octets)
    if isinstance(value, list) and pack_again(value) != octets:
        raise Wrong("not in the shortest form")
    return value


def pack_again(value):
    """As pack, with the values that only others write: negative numbers and the empty map."""
    if isinstance(value, list):
        elements = b"".join(map(pack_again, value))
        return head(len(value), (0x90, 16), ((0xDC, 2), (0xDD, 4))) + elements
    if value == {} and isinstance(value, dict):
        return b"\x80"
    if isinstance(value, int) and value < 0:
        for limit, octet, width in ((1 << 5, None, 1), (1 << 7, 0xD0, 1), (1 << 15, 0xD1, 2),
                                    (1 << 31, 0xD2, 4), (1 << 63, 0xD3, 8)):
            if value >= -limit:
                octets = value.to_bytes(width, "big", signed=True)
                return octets if octet is None else bytes([octet]) + octets
    return pack(value)


# ---- CBOR ----

class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


def cbor(value):
    """Deterministic, of what releases and claims are made of."""
    def begun(major, count):
        return head(count, (major << 5, 24), [((major << 5) + 24 + i, 1 << i) for i in range(4)])
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return begun(0, value) if value >= 0 else begun(1, -1 - value)
    if isinstance(value, bytes):
        return begun(2, len(value)) + value
    if isinstance(value, str):
        return begun(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return begun(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = (cbor(key) + cbor(value[key]) for key in sorted(value))
        return begun(5, len(value)) + b"".join(pairs)
    raise Wrong(f"no CBOR for {value!r}")


def read_cbor(r):
    octet = r.number(1)
    major, more = octet >> 5, octet & 31
    value = more
    if 24 <= more < 28 and major != 7:
        width = 1 << more - 24
        value = r.number(width)
        if value < (24 if width == 1 else 1 << 4 * width):
            raise Wrong("not in the shortest form")
    elif more >= 24:
        raise Wrong(f"CBOR {octet:#x}")
    if major == 0:
        return value
    if major == 1:
        return -1 - value
    if major == 2:
        return r.take(value)
    if major == 3:
        return r.take(value).decode()
    if major == 4:
        return [read_cbor(r) for _ in range(value)]
    if major == 5:
        return read_map(r, value)
    if major == 6:
        return Tagged(value, read_cbor(r))
    return {20: False, 21: True, 22: None}[value]


def read_map(r, count):
    found = {}
    for _ in range(count):
        key = read_cbor(r)
        if found and key <= max(found):
            raise Wrong("keys are not in order")
        found[key] = read_cbor(r)
    return found


def uncbor(octets):
    return whole(read_cbor, octets)
