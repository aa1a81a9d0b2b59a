"""Starting, stopping and being killed: nothing that was acknowledged is lost, and nothing is signed
that contradicts what was signed before."""

import json
import os
import re
import shutil
import signal

import demo


class Restart(demo.DemoTest):
    def check_everything(self, messages):
        """Every message can be read, every receipt holds, the log goes on."""
        self.assertEqual([row["id"] for row in self.demo.inbox()], messages)
        for message in messages:
            shown = self.demo.show(message)
            self.assertEqual(shown.code, 0, shown)
            self.assertIs(shown.json["verified"]["receipt"], True)
            demo.until(lambda m=message: self.stage(m) == "retrieved", "the sender sees it")
        self.demo.log_size()

    def stage(self, message):
        own = self.demo.comity("request", "show", message, context="xa-ca-01")
        self.assertEqual(own.code, 0, own)
        return own.json["recipients"][0]["stage"]

    def test_what_was_accepted_outlives_a_kill(self):
        messages = [row["id"] for row in self.demo.inbox()]
        for _ in range(3):
            before = self.demo.settled_size()
            messages.append(self.demo.accepted(demo.a3()))
            self.demo.end(signal.SIGKILL)
            self.demo.start()
            self.demo.log_grown_to(before + 2)  # the message and another start
            self.check_everything(messages)

    def test_a_kill_while_messages_come_loses_none_that_was_answered(self):
        before = [row["id"] for row in self.demo.inbox()]
        sent = [self.demo.accepted(demo.a3()) for _ in range(2)]
        self.demo.end(signal.SIGKILL)
        lost = self.demo.send(demo.a3())
        self.assertEqual(lost.code, 7, lost)
        unsent = lost.json["recipients"][0]["id"]
        self.demo.start()
        again = self.demo.comity("request", "send", "--resume", unsent, context="xa-ca-01")
        self.assertEqual(again.code, 0, again)
        self.check_everything(before + sent + [unsent])

    def test_told_to_stop_it_ends_in_order(self):
        if self.demo.process is None:
            self.demo.end()
            self.demo.start()
        before = self.demo.settled_size()
        self.assertEqual(self.demo.end(signal.SIGTERM), 0)
        self.assertEqual(self.demo.log_grown_to(before + 1), before + 1)  # a stop entry
        self.demo.start()
        self.assertEqual(self.demo.end(signal.SIGINT), 0)
        self.demo.start()
        self.demo.log_grown_to(before + 4)

    def test_a_second_gateway_on_the_same_journal_is_refused(self):
        done = self.demo.comityd(self.other_config("second"))
        self.assertEqual(done.code, 7, done)
        self.assertIn("another process holds", done.err)
        self.assertIn(self.demo.gateway["journal"], done.err)
        journal = self.demo.gateway["journal"] + ".second"
        done = self.demo.comityd(self.other_config("same-lock", journal=f"'{journal}'"))
        self.assertEqual(done.code, 7, done)
        self.assertIn("lock database", done.err)
        self.assertTrue(demo.is_running(self.demo.pid, self.demo.config))
        self.demo.accepted(demo.a3())

    def other_config(self, name, listen="127.0.0.1:0", without=None, **changes):
        """The demo's configuration with other values; log_key is the key of section log."""
        changes["listen"] = f"['{listen}']"
        changes["ready"] = f"'{self.demo.folder}/{name}.ready'"
        lines, section = [], ""
        for line in demo.read(self.demo.config).decode().splitlines():
            key = line.strip().split(":", 1)[0]
            section = section if line.startswith(" ") else key
            value = changes.get(key, changes.get(f"{section}_{key}"))
            if without != key:
                lines.append(line if value is None else line[:line.index(key)] + f"{key}: {value}")
        path = os.path.join(self.demo.folder, f"{name}.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def test_a_good_configuration_checks_good(self):
        done = self.demo.comityd(self.other_config("good"), "--check-config")
        self.assertEqual((done.code, done.err), (0, ""), done)

    def test_a_bad_configuration_is_told_with_every_problem(self):
        config = self.other_config("bad", rulebook="'/nowhere/rulebook'",
                                   key_encryption_key="'/nowhere/kek'",
                                   log_key="'/nowhere/log.key'", listen="256.0.0.1:1")
        done = self.demo.comityd(config, "--check-config")
        self.assertEqual((done.code, done.out), (78, ""), done)
        for word in ("/nowhere/rulebook", "/nowhere/kek", "/nowhere/log.key", "256.0.0.1:1"):
            self.assertIn(word, done.err)

    def test_an_unknown_key_of_the_configuration_is_named(self):
        config = self.other_config("unknown")
        with open(config, "a", encoding="utf-8") as file:
            file.write("colour: blue\n")
        for more in ((), ("--check-config",)):
            done = self.demo.comityd(config, *more)
            self.assertEqual(done.code, 78, done)
            self.assertIn("colour", done.err)

    def test_a_missing_key_of_the_configuration_is_named(self):
        done = self.demo.comityd(self.other_config("missing", without="journal"), "--check-config")
        self.assertEqual(done.code, 78, done)
        self.assertIn("journal", done.err)

    def test_a_missing_configuration_is_told(self):
        done = self.demo.comityd("/nowhere/comityd.yaml")
        self.assertEqual(done.code, 78, done)
        self.assertIn("/nowhere/comityd.yaml", done.err)
        self.assertEqual(demo.run(demo.COMITYD).code, 2)

    def test_keys_of_somebody_else_are_refused(self):
        for kind in (["ED25519"], ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]):
            key = f"{self.demo.folder}/{kind[0]}.key"
            demo.run("openssl", "genpkey", "-algorithm", *kind, "-out", key)
            os.chmod(key, 0o600)
            for section in ("log", "tls"):
                config = self.other_config("key", **{f"{section}_key": f"'{key}'"})
                done = self.demo.comityd(config, "--check-config")
                self.assertEqual(done.code, 78, (kind, section, done))
                self.assertIn(key, done.err)

    def test_a_key_that_others_may_read_is_refused(self):
        key = f"{self.demo.folder}/open.hex"
        shutil.copyfile(f"{self.demo.pki}/XA/gateways/XA-GW-01/kek.hex", key)
        os.chmod(key, 0o644)
        done = self.demo.comityd(self.other_config("open", key_encryption_key=f"'{key}'"))
        self.assertEqual(done.code, 78, done)
        self.assertIn(key, done.err)

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_started_as_root_it_becomes_somebody_else(self):
        status = demo.read(f"/proc/{self.demo.pid}/status").decode()
        user = demo.nobody()
        self.assertRegex(status, rf"\nUid:\t{user.pw_uid}\t{user.pw_uid}\t{user.pw_uid}\t")
        self.assertRegex(status, rf"\nGid:\t{user.pw_gid}\t{user.pw_gid}\t{user.pw_gid}\t")
        self.assertRegex(status, r"\nGroups:\t *\n")
        self.assertRegex(status, r"\nNoNewPrivs:\t1\n")
        self.assertRegex(status, r"\nCapEff:\t0+\n")

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_as_root_without_a_user_it_does_not_start(self):
        for config in (self.other_config("rootless", without="user"),
                       self.other_config("root", user="'root'"),
                       self.other_config("unknown-user", user="'no-such-user'")):
            done = self.demo.comityd(config)
            self.assertEqual(done.code, 78, done)
            self.assertIn("user", done.err)


