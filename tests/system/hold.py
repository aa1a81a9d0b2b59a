"""Requests that the law holds or the gateway refuses: the exit code, the reason and what to do, and
that nothing leaves."""

import json
import os
import signal
import uuid

import demo


class Hold(demo.DemoTest):
    """Each test leaves the inbox empty and the log whole."""

    def setUp(self):
        self.before = self.demo.settled_size()

    def assert_logged(self, entries=1):
        """What was decided is in the log, which holds; nothing else is."""
        self.assertEqual(self.demo.log_grown_to(self.before + entries), self.before + entries)
        self.assertEqual(self.demo.inbox(), [])

    def assert_refused(self, done, code, name, entries=1):
        self.assert_fails(done, code, name)
        self.assert_logged(entries)

    def test_a_request_that_implicates_officials_is_held(self):
        document = demo.a3()
        demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
        done = self.demo.send(document)
        self.assert_refused(done, 3, "E_HELD")
        recipient = done.json["recipients"][0]
        self.assertEqual((recipient["outcome"], recipient["code"]), ("held", "E_HELD"))
        self.assertEqual(self.demo.show(recipient["id"]).code, 5)

    def test_what_a_hold_says_tells_nothing_of_its_reason(self):
        document = demo.a3()
        demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
        done = self.demo.send(document)
        self.assert_logged()
        for word in ("official", "risk", "LOCAL", "R-SAFE", "V1"):
            self.assertNotIn(word, done.out + done.err)

    def test_a_hold_stays_a_hold_when_it_is_sent_again(self):
        document = demo.a3()
        demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
        first = self.demo.send(document).json["recipients"][0]
        self.assert_logged()
        again = self.demo.comity("request", "send", "--resume", first["id"], context="xa-ca-01")
        self.assert_refused(again, 3, "E_HELD")
        self.assertEqual(again.json["recipients"][0]["id"], first["id"])

    def test_an_unknown_field_is_refused_and_named(self):
        document = demo.a3()
        demo.person(document, "S1")["shoe_size"] = 43
        done = self.demo.send(document)
        self.assert_fails(done, 2, "E_SCHEMA")
        self.assertIn("shoe_size", done.error["message"])
        self.assert_logged()

    def test_a_missing_element_is_named(self):
        document = demo.a3()
        del document["proceeding"]["subject"]
        done = self.demo.send(document)
        self.assert_fails(done, 2, "E_INCOMPLETE")
        self.assertIn("subject", done.error["message"])
        self.assert_logged()

    def test_a_missing_claim_is_named(self):
        document = demo.a3()
        del document["case_ref"]
        done = self.demo.send(document)
        self.assert_fails(done, 2, "E_INCOMPLETE")
        self.assertIn("case_ref", done.error["message"])
        self.assert_logged()

    def test_asylum_as_a_field_to_another_state_is_refused(self):
        document = demo.a3()
        victim = demo.person(document, "V1")
        victim["asylum"] = victim["LOCAL"].pop("asylum")
        self.assert_refused(self.demo.send(document), 3, "E_CATEGORY")

    def test_witness_protection_as_a_field_to_another_state_is_refused(self):
        document = demo.a3()
        witness = demo.person(document, "W1")
        witness["witness"] = witness.pop("LOCAL")["witness"]
        self.assert_refused(self.demo.send(document), 3, "E_CATEGORY")

    def test_an_unknown_party_is_refused(self):
        done = self.demo.send(demo.a3(), to=["XC-CA-77"])
        self.assert_refused(done, 3, "E_ROUTE")
        self.assertIn("XC-CA-77", done.error["message"])

    def test_a_purpose_that_the_law_does_not_know_is_refused(self):
        self.assert_refused(self.demo.send(dict(demo.a3(), purpose="CURIOSITY")), 3, "E_PURPOSE")

    def test_an_unknown_message_is_exit_5(self):
        for words in (("show",), ("ack",)):
            done = self.demo.comity("request", *words, str(uuid.uuid4()), context="xc-ca-01")
            self.assert_fails(done, 5, "E_UNKNOWN")

    def test_anothers_message_is_as_unknown_as_none(self):
        document = demo.a3()
        demo.person(document, "V1")["LOCAL"]["risk"]["officials_implicated"] = ["XC"]
        held = self.demo.send(document).json["recipients"][0]["id"]
        self.assert_logged()
        none = str(uuid.uuid4())
        one, two = self.demo.show(held), self.demo.show(none)
        self.assertEqual((one.code, two.code), (5, 5))
        self.assertEqual(one.err.replace(held, "ID"), two.err.replace(none, "ID"))

    def test_wrong_usage_is_exit_2(self):
        known = self.demo.env
        for words in ([], ["request"], ["requests", "send"], ["request", "sent"],
                      ["request", "send"], ["request", "send", "-f"], ["request", "show"],
                      ["request", "show", "--colour", "red"], ["audit", "verify"],
                      ["audit", "verify", "--log", "/nowhere"], ["demo", "up"],
                      ["request", "inbox", "--context", "nobody"],
                      ["request", "inbox", "--context", "../xc-ca-01"]):
            done = demo.run(demo.COMITY, *words, env=known)
            self.assertEqual((done.code, done.out), (2, ""), (words, done))
            self.assertIn("comity", done.err)

    def test_what_is_no_json_is_refused_before_it_leaves(self):
        for text in ("", "{", "[]", '{"type": "mla.request"} x', '{"a": 1, "a": 2}', '{"a": 1.5}'):
            done = self.demo.comity("request", "send", "-f", "-", "--to", "XC-CA-01",
                                    context="xa-ca-01", given=text)
            self.assertEqual(done.code, 2, (text, done))
            self.assertTrue(done.error["message"])
        self.assert_logged(0)

    def test_failures_say_what_to_do_next(self):
        done = demo.run(demo.COMITY, "request", "shwo", env=self.demo.env)
        self.assertIn("comity request show", done.err)


