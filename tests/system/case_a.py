"""Case A from request to supplement, A.3 to A.6, between Arvenia and Corland, and a request about
the same people to Bessaria: four gateways, and what each State must and must not see, judged by
what its ministry is shown and by every octet that crosses its border (R-GEN-09)."""

import functools
import json
import os

import border
import demo
import octets

CASES = os.path.join(demo.TESTS, "cases")
TAKEN = [("accepted", "sender"), ("relayed", "recipient"), ("delivered", "recipient"),
         ("retrieved", "recipient")]
# Entries that a message makes: at its sender's gateway and at its recipient's.
LET_GO, TAKEN_OVER = 1, 5


def case(name):
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        return json.load(file)


def each_step(test):
    """The test is made with every step of the case."""
    @functools.wraps(test)
    def with_each(self):
        for step in self.steps.values():
            with self.subTest(step=step.name):
                test(self, step)
    return with_each


def gateway_of(party):
    return f"{party[:2]}-GW-01"


class Step:
    """One message of the case, what is wanted of it, and what became of it."""

    def __init__(self, row):
        self.name, self.sender, self.to = row["step"], row["from"], row["to"]
        self.answers, self.elements = row.get("answers"), row.get("elements", [])
        self.must_see, self.must_not_see = row["must_see"], row["must_not_see"]
        self.document = row["document"] if "document" in row else case(row["file"])
        self.wanted = case(row["delivered"]) if "delivered" in row else self.document
        self.sent = self.shown = self.own = None

    def __repr__(self):
        return self.name

    @property
    def id(self):
        return self.sent.json["recipients"][0]["id"]

    @property
    def thread(self):
        return self.sent.json["thread"]


class CaseTest(border.BorderTest):
    states = ("XA", "XB", "XC", "XD")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = {row["step"]: Step(row) for row in case("a-thread.json")}

    @classmethod
    def play(cls, step):
        """It is sent, read, and its sender is told so."""
        document = dict(step.document)
        if step.answers is not None:
            before = cls.steps[step.answers]
            document.update(thread=before.thread, reply_to=before.id)
            step.wanted = dict(step.wanted, reply_to=before.id)
        step.sent = cls.demo.send(document, to=(step.to,), context=step.sender.lower())
        assert step.sent.code == 0, (step, step.sent)
        cls.arrived(step.id, step.to)
        step.shown = cls.demo.show(step.id, step.to.lower())
        demo.until(lambda: cls.demo.stage(step.id, step.sender.lower()) == "retrieved",
                   f"the sender of {step} is told")
        step.own = cls.demo.show(step.id, step.sender.lower())

    @classmethod
    def sizes(cls):
        return {gateway.id[:2]: cls.demo.settled_size(gateway, f"{gateway.id[:2]}-CA-01")
                for gateway in cls.demo.gateways}


