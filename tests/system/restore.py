"""comity admin restore: a gateway whose journal is lost goes on from a backup and its published log.
Its peers tell it again what it has lost, and every message is at its recipient exactly once."""

import contextlib
import os
import shutil
import signal
import sqlite3

import admin
import demo

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
STRIDE = 1 if demo.LONG else 7
LEAST = 40  # calls of a restore that leave something behind
FORK, UNAVAILABLE = 11, 7


class Restore(admin.Admin):
    def backup(self, gateway):
        folder = demo.temporary_folder()
        os.chmod(folder, 0o777)
        path = os.path.join(folder, "backup")
        self.admin("backup", path, gateway=gateway)
        return path

    def restore(self, backup, gateway, *more):
        done = self.ask("admin", "restore", backup, *more, gateway=gateway)
        self.assertEqual(done.code, 0, done)
        return done.json

    @staticmethod
    def lose(gateway):
        """The disk with the journal is gone."""
        for name in os.listdir(gateway.journal):
            if name.startswith("journal.db"):
                os.unlink(os.path.join(gateway.journal, name))

    def check_log(self, gateway):
        """By our own check and by one that shares no code with the gateway."""
        size = self.demo.log_size(gateway)
        second = demo.run(os.path.join(TOOLS, "verify_log"), gateway.log, self.demo.vkey(gateway))
        self.assertEqual(second.code, 0, second)
        return size


class Told(Restore):
    def arrived(self, context):
        return [row["id"] for row in self.demo.inbox(context)]

    def until_stage(self, message, stage, context="xa-ca-01"):
        demo.until(lambda: self.demo.stage(message, context) == stage,
                   f"{message} is {stage}", admin.BACK_S)

    def sent(self, *case_refs):
        """Messages from XA that the gateway of XC has."""
        messages = [self.demo.accepted(demo.plain(case_ref)) for case_ref in case_refs]
        for message in messages:
            self.until_stage(message, "relayed")
        return messages

    def sent_back(self, case_ref):
        """One from XC that is at the gateway of XA."""
        message = self.demo.accepted(demo.plain(case_ref), "XA-CA-01", "xc-ca-01")
        self.until_stage(message, "relayed", "xc-ca-01")
        return message

    def check_once(self, messages):
        rows = self.demo.comity("archive", "list", "--kind", "message", context="xc-ca-01").rows
        archived = [row["id"] for row in rows]
        for message in messages:
            self.assertEqual(archived.count(message), 1, message)


class Peers(Told):
    def told_of(self, gateway, messages):
        """How many stages the gateway of the sender was told by the other one."""
        path = f"file:{gateway.journal}/journal.db?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as db:
            return db.execute("SELECT count(*) FROM remote").fetchone()[0] - messages

    def test_what_was_lost_comes_again_and_nothing_twice(self):
        known, = self.sent("KNOWN")
        back = self.sent_back("BACK")
        backup = self.backup(self.corland)
        told = self.told_of(self.corland, 0)
        lost = self.sent("LOST-1", "LOST-2", "LOST-3")
        self.assertEqual(self.demo.show(back, "xa-ca-01").code, 0)
        demo.until(lambda: self.told_of(self.corland, told) == 2, "it is delivered and retrieved")
        self.corland.end()
        self.lose(self.corland)
        waiting = self.demo.accepted(demo.plain("WAITING"))
        done = self.restore(backup, self.corland)
        self.assertGreater(done["lost"], 5)
        self.corland.start()
        status = self.admin("status", gateway=self.corland)
        self.assertEqual((status["restored"]["size"], status["restored"]["lost"]),
                         (done["signed"], done["lost"]))
        self.assertIsNone(self.admin("status")["restored"])
        demo.until(lambda: self.demo.events("peer.restored"), "it is told again", admin.BACK_S)
        demo.until(lambda: self.peer()["waiting"] == 0 and self.peer()["up"],
                   "everything is taken again", admin.BACK_S)
        self.until_stage(back, "retrieved", "xc-ca-01")
        messages = [known, *lost, waiting]
        self.assertEqual(sorted(self.arrived("xc-ca-01")), sorted(messages))
        for message in messages:
            self.assertEqual(self.demo.stage(message), "relayed")
            self.assertEqual(self.demo.show(message).code, 0)
            self.until_stage(message, "retrieved")
        self.check_once(messages)
        self.assertEqual(len(self.demo.events("peer.restored")), 1)
        self.demo.settled_size(self.corland)
        self.assertGreater(self.check_log(self.corland), done["signed"] + 2)
        self.check_log(self.demo)


