"""comity admin diagnose: what it finds of a gateway that is well, that is stopped, whose disk is full
or whose files are wrong, and that what it says can be handed on."""

import os
import re

import admin
import demo

RUNBOOK = os.path.join(demo.SOURCE, "deploy", "RUNBOOK.md")
EXITS = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}


class Diagnose(admin.Admin):
    def diagnose(self, code=0, gateway=None):
        done = self.ask("admin", "diagnose", gateway=gateway)
        self.assertEqual(done.code, code, done)
        self.assertEqual(done.json["check"], "diagnose")
        for row in done.json["rows"]:
            self.assertIn(row["state"], EXITS)
            self.assert_helps(row)
        return done.json["rows"]

    def assert_helps(self, row):
        """What to do is a heading of the runbook, or a command."""
        todo = row["todo"]
        self.assertEqual(todo == "", row["state"] == "OK", row)
        if todo and not re.match("comity |raise |name ", todo):
            self.assertRegex(demo.read(RUNBOOK).decode(), rf"(?m)^## {todo}$|^\| {todo} \|")

    def of(self, rows, name):
        return [row["state"] for row in rows if row["name"] == name]

    def worst(self, rows, name):
        return max(self.of(rows, name), key=["OK", "UNKNOWN", "WARNING", "CRITICAL"].index)


class Well(Diagnose):
    def test_of_a_gateway_that_is_well_everything_is_named(self):
        self.demo.accepted(demo.plain("DIAGNOSED"))
        rows = self.diagnose()
        self.assertEqual(sorted({row["name"] for row in rows}), sorted([
            "versions", "configuration", "certificate", "authority", "revocations", "files",
            "room", "limits", "log", "gateway", "journal", "clock", "peer", "rulebook"]))
        self.assertNotIn("CRITICAL", str(rows))  # a demo's certificates last a week
        self.assertEqual({row["state"] for row in rows if row["name"] not in
                          ("room", "limits", "certificate", "authority")}, {"OK"}, rows)

    def test_nothing_secret_and_nothing_of_a_message_is_in_it(self):
        self.demo.accepted(demo.plain("DIAGNOSED-2"))
        said = demo.run(demo.COMITY, "admin", "diagnose", "--config", self.demo.config,
                        env=self.demo.env)
        self.assertEqual(said.code, 0, said)
        secrets = [demo.read(path).decode() for path in re.findall(
            r"(?m)^(?: *key|key_encryption_key): '(.*)'$", demo.read(self.demo.config).decode())]
        self.assertEqual(len(secrets), 3)
        for secret in ["DIAGNOSED-2", "Halmar", "XC-CA-01"] + [
                line for text in secrets for line in text.splitlines() if len(line) > 20]:
            self.assertNotIn(secret, said.out + said.err)

    def test_a_line_for_monitoring(self):
        done = demo.run(demo.COMITY, "admin", "diagnose", "--nagios", "--config",
                        self.demo.config, env=self.demo.env)
        self.assertRegex(done.out, r"^COMITY DIAGNOSE (OK|WARNING) - ")
        self.assertEqual(done.code, EXITS[done.out.split()[2]])


class Ill(Diagnose):
    def test_of_one_that_is_stopped_its_files_still_speak(self):
        self.corland.end()
        rows = self.diagnose(7, self.corland)
        self.assertEqual(self.of(rows, "gateway"), ["CRITICAL"])
        log = next(row for row in rows if row["name"] == "log")
        sizes = re.findall(r": (\d+)", log["message"])
        self.assertEqual((log["state"], len(sizes), len(set(sizes))), ("OK", 3, 1), log)
        before = list(demo.folder_octets(self.corland.journal))
        self.diagnose(7, self.corland)
        self.assertEqual(list(demo.folder_octets(self.corland.journal)), before)
        self.corland.start()

    def test_an_older_journal_is_told_before_anybody_starts_it(self):
        journal, older = self.corland.journal, self.corland.journal + ".older"
        self.corland.end()
        demo.run("cp", "-a", journal, older)
        self.corland.start()
        self.corland.end()
        newest = journal + ".newest"
        os.rename(journal, newest)
        os.rename(older, journal)
        rows = self.diagnose(11, self.corland)
        self.assertEqual(self.of(rows, "log"), ["CRITICAL"])
        os.rename(journal, older)
        os.rename(newest, journal)
        self.corland.start()

    def test_no_room_for_new_work(self):
        self.demo.end()
        self.demo.limit(floor="1024GiB")
        self.demo.start()
        demo.until(lambda: self.admin("status")["journal"]["low"], "it is noticed")
        rows = self.diagnose(1)
        self.assertEqual((self.worst(rows, "room"), self.of(rows, "journal")),
                         ("CRITICAL", ["CRITICAL"]))
        self.demo.end()
        self.demo.limit(floor="1MiB")
        self.demo.start()

    def test_what_is_wrong_with_the_files_is_named(self):
        text = demo.read(self.demo.config).decode()
        key = re.search(r"(?m)^key_encryption_key: '(.*)'$", text)[1]
        os.chmod(key, 0o644)
        rows = self.diagnose(2)
        os.chmod(key, 0o600)
        self.assertEqual((self.worst(rows, "files"), self.worst(rows, "configuration")),
                         ("CRITICAL", "CRITICAL"))
        self.assertIn(key, str(rows))
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(text + "unheard: of\n")
        try:
            rows = self.diagnose(2)
        finally:
            with open(self.demo.config, "w", encoding="utf-8") as file:
                file.write(text)
        self.assertEqual(self.of(rows, "configuration"), ["CRITICAL"])
        self.assertEqual(self.of(rows, "gateway"), ["OK"])

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root looks at the files of others")
    def test_root_may_ask_where_the_service_manager_knows_the_user(self):
        text = demo.read(self.demo.config).decode()
        less = re.sub("(?m)^user: .*\n", "", text)
        self.assertNotEqual(less, text)
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(less)
        try:
            rows = self.diagnose()
        finally:
            with open(self.demo.config, "w", encoding="utf-8") as file:
                file.write(text)
        self.assertEqual(self.of(rows, "files"), ["OK"])


if __name__ == "__main__":
    demo.main()
