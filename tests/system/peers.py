"""A peer gateway gone bad. It has the real key of XC-GW-01 and real messages of XC-CA-01, and sends
to XA-GW-01 what no gateway of ours would: it is refused with an entry, or cut off, and the honest
peer XB-GW-01 notices nothing."""

import hashlib
import os
import re
import shutil
import time
import uuid

import demo
import hostile
import link
import octets
import reading
import secrecy

RECEIVED = 3  # messages of Corland's ministry that are in the bad gateway's hands
CUT_S = 10


def versions(demonstration, gateway):
    """The rulebook that a gateway has, as it tells its own party."""
    with link.Link(demonstration, f"{gateway.id[:2]}-CA-01", gateway=gateway) as party:
        party.end()
        return party.welcome[7]


class Peer(link.Link):
    """A link with a gateway's key. me: whose; gateway: where to. It says that it has the same
    rulebook, whatever it is."""

    def __init__(self, demonstration, me, gateway, greet=True, **more):
        self.rulebook = versions(demonstration, gateway) if greet else None
        super().__init__(demonstration, me, gateway=gateway, greet=greet, **more)

    def greet(self, me):
        self.send(link.HELLO, 1, me, self.gateway, int(time.time() * 1000),
                  [link.FRAME_MAX, 64, 0, 120000], self.rulebook, [])
        return self.expect(link.WELCOME)

    def send(self, kind, *elements):
        self.is_leaving = kind == link.BYE
        return super().send(kind, *elements)

    def frame(self):
        """The next frame. What it is asked, it answers with nothing: until then no mail comes."""
        frame = super().frame()
        if frame[0] == link.QUERY and not self.is_leaving:
            self.send(link.ANSWER, frame[1], frame[2], [], None)
        return frame

    def deliver(self, parts):
        """Sends a DELIVER: message, derived, releases, receipts. Its number."""
        return self.send(link.DELIVER, *parts)

    def answer(self, number):
        """RECEIPT or REFUSE for a frame of ours."""
        while True:
            frame = self.frame()
            if frame[0] in (link.RECEIPT, link.REFUSE) and frame[2] == number:
                return frame
            if frame[0] == link.BYE:
                raise link.Closed(f"BYE {frame[2]}")

    def judged(self, parts):
        """"" if it is taken, else the code."""
        answer = self.answer(self.deliver(parts))
        return answer[3] if answer[0] == link.REFUSE else ""


def taken(demonstration, gateway, count):
    """What a gateway has for XA-GW-01, by a link with the key of that one; it is not answered, so
    it will come again. DELIVER's elements, oldest first."""
    with Peer(demonstration, "XA-GW-01", gateway) as arvenia:
        arvenia.send(link.CREDIT, 0, 64)
        found = [arvenia.expect(link.DELIVER)[2:] for _ in range(count)]
        arvenia.end()
    return found


def refused(demonstration):
    """A message of Corland's that its gateway refused, and the receipt of that refusal."""
    document = demo.plain("BAD-REFUSED")
    for name in ("facts", "facts_subjects", "facts_cats"):
        del document[name]
    done = demonstration.send(document, to=("XA-CA-01",), context="xc-ca-01")
    assert done.json["recipients"][0]["outcome"] == "refused", done
    message = done.json["recipients"][0]["id"]
    folder = os.path.join(demonstration.dir, "refused")
    done = demonstration.comity("archive", "export", message, "--dir", folder, context="xc-ca-01")
    assert done.code == 0, done
    submission, receipt = (demo.read(os.path.join(folder, f"{message}.{kind}"))
                           for kind in ("submission", "receipt.rejected"))
    return octets.unpack(submission), receipt


def released(release, message, time):
    """The same release, made to fit another message, all of which it lets go."""
    seal, fields = message
    claims = octets.uncbor(octets.uncbor(seal).value[2])
    digests = [hashlib.sha256(b"comity-released-1\0" + field).digest() for field in fields]
    digests += [os.urandom(32) for _ in range(len(claims[24]) - len(digests))]
    found = octets.uncbor(release)
    found.update({4: claims[2], 5: claims[3], 8: claims[15], 11: sorted(digests), 14: time,
                  9: hashlib.sha256(b"comity-seal-1\0" + seal).digest()})
    return octets.cbor(found)


def copy(parts):
    """To change one thing in it."""
    return [[parts[0][0], list(parts[0][1])]] + [list(part) for part in parts[1:]]