class Seen(Told):
    def read(self, messages):
        for message in messages:
            self.assertEqual(self.demo.show(message).code, 0)
            self.until_stage(message, "retrieved")

    def test_who_has_read_what_came_after_the_backup_goes_on(self):
        """Its archive keeps checkpoints of the other log that its own gateway has lost."""
        self.read(self.sent("BEFORE"))
        unread, = self.sent("UNREAD")
        own = self.sent_back("OWN")
        backup = self.backup(self.corland)
        seen = self.sent("SEEN-1", "SEEN-2")
        self.read(seen)
        self.assertEqual(self.demo.show(own, "xa-ca-01").code, 0)
        self.until_stage(own, "retrieved", "xc-ca-01")
        self.corland.end()
        self.lose(self.corland)
        waiting = self.demo.accepted(demo.plain("WAITING"))
        self.restore(backup, self.corland)
        self.corland.start()
        demo.until(lambda: waiting in self.arrived("xc-ca-01"), "it is there", admin.BACK_S)
        self.read([waiting, unread, *self.sent("AFTER"), *seen])
        self.check_once([waiting, unread, *seen])
        back = self.sent_back("BACK")
        self.assertEqual(self.demo.show(back, "xa-ca-01").code, 0)
        for message in (own, back):
            self.until_stage(message, "retrieved", "xc-ca-01")


class Again(Told):
    def let_an_hour_pass(self):
        """Since the other gateway told again what was lost: not before does it do so once more."""
        self.demo.end()
        path = os.path.join(self.demo.journal, "journal.db")
        with contextlib.closing(sqlite3.connect(path)) as db:
            self.assertEqual(db.execute("UPDATE rewound SET time = time - 3600000").rowcount, 1)
            db.commit()
        self.demo.start()

    def test_restored_twice_it_is_told_twice(self):
        backup, messages = self.backup(self.corland), []
        for times in (1, 2):
            if times == 2:
                self.let_an_hour_pass()
            messages += self.sent(f"TWICE-{times}")
            self.corland.end()
            self.lose(self.corland)
            self.restore(backup, self.corland)
            self.corland.start()
            demo.until(lambda n=times: len(self.demo.events("peer.restored")) == n, "it is told",
                       admin.BACK_S)
            demo.until(lambda: sorted(self.arrived("xc-ca-01")) == sorted(messages),
                       "all that was lost comes again", admin.BACK_S)
        for message in messages:
            self.assertEqual(self.demo.show(message).code, 0)
            self.until_stage(message, "retrieved")
        self.check_once(messages)
        self.demo.settled_size(self.corland)
        self.check_log(self.corland)


class Refused(Restore):
    def assert_untouched(self, backup, code, sentence, *more):
        before = [(path, octets) for path, octets in demo.folder_octets(self.corland.journal)]
        done = self.ask("admin", "restore", backup, *more, gateway=self.corland)
        self.assertEqual(done.code, code, done)
        self.assertIn(sentence, done.out + done.err)
        self.assertEqual(list(demo.folder_octets(self.corland.journal)), before)

    def test_what_cannot_be_is_said_and_nothing_is_changed(self):
        backup = self.backup(self.corland)
        done = self.ask("admin", "restore", backup, gateway=self.corland)
        self.assert_fails(done, UNAVAILABLE, "E_UNAVAILABLE")
        self.assertIn("another process holds it", done.error["message"])
        self.corland.end()
        self.assert_untouched(backup, 0, '"dry_run":true', "--dry-run")
        self.assert_untouched(self.corland.folder, 9, "manifest: missing")
        log, away = self.corland.log, self.corland.log + ".away"
        os.rename(log, away)
        self.assert_untouched(backup, FORK, "entries are missing")
        os.rename(away, log)
        done = demo.run(demo.COMITY, "admin", "restore", backup, env=self.demo.env)
        self.assertEqual(done.code, 2, done)
        self.corland.start()
        self.assertIsNone(self.admin("status", gateway=self.corland)["restored"])


