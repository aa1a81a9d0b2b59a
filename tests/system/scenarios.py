"""comity policy test: the scenarios of the shipped law, and what happens to those that are wrong."""

import json
import os
import shutil
import tempfile
import unittest

import demo

STATES = """states number 1
  state XA "Arvenia" domain xa.comity.example tier XB T1 tier XC T3
  state XB "Bessaria" domain xb.comity.example tier XA T1
  state XC "Corland" domain xc.comity.example tier XA T3
  state XD "Dorvania" domain xd.comity.example
  gateway XA-GW-01 address "127.0.0.1:7443"
"""
PARTIES = """parties XA number 1
  party XA-CA-01 "Ministry of Justice" home XA-GW-01 from 2026-01-01 until 2035-12-31
"""
WRONG = """
scenario "too much is expected"
  message "a-2" from XA-CA-01 to XC-CA-01 on 2026-09-07
  expect items/1/details/msisdn silent
end
"""


class Scenarios(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="comity-scenarios-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        shutil.copytree(os.path.join(demo.SOURCE, "policies"), f"{cls.folder}/law")
        for name, text in (("states", STATES), ("parties/XA", PARTIES)):
            os.makedirs(f"{cls.folder}/{name}")
            with open(f"{cls.folder}/{name}/text", "w", encoding="utf-8") as file:
                file.write(text)

    def ask(self, text=None, *words):
        """With the text beside the shipped scenarios."""
        place = f"{self.folder}/law/tests/another"
        with open(place, "w", encoding="utf-8") as file:
            file.write(text or "")
        return demo.run(demo.COMITY, "policy", "test", self.folder, *words)

    def line_of(self, text, word):
        return text[:text.index(word)].count("\n") + 1

    def test_the_shipped_law_does_what_its_scenarios_say(self):
        done = self.ask(None, "--json", "--bar", "35")
        self.assertEqual(done.code, 0, done)
        counts = json.loads(done.out)
        self.assertEqual(counts["failed"], 0)
        self.assertGreater(counts["passed"], 50)

    def test_too_few_rules_are_seen(self):
        done = self.ask(None, "--bar", "100")
        self.assertEqual(done.code, 3, done)
        self.assertIn("never seen", done.err)

    def test_an_expectation_that_does_not_hold_fails(self):
        done = self.ask(WRONG, "--bar", "0")
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"law/tests/another:{self.line_of(WRONG, 'expect items')}: "
                      "too much is expected: items/1/details/msisdn is clear", done.err)

    def test_a_misspelt_rule_party_place_or_level_is_an_error(self):
        for wrong, told in (
                (WRONG.replace("silent", "clear by \"matrix MEET\""), "no rule has the title"),
                (WRONG.replace("XC-CA-01", "XC-CAA-01"), "is no party"),
                (WRONG.replace("silent", "cleer"), "did you mean \"clear\""),
                (WRONG.replace("  expect items/1/details/msisdn silent\n", ""), "expects nothing")):
            done = self.ask(wrong)
            self.assertEqual(done.code, 2, done)
            self.assertIn("law/tests/another:", done.err)
            self.assertIn(told, done.err)

    def test_a_place_that_is_not_there_fails(self):
        for wrong in (WRONG.replace("items/1/details/msisdn", "items/9/details/msisdn"),
                      WRONG.replace("  expect", "  given persons/V9/dob missing\n  expect"),
                      WRONG.replace("\"a-2\"", "\"a-0\"")):
            self.assertEqual(self.ask(wrong, "--bar", "0").code, 1)


if __name__ == "__main__":
    unittest.main()
