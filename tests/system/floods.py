"""A peer gateway with valid keys that sends without end: it is cut off with an entry, again and again,
and meanwhile the messages of the honest peer go through in both directions."""

import contextlib
import os
import threading
import time
import uuid

import demo
import hostile
import link
import octets
import peers

ARRIVES_S = 30
MANY = 2000
LOST = "connection lost"
PUSHED = 300  # frames at a time
FRAME_S = 20  # a frame's time from its first octet to its last
SLACK_S = 10
MINUTE = 60  # refusals with an entry
STORM = 12 * MINUTE


def deliver(_):
    return [link.DELIVER, [b"seal", [b"field"]], [], [b"release"], [b"receipt"]]


def ping(_):
    return [link.PING]


def receipt(_):
    return [link.RECEIPT, 0, b"receipt", None]


def credit(_):
    return [link.CREDIT, 0, 1024]


def inbox(_):
    return [link.QUERY, link.INBOX, [None, 100, None]]


def taken(n):
    return [link.TAKEN, 0, ["XA-CA-01", uuid.UUID(int=n, version=4).bytes, "XC-CA-01"], 0]


def refuse(_):
    return [link.REFUSE, 1, "E_STALE", None, None, 1]


class Flooded(demo.DemoTest):
    """Three gateways, of which Corland's is the bad one from the beginning on."""

    states = ("XA", "XB", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.corland = d.at("XC")
        cls.honest = dict(demo.plain("GOOD-1"), transfer={"tier": "T1"})
        for state in ("XA", "XB"):
            cls.exchange(state)
        cls.corland.end()  # from here on the bad one is Corland's gateway
        cls.note = demo.read(os.path.join(cls.corland.log, "checkpoint")).decode()

    @classmethod
    def exchange(cls, state):
        """A message to this State's ministry from the other one's; seconds until it is there."""
        sender = {"XA": "xb-ca-01", "XB": "xa-ca-01"}[state]
        start = time.monotonic()
        message = cls.demo.accepted(cls.honest, f"{state}-CA-01", sender)
        demo.until(lambda: message in [
            row["id"] for row in cls.demo.inbox(f"{state.lower()}-ca-01")], "it arrives",
            ARRIVES_S)
        return time.monotonic() - start

    def setUp(self):
        self.before = self.demo.settled_size(party="XA-CA-01")
        self.said = len(self.demo.said())
        self.ended = []

    def peer(self):
        bad = peers.Peer(self.demo, "XC-GW-01", self.demo)
        bad.socket.settimeout(demo.DEADLINE_S)
        return bad

    @staticmethod
    def push(bad, make):
        """Sends until it is cut off."""
        for first in range(0, MANY, PUSHED):
            frames = []
            for n in range(first, first + PUSHED):
                bad.number += 1
                kind, *rest = make(n)
                frames.append(hostile.packed(kind, bad.number, *rest))
            bad.raw(b"".join(frames))

    def flood_until(self, over, make):
        """The same again on a new link each time."""
        while not over.is_set():
            try:
                bad = self.peer()
            except link.Closed as why:  # it had too many refusals already
                self.ended.append(str(why).replace("BYE ", ""))
                continue
            with bad:
                self.ended.append(self.end_of(bad, make))

    def end_of(self, bad, make):
        """The code of BYE, None where it was not cut off. Who goes on sending may lose the BYE with
        the connection."""
        with contextlib.suppress(link.Closed):
            self.push(bad, make)
            bad.send(link.BYE, None)
        code = bad.until_closed()
        said = octets.unpack(bad.frames[-1])[0] == link.BYE
        return code if said else LOST

    def meanwhile(self, work):
        """Does it on and on in another thread while the honest peers exchange messages."""
        over, failed = threading.Event(), []

        def run():
            try:
                work(over)
            except BaseException as why:  # to be raised where the test waits
                failed.append(why)
        thread = threading.Thread(target=run)
        thread.start()
        try:
            took = [self.exchange(state) for state in ("XA", "XB", "XA", "XB")]
            demo.until(lambda: self.ended or failed, "a link ends")
        finally:
            over.set()
            thread.join()
        if failed:
            raise failed[0]
        print("seconds for an honest message:", " ".join(f"{s:.2f}" for s in took), flush=True)

    def flood(self, make, *codes):
        """Each link ends with one of the codes, and some with E_UNAVAILABLE, where there were too
        many of them; without codes: it is not cut off."""
        before = self.demo.memory()
        self.meanwhile(lambda over: self.flood_until(over, make))
        wanted = {*codes, LOST} if codes else {None}
        self.assertTrue(wanted & set(self.ended), self.ended)
        self.assertEqual(set(self.ended) - wanted - {"E_UNAVAILABLE"}, set())
        self.assertLess(self.demo.memory() - before, hostile.GROWTH_KIB)

    def assert_cut(self, make, *codes):
        """At least one entry says so, and the operator's lines say who it was."""
        self.flood(make, *codes)
        self.demo.log_grown_to(self.before + 1)
        self.assertTrue([line for line in self.demo.events(after=self.said)
                         if line.get("peer") == "XC-GW-01" and line.get("reason")])


class Floods(Flooded):
    # ---- more than it may ----

    def test_messages_beyond_its_credit(self):
        self.assert_cut(deliver, "E_STATE", "E_UNAVAILABLE")

    def test_pings(self):
        self.assert_cut(ping, "E_STATE")

    def test_checkpoints_of_its_log(self):
        self.assert_cut(self.checkpoint, "E_STATE")

    def checkpoint(self, _):
        return [link.CHECKPOINT, self.note.split("\n")[0], self.note, 0, []]

    def test_checkpoints_of_logs_that_are_not_its_own(self):
        self.assert_cut(self.other_log, "E_HASH")

    def other_log(self, n):
        origin = f"xb-gw-{n}.comity.example/audit/demo"
        return [link.CHECKPOINT, origin, self.note.replace(self.note.split("\n")[0], origin), 0, []]

    def test_credit(self):
        self.assert_cut(credit, "E_STATE")

    def test_receipts_of_nothing(self):
        self.assert_cut(receipt, "E_SCHEMA")

    # ---- what it may say as often as it likes: it costs its own link's turns ----

    def test_questions(self):
        self.flood(inbox)

    def test_answers_to_nothing(self):
        for make in (taken, refuse):
            self.ended = []
            self.flood(make)

    # ---- greetings ----

    def greeted(self, parties, checkpoints):
        """The code with which a link with these lists in its HELLO ends."""
        with self.peer() as good:
            good.end()
        bad = peers.Peer(self.demo, "XC-GW-01", self.demo, greet=False)
        bad.socket.settimeout(demo.DEADLINE_S)
        with bad:
            with contextlib.suppress(link.Closed):
                bad.send(link.HELLO, 1, "XC-GW-01", "XA-GW-01", int(time.time() * 1000),
                         [link.FRAME_MAX, 0, 0, 120000], good.rulebook[:2] + [parties],
                         checkpoints)
                bad.send(link.BYE, None)
            return bad.until_closed()

    def test_lists_in_hello_that_are_too_long(self):
        def parties(count):
            letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            names = [a + b for a in letters for b in letters][:count]
            return [[name, 1, bytes(32)] for name in names]

        def logs(count):
            return [[f"{i:04d}{'x' * 60}", 1, bytes(32)] for i in range(count)]
        self.assertIsNone(self.greeted(parties(300), logs(300)))
        self.assertEqual(self.greeted(parties(301), []), "E_SCHEMA")
        self.assertEqual(self.greeted([], logs(301)), "E_SCHEMA")
        self.assertEqual(self.greeted([], logs(5000)), "E_SIZE")
        self.demo.log_grown_to(self.before + 3)
        for state in ("XA", "XB"):
            self.exchange(state)

    # ---- slowly ----

    def test_a_frame_that_does_not_end(self):
        octet_every = threading.Event()

        def work(_):
            with self.peer() as bad:
                bad.raw((100000).to_bytes(4, "big"))
                start = time.monotonic()
                with contextlib.suppress(link.Closed, OSError):
                    while time.monotonic() - start < FRAME_S + SLACK_S:
                        bad.raw(b"\x91")
                        octet_every.wait(0.2)
                self.ended.append(time.monotonic() - start)
        self.meanwhile(work)
        self.assertLess(self.ended[0], FRAME_S + SLACK_S)
        self.assertEqual([line["peer"] for line in self.demo.events("link.timeout", self.said)],
                         ["XC-GW-01"])


class Storm(Flooded):
    """One by one, each within its credit."""

    def test_refused_messages_without_end(self):
        """Each is answered; a minute's worth have an entry each, then there is one for all of them,
        and at ten times the rate the link ends."""
        def work(over):
            with self.peer() as bad:
                try:
                    for _ in range(STORM):
                        self.codes.append(bad.answer(bad.send(*deliver(0)))[3])
                except link.Closed as why:
                    self.ended.append(str(why).replace("BYE ", ""))
            over.wait()
        self.codes = []
        self.meanwhile(work)
        self.assertEqual(set(self.codes), {"E_SIG", "E_UNAVAILABLE"})
        self.assertEqual(self.codes[:MINUTE], ["E_SIG"] * MINUTE)
        self.assertLess(len(self.codes), STORM)
        self.assertEqual(self.ended, ["E_UNAVAILABLE"])
        grown = self.demo.settled_size(party="XA-CA-01") - self.before
        self.assertTrue(MINUTE < grown < STORM // 2, grown)


if __name__ == "__main__":
    demo.main()
