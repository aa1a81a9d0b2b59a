"""Corland's gateway keeps an honest log, which witnesses cosign, and beside it a shadow tree, signed
with the same key, from which it gives receipts. Whoever has seen the honest log refuses them with
both checkpoints as evidence, and whoever asks for witnesses gets none for the shadow."""

import demo
import forge
import impostor
import link
import peers
import published

BACK_S = 120


def log_of(demonstration, gateway):
    """What a gateway has published, and the key to sign another history with."""
    key = forge.Key(f"{demonstration.pki}/{gateway.id[:2]}/gateways/{gateway.id}/log.key")
    there = published.Log(gateway.log)
    there.grow()
    return forge.Log(f"{gateway.id.lower()}.comity.example/audit/demo", key, there.entries)


def shadow_of(honest, size):
    """Another history under the same name and key."""
    shadow = forge.Log(honest.origin, honest.key)
    shadow.fill(size)
    return shadow


def moved(parts, log, **proof):
    """A DELIVER whose last receipt is for the same entry, but from this log."""
    receipt, _ = forge.opened(parts[3][-1])
    index = log.add(receipt[1])
    return parts[:3] + [parts[3][:-1] + [log.receipt(index, receipt[2], **proof)]]


class Gateway(demo.DemoTest):
    """Arvenia's gateway, which has followed the honest log."""

    states = ("XA", "XB", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.corland = d.at("XC")
        message = d.accepted(demo.plain("SEEN-1"), "XA-CA-01", "xc-ca-01")
        demo.until(lambda: message in cls.ids_at("XA"), "the honest log is seen", BACK_S)
        d.end()
        for name in ("HIDDEN-1", "HIDDEN-2"):
            d.accepted(demo.plain(name), "XA-CA-01", "xc-ca-01")
        cls.genuine = peers.taken(d, cls.corland, 2)
        cls.corland.end()  # from here on the bad one is Corland's gateway
        cls.honest = log_of(d, cls.corland)
        d.start()
        cls.traffic = dict(demo.plain("GOOD-1"), transfer={"tier": "T1"})

    @classmethod
    def ids_at(cls, state):
        return [row["id"] for row in cls.demo.inbox(f"{state.lower()}-ca-01")]

    def setUp(self):
        self.said = len(self.demo.said())
        self.before = self.demo.settled_size(party="XA-CA-01")
        self.seen = len(self.ids_at("XA"))
        self.bad = self.peer()
        self.kept = next(size for origin, size, _ in self.bad.welcome[8]
                         if origin == self.honest.origin)

    def tearDown(self):
        """Nothing of it arrived; the honest peer is served in both directions, the bad one again
        once an operator says so."""
        self.assertEqual(len(self.ids_at("XA")), self.seen)
        for there, back in (("XA", "XB"), ("XB", "XA")):
            message = self.demo.accepted(self.traffic, f"{back}-CA-01", f"{there.lower()}-ca-01")
            demo.until(lambda m=message, b=back: m in self.ids_at(b), "the honest peer's arrives",
                       BACK_S)
        self.admin("lift", "XC-GW-01")
        self.demo.log_size()

    def copy(self):
        return forge.Log(self.honest.origin, self.honest.key, self.honest.entries)

    def goes_on(self, honest):
        """The gateway has followed the honest log to here; in every test after this one, too."""
        type(self).honest, self.kept = honest, honest.size

    def admin(self, *words):
        return self.demo.comity("admin", "quarantine", *words, "--config", self.demo.config)

    def peer(self):
        bad = peers.Peer(self.demo, "XC-GW-01", self.demo)
        self.addCleanup(bad.socket.close)
        bad.socket.settimeout(demo.DEADLINE_S)
        return bad

    def assert_fork(self, frames, given):
        """The link ends with an entry and an alarm; both checkpoints are evidence, and there is no
        other link."""
        for kind, *parts in frames:
            self.bad.send(kind, *parts)
        self.assertEqual(self.bad.until_closed(), "E_FORK")
        alarm = demo.until(lambda: self.demo.events("peer.fork", self.said), "the alarm")[0]
        self.assertEqual((alarm["level"], alarm["peer"]), ("alarm", "XC-GW-01"))
        for words in (f"kept: size {self.kept} root {self.honest.root(self.kept).hex()}",
                      f"given: size {given.size} root {given.root().hex()}"):
            self.assertIn(words, alarm["text"])
        row = demo.until(lambda: self.admin("list").json["quarantine"], "the evidence")[0]
        self.assertEqual(row["gateway"], "XC-GW-01")
        self.assertEqual(row["given"], given.note())
        self.assertEqual(published.read_note(row["kept"]),
                         (self.kept, self.honest.root(self.kept)))
        self.demo.log_grown_to(self.before + 1)
        with self.assertRaises(link.Closed) as caught:
            self.peer()
        self.assertIn("E_FORK", str(caught.exception))

    def assert_shadow_is_found(self, size, **proof):
        shadow = shadow_of(self.honest, size - 1)
        parts = moved(self.genuine[0], shadow, **proof)
        self.assert_fork([(link.DELIVER, *parts)], shadow)

    def test_another_tree_of_the_same_size_is_a_fork(self):
        self.assert_shadow_is_found(self.kept)

    def test_a_tree_that_grew_from_another_one_is_a_fork(self):
        """With the proof that it has: from the shadow's own older size."""
        self.assert_shadow_is_found(self.kept + 5, old=self.kept)

    def test_the_proof_of_the_honest_tree_does_not_help_the_shadow(self):
        later = self.copy()
        later.fill(self.kept + 7)
        path = later.path(self.kept, self.kept + 7)
        self.assert_shadow_is_found(self.kept + 7, old=self.kept, path=path)

    def test_what_follows_an_honest_receipt_is_a_fork_all_the_same(self):
        """On one link: the honest message is taken, which moves what is kept, then the shadow's."""
        honest = self.copy()
        parts = moved(self.genuine[1], honest, old=self.kept)
        self.assertEqual(self.bad.judged(parts), "")
        self.seen += 1
        self.goes_on(honest)
        self.before += 2  # relayed and disclosed
        self.assert_shadow_is_found(self.kept)

    def test_without_any_proof_the_link_ends_and_the_honest_log_goes_on(self):
        shadow = shadow_of(self.honest, self.kept + 3)
        self.bad.deliver(moved(self.genuine[0], shadow))
        self.assertEqual(self.bad.until_closed(), "E_STALE")
        self.demo.log_grown_to(self.before + 1)
        self.assertEqual(self.demo.events("peer.fork", self.said), [])
        again = self.peer()
        self.assertIn([self.honest.origin, self.kept, self.honest.root(self.kept)],
                      again.welcome[8])
        again.end()

    def test_a_checkpoint_of_the_shadow_is_a_fork(self):
        shadow = shadow_of(self.honest, self.kept + 4)
        self.assert_fork([(link.CHECKPOINT, shadow.origin, shadow.note(), self.kept,
                           shadow.path(self.kept))], shadow)

    def is_kept(self, honest):
        peer = self.peer()
        peer.end()
        return [honest.origin, honest.size, honest.root()] in peer.welcome[8]

    def test_what_only_checkpoints_have_told_convicts_a_receipt(self):
        """No message has brought the honest size, only the proof of the next checkpoint begins
        there; the shadow of this size comes with one."""
        honest = self.copy()
        honest.fill(honest.size + 2)
        later = forge.Log(honest.origin, honest.key, honest.entries)
        later.fill(honest.size + 1)
        for log, old in ((honest, self.kept), (later, honest.size)):
            self.bad.send(link.CHECKPOINT, log.origin, log.note(), old, log.path(old))
        self.bad.end()
        demo.until(lambda: self.is_kept(honest), "the checkpoint is kept")
        self.bad = self.peer()
        self.goes_on(honest)
        self.assert_shadow_is_found(self.kept)


class Split(demo.DemoTest):
    """The honest log for one peer, the shadow for another. Each of them sees one history, and no
    gateway tells another of a third one's log: whoever compares what the two keep has it."""

    states = ("XA", "XB", "XC")

    def peer(self, state):
        bad = peers.Peer(self.demo, "XC-GW-01", self.demo.at(state))
        self.addCleanup(bad.socket.close)
        bad.socket.settimeout(demo.DEADLINE_S)
        return bad

    def show(self, state, log, old):
        """The code with which the gateway ends the link; None where it does not."""
        bad = self.peer(state)
        bad.send(link.CHECKPOINT, log.origin, log.note(), old, log.path(old) if old else [])
        bad.send(link.BYE, None)
        return bad.until_closed()

    def kept(self, state):
        """How far a gateway has followed Corland's log: its answer to HELLO says it."""
        with self.peer(state) as bad:
            return next((size for _, size, _ in bad.welcome[8]), 0)

    def steps(self, state, origin):
        """The last checkpoint of a log that a gateway has verified, as it tells its own party."""
        with link.Link(self.demo, f"{state}-CA-01", gateway=self.demo.at(state)) as party:
            rows = party.ask(impostor.STEPS, origin, 0, 100)[4]
            party.end()
        return rows[-1][1:3]

    def test_two_views_are_found_once_they_are_compared(self):
        corland = self.demo.at("XC")
        corland.end()
        honest = log_of(self.demo, corland)
        start = honest.size
        kept = {state: self.kept(state) for state in ("XA", "XB")}
        views = {"XA": honest, "XB": forge.Log(honest.origin, honest.key, honest.entries)}
        for state, view in views.items():
            view.fill(start + 5)
            self.assertIsNone(self.show(state, view, kept[state]))
            demo.until(lambda s=state: self.kept(s) == start + 5, "the checkpoint is kept")
        told = {state: self.steps(state, honest.origin) for state in views}
        self.assertEqual(told, {state: [start + 5, view.root()] for state, view in views.items()})
        self.assertNotEqual(told["XA"][1], told["XB"][1])  # one size, one key, two histories
        self.assertEqual(self.demo.events("peer.fork"), [])
        # what one of them keeps convicts it at the other
        self.assertEqual(self.show("XA", views["XB"], 0), "E_FORK")
        self.assertEqual(len(self.demo.events("peer.fork")), 1)
        self.assertEqual(self.demo.at("XB").events("peer.fork"), [])
        document = dict(demo.plain("GOOD-2"), transfer={"tier": "T1"})
        message = self.demo.accepted(document, "XB-CA-01")
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox("xb-ca-01")],
                   "the honest peers go on", BACK_S)


if __name__ == "__main__":
    demo.main()