class Peers(demo.DemoTest):
    states = ("XA", "XB", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.bessaria, cls.corland = d.at("XB"), d.at("XC")
        d.end()
        cls.ids = [d.accepted(demo.plain(f"BAD-{i}"), "XA-CA-01", "xc-ca-01")
                   for i in range(RECEIVED)]
        cls.honest = dict(demo.plain("GOOD-1"), transfer={"tier": "T1"})
        d.accepted(cls.honest, "XA-CA-01", "xb-ca-01")
        cls.unsaid, cls.refusal = refused(d)
        cls.genuine = taken(d, cls.corland, RECEIVED)
        cls.foreign = taken(d, cls.bessaria, 1)[0]
        cls.corland.end()  # from here on the bad one is Corland's gateway
        d.start()
        demo.until(lambda: d.inbox("xa-ca-01"), "the honest peer's mail arrives", 60)

    def setUp(self):
        self.before = self.demo.settled_size(party="XA-CA-01")

    def tearDown(self):
        """The honest peer is served in both directions."""
        for there, back in (("XA", "XB"), ("XB", "XA")):
            message = self.demo.accepted(self.honest, f"{back}-CA-01", f"{there.lower()}-ca-01")
            demo.until(lambda m=message, b=back: m in self.ids_at(b), "the honest peer's arrives")

    def ids_at(self, state):
        return [row["id"] for row in self.demo.inbox(f"{state.lower()}-ca-01")]

    def peer(self, **more):
        peer = Peer(self.demo, "XC-GW-01", self.demo, **more)
        self.addCleanup(peer.socket.close)
        peer.socket.settimeout(CUT_S)
        return peer

    def assert_entry(self, more=1):
        self.demo.log_grown_to(self.before + more)

    def assert_cut(self, data, code, greet=True):
        bad = self.peer(greet=greet)
        try:
            bad.raw(data)
        except link.Closed:
            pass  # it was cut off while it was still sending
        self.assertEqual(bad.until_closed(), code, data[:40])
        self.assert_entry()

    def assert_refused(self, parts, code, reason):
        """With an entry, and the link goes on: what is good is answered on it."""
        self.before = self.demo.settled_size(party="XA-CA-01")
        said = len(self.demo.said())
        bad = self.peer()
        self.assertEqual(bad.judged(parts), code)
        self.assertEqual([line["reason"] for line in self.demo.events("relay.rejected", said)],
                         [reason])
        self.assert_entry()
        self.assertEqual(bad.judged(self.genuine[0]), "")
        bad.end()

    # ---- what does not even look like a message ----

    def test_garbage_is_cut_off(self):
        self.assert_cut(hostile.framed(b"\x97" + os.urandom(2000)), "E_SCHEMA")

    def test_a_frame_beyond_the_limit_is_cut_off_by_its_head(self):
        self.assert_cut((link.FRAME_MAX + 1).to_bytes(4, "big"), "E_SIZE")

    def test_hello_again_and_again_is_cut_off(self):
        bad = self.peer(greet=False)
        hello = ["XC-GW-01", "XA-GW-01", 1 << 40, [link.FRAME_MAX, 0, 0, 120000],
                 [[1, bytes(32)], [1, bytes(32)], [["XA", 1, bytes(32)]]], []]
        data = b"".join(hostile.packed(link.HELLO, 1 + i, 1, *hello) for i in range(5000))
        try:
            bad.raw(data)
        except link.Closed:
            pass
        self.assertEqual(bad.until_closed(), "E_STATE")
        self.assert_entry()

    def test_who_calls_itself_another_gateway_is_cut_off(self):
        for name in ("XB-GW-01", "XA-GW-01", "XC-CA-01", "XC-GW-02"):
            bad = self.peer(greet=False)
            bad.rulebook = versions(self.demo, self.demo)
            with self.assertRaises(link.Closed) as caught:
                bad.greet(name)
            self.assertIn("E_ROUTE", str(caught.exception))

    def test_a_gateway_cannot_submit(self):
        message, _, _, _ = self.genuine[0]
        self.assert_cut(hostile.packed(link.SUBMIT, 2, message, [], [], [], 0), "E_STATE")

    def test_a_gateway_reads_nobodys_mail(self):
        """The questions of parties, about messages that are there."""
        bad = self.peer()
        for what, args in ((link.INBOX, [None, 10, None]), (link.STATUS, [None, None, 10]),
                           (link.FETCH, [reading.key_of([0, 0, *self.foreign])])):
            number = bad.send(link.QUERY, what, args)
            while (frame := bad.frame())[0] not in (link.ANSWER, link.REFUSE):
                self.assertNotEqual(frame[0], link.BYE)
            self.assertEqual(frame[:1] + frame[2:4], [link.REFUSE, number, "E_UNKNOWN"])
        bad.end()

    # ---- what looks like one ----

    def test_the_genuine_message_is_taken_and_the_same_again(self):
        """So that what is refused below is refused for what was changed in it."""
        bad = self.peer()
        answers = [bad.answer(bad.deliver(self.genuine[0])) for _ in range(2)]
        self.assertEqual([answer[0] for answer in answers], 2 * [link.RECEIPT])
        entries = [octets.uncbor(answer[3])[1] for answer in answers]
        self.assertEqual(entries[0], entries[1])
        self.assertEqual(self.ids_at("XA").count(self.ids[0]), 1)
        bad.end()

    def test_a_message_of_another_states_party_is_refused(self):
        self.assert_refused(self.foreign, "E_ROUTE", "link.peer")
        self.assertEqual(len(self.ids_at("XA")), len(set(self.ids_at("XA"))))

    def test_a_field_that_was_changed_is_refused(self):
        changed = copy(self.genuine[1])
        field = changed[0][1][0]
        changed[0][1][0] = field[:-1] + bytes([field[-1] ^ 1])
        self.assert_refused(changed, "E_HASH", "field.digest")

    def test_a_field_of_another_message_is_refused(self):
        added = copy(self.genuine[1])
        added[0][1] = added[0][1][1:] + self.genuine[2][0][1][:1]
        added[0][1].sort(key=lambda field: octets.unpack(field)[1])
        self.assert_refused(added, "E_HASH", "field.digest")

    def test_a_field_that_was_withheld_is_not_slipped_in(self):
        """It is under the seal, but not in the release."""
        release = octets.uncbor(self.genuine[1][2][0])
        digest = hashlib.sha256(b"comity-released-1\0" + self.genuine[1][0][1][0]).digest()
        release[11] = sorted(set(release[11]) - {digest} | {os.urandom(32)})
        slipped = copy(self.genuine[1])
        slipped[2][0] = octets.cbor(release)
        self.assert_refused(slipped, "E_HASH", "release.member")

    def test_the_entry_of_one_message_with_the_release_of_another_is_refused(self):
        for part, reason in ((2, "release.claims"), (3, "receipt.claims")):
            swapped = copy(self.genuine[1])
            swapped[part] = self.genuine[2][part]
            self.assert_refused(swapped, "E_HASH", reason)

    def test_a_release_that_lost_its_obligations_is_refused(self):
        release = octets.uncbor(self.genuine[1][2][0])
        self.assertTrue(release[13])
        release[13] = []
        dropped = copy(self.genuine[1])
        dropped[2][0] = octets.cbor(release)
        self.assert_refused(dropped, "E_HASH", "receipt.release")

    def test_the_receipt_of_a_refusal_is_no_disclosure(self):
        message = self.unsaid
        time = octets.uncbor(octets.uncbor(self.refusal)[1])[1]
        genuine = self.genuine[1][2][0]
        self.assertEqual(octets.cbor(octets.uncbor(genuine)), genuine)
        parts = [message, [], [released(genuine, message, time)], [self.refusal]]
        self.assert_refused(parts, "E_HASH", "receipt.kind")

    def test_a_receipt_of_nothing_is_refused(self):
        for part, reason in ((2, "release.shape"), (3, "receipt.shape")):
            empty = copy(self.genuine[1])
            empty[part] = [b"\xa0"]
            self.assert_refused(empty, "E_SCHEMA", reason)

    # ---- what it is given ----

    def given(self, document):
        """A message of Arvenia's ministry, and the bad gateway's link to which it came."""
        message = self.demo.accepted(document)
        bad = self.peer()
        bad.send(link.CREDIT, 0, 64)
        return message, bad, self.expect_message(bad, message)

    @staticmethod
    def expect_message(bad, message):
        while True:
            deliver = bad.expect(link.DELIVER)
            if str(uuid.UUID(bytes=reading.key_of(deliver)[1])) == message:
                return deliver

    def told(self, message):
        return self.demo.show(message, "xa-ca-01").json["recipients"][0]

    def test_what_arvenia_withholds_never_reaches_the_peer(self):
        """R-GEN-09: A.3 in the octets that leave the State."""
        _, bad, deliver = self.given(demo.a3())
        self.assertEqual([len(part) for part in deliver[4:6]], [1, 1])
        self.assertEqual(octets.uncbor(deliver[4][0])[15], 0)  # no number that could have gaps
        whole = b"".join(bad.frames)
        self.assertIn(b"Halmar", whole)
        self.assertEqual([s for s in secrecy.SECRETS if s.encode() in whole], [])
        bad.end()

    def test_a_receipt_for_another_message_proves_nothing(self):
        """Its sender is told of no stage that was not proved, and the message comes again."""
        message, bad, deliver = self.given(demo.plain("GIVEN-1"))
        bad.send(link.RECEIPT, deliver[1], self.genuine[1][3][0], None)
        bad.until_closed()
        again = self.peer()
        again.send(link.CREDIT, 0, 64)
        self.expect_message(again, message)
        self.assertEqual((self.told(message)["stage"], self.told(message)["proved"]),
                         ("accepted", True))
        again.end()

    def test_what_it_refuses_for_good_is_told_and_holds_nothing_up(self):
        message, bad, deliver = self.given(demo.plain("GIVEN-2"))
        bad.send(link.REFUSE, deliver[1], "E_SCHEMA", None, None, 0)
        behind = self.demo.accepted(demo.plain("GIVEN-3"))
        self.expect_message(bad, behind)
        demo.until(lambda: self.told(message)["stage"] == "not relayed", "the sender is told")
        self.assertIs(self.told(message)["proved"], True)
        bad.end()

    def test_what_two_links_are_given_counts_once(self):
        """No link has a lease on a message: whichever is answered first decides."""
        message, one, deliver = self.given(demo.plain("GIVEN-4"))
        other = self.peer()
        other.send(link.CREDIT, 0, 64)
        same = self.expect_message(other, message)
        self.assertEqual(same[2], deliver[2])
        size = self.demo.settled_size(party="XA-CA-01")
        for peer, frame in ((other, same), (one, deliver)):
            peer.send(link.REFUSE, frame[1], "E_SCHEMA", None, None, 0)
            peer.end()
            demo.until(lambda: self.told(message)["stage"] == "not relayed", "the sender is told")
        self.assertEqual(self.demo.settled_size(party="XA-CA-01"), size + 1)
        with self.peer() as again:
            again.send(link.CREDIT, 0, 64)
            behind = self.demo.accepted(demo.plain("GIVEN-5"))
            self.expect_message(again, behind)
            again.end()


class Forked(demo.DemoTest):
    """A gateway that comes back with a restored backup of everything, its lock too, and goes on
    with its log as if nothing had been in between: nothing on its own side tells, but its peer."""

    states = ("XA", "XC")

    @staticmethod
    def move(folders, there, back):
        """With owners: the gateway runs as somebody else."""
        for folder in folders:
            shutil.rmtree(folder + back, ignore_errors=True)
            demo.run("cp", "-a", folder + there, folder + back)

    def arrives(self, case_ref):
        message = self.demo.accepted(demo.plain(case_ref), "XA-CA-01", "xc-ca-01")
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox("xa-ca-01")],
                   "it arrives", 120)

    def test_it_is_noticed_and_the_link_refused(self):
        corland = self.demo.at("XC")
        folders = [corland.journal, corland.log, os.path.join(corland.folder, "lock")]
        self.arrives("FORK-1")
        corland.end()
        self.move(folders, "", ".older")
        corland.start()
        self.arrives("FORK-2")
        corland.end()
        self.move(folders, ".older", "")
        corland.start()
        done = self.demo.send(demo.plain("FORK-3"), to=("XA-CA-01",), context="xc-ca-01")
        self.assert_fails(done, 11, "E_FORK")  # Corland's ministry knows more of it, too
        forked = done.json["recipients"][0]["id"]
        alarm = demo.until(lambda: self.demo.events("peer.fork"), "the alarm", 120)[0]
        self.assertEqual((alarm["level"], alarm["peer"]), ("alarm", "XC-GW-01"))
        kept, given = re.search(r"kept: size \d+ root (\w{64}); given: size \d+ root (\w{64})",
                                alarm["text"]).groups()
        self.assertNotEqual(kept, given)
        self.demo.end()
        self.demo.start()  # it is not forgotten
        with self.assertRaises(link.Closed) as caught:
            Peer(self.demo, "XC-GW-01", self.demo)
        self.assertIn("E_FORK", str(caught.exception))
        self.assertNotIn(forked, [row["id"] for row in self.demo.inbox("xa-ca-01")])
        self.demo.log_size()


if __name__ == "__main__":
    demo.main()
