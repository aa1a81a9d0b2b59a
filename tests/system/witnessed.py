"""Corland's gateway gone bad, before its own ministry: what it gives receipts for lies in a shadow
tree beside the honest log that witnesses cosigned, or has lost what hop 1 obliged to. The ministry's
client shows none of it, says why, and keeps the evidence."""

import hashlib
import time

import demo
import forge
import impostor
import link
import octets
import shadow

OLD_S = 11 * 60  # a cosignature says nothing after ten minutes


def release_digest(release):
    return hashlib.sha256(b"comity-release-1\0" + release).digest()


class Ministry(demo.DemoTest):
    """Messages from Arvenia that the true gateway has let in; then the bad one takes its place."""

    states = ("XA", "XB", "XC")
    clients = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        corland = d.at("XC")
        cls.ids = [d.accepted(document) for document in (demo.plain("W-1"), demo.a3())]
        demo.until(lambda: len(d.inbox()) == 2, "they arrive")
        with link.Link(d, "XC-CA-01", gateway=corland) as party:
            party.send(link.CREDIT, 0, 16)
            cls.parts = [party.expect(link.DELIVER)[2:] for _ in range(2)]
            party.end()
        corland.end()
        cls.corland, cls.genuine = corland, shadow.log_of(d, corland)
        cls.witnesses = {state: forge.Witness(f"witness.{state.lower()}.example",
                                              forge.Key.make(f"{d.dir}/witness-{state}.key"))
                         for state in ("XA", "XB", "XC")}

    def setUp(self):
        """A client of its own for each test: quorum 2 of the witnesses of these States."""
        self.honest = forge.Log(self.genuine.origin, self.genuine.key, self.genuine.entries)
        self.gateway = impostor.Impostor(self.demo)
        self.enterContext(self.gateway)
        self.now = int(time.time())

    def trust(self, quorum=2, states=("XA", "XC")):
        """A client whose directory asks for this."""
        witnesses = [(state, self.witnesses[state].vkey) for state in states]
        type(self).clients += 1
        name = f"ministry-{self.clients}"
        folder = impostor.directory(self.demo, name, self.gateway.address, self.honest.origin,
                                    quorum, witnesses)
        self.context = impostor.context(self.demo, name, folder)

    def cosigned(self, log, states=("XA", "XC"), time_s=None):
        note = log.note()
        for state in states:
            note = self.witnesses[state].cosign(note, time_s or self.now)
        return note

    def hand_out(self, which, log, note=None, consistency=None, **proof):
        """The bad gateway has this message, with a receipt from this log; answers the question for
        cosignatures with this note, and proves what this says."""
        self.id_ = self.ids[which]
        self.gateway.parts = shadow.moved(self.parts[which], log, **proof)
        self.witness(note)
        self.gateway.consistency = lambda origin, old, new: (
            consistency(old, new) if consistency and origin == log.origin else None)

    def witness(self, note):
        """What the bad gateway says is cosigned."""
        self.gateway.checkpoint = lambda origin: note if origin == self.honest.origin else None

    def show(self):
        return self.demo.show(self.id_, self.context)

    def assert_shown(self):
        done = self.show()
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["verified"]["chain"][1]["gateway"], "XC-GW-01")
        return done

    def assert_refused(self, code, name, reason):
        """Nothing is shown, and the sender is told of nothing."""
        self.gateway.taken.clear()
        done = self.show()
        self.assert_fails(done, code, name)
        self.assertIn(f"({reason})", done.error["message"])
        self.assertNotIn("Halmar", done.out + done.err)
        self.assertEqual(self.gateway.taken, [])
        return done

    def assert_fork(self):
        """Exit 11, and what contradicts itself is kept."""
        done = self.assert_refused(11, "E_FORK", "checkpoint.fork")
        self.assertIn("contradiction", done.error["hint"])
        kept = self.demo.comity("archive", "list", "--kind", "contradiction", context=self.context)
        self.assertEqual([row["id"] for row in kept.rows], [self.id_])
        folder = f"{self.demo.dir}/{self.context}-evidence"
        done = self.demo.comity("archive", "export", self.id_, "--dir", folder,
                                context=self.context)
        self.assertEqual(done.code, 0, done)
        evidence = demo.read(f"{folder}/{self.id_}.contradiction").decode()
        given = forge.opened(self.gateway.parts[3][1])[0][5]
        self.assertIn(given, evidence)
        self.assertIn(self.honest.note(), evidence)

    # ---- as it should be ----

    def test_a_cosigned_log_is_read(self):
        self.trust()
        self.hand_out(0, self.honest)
        self.witness(self.cosigned(self.honest))
        self.assert_shown()

    def test_a_cosigned_checkpoint_that_is_later_is_proved(self):
        self.trust()
        self.hand_out(0, self.honest)
        later = forge.Log(self.honest.origin, self.honest.key, self.honest.entries)
        later.fill(later.size + 5)
        self.witness(self.cosigned(later))
        self.gateway.consistency = lambda origin, old, new: later.path(old, new)
        self.assert_shown()
        self.assertIn(link.CONSISTENCY, self.gateway.asked)

    # ---- a shadow beside it ----

    def shade(self, size=None):
        return shadow.shadow_of(self.honest, (size or self.honest.size) - 1)

    def test_a_shadow_that_no_proof_leads_to_is_not_read(self):
        self.trust()
        self.hand_out(0, self.shade(self.honest.size + 3), self.cosigned(self.honest))
        self.assert_refused(10, "E_STALE", "checkpoint.unproved")

    def test_a_shadow_with_the_honest_logs_proof_is_a_fork(self):
        self.trust()
        later = forge.Log(self.honest.origin, self.honest.key, self.honest.entries)
        later.fill(self.honest.size + 3)
        self.hand_out(0, self.shade(self.honest.size + 3), self.cosigned(self.honest), later.path)
        self.assert_fork()

    def test_a_shadow_with_its_own_proof_is_a_fork(self):
        self.trust()
        shade = self.shade(self.honest.size + 3)
        self.hand_out(0, shade, self.cosigned(self.honest), shade.path)
        self.assert_fork()

    def test_a_shadow_as_large_as_what_was_cosigned_is_a_fork(self):
        self.trust()
        self.hand_out(0, self.shade(), self.cosigned(self.honest))
        self.assert_fork()

    def test_a_shadow_that_no_witness_saw_is_not_read(self):
        self.trust()
        shade = self.shade()
        for note in (None, shade.note()):
            self.hand_out(0, shade, note)
            self.assert_refused(10, "E_STALE", "witness.age")
            shade = self.shade()

    def test_one_witness_is_no_quorum(self):
        self.trust()
        for states in (("XA",), ("XC",)):
            shade = self.shade()
            self.hand_out(0, shade)
            self.witness(self.cosigned(shade, states))
            self.assert_refused(10, "E_STALE", "witness.quorum")

    def test_witnesses_of_others_alone_are_not_enough(self):
        self.trust(2, ("XA", "XB", "XC"))
        shade = self.shade()
        self.hand_out(0, shade)
        self.witness(self.cosigned(shade, ("XA", "XB")))
        self.assert_refused(10, "E_STALE", "witness.state")

    def test_cosignatures_of_long_ago_are_none(self):
        self.trust()
        shade = self.shade()
        self.hand_out(0, shade)
        self.witness(self.cosigned(shade, time_s=self.now - OLD_S))
        self.assert_refused(10, "E_STALE", "witness.age")

    def test_a_cosignature_of_the_honest_log_does_not_move_to_the_shadow(self):
        """The line is taken over, its name and key with it: its signature is over another body."""
        self.trust()
        shade = self.shade()
        self.hand_out(0, shade)
        lines = self.cosigned(self.honest)[len(self.honest.note()):]
        self.witness(shade.note() + lines)
        self.assert_refused(9, "E_SIG", "note.signature")

    # ---- what was seen before ----

    def see_first(self):
        """The first message, from the honest log."""
        self.trust(0, ())
        self.hand_out(0, self.honest)
        self.assert_shown()

    def test_who_has_seen_the_honest_log_finds_a_shadow_of_its_size(self):
        self.see_first()
        shade = self.shade()
        self.hand_out(1, shade)
        self.assert_fork()

    def test_who_has_seen_the_honest_log_finds_a_shadow_that_grew(self):
        self.see_first()
        shade = self.shade(self.honest.size + 4)
        self.hand_out(1, shade, consistency=shade.path)
        self.assert_fork()
        self.hand_out(1, self.shade(self.honest.size + 5))
        self.assert_refused(10, "E_STALE", "checkpoint.unproved")

    def test_a_proof_within_the_receipt_is_judged_as_well(self):
        self.see_first()
        shade = self.shade(self.honest.size + 4)
        self.hand_out(1, shade, old=self.honest.size, path=[bytes(32)] * 3)
        self.assert_fork()

    # ---- what hop 1 obliged to ----

    def change(self, which, alter):
        """Hop 2's release with something else in it, entered as if it had been decided so."""
        message, derived, releases, receipts = self.parts[which]
        release = octets.uncbor(releases[1])
        alter(release)
        changed = octets.cbor(release)
        receipt, record = forge.opened(receipts[1])
        record[12] = release_digest(changed)
        time_ms = octets.uncbor(receipt[1])[1]
        entry, opening = forge.entry(time_ms, record)
        index = self.honest.add(entry)
        self.id_ = self.ids[which]
        self.gateway.parts = [message, derived, [releases[0], changed],
                              [receipts[0], self.honest.receipt(index, opening)]]

    def test_a_release_that_was_entered_anew_is_read(self):
        """So that what is refused below is refused for what was changed."""
        for which in range(2):
            self.trust_once()
            self.change(which, lambda release: None)
            self.assert_shown()

    def trust_once(self):
        if not hasattr(self, "context"):
            self.trust(0, ())
            self.gateway.consistency = lambda origin, old, new: self.honest.path(old, new)

    def test_hop_2_drops_no_obligation(self):
        self.trust_once()
        first = octets.uncbor(self.parts[1][2][0])
        self.assertGreaterEqual(len(first[13]), 2)
        for dropped in first[13]:
            self.change(1, lambda release, d=dropped: release[13].remove(d))
            self.assert_refused(9, "E_HANDLING", "release.dropped")

    def test_hop_2_weakens_no_obligation(self):
        self.trust_once()

        def weaken(release):
            release[13] = sorted(o.replace("retain-until=20", "retain-until=21")
                                 for o in release[13])
        self.change(1, weaken)
        self.assertIn("retain-until=21", str(octets.uncbor(self.gateway.parts[2][1])[13]))
        self.assert_refused(9, "E_HANDLING", "release.dropped")

    def test_hop_2_unsays_no_withholding(self):
        self.trust_once()
        first = octets.uncbor(self.parts[1][2][0])
        self.assertTrue(first[12])
        self.change(1, lambda release: release[12].pop())
        self.assert_refused(9, "E_HANDLING", "release.dropped")

        def recode(release):
            release[12][0][1] = "DEM" if release[12][0][1] != "DEM" else "OPS"
        self.change(1, recode)
        self.assert_refused(9, "E_HANDLING", "release.dropped")

    def test_hop_2_may_add_an_obligation(self):
        self.trust_once()
        self.change(1, lambda release: release[13].insert(0, "a-new-one"))
        self.assert_shown()

    # ---- everybody else ----

    def test_the_honest_gateways_go_on(self):
        document = dict(demo.plain("GOOD-1"), transfer={"tier": "T1"})
        for there, back in (("XA", "XB"), ("XB", "XA")):
            message = self.demo.accepted(document, f"{back}-CA-01", f"{there.lower()}-ca-01")
            demo.until(lambda m=message, b=back: m in [
                row["id"] for row in self.demo.inbox(f"{b.lower()}-ca-01")], "it arrives")


if __name__ == "__main__":
    demo.main()