class Alone(Restore):
    states = None

    @classmethod
    def setUpClass(cls):
        demo.DemoTest.setUpClass.__func__(cls)

    def state(self):
        """What the next start would find: by the number of its entries, for each has its own."""
        path = os.path.join(self.demo.journal, "journal.db")
        if os.path.exists(os.path.join(self.demo.journal, "journal.switching")):
            return "cut off"
        copy = os.path.join(demo.temporary_folder(), "journal.db")
        shutil.copy(path, copy)
        if os.path.exists(path + "-wal"):
            shutil.copy(path + "-wal", copy + "-wal")
        with sqlite3.connect(copy) as db:
            version, = db.execute("PRAGMA user_version").fetchone()
            restored, = db.execute("SELECT count(*) FROM restored").fetchone()
            count, size = db.execute(
                "SELECT (SELECT count(*) FROM entry), (SELECT size FROM tree)").fetchone()
        db.close()
        self.assertEqual((version, count), (9, size))
        return "new" if restored else "old"


class Killed(Alone):
    def copy(self, there, to):
        """With owners: the gateway runs as somebody else."""
        shutil.rmtree(to, ignore_errors=True)
        demo.run("cp", "-a", there, to)

    def killed(self, n, backup):
        """Whether it was, before the n-th call that leaves something behind."""
        done = demo.run(demo.COMITYD, "--config", self.demo.config, "--restore", backup,
                        env=dict(self.demo.env, COMITY_CALLS=f"kill {n}",
                                 LD_PRELOAD=os.path.join(TOOLS, "calls.so")))
        self.assertIn(done.code, (0, -signal.SIGKILL), done)
        return done.code != 0

    def test_killed_anywhere_it_is_the_old_or_the_new_one_or_restored_again(self):
        backup = self.backup(self.demo)
        self.demo.accepted(demo.plain("LOST"))
        self.demo.settled_size(party="XA-CA-01")
        self.demo.end(signal.SIGKILL)  # its write-ahead log is there
        old, n, states = self.demo.journal + ".old", 1, set()
        self.copy(self.demo.journal, old)
        while self.killed(n, backup):
            states.add(self.state())
            if self.state() == "cut off":
                self.check_cut_off()
            self.restore(backup, self.demo)
            self.assertEqual(self.state(), "new")
            self.copy(old, self.demo.journal)
            n += STRIDE
        self.assertGreater(n, LEAST)
        self.assertIn("cut off", states)  # which others a stride meets is chance
        self.assertLessEqual(states, {"old", "cut off", "new"})
        if demo.LONG:
            self.assertEqual(len(states), 3)
        self.assertEqual(self.state(), "new")
        self.demo.start()
        self.demo.settled_size(party="XA-CA-01")
        self.check_log(self.demo)

    def check_cut_off(self):
        """It is said, and no file is touched: what was laid aside may be all there is."""
        before = list(demo.folder_octets(self.demo.journal))
        done = self.demo.comityd(self.demo.config)
        self.assertEqual(done.code, FORK, done)
        self.assertIn("Run comity admin restore again", done.err)
        self.assertEqual(list(demo.folder_octets(self.demo.journal)), before)


class Earlier(Alone):
    def test_a_journal_of_the_version_before_goes_on(self):
        """Even one that was made before evidence could be laid aside."""
        message = self.demo.accepted(demo.plain("EARLIER"))
        self.demo.end()
        path = os.path.join(self.demo.journal, "journal.db")
        owner = os.stat(path)
        with sqlite3.connect(path) as db:
            db.executescript("DROP TABLE restored; DROP TABLE rewound; DROP INDEX message_held;"
                             "DROP INDEX message_out; DROP INDEX message_in; DROP TABLE law;"
                             "DROP TABLE keeping; DROP TABLE confidential; DROP TABLE thread_of;"
                             "DROP TABLE keys; DROP TABLE person; DROP TABLE log;"
                             "DROP INDEX entry_open;"
                             "ALTER TABLE fork DROP COLUMN lifted; PRAGMA user_version = 2;")
        db.close()
        os.chown(path, owner.st_uid, owner.st_gid)
        self.demo.start()
        self.assertIn(message, [row["id"] for row in self.demo.inbox()])
        self.assertEqual(self.admin("quarantine", "list"), {"quarantine": [], "aside": []})
        self.assertIsNone(self.admin("status")["restored"])
        self.demo.end()
        self.assertEqual(self.state(), "old")
        self.demo.start()
        self.check_log(self.demo)


if __name__ == "__main__":
    demo.main()
