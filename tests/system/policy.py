"""The law as its users work with it: check, fmt, explain, reach, who-sees, diff, print, replay."""

import json
import os
import re
import shutil

import demo

MORE = """
policy "What is tried"
  version 1
  authority "The test"
  basis "none"
  in force 2026-01-01 until 2035-12-31

  %s
    basis "none"
end
"""
FORBIDDEN = MORE % 'forbid "No dates of birth"\n    fields person.dob\n    notice silent'
PERMITTED = MORE % 'permit "Reasons to everybody"\n    fields purpose_text'


class Policy(demo.DemoTest):
    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rulebook = cls.demo.context("xa-ca-01")["directory"]
        cls.policies = os.path.join(demo.SOURCE, "policies")

    def policy(self, *words, given=None, context="xa-ca-01"):
        return self.demo.comity("policy", *words, context=context, given=given)

    def candidate(self, text):
        """The rulebook with another policy in its law."""
        folder = os.path.join(demo.temporary_folder(), "next")
        shutil.copytree(self.rulebook, folder)
        with open(os.path.join(folder, "law", "rules", "tried"), "w", encoding="utf-8") as file:
            file.write(text)
        return folder

    def test_the_shipped_law_checks_alone_and_in_a_rulebook(self):
        for folder in (self.policies, self.rulebook):
            done = self.policy("check", folder)
            self.assertEqual(done.code, 0, done)
            self.assertTrue(done.json["ok"])
            self.assertGreater(done.json["rules"], 100)
            self.assertGreater(done.json["guarantees"], 5)
            self.assertEqual(done.json["errors"], [])

    def test_a_law_that_breaks_a_guarantee_does_not_check(self):
        folder = self.candidate(
            PERMITTED + FORBIDDEN.replace("What is tried", "Red line").replace(
                'forbid "No dates of birth"\n    fields person.dob\n    notice silent',
                'guarantee "No reasons"\n    never\n    fields purpose_text'))
        done = self.policy("check", folder)
        self.assertEqual(done.code, 2, done)
        error, = done.json["errors"]
        self.assertEqual(error["file"], "law/rules/tried")
        self.assertIn('the guarantee "No reasons" is violated: purpose_text', error["message"])
        self.assertIn("purpose is", error["message"])

    def test_the_shipped_texts_are_in_their_form(self):
        done = self.policy("fmt", "--check", self.policies)
        self.assertEqual(done.code, 0, done)
        folder = self.candidate(FORBIDDEN.replace("  fields", "fields"))
        done = self.policy("fmt", "--check", folder)
        self.assertEqual(done.code, 2, done)
        self.assertEqual(done.rows, [{"file": f"{folder}/law/rules/tried"}])

    def test_an_explanation_is_logged_and_says_what_the_dry_run_says(self):
        document = demo.a3()
        kept = self.demo.comity("request", "list", context="xa-ca-01").rows
        before = self.demo.settled_size(party="XA-CA-01")
        done = self.policy("explain", "-f", "-", "--to", "XC-CA-01", given=json.dumps(document))
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.demo.comity("request", "list", context="xa-ca-01").rows, kept)
        self.assertEqual(self.demo.log_grown_to(before + 1), before + 1)
        told = done.json
        self.assertEqual((told["outcome"], told["by_document"]), ("accepted", "accepted"))
        self.assertTrue(told["logged"])
        fields = {field["path"]: field for field in told["fields"]}
        self.assertEqual(fields["facts"]["level"], "silent")
        self.assertEqual(fields["items/1/details/iban"]["rule"], "matrix FIN /A")
        self.assertIn("UNTOC", fields["items/1/details/iban"]["basis"])
        self.assertNotIn(demo.person(document, "S1")["name"]["family"], done.out)

    def test_what_is_not_known_is_named(self):
        document = demo.a3()
        demo.person(document, "V1").pop("citizenship")
        done = self.policy("explain", "-f", "-", "--to", "XC-CA-01", given=json.dumps(document))
        self.assertEqual(done.code, 0, done)
        missing = {name for field in done.json["fields"] for name in field["missing"]}
        self.assertTrue(missing, done)
        self.assertTrue(all(re.fullmatch(r"[a-z_.]+", name) for name in missing), missing)

    def explained(self, done):
        self.assertEqual(done.code, 0, done)
        return done.json, {field["path"]: field for field in done.json["fields"]}

    def test_a_message_that_was_sent_is_explained_as_its_document_is(self):
        document = demo.a3()
        message = self.demo.accepted(document)
        kept = self.demo.comity("request", "list", context="xa-ca-01").rows
        before = self.demo.settled_size(party="XA-CA-01")
        told, fields = self.explained(self.policy("explain", message))
        self.assertEqual(self.demo.log_grown_to(before + 1), before + 1)
        self.assertEqual(self.demo.comity("request", "list", context="xa-ca-01").rows, kept)
        self.assertEqual((told["outcome"], told["logged"]), ("accepted", True))
        asked, other = self.explained(self.policy("explain", "-f", "-", "--to", "XC-CA-01",
                                                  given=json.dumps(document)))
        self.assertEqual(fields, other)
        self.assertEqual((told["by_document"], told["code"]), (asked["by_document"], asked["code"]))
        self.assert_all_that_arrived(message, self.demo.accepted(demo.plain("EXPLAIN-4")))

    def assert_all_that_arrived(self, first, last):
        """Between these two nothing else went to the recipient."""
        def arrived():
            ids = [row["id"] for row in self.demo.inbox()]
            return ids if {first, last} <= set(ids) else None
        ids = demo.until(arrived, "both arrive")
        self.assertEqual(abs(ids.index(first) - ids.index(last)), 1, ids)

    def test_a_message_that_was_received_is_explained_by_what_it_shows(self):
        message = self.demo.accepted(demo.a3())
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox()], "it arrives")
        told, fields = self.explained(self.policy("explain", message, context="xc-ca-01"))
        self.assertEqual((told["outcome"], told["logged"]), ("received", False))
        shown = self.demo.show(message).json
        self.assertEqual(len(fields), len(shown["fields"]) + len(shown["withheld"]))
        self.assertEqual({field["level"] for field in fields.values()},
                         {"clear", "stated", "summary", "generalise"})
        self.assertEqual(fields["items/1/details/iban"]["rule"], "matrix FIN /A")
        self.assertEqual(fields["facts"]["level"], "summary")
        # nothing of a victim's citizenship is shown: who could say which rule is about it?
        for path in ("persons/V1/name", "persons/V1/age_group", "persons/V1/sex"):
            self.assertEqual((fields[path]["rule"], fields[path]["missing"]), ("", []), path)
        self.assertEqual(fields["persons/V1/name"]["level"], "stated")
        said = json.dumps(told)
        self.assertNotIn("R-ASY", said)
        self.assertNotIn("unknown", said)

    def test_what_there_is_none_of_is_not_explained(self):
        message = self.demo.accepted(demo.plain("EXPLAIN-3"))
        for words, code in (((message, "--to", "XC-CA-01"), 2), ((), 2), (("-f", "-"), 2),
                            (("none",), 5), (("00000000-0000-4000-8000-000000000000",), 5)):
            self.assertEqual(self.policy("explain", *words, given="{}").code, code, words)

    def test_nothing_is_explained_without_the_gateway(self):
        gateway = self.demo.at("XA")
        gateway.end()
        try:
            done = self.policy("explain", "-f", "-", "--to", "XC-CA-01",
                               given=json.dumps(demo.plain("EXPLAIN-1")))
        finally:
            gateway.start()
        self.assertEqual((done.code, done.out), (7, ""), done)

    def test_an_outcome_that_the_fields_do_not_explain_is_told(self):
        done = self.policy("explain", "-f", "-", "--to", "XC-CA-99",
                           given=json.dumps(demo.plain("EXPLAIN-2")))
        self.assertEqual(done.code, 0, done)
        told = done.json
        self.assertEqual((told["outcome"], told["code"], told["by_document"]),
                         ("refused", "E_ROUTE", "accepted"))

    def test_reach_and_who_sees_agree_with_the_law(self):
        rows = self.policy("reach", "--to", "XC-CA-01", "--type", "mla.request",
                           self.rulebook).rows
        levels = {(row["field"], row["category"]): row for row in rows}
        self.assertEqual({row["level"] for row in rows if row["category"] == "ASY"}, {"never"})
        self.assertEqual(levels[("persons.name.family", "ID")]["level"], "clear")
        self.assertIn("purpose is", levels[("persons.name.family", "ID")]["example"])
        self.assertEqual(self.policy("who-sees", "tag.witness", self.rulebook).rows, [])
        seen = self.policy("who-sees", "person.name.family", self.rulebook).rows
        self.assertEqual({row["party"] for row in seen} & {"XA-CA-01", "XC-CA-01"},
                         {"XA-CA-01", "XC-CA-01"})

    def test_a_wider_law_ends_with_three_and_a_narrower_one_does_not(self):
        same = self.policy("diff", self.rulebook, self.rulebook)
        self.assertEqual((same.code, same.out), (0, ""), same)
        narrower = self.policy("diff", self.rulebook, self.candidate(FORBIDDEN))
        self.assertEqual(narrower.code, 0, narrower)
        self.assertEqual({row["change"] for row in narrower.rows}, {"narrower"})
        self.assertEqual({name for row in narrower.rows for name in row["fields"]},
                         {"persons.dob"})

    def test_a_candidate_is_tried_on_what_was_sent(self):
        self.demo.accepted(demo.plain("REPLAY-1"), "XC-CA-01")
        same = self.policy("replay", "--since", "1d", self.rulebook)
        self.assertEqual(same.json["changes"], [], same)
        self.assertGreater(same.json["messages"], 0)
        done = self.policy("replay", self.candidate(FORBIDDEN))
        self.assertEqual(done.code, 0, done)
        self.assertGreater(done.json["changed"], 0)
        change = next(row for row in done.json["changes"] if row["before"] == "clear")
        self.assertEqual((change["field"], change["after"]), ("persons.dob", "silent"))
        self.assertNotIn("1984", done.out)
        none = self.policy("replay", self.candidate(FORBIDDEN), context="xc-ca-01")
        self.assertEqual(none.json["messages"], 0)
        self.assert_fails(self.policy("replay", "--since", "soon", self.rulebook), 2, "USAGE")

    def test_the_shipped_law_is_printed(self):
        for language, word in (("eng", "Article 1.1."), ("fra", "Chapitre"), ("spa", "Artículo")):
            text = self.policy("print", "--lang", language, self.rulebook).json["text"]
            self.assertIn(word.lower(), text.lower())
            self.assertIn("UNCHECKED", text)
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 80)


if __name__ == "__main__":
    demo.main()