class Worst(demo.DemoTest):
    def test_of_several_recipients_the_worst_counts_and_the_others_get_it(self):
        done = self.demo.send(demo.a3(), to=["XC-CA-01", "XC-CA-77"])
        self.assertEqual(done.code, 3, done)
        outcomes = {r["party"]: r["outcome"] for r in done.json["recipients"]}
        self.assertEqual(outcomes["XC-CA-01"], "accepted")
        self.assertEqual([row["to"] for row in self.demo.inbox()], ["XC-CA-01"])


class Away(demo.DemoTest):
    """The gateway is down, then it is back."""

    def test_without_a_gateway_everything_says_try_again(self):
        read = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(read).code, 0)
        self.demo.end(signal.SIGTERM)
        sent = self.demo.send(demo.a3())
        self.assert_fails(sent, 7, "E_UNAVAILABLE")
        self.assertEqual(sent.json["recipients"][0]["outcome"], "unsent")
        inbox = self.demo.comity("request", "inbox", context="xc-ca-01")
        self.assert_fails(inbox, 7, "E_UNAVAILABLE")
        self.assertEqual(self.demo.show(read).code, 7)  # it could not be told that it was shown
        kept = self.demo.show(read, "xc-ca-01", "--dry-run")
        self.assertEqual(kept.code, 0, kept)
        self.demo.start()
        again = self.demo.comity("request", "send", "--resume", sent.json["recipients"][0]["id"],
                                 context="xa-ca-01")
        self.assertEqual(again.code, 0, again)
        self.assertEqual(len(self.demo.inbox()), 2)

    def test_a_wrong_configuration_of_a_context_is_exit_2(self):
        path = os.path.join(self.demo.dir, "home", "contexts", "broken.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"party": "XA-CA-01"}, file)
        os.chmod(path, 0o600)
        done = self.demo.comity("request", "inbox", context="broken")
        self.assertEqual(done.code, 2, done)


if __name__ == "__main__":
    demo.main()
