"""Silence that does not speak, with the installed programs: a message that hop 1 held and its sender
sealed anew reaches Corland as if it had never been held; and Corland's gateway learns neither from
what Arvenia's answers nor from when, whether a message goes on, is held, or lost a field."""

import os
import random
import statistics
import time

import demo
import indistinguishable
import link
import octets
import peers
import published
import texts

SAMPLES = 120 if demo.LONG else 60  # of each kind
SEEN_MS = 40 if demo.SANITIZED else 10  # what would tell; a test that cannot see it shows nothing
HELD = "PROSECUTION"
REMOVED = "INVESTIGATION"
DELIVERED = "EVIDENCE"
RULES = f"""policy "Rules of a test"
  version 1
  authority "Arvenia"
  basis "A test"
  in force 2026-01-01 until 2035-12-31
  hold "T-01 one purpose"
    when message.purpose is {HELD}
    code E_HELD
    basis "test"
  forbid "T-02 birth dates"
    fields person.dob
    when message.purpose is {REMOVED}
    notice silent
    basis "test"
end
"""


def spread(samples):
    """Between the quarters."""
    low, _, high = statistics.quantiles(samples, n=4)
    return high - low


def are_told_apart(samples, control):
    """Whether their middle lies further from the control's than chance moves a middle: of n samples
    about the distance of the quarters by the root of n, and hardly ever six times that."""
    by_chance = spread(control) / len(control) ** 0.5
    return abs(statistics.median(samples) - statistics.median(control)) > 6 * by_chance


class Answers(demo.DemoTest):
    """Corland's gateway hands over what was let go under the law of all, when Arvenia's has rules
    more; Corland's is the test, which reads the clock."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        d.end()
        cls.corland = d.at("XC")
        cls.kinds = [DELIVERED, HELD, REMOVED] * SAMPLES
        random.Random(1).shuffle(cls.kinds)
        for purpose in cls.kinds:
            d.accepted(dict(demo.plain("TIME-1"), purpose=purpose), "XA-CA-01", "xc-ca-01")
        cls.parts = cls.take_all()
        cls.corland.end()
        cls.change_law()
        d.start()

    @classmethod
    def take_all(cls):
        """What lies in Corland's gateway for Arvenia's, by a link with the key of that one, which
        refuses each, so that the next one comes."""
        found = []
        with peers.Peer(cls.demo, "XA-GW-01", cls.corland) as arvenia:
            arvenia.send(link.CREDIT, 0, 1024)
            for _ in cls.kinds:
                deliver = arvenia.expect(link.DELIVER)
                found.append(deliver[2:])
                arvenia.send(link.REFUSE, deliver[1], "E_SCHEMA", None, None, 0)
            arvenia.end()
        return found

    @classmethod
    def change_law(cls):
        """Arvenia's gateway gets a rulebook with these rules."""
        folder = texts.own_rulebook(cls.demo, f"{cls.demo.dir}/rulebook")
        with open(f"{folder}/law/rules/test", "w", encoding="utf-8") as file:
            file.write(RULES)
        demo.reissue(cls.demo.pki, folder, "law")

    def hand_over(self):
        """(kind, seconds until the answer, answer) of each."""
        told = []
        with peers.Peer(self.demo, "XC-GW-01", self.demo) as corland:
            for kind, parts in zip(self.kinds, self.parts):
                start = time.perf_counter()
                answer = corland.answer(corland.deliver(parts))
                told.append((kind, time.perf_counter() - start, answer))
            corland.end()
        return told

    def test_neither_the_answers_nor_their_times_tell_what_became_of_it(self):
        before = self.demo.settled_size(party="XA-CA-01")
        told = self.hand_over()
        self.demo.log_grown_to(before + 2 * len(told))
        self.assertEqual(self.demo.settled_size(party="XA-CA-01"), before + 2 * len(told))
        arrived = [row["id"] for row in self.demo.inbox("xa-ca-01")]
        self.assertEqual(len(arrived), 2 * SAMPLES)  # delivered and removed
        # The first one on the link has no proof from an earlier one.
        self.assert_alike([(kind, self.sketch(answer)) for kind, _, answer in told[1:]])
        times = {kind: [1e3 * s for k, s, _ in told if k == kind] for kind in set(self.kinds)}
        for kind, samples in sorted(times.items()):
            print(f"{kind}: median {statistics.median(samples):.2f} ms, "
                  f"between the quarters {spread(samples):.2f} ms", flush=True)
        control = times[DELIVERED]
        self.assertFalse(are_told_apart(times[HELD], control))
        self.assertFalse(are_told_apart(times[REMOVED], control))
        late = [sample + SEEN_MS for sample in control]
        if not are_told_apart(late, control):
            (self.fail if demo.LONG else self.skipTest)(
                f"this machine is too busy to see {SEEN_MS} ms")

    @staticmethod
    def sketch(answer):
        """What an answer is, without what grows with the log."""
        receipt = octets.uncbor(answer[3])
        outer = octets.uncbor(receipt[2][1])
        return [answer[0], answer[4], len(receipt[1]), outer[2], outer[3], outer[4], outer[5],
                sorted(outer), sorted(receipt), len(receipt[5].split("\n"))]

    def assert_alike(self, sketches):
        """All answers of one kind are as those of another."""
        first = sketches[0][1]
        for kind, found in sketches:
            self.assertEqual(found, first, kind)
        self.assertEqual(first[:2] + first[3:5], [link.RECEIPT, None, 13, 2])