class Thread(CaseTest):
    """The thread as the case has it, and the request to Bessaria."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.before = cls.sizes()
        for step in cls.steps.values():
            cls.play(step)
        cls.after = cls.sizes()

    @each_step
    def test_the_search_finds_what_is_there(self, step):
        """Whatever must not be seen was in the sender's hands, and is looked for as it stands
        there."""
        composed = json.dumps(step.document, ensure_ascii=False)
        for text in step.must_see + step.must_not_see:
            self.assertIn(text, composed)

    @each_step
    def test_each_shows_what_the_case_delivers(self, step):
        self.assertEqual(step.shown.code, 0, step.shown)
        self.assertEqual(step.shown.json["document"], step.wanted)

    @each_step
    def test_who_reads_sees_what_the_case_says_and_nothing_that_it_forbids(self, step):
        for text in step.must_see:
            self.assertIn(text, step.shown.out)
        seen = (step.shown.out + step.shown.err).lower()
        self.assertEqual([text for text in step.must_not_see if text.lower() in seen], [])

    @each_step
    def test_what_must_be_seen_crosses_in_its_message(self, step):
        frame = self.delivers(step.sender[:2], step.to[:2])[step.id]
        for text in step.must_see:
            self.assertIn(text.encode(), frame)

    @each_step
    def test_what_must_not_be_seen_crosses_from_nobody_in_no_frame(self, step):
        """Not to that State's gateway either, whose operator can read all that it takes."""
        crossed = self.octets_into(step.to[:2]).lower()
        self.assertGreater(len(crossed), 2000)
        self.assertEqual([text for text in step.must_not_see
                          if text.lower().encode() in crossed], [])

    def test_the_same_victim_is_named_to_one_state_and_not_to_the_other(self):
        """Corland is the State that she fled; to Bessaria the necessity of her name is written."""
        self.assertIn(b"Dostan", self.octets_into("XB"))
        self.assertNotIn(b"Dostan", self.octets_into("XC"))

    @each_step
    def test_the_six_elements_of_a_request_are_complete(self, step):
        """UNTOC article 18(15)."""
        document = step.shown.json["document"]
        for element in step.elements:
            self.assertTrue(document.get(element), element)
        numbers = [row["item"] for row in step.document.get("items", [])]
        self.assertEqual([row["item"] for row in document.get("items", [])], numbers)

    def test_deadline_and_reason_come_with_the_request(self):
        step = self.steps["A.3"]
        self.assertEqual(step.shown.json["document"]["urgency"],
                         {"level": "URGENT", "deadline": "2026-09-21T16:00:00Z",
                          "reason": "accused in custody; detention hearing 2026-09-23"})
        row = next(row for row in self.demo.inbox() if row["id"] == step.id)
        self.assertEqual((row["urgency"], row["due"]), ("URGENT", "2026-09-21T16:00:00Z"))

    @each_step
    def test_both_releases_are_verified(self, step):
        verified = step.shown.json["verified"]
        self.assertEqual((verified["seal"], verified["receipt"]), (True, True))
        self.assertEqual([hop["gateway"] for hop in verified["chain"]],
                         [gateway_of(step.sender), gateway_of(step.to)])
        for hop in verified["chain"]:
            self.assertLess(hop["index"], hop["size"])

    @each_step
    def test_the_sender_has_every_stage_with_its_proof(self, step):
        gateways = {"sender": gateway_of(step.sender), "recipient": gateway_of(step.to)}
        own = step.own.json
        self.assertEqual([(row["stage"], row["gateway"], row["code"])
                          for row in own["timeline"]],
                         [(stage, gateways[where], "") for stage, where in TAKEN])
        self.assertIs(own["verified"]["receipt"], True)
        self.assertEqual([hop["gateway"] for hop in own["verified"]["chain"]],
                         list(gateways.values()))
        self.assertEqual((own["recipients"][0]["outcome"], own["recipients"][0]["proved"]),
                         ("accepted", True))

    def test_the_answers_stand_in_the_thread_of_the_request(self):
        thread = self.steps["A.3"].thread
        for context, party in (("xa-ca-01", "XA-CA-01"), ("xc-ca-01", "XC-CA-01")):
            rows = self.demo.comity("request", "inbox", "--thread", thread, context=context).rows
            self.assertEqual([row["id"] for row in rows],
                             [step.id for step in self.steps.values()
                              if step.to == party and step.thread == thread])
        rows = self.demo.comity("request", "list", context="xc-ca-01").rows
        state = {row["id"]: row["state"] for row in rows}
        self.assertEqual(state[self.steps["A.3"].id], "answered")

    def test_each_log_holds_its_own_steps_and_no_other(self):
        grown = {state: self.after[state] - self.before[state] for state in self.states}
        wanted = dict.fromkeys(self.states, 0)
        for step in self.steps.values():
            wanted[step.sender[:2]] += LET_GO
            wanted[step.to[:2]] += TAKEN_OVER
        self.assertEqual(grown, wanted)
        for gateway in self.demo.gateways:
            self.assertEqual(self.demo.verified(gateway.log).code, 0, gateway.id)

    def test_nothing_of_it_goes_by_a_gateway_that_is_not_concerned(self):
        concerned = {pair for step in self.steps.values()
                     for pair in ((step.sender[:2], step.to[:2]), (step.to[:2], step.sender[:2]))}
        for here in self.states:
            for there in self.states:
                if here != there and (here, there) not in concerned:
                    crossed = self.crossing(here, there)
                    self.assertTrue(crossed, (here, there))  # they are linked
                    self.assertEqual(self.delivers(here, there), {})
                    self.assertFalse([frame for frame in crossed if b"-CA-01" in frame])


