"""While a peer gateway is away the law is narrowed: of what waits for it nothing leaves that the
new law forbids, judged by every octet that crosses the border, and its sender has in writing what
became of it."""

import sqlite3

import border
import demo
import octets
import texts

BACK_S = 120  # a peer that was away for long is dialled again within a minute and a half
ACCOUNT = "XC71CRLB0000000047110815"
DISCLOSURE, HOLD, FAILURE = (1, 1, 1), (12, 0, 1), (13, 18, 1)  # kind, stage, hop

NEVER_RELAYED = [(DISCLOSURE, False), (FAILURE, False)]

# Accounts stay at home; of the other purposes one is refused, one is held, one is as it was.
NARROWER = """
  forbid "T-01 accounts"
    fields items.details.iban
    purpose EVIDENCE
    notice silent
    basis "test"

  refuse "T-02 no prosecutions"
    purpose PROSECUTION
    code E_PURPOSE
    basis "test"

  hold "T-03 a human looks at confiscations"
    purpose CONFISCATION
    code E_HELD
    basis "test"
"""


class NarrowedTest(border.BorderTest):
    """Arvenia's messages to a gateway that is away, and what its own rulebook says meanwhile."""

    @classmethod
    def change(cls, name, pattern, new):
        """Replaces in a text of the rulebook what the pattern finds once; its object has the next
        number and is signed anew."""
        texts.change_where(f"{cls.demo.dir}/rulebook/{name}", pattern, new)
        words = name.split("/")
        cls.reissue(words[0] if words[0] != "parties" else ":".join(words[:2]))

    @classmethod
    def reissue(cls, name):
        demo.reissue(cls.demo.pki, f"{cls.demo.dir}/rulebook", name)

    @classmethod
    def reload(cls, gateway):
        cls.demo.admin(gateway, "reload")

    @classmethod
    def narrow(cls):
        """A narrower law is in force at Arvenia."""
        cls.change("law/rules/general", r"end\n\Z", f"{NARROWER}end\n")
        cls.reload(cls.demo)

    def own(self, message):
        done = self.demo.show(message, "xa-ca-01")
        self.assertEqual(done.code, 0, done)
        return done.json

    def until_stage(self, message, stage):
        demo.until(lambda: self.own(message)["recipients"][0]["stage"] == stage,
                   f"the sender is told: {stage}", BACK_S)

    def assert_failed(self, message, stage, code, gateway="XA-GW-01"):
        """The sender has a receipt for the failure, and for its acceptance before."""
        self.until_stage(message, stage)
        own = self.own(message)
        self.assertIs(own["recipients"][0]["proved"], True)
        last = own["timeline"][-1]
        self.assertEqual([last[key] for key in ("stage", "gateway", "code")],
                         [stage, gateway, code])
        self.assertEqual(own["timeline"][0]["stage"], "accepted")
        self.assertIs(own["verified"]["receipt"], True)

    def assert_never_left(self, state, message, *texts):
        """Neither it nor a word of it has crossed."""
        self.assertNotIn(message, self.delivers("XA", state))
        crossed = self.octets_into(state)
        self.assertGreater(len(crossed), 500)  # they were linked, and it was looked at
        for text in (bytes.fromhex(message.replace("-", "")), *map(str.encode, texts)):
            self.assertNotIn(text, crossed)

    @staticmethod
    def rows(gateway, message):
        """What a journal says of a message: index, kind, stage and hop of each entry, and whether a
        later one replaced it."""
        books = sqlite3.connect(f"file:{gateway.journal}/journal.db?mode=ro", uri=True)
        found = books.execute(
            "SELECT entry.number, entry.kind, entry.stage, hop, replaced FROM entry JOIN message"
            " ON message.number = entry.message WHERE id = ? ORDER BY entry.number",
            (bytes.fromhex(message.replace("-", "")),)).fetchall()
        books.close()
        return found

    def entries(self, gateway, message):
        return [(row[1:4], bool(row[4])) for row in self.rows(gateway, message)]


