"""Case A.3 from sending to reading and answering, by the command as people and programs use it."""

import json
import os
import re

import demo

SENT = {"thread", "recipients"}
RECIPIENT = {"party", "id", "outcome", "code", "stage", "released", "transformed", "withheld"}
ROW = {"id", "thread", "type", "from", "to", "stage", "state", "due", "urgency", "handling",
       "case_ref", "received"}
SHOWN = {"id", "type", "claims", "document", "fields", "withheld", "verified"}
FIELD = {"path", "value", "origin", "transform"}
STATED = [("persons/~V1/dob", "ID"), ("persons/~V1/docs", "ID"),
          ("persons/~V1/exploitation", "VIC"), ("persons/~V1/means", "VIC"),
          ("persons/~V1/name", "ID"), ("persons/~W1/dob", "ID"), ("persons/~W1/name", "ID")]
DERIVED = [("facts", "summary"), ("persons/~V1/age_group", "generalise"),
           ("persons/~W1/age_group", "generalise")]


def labels(fields):
    """Names of elements as the cases write them: of persons by sid, of others by their place."""
    found, places = {}, {}
    for field in fields:
        parts = field["path"].split("/")
        if parts[0] == "persons" and parts[2:] == ["sid"]:
            found["persons/" + parts[1]] = "~" + field["value"]
        for i, part in enumerate(parts):
            prefix = "/".join(parts[:i + 1])
            if part.startswith("~") and prefix not in found:
                parent = "/".join(parts[:i])
                places[parent] = places.get(parent, 0) + 1
                found[prefix] = f"~{places[parent]}"
    return found


def labelled(path, found):
    parts = path.split("/")
    return "/".join(found.get("/".join(parts[:i + 1]), part) for i, part in enumerate(parts))