def held():
    document = demo.a3()
    demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
    return document


class World:
    """A first try, which the gateway holds or refuses; then the message as it goes; then Corland's
    gateway and ministry take it."""

    def __init__(self, first):
        d = demo.Demo(states=("XA", "XC"))
        corland = d.at("XC")
        corland.end()
        self.first = d.send(first).code
        self.told = d.accepted(demo.a3())
        shape = indistinguishable.Shape()
        with peers.Peer(d, "XC-GW-01", d) as peer:
            peer.send(link.CREDIT, 0, 64)
            peer.expect(link.DELIVER)
            peer.end()
            self.crossed = [shape.frame(body) for body in peer.frames
                            if octets.unpack(body)[0] in (link.WELCOME, link.DELIVER)]
        corland.start()
        demo.until(d.inbox, "it arrives", 120)
        shape = indistinguishable.Shape()
        with link.Link(d, "XC-CA-01", gateway=corland) as party:
            party.send(link.CREDIT, 0, 64)
            party.expect(link.DELIVER)
            party.end()
            self.delivered = [shape.frame(body) for body in party.frames
                              if octets.unpack(body)[0] == link.DELIVER]
        demo.until(lambda: d.stage(self.told) == "relayed", "the sender is told")
        for gateway in d.gateways:
            gateway.end()
        self.logs = [self.log(gateway) for gateway in d.gateways]
        d.down()

    @staticmethod
    def log(gateway):
        """Names and lengths of all files, and the lengths of all entries."""
        files = sorted((path[len(gateway.log):], os.path.getsize(path))
                       for path in demo.files_below(gateway.log))
        log = published.Log(gateway.log)
        log.grow()
        return [entry for entry in files if entry[0] != "/checkpoint"], {
            len(entry) for entry in log.entries}


class Lifted(demo.unittest.TestCase):
    """Held, then sealed anew without what held it, beside a world in which the first try was a
    mistake that was refused. A hold is an entry more in the log of its own gateway, like that of
    any refusal: how many entries a log has and when they came is not protected. That is all: what
    other States see of that log is hash tiles, and entries of one length."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.one = World(held())
        cls.two = World(dict(demo.a3(), purpose="CURIOSITY"))

    def test_one_was_held_and_the_other_never(self):
        self.assertEqual((self.one.first, self.two.first), (3, 3))

    def test_what_crosses_the_border_is_the_same(self):
        """WELCOME and DELIVER: kinds, numbers, lengths, codes, indexes, sizes."""
        self.assertEqual(self.one.crossed, self.two.crossed)
        self.assertEqual(len(self.one.crossed), 2)

    def test_what_corlands_ministry_gets_is_the_same(self):
        self.assertEqual(self.one.delivered, self.two.delivered)
        self.assertEqual(len(self.one.delivered), 1)

    def test_both_logs_have_the_same_files_of_the_same_length(self):
        self.assertEqual(self.one.logs, self.two.logs)
        for files, lengths in self.one.logs:
            self.assertEqual(lengths, {79})
            self.assertTrue(files)


if __name__ == "__main__":
    demo.main()
