"""A rulebook that is tried beside the one in force: what it would decide otherwise is counted and
shown to the operator, and it never stops anything, whatever lies in its folder."""

import json
import os
import shutil

import demo

RULES = """
policy "What is tried"
  version 1
  authority "The test"
  basis "none"
  in force 2026-01-01 until 2035-12-31

  forbid "No dates of birth"
    fields person.dob
    notice silent
    basis "none"
%s
end
"""
HOLD = """
  hold "All requests"
    when message.type is mla.request
    code E_HELD
    basis "none"
"""


class Candidate(demo.DemoTest):
    def setUp(self):
        self.folder = os.path.join(demo.temporary_folder(), "next")
        shutil.copytree(self.demo.context("xa-ca-01")["directory"], self.folder)
        self.configuration = demo.read(self.demo.config).decode()
        self.addCleanup(self.put_back)

    def put_back(self):
        self.write(self.demo.config, self.configuration)
        self.reload()

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def tried(self, rules):
        """What the candidate's law says besides."""
        self.write(os.path.join(self.folder, "law", "rules", "tried"), RULES % rules)

    def propose(self):
        self.write(self.demo.config,
                   f"{self.configuration}\nrulebook_candidate: '{self.folder}'\n")

    def reload(self):
        done = self.demo.comity("admin", "reload", "--config", self.demo.config)
        self.assertEqual(done.code, 0, done)
        return done.json["changed"]

    def counts(self):
        done = self.demo.comity("admin", "status", "--config", self.demo.config)
        self.assertEqual(done.code, 0, done)
        return done.json["candidate"]

    def shown(self):
        """Whether the recipient gets the date of birth of a request."""
        message = self.demo.accepted(demo.plain("TRIED"))
        return "1984-03-17" in json.dumps(self.demo.show(message).json)

    def test_what_differs_is_counted_until_the_candidate_changes(self):
        self.assertIsNone(self.counts())
        self.tried("")
        self.propose()
        size = self.demo.settled_size()
        self.assertRegex(self.reload(), "^candidate [0-9a-f]{64}$")
        self.assertEqual(self.demo.settled_size(), size + 1)  # of the order alone
        self.assertTrue(self.shown())
        counts = self.counts()
        self.assertEqual((counts["compared"], counts["skipped"], counts["outcomes"]), (1, 0, {}))
        self.assertEqual((counts["wider"], sum(counts["narrower"].values())), ({}, 1))
        self.assertEqual(self.reload(), "nothing has changed")
        self.assertEqual(self.counts(), counts)
        self.tried(HOLD)
        self.assertIn("candidate", self.reload())
        self.assertEqual(self.counts()["compared"], 0)
        self.assertTrue(self.shown())
        self.assertEqual(self.counts()["outcomes"], {"deliver": {"hold": 1}})
        text = demo.run(demo.COMITY, "admin", "status", "--config", self.demo.config,
                        env=self.demo.env).out
        self.assertIn("deliver in force, hold by the candidate: 1 messages", text)
        self.write(self.demo.config, self.configuration)
        self.assertEqual(self.reload(), "no candidate any more")
        self.assertIsNone(self.counts())

    def test_what_is_no_rulebook_is_said_and_stops_nothing(self):
        self.write(os.path.join(self.folder, "law", "rules", "tried"), "no rules\n")
        self.propose()
        self.assertEqual(self.reload(), "nothing has changed")
        self.assert_refused(1)
        done = demo.run(demo.COMITYD, "--config", self.demo.config, "--check-config", env=self.demo.env)
        self.assertEqual(done.code, 0, done)
        self.assertIn("rulebook_candidate: none: rulebook", done.out)
        self.demo.restart("XA")
        self.assert_refused(2)
        shutil.rmtree(self.folder)
        self.assertEqual(self.reload(), "nothing has changed")
        self.assert_refused(3)
        self.assertTrue(self.shown())

    def assert_refused(self, times):
        """It is said in an alarm line each time; there is no candidate."""
        lines = [json.loads(line) for line in self.demo.said().splitlines()
                 if '"candidate.refused"' in line]
        self.assertEqual([line["level"] for line in lines], ["alarm"] * times)
        self.assertIn(self.folder, lines[-1]["text"])
        self.assertIsNone(self.counts())


if __name__ == "__main__":
    demo.main()