def released_in_the_case():
    """The paths of A.3 that the law lets through."""
    with open(os.path.join(demo.TESTS, "cases", "a3-decision.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return sorted(row[0] for row in rows if row[3] == "released")


class Exchange(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.sent = d.send(demo.a3())
        cls.id = cls.sent.json["recipients"][0]["id"]
        cls.resumed = [d.comity("request", "send", "--resume", cls.id, context="xa-ca-01")
                       for _ in range(2)]
        cls.arrived = d.inbox()
        cls.waiting = d.comity("request", "list", "--due", context="xc-ca-01")
        cls.shown = d.show(cls.id)
        cls.shown_again = d.show(cls.id)
        cls.acked = d.comity("request", "ack", cls.id, context="xc-ca-01")
        cls.listed = d.comity("request", "list", context="xc-ca-01")
        cls.waiting_after = d.comity("request", "list", "--due", context="xc-ca-01")
        cls.answers = d.inbox("xa-ca-01")
        cls.ack = d.show(cls.answers[0]["id"], "xa-ca-01")
        cls.own = d.comity("request", "show", cls.id, context="xa-ca-01")
        cls.size = d.log_grown_to(9)

    def assert_keys(self, found, wanted):
        self.assertLessEqual(wanted, set(found))

    def test_what_was_sent_is_accepted_with_the_numbers_of_the_case(self):
        self.assertEqual(self.sent.code, 0, self.sent)
        answer = self.sent.json
        self.assert_keys(answer, SENT)
        self.assertEqual(len(answer["recipients"]), 1)
        recipient = answer["recipients"][0]
        self.assert_keys(recipient, RECIPIENT)
        wanted = {"party": "XC-CA-01", "outcome": "accepted", "code": "", "stage": "accepted",
                  "released": 69, "transformed": 3, "withheld": 31}
        self.assertEqual({key: recipient[key] for key in wanted}, wanted)

    def test_sending_again_changes_nothing(self):
        for again in self.resumed:
            self.assertEqual(again.code, 0, again)
            self.assertEqual(again.json, self.sent.json)
        self.assertEqual([row["id"] for row in self.arrived], [self.id])

    def test_the_inbox_lists_it_as_programs_rely_on(self):
        row = self.arrived[0]
        self.assert_keys(row, ROW)
        wanted = {"id": self.id, "thread": self.sent.json["thread"], "type": "mla.request",
                  "from": "XA-CA-01", "to": "XC-CA-01", "stage": "accepted", "state": "open",
                  "due": "2026-09-21T16:00:00Z", "urgency": "URGENT", "handling": "",
                  "case_ref": "PA-2026-0417"}
        self.assertEqual({key: row[key] for key in wanted}, wanted)
        self.assertRegex(row["received"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")

    def test_what_is_delivered_is_the_document_of_the_case(self):
        self.assertEqual(self.shown.code, 0, self.shown)
        self.assert_keys(self.shown.json, SHOWN)
        with open(os.path.join(demo.TESTS, "cases", "a3-delivered.json"), encoding="utf-8") as file:
            self.assertEqual(self.shown.json["document"], json.load(file))
        self.assertEqual(self.shown.json["id"], self.id)
        self.assertEqual(self.shown.json["type"], "mla.request")

    def test_claims_stand_in_claims(self):
        claims, shown = self.shown.json["claims"], self.shown.json["document"]
        for key in ("version", "id", "thread", "from", "to", "created", "expires", "retain_until",
                    "schema"):
            self.assertIn(key, claims)
            self.assertNotIn(key, shown)
        self.assertEqual(claims["id"], self.id)
        self.assertEqual((claims["from"], claims["to"]), ("XA-CA-01", "XC-CA-01"))
        self.assertEqual(claims["purpose"], "EVIDENCE")

    def test_every_field_says_who_made_it(self):
        fields = self.shown.json["fields"]
        found = labels(fields)
        for field in fields:
            self.assert_keys(field, FIELD)
        sealed = [f for f in fields if f["origin"] == "sender"]
        derived = [f for f in fields if f["origin"] == "gateway"]
        self.assertEqual(len(sealed) + len(derived), len(fields))
        self.assertEqual(sorted(labelled(f["path"], found) for f in sealed),
                         released_in_the_case())
        self.assertEqual([(labelled(f["path"], found), f["transform"]) for f in derived], DERIVED)
        self.assertEqual([f["value"] for f in derived],
                         [demo.a3()["releasable_summary"]] + 2 * ["18 years or over"])
        self.assertFalse(any(f["transform"] for f in sealed))

    def test_only_the_stated_withholdings_are_told(self):
        found = labels(self.shown.json["fields"])
        withheld = [(labelled(w["path"], found), w["code"]) for w in self.shown.json["withheld"]]
        self.assertEqual(sorted(withheld), STATED)

    def test_seal_and_receipt_are_verified(self):
        verified = self.shown.json["verified"]
        self.assertIs(verified["seal"], True)
        self.assertIs(verified["receipt"], True)
        self.assertEqual([hop["gateway"] for hop in verified["chain"]], ["XA-GW-01"])
        self.assertGreaterEqual(verified["chain"][0]["size"], 2)

    def test_showing_again_shows_the_same(self):
        self.assertEqual(self.shown_again.code, 0, self.shown_again)
        self.assertEqual(self.shown_again.json, self.shown.json)

    def test_the_acknowledgement_comes_back_verified(self):
        self.assertEqual(self.acked.code, 0, self.acked)
        self.assert_keys(self.acked.json, SENT)
        self.assert_keys(self.acked.json["recipients"][0], RECIPIENT)
        self.assertEqual(len(self.answers), 1)
        row = self.answers[0]
        self.assertEqual((row["type"], row["from"], row["thread"], row["case_ref"]),
                         ("mla.ack", "XC-CA-01", self.sent.json["thread"], "PA-2026-0417"))
        self.assertEqual(self.ack.code, 0, self.ack)
        self.assertIs(self.ack.json["verified"]["seal"], True)
        self.assertIs(self.ack.json["verified"]["receipt"], True)
        self.assertEqual(self.ack.json["claims"]["reply_to"], self.id)
        self.assertEqual(self.ack.json["withheld"], [])

    def test_the_sender_sees_that_it_was_retrieved(self):
        self.assertEqual(self.own.code, 0, self.own)
        recipient = self.own.json["recipients"][0]
        self.assertEqual((recipient["id"], recipient["stage"], recipient["outcome"]),
                         (self.id, "retrieved", "accepted"))

    def test_what_waits_for_an_answer_is_due(self):
        self.assertEqual([row["id"] for row in self.waiting.rows], [self.id])
        self.assertEqual(self.waiting_after.out, "")

    def test_both_directions_are_listed_newest_first(self):
        for row in self.listed.rows:
            self.assert_keys(row, ROW)
        ack, request = self.listed.rows
        self.assertEqual((ack["id"], ack["direction"], ack["state"]),
                         (self.acked.json["recipients"][0]["id"], "sent", "sent"))
        self.assertEqual((request["id"], request["direction"], request["state"], request["stage"]),
                         (self.id, "received", "answered", "retrieved"))

    def test_the_log_holds_every_step(self):
        """Start; the request with two stages and that it was read, the answer likewise."""
        self.assertEqual(self.size, 9)
        verdict = self.demo.verified().json
        self.assertEqual((verdict["verified"], verdict["fault"]), (True, ""))
        self.assert_keys(verdict, {"origin", "size", "root", "verified", "fault"})
        logs = self.demo.comity("audit", "keys", context="xc-ca-01").json["logs"]
        self.assert_keys(logs[0], {"origin", "vkey", "witnesses"})
        self.assertEqual(logs[0]["origin"], verdict["origin"])

    def test_a_key_given_by_hand_is_as_good(self):
        done = demo.run(demo.COMITY, "audit", "verify", "--log", self.demo.log, "--key",
                        self.demo.vkey(), "--json", env={"PATH": os.environ["PATH"], "HOME": "/"})
        self.assertEqual(done.code, 0, done)

    def test_what_demo_up_says_is_so(self):
        up = self.demo.up
        self.assert_keys(up, {"dir", "home", "gateways", "contexts"})
        self.assertEqual(up["contexts"], ["xa-ca-01", "xc-ca-01"])
        for gateway in up["gateways"]:
            self.assert_keys(gateway, {"id", "address", "pid", "config", "journal", "log"})
            self.assertTrue(demo.is_running(gateway["pid"], gateway["config"]))
            for key in ("config", "journal", "log"):
                self.assertTrue(os.path.exists(gateway[key]), key)

    def test_a_context_names_files_that_are_there(self):
        context = self.demo.context("xc-ca-01")
        paths = {"cert", "key", "ca", "sealing_cert", "sealing_key", "directory"}
        self.assert_keys(context, {"name", "party", "gateway"} | paths)
        self.assertEqual((context["party"], context["gateway"]), ("XC-CA-01", "XA-GW-01"))
        for key in paths:
            self.assertTrue(os.path.exists(context[key]), key)

    def test_a_dry_run_says_what_would_be_and_delivers_nothing(self):
        done = self.demo.send(demo.a3(), "--dry-run")
        self.assertEqual(done.code, 0, done)
        recipient = done.json["recipients"][0]
        self.assertEqual([recipient[key] for key in ("released", "transformed", "withheld")],
                         [69, 3, 31])
        self.assertEqual([row["id"] for row in self.demo.inbox()], [self.id])
        self.assertEqual(self.demo.log_grown_to(self.size + 1), self.size + 1)

    def test_people_get_text_without_colours_where_there_is_no_terminal(self):
        done = demo.run(demo.COMITY, "request", "show", self.id, "--context", "xc-ca-01",
                        env=self.demo.env)
        self.assertEqual(done.code, 0, done)
        self.assertIn("Halmar", done.out)
        self.assertIsNone(re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.out + done.err))
        self.assertNotIn("Dostan", done.out + done.err)


if __name__ == "__main__":
    demo.main()