class Variants(CaseTest):
    """What the case changes in A.3 and A.6, and what becomes of it."""

    def send(self, document, to="XC-CA-01"):
        return self.demo.send(document, to=(to,))

    def passes(self):
        """One that may go arrives at Corland; so did whatever was let go before it."""
        message = self.demo.accepted(demo.plain("MARK-1"))
        self.arrived(message, "XC-CA-01")
        return message

    def assert_stays(self, document, code, name, to="XC-CA-01"):
        """It has this outcome, an entry at home, and nothing of it leaves."""
        before, gone = self.sizes(), set(self.delivers("XA", to[:2]))
        done = self.send(document, to)
        self.assert_fails(done, code, name)
        one = done.json["recipients"][0]
        self.assertEqual((one["code"], one["proved"]), (name, True))
        self.assertEqual(self.demo.show(one["id"], to.lower()).code, 5)
        passed = self.passes()
        if to == "XC-CA-01":
            self.assertEqual(set(self.delivers("XA", "XC")) - gone, {passed})
        self.assertEqual(self.delivers("XA", "XD"), {})
        self.assertNotIn(one["id"].replace("-", ""), self.octets_into(to[:2]).hex())
        after = self.sizes()
        self.assertEqual(after["XA"] - before["XA"], 2 * LET_GO)
        self.assertEqual(after["XC"] - before["XC"], TAKEN_OVER - 3)  # neither delivered nor read
        self.assertEqual(after["XD"], before["XD"])
        return done

    def test_where_officials_of_corland_are_implicated_it_is_held(self):
        document = case("a3-sent.json")
        demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
        done = self.assert_stays(document, 3, "E_HELD")
        self.assertEqual(done.json["recipients"][0]["outcome"], "held")
        for word in ("official", "risk", "V1", "SAFE"):
            self.assertNotIn(word, done.out + done.err)

    def test_an_asylum_claim_as_a_field_is_refused(self):
        document = case("a3-sent.json")
        victim = demo.person(document, "V1")
        victim["asylum"] = victim["LOCAL"].pop("asylum")
        self.assert_stays(document, 3, "E_CATEGORY")

    def test_to_a_state_without_safeguards_it_is_refused(self):
        document = dict(case("a3-sent.json"), transfer={"tier": "T4"}, lang="fra")
        done = self.assert_stays(document, 3, "E_TRANSFER", "XD-CA-01")
        self.assertEqual(done.json["recipients"][0]["outcome"], "refused")

    def test_a_question_that_names_no_item_is_incomplete(self):
        """R-MLA-09. Nothing leaves Corland either."""
        document = dict(self.steps["A.5"].document, items=[])
        done = self.demo.send(document, to=("XA-CA-01",), context="xc-ca-01")
        self.assert_fails(done, 2, "E_INCOMPLETE")
        self.assertIn("items", done.error["message"])
        self.assertEqual(self.delivers("XC", "XA"), {})

    def test_without_what_is_kept_at_home_the_same_leaves(self):
        """R-ASY-03, R-WIT-01: no asylum claim, no protected witness, and it looks alike in all that
        Corland has: contents, and the sizes of message and release."""
        spared = case("a3-sent.json")
        del demo.person(spared, "V1")["LOCAL"]["asylum"]
        del demo.person(spared, "W1")["LOCAL"]["witness"]
        found = []
        for document in (case("a3-sent.json"), spared):
            message = self.demo.accepted(document)
            self.arrived(message, "XC-CA-01")
            shown = self.demo.show(message).json
            frame = octets.unpack(self.delivers("XA", "XC")[message])
            sizes = [len(frame[2][0]), [len(field) for field in frame[2][1]],
                     [len(field) for field in frame[3]], len(frame[4][0])]
            found.append((shown["document"], [field["origin"] for field in shown["fields"]],
                          len(shown["withheld"]), sizes))
        self.assertEqual(*found)

    def test_what_a_supplement_says_of_the_victim_stays(self):
        """Without a trace: what arrives is A.6 as it is without that answer."""
        document = json.loads(json.dumps(self.steps["A.6"].document))
        document["items"].append({"item": 4, "answer": "V1 was made to carry the handset",
                                  "category": "VIC"})
        message = self.demo.accepted(document)
        self.arrived(message, "XC-CA-01")
        shown = self.demo.show(message)
        self.assertEqual(shown.json["document"]["items"][0], document["items"][0])
        self.assertNotIn("handset", shown.out)
        self.assertNotIn(b"handset", self.octets_into("XC"))


if __name__ == "__main__":
    demo.main()
