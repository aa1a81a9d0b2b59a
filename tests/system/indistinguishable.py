"""R-ASY-03: what reaches Corland is the same whether a victim has asked for asylum and a witness is
protected, or not, but for what is random and for times."""

import re

import demo
import octets
import reading

TIME = 1 << 32  # smaller numbers are counts, codes and versions


class Shape:
    """What is left of a frame when random values and times are taken out: kinds, order, lengths,
    keys, codes, texts. Random names of elements become their number in the order of appearance."""

    def __init__(self):
        self.names = {}

    def text(self, text):
        text = re.sub(r"~[0-9a-f]{16}",
                      lambda m: self.names.setdefault(m[0], f"~{len(self.names) + 1}"), text)
        if text.count("\n") > 2:  # a note: root and signature
            text = re.sub(r"[A-Za-z0-9+/]{40,}=*", lambda m: f"<{len(m[0])}>", text)
        return text

    def of(self, value):
        if isinstance(value, octets.Tagged):
            return ["tag", value.tag, self.of(value.value)]
        if isinstance(value, dict):
            return {key: self.of(element) for key, element in value.items()}
        if isinstance(value, list):
            return [self.of(element) for element in value]
        if isinstance(value, bytes):
            return f"{len(value)} octets"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int) and value >= TIME:
            return "time"
        return value

    def seal(self, seal):
        cose = octets.uncbor(seal)
        protected, unprotected, claims, signature = cose.value
        return [len(seal), cose.tag, self.of(octets.uncbor(protected)), unprotected,
                self.of(octets.uncbor(claims)), len(signature)]

    def fields(self, fields):
        return [[len(field), self.of(octets.unpack(field))] for field in fields]

    def receipt(self, receipt):
        parts = octets.uncbor(receipt)
        key, outer = parts[2]
        return [len(receipt), self.of(octets.uncbor(parts[1])), len(key),
                self.of(octets.uncbor(outer)), self.of([parts[3], parts[4], parts[5]]),
                sorted(parts)]

    def delivery(self, message, derived, releases, receipts):
        return [self.seal(message[0]), self.fields(message[1]), self.fields(derived),
                [[len(release), self.of(octets.uncbor(release))] for release in releases],
                [self.receipt(receipt) for receipt in receipts]]

    def frame(self, body):
        frame = octets.unpack(body)
        kind, number = frame[:2]
        if kind == 6:
            return [len(body), kind, number, self.delivery(*frame[2:])]
        if kind == 9 and frame[3] == 2:
            rows = [self.delivery(*row) for row in frame[4]]
            return [len(body), kind, number, self.of(frame[2:4]), rows, self.of(frame[5])]
        return [len(body)] + self.of(frame)


def protected():
    return demo.a3()


def unprotected():
    """A.3 without what must not be told."""
    document = demo.a3()
    del demo.person(document, "V1")["LOCAL"]["asylum"]
    del demo.person(document, "W1")["LOCAL"]["witness"]
    return document


def other():
    """A.3 with one thing of the victim's that Corland may see."""
    document = demo.a3()
    demo.person(document, "V1")["sex"] = 1
    return document


def widest(paths):
    """Of each tile its last width: what was published on the way depends on the clock alone."""
    tiles = {}
    for path in paths:
        name, _, width = path.partition(".p/")
        tiles[name] = max(tiles.get(name, 0), int(width or 0))
    return tiles


class World:
    """One exchange in a demo of its own: what the sender is told and what Corland receives."""

    def __init__(self, document):
        gateway = demo.Demo()
        sent = gateway.send(document)
        assert sent.code == 0, sent
        self.told = [(r["outcome"], r["code"], r["stage"], r["released"], r["transformed"],
                      r["withheld"]) for r in sent.json["recipients"]]
        self.frames = reading.read_mail(gateway)
        shape = Shape()
        self.shapes = [shape.frame(frame) for frame in self.frames]
        gateway.down()
        self.size = gateway.log_size()
        self.files = widest(path[len(gateway.log):] for path in demo.files_below(gateway.log))


class Indistinguishable(demo.unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.one, cls.two = World(protected()), World(unprotected())

    def test_corland_gets_the_same_frames(self):
        self.assertEqual(len(self.one.shapes), len(self.two.shapes))
        for one, two in zip(self.one.shapes, self.two.shapes):
            self.assertEqual(one, two)

    def test_the_frames_are_of_the_same_length(self):
        self.assertEqual([len(f) for f in self.one.frames], [len(f) for f in self.two.frames])

    def test_the_sender_is_told_the_same(self):
        self.assertEqual(self.one.told, self.two.told)

    def test_the_published_logs_have_the_same_files_and_size(self):
        self.assertEqual((self.one.size, self.one.files), (self.two.size, self.two.files))

    def test_two_exchanges_are_never_the_same_octets(self):
        self.assertNotEqual(self.one.frames[1], self.two.frames[1])

    def test_the_comparison_sees_a_difference_of_one_value(self):
        self.assertNotEqual(World(other()).shapes[1], self.one.shapes[1])


if __name__ == "__main__":
    demo.main()