class Older(demo.DemoTest):
    """What a backup may do to a log: it must never be signed twice with different contents."""

    def copy(self, there, back):
        """With owners: the gateway runs as somebody else."""
        if os.path.exists(back):
            shutil.rmtree(back)
        shutil.copytree(there, back)
        for place, owner in ((back, there), *((os.path.join(back, name), os.path.join(there, name))
                                              for name in os.listdir(there))):
            status = os.stat(owner)
            os.chown(place, status.st_uid, status.st_gid)

    def test_an_older_journal_is_not_signed_over(self):
        journal = self.demo.gateway["journal"]
        older, newer = journal + ".older", journal + ".newer"
        self.demo.accepted(demo.a3())
        self.demo.end()
        self.copy(journal, older)
        self.demo.start()
        message = self.demo.accepted(demo.a3())
        size = self.demo.log_grown_to(5)
        self.demo.end()
        self.copy(journal, newer)
        self.copy(older, journal)
        published = list(demo.folder_octets(self.demo.log))
        for _ in range(2):  # the refusal changes nothing
            done = self.demo.comityd(self.demo.config)
            self.assertEqual(done.code, 11, done)
            for words in ("older copy", "nothing may be signed", journal):
                self.assertIn(words, done.err)
        self.assertEqual(list(demo.folder_octets(self.demo.log)), published)
        self.copy(newer, journal)
        self.demo.start()
        self.assertIn(message, [row["id"] for row in self.demo.inbox()])
        self.demo.log_grown_to(size + 2)

    def test_a_fresh_journal_beside_an_old_lock_is_not_signed(self):
        journal = self.demo.gateway["journal"]
        self.demo.end()
        os.rename(journal, journal + ".aside")
        done = self.demo.comityd(self.demo.config)
        self.assertEqual(done.code, 11, done)
        self.assertIn("nothing may be signed", done.err)
        shutil.rmtree(journal, ignore_errors=True)
        os.rename(journal + ".aside", journal)
        self.demo.start()

    def test_a_lock_that_is_lost_is_not_made_again(self):
        lock = os.path.join(self.demo.folder, "lock")
        self.demo.end()
        os.rename(lock, lock + ".aside")
        os.mkdir(lock)
        os.chown(lock, os.stat(lock + ".aside").st_uid, os.stat(lock + ".aside").st_gid)
        for _ in range(2):
            done = self.demo.comityd(self.demo.config)
            self.assertEqual(done.code, 11, done)
            self.assertIn("has never seen this log", done.err)
        shutil.rmtree(lock)
        os.rename(lock + ".aside", lock)
        self.demo.start()


class Tampered(demo.DemoTest):
    def test_diagnostics_are_one_json_object_a_line(self):
        self.demo.accepted(demo.a3())
        self.demo.end()
        lines = [line for line in self.demo.said().splitlines() if line.startswith("{")]
        self.assertGreater(len(lines), 1)
        for line in lines:
            said = json.loads(line)
            self.assertEqual(said["gateway"], "XA-GW-01")
            self.assertRegex(said["at"], re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"))


if __name__ == "__main__":
    demo.main()