class Law(NarrowedTest):
    """Four messages wait for Corland when a narrower law comes into force at both."""

    states = ("XA", "XC")
    purposes = ("INVESTIGATION", "EVIDENCE", "PROSECUTION", "CONFISCATION")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corland = cls.demo.at("XC")
        cls.corland.end()
        cls.ids = {purpose: cls.demo.accepted(dict(demo.plain(f"{purpose}-1"), purpose=purpose))
                   for purpose in cls.purposes}
        cls.before = cls.demo.settled_size(party="XA-CA-01")
        cls.narrow()
        cls.corland.start()
        for purpose in ("INVESTIGATION", "EVIDENCE"):
            cls.arrived(cls.ids[purpose], "XC-CA-01", BACK_S)
        for purpose in ("PROSECUTION", "CONFISCATION"):
            demo.until(lambda one=cls.ids[purpose]: len(cls.rows(cls.demo, one)) > 1,
                       f"{purpose} is judged again", BACK_S)
        cls.shown = {purpose: cls.demo.show(message) for purpose, message in cls.ids.items()}
        cls.frames = cls.delivers("XA", "XC")

    def law_of(self, purpose):
        """That the release which crossed was made under."""
        return octets.uncbor(octets.unpack(self.frames[self.ids[purpose]])[4][0])[10][0]

    def test_what_the_new_law_forbids_arrives_without_it(self):
        shown = self.shown["EVIDENCE"]
        self.assertEqual(shown.code, 0, shown)
        wanted = dict(demo.plain("EVIDENCE-1"), purpose="EVIDENCE")
        del wanted["items"][0]["details"]
        self.assertEqual(shown.json["document"], wanted)
        self.assertEqual(shown.json["withheld"], [])

    def test_its_release_of_now_is_verified_by_its_reader(self):
        verified = self.shown["EVIDENCE"].json["verified"]
        self.assertEqual([hop["gateway"] for hop in verified["chain"]], ["XA-GW-01", "XC-GW-01"])
        self.assertEqual((verified["seal"], verified["receipt"]), (True, True))
        self.assertEqual(self.law_of("EVIDENCE"), 2)
        self.assertEqual(verified["chain"][0]["index"], self.superseding("EVIDENCE"))

    def superseding(self, purpose):
        """The place in Arvenia's log of the decision in force."""
        index = self.rows(self.demo, self.ids[purpose])[-1][0]
        self.assertGreaterEqual(index, self.before)  # it was made after all of them were accepted
        return index

    def test_what_it_forbids_has_never_crossed(self):
        frame = self.frames[self.ids["EVIDENCE"]]
        self.assertIn(b"Halmar", frame)
        self.assertNotIn(ACCOUNT.encode(), frame)
        crossed = self.octets_into("XC")
        self.assertEqual(crossed.count(ACCOUNT.encode()),
                         self.frames[self.ids["INVESTIGATION"]].count(ACCOUNT.encode()))

    def test_what_it_does_not_change_goes_as_it_was_decided(self):
        self.assertEqual(self.shown["INVESTIGATION"].json["document"],
                         dict(demo.plain("INVESTIGATION-1"), purpose="INVESTIGATION"))
        self.assertEqual(self.law_of("INVESTIGATION"), 1)

    def test_what_it_refuses_is_refused_in_writing(self):
        message = self.ids["PROSECUTION"]
        self.assert_failed(message, "not relayed", "E_PURPOSE")
        self.assert_never_left("XC", message, "PROSECUTION-1")
        self.assertEqual(self.shown["PROSECUTION"].code, 5)

    def test_what_it_holds_stays_at_home_and_its_sender_is_told(self):
        message = self.ids["CONFISCATION"]
        self.assert_never_left("XC", message, "CONFISCATION-1")
        self.assertEqual(self.shown["CONFISCATION"].code, 5)
        self.assertEqual([(row["stage"], row["gateway"], row["code"])
                          for row in self.own(message)["timeline"]],
                         [("accepted", "XA-GW-01", ""), ("held", "XA-GW-01", "E_HELD")])

    def test_each_change_is_an_entry_that_supersedes_and_none_is_made_without_one(self):
        for purpose, wanted in (("EVIDENCE", [(DISCLOSURE, True), (DISCLOSURE, False)]),
                                ("CONFISCATION", [(DISCLOSURE, True), (HOLD, False)]),
                                ("PROSECUTION", NEVER_RELAYED),
                                ("INVESTIGATION", [(DISCLOSURE, False)])):
            with self.subTest(purpose=purpose):
                self.assertEqual(self.entries(self.demo, self.ids[purpose]), wanted)
        # The order to reload and the rulebook; then the three.
        size = self.demo.settled_size(party="XA-CA-01")
        self.assertEqual(size - self.before, 2 + 3)
        self.assertEqual(self.demo.verified().code, 0)


class RollOut(NarrowedTest):
    """The narrower law is at Arvenia first. Corland has files of its own, and comes back with the
    old one."""

    states = ("XA", "XC")

    def test_what_the_new_law_forbids_never_crosses_while_only_the_sender_has_it(self):
        corland = self.demo.at("XC")
        corland.end()
        texts.own_rulebook(corland, f"{self.demo.dir}/rulebook")
        message = self.demo.accepted(demo.plain("ROLL-OUT"))
        self.narrow()
        corland.start()
        demo.until(lambda: [line for line in corland.events()
                            if line.get("reason") == "law.other"], "it is put off", BACK_S)
        self.assertNotIn(ACCOUNT.encode(), self.octets_into("XC"))
        self.assertEqual(self.demo.stage(message), "accepted")

        def offered():
            return [row for row in self.demo.admin(corland, "rulebook", "list")["offers"]
                    if (row["object"], row["number"]) == ("law", 2)]
        demo.until(offered, "the law is offered", BACK_S)
        self.demo.admin(corland, "rulebook", "accept", "law", "2")
        self.arrived(message, "XC-CA-01", BACK_S)
        wanted = demo.plain("ROLL-OUT")
        del wanted["items"][0]["details"]
        self.assertEqual(self.demo.show(message).json["document"], wanted)
        self.assertNotIn(ACCOUNT.encode(), self.octets_into("XC"))
        self.assertEqual(self.entries(self.demo, message),
                         [(DISCLOSURE, True), (DISCLOSURE, False)])


if __name__ == "__main__":
    demo.main()
