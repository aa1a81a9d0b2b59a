"""What a gateway keeps of messages ends: by itself when its time is over, and on order. The log and
the stages stay, and no file of the gateway holds the key any more."""

import contextlib
import os
import signal
import sqlite3
import uuid

import demo
import wrong_clock

UNKNOWN, UNAVAILABLE, USAGE = 5, 7, 2
GROUND = ("--basis", "LED 16(2)", "--order", "XA-DPA-01/2026-114")


class Erasure(demo.unittest.TestCase):
    def setUp(self):
        self.demo = wrong_clock.old_demo()
        self.addCleanup(self.demo.down)
        self.demo.end()
        self.clock = wrong_clock.Clock(os.path.join(self.demo.folder, "clock"))
        self.demo.own_env = self.clock.env
        with open(self.demo.config, "a", encoding="utf-8") as file:
            file.write("retention: {bodies: 1h}\n")
        self.demo.start()

    def rows(self, query, *values):
        path = f"file:{self.demo.journal}/journal.db?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as db:
            return db.execute(query, values).fetchall()

    def wrapped(self, message):
        (key,), = self.rows("SELECT wrapped FROM message WHERE id = ?", uuid.UUID(message).bytes)
        return key

    def is_in_a_file(self, key):
        return any(key in octets for _, octets in demo.folder_octets(self.demo.journal))

    def arrived(self):
        return {row["id"] for row in self.demo.inbox()}

    def read(self, case_ref):
        message = self.demo.accepted(demo.plain(case_ref))
        self.assertEqual(self.demo.show(message).code, 0)
        demo.until(lambda: self.demo.stage(message) == "retrieved", "it is retrieved")
        return message

    def erasures(self):
        (count,), = self.rows("SELECT count(*) FROM entry WHERE kind = 7")
        return count

    def check_log(self):
        self.demo.settled_size()
        self.assertGreater(self.demo.log_size(), 3)


class ByItself(Erasure):
    def test_what_was_read_is_gone_when_its_time_is_over_and_the_rest_is_not(self):
        read, unread = self.read("READ"), self.demo.accepted(demo.plain("UNREAD"))
        key = self.wrapped(read)
        self.assertTrue(self.is_in_a_file(key))
        self.demo.end(signal.SIGKILL)
        self.clock.add(2 * wrong_clock.HOUR_S * 1000)
        self.demo.start()
        self.assertIsNone(self.wrapped(read))
        self.assertIsNotNone(self.wrapped(unread))
        demo.until(lambda: not self.is_in_a_file(key), "no file holds the key")
        self.assertEqual(self.erasures(), 1)
        self.demo.end()
        self.clock.add(0)  # a clock that is put back revives nothing
        self.demo.start()
        self.assertEqual(self.arrived(), {unread})
        self.assertEqual(self.demo.stage(read), "retrieved")
        self.assertEqual(self.demo.show(unread).code, 0)
        self.check_log()
        self.assertEqual(self.demo.end_reports(), [])


class OnOrder(Erasure):
    def ask(self, *words):
        return self.demo.comity("admin", *words, *GROUND, "--config", self.demo.config)

    @staticmethod
    def named(message):
        return "--message", f"XA-CA-01/{message}/XC-CA-01"

    def assert_done(self, done, what):
        self.assertEqual((done.code, done.json), (0, {"done": what}), done)

    def assert_refused(self, done, code):
        self.assertEqual(done.code, code, done)

    def test_an_order_erases_one_message_and_a_hold_keeps_one(self):
        first, held, other = (self.demo.accepted(demo.plain(case_ref))
                              for case_ref in ("FIRST", "HELD", "OTHER"))
        key = self.wrapped(first)
        self.assert_refused(self.demo.comity("admin", "erase", *self.named(first), "--config",
                                             self.demo.config), USAGE)
        self.assert_refused(self.ask("erase", "--message", "nobody"), USAGE)
        self.assertEqual(self.ask("erase", "--dry-run", *self.named(first)).code, 0)
        self.assertIsNotNone(self.wrapped(first))
        self.assert_done(self.ask("erase", *self.named(first)), "erased")
        self.assert_refused(self.ask("erase", *self.named(first)), UNKNOWN)
        self.assert_refused(self.demo.show(first), UNKNOWN)
        demo.until(lambda: not self.is_in_a_file(key), "no file holds the key")
        self.assert_done(self.ask("hold-erasure", *self.named(held)), "held")
        self.assert_refused(self.ask("erase", *self.named(held)), UNAVAILABLE)
        self.assertEqual(self.arrived(), {held, other})
        self.assert_done(self.ask("hold-erasure", *self.named(held), "--lift"), "lifted")
        self.assert_done(self.ask("erase", *self.named(held)), "erased")
        self.assertEqual(self.arrived(), {other})
        self.assertEqual(self.erasures(), 2)
        self.check_log()

    def test_the_key_of_one_person_in_a_case_goes_alone(self):
        for case_ref in ("CASE-1", "CASE-2"):
            self.demo.accepted(demo.plain(case_ref))
        keys = [key for key, in self.rows("SELECT wrapped FROM person")]
        self.assertEqual(len(keys), 2)
        named = ("--person", "S1", "--from", "XA-CA-01", "--case")
        for words in (named[:-1], (*named, "CASE 1"), (*named, "CASE-1", "--entry", "1"),
                      ("--person", "S1", "--case", "CASE-1"), ("--person", "S1\n", *named[2:], "X")):
            self.assert_refused(self.ask("erase", *words), USAGE)
        self.assert_refused(self.ask("erase", *named, "CASE-3"), UNKNOWN)
        self.assert_done(self.ask("erase", *named, "CASE-1"), "erased")
        self.assert_refused(self.ask("erase", *named, "CASE-1"), UNKNOWN)
        (left,), = self.rows("SELECT wrapped FROM person")
        gone, = set(keys) - {left}
        demo.until(lambda: not self.is_in_a_file(gone), "no file holds the key")
        self.demo.accepted(demo.plain("CASE-1"))
        self.assertEqual(len(self.rows("SELECT wrapped FROM person")), 2)
        self.assertEqual(self.erasures(), 1)
        self.check_log()

    def test_the_openings_of_an_entry_go_when_they_are_not_needed(self):
        read, unread = self.read("READ"), self.demo.accepted(demo.plain("UNREAD"))
        entries = [entry for entry, in self.rows(
            "SELECT m.entry FROM message AS m ORDER BY m.number")]
        self.assert_refused(self.ask("erase", "--entry", "0"), UNAVAILABLE)
        self.assert_refused(self.ask("erase", "--entry", str(entries[1])), UNAVAILABLE)
        self.assert_refused(self.ask("erase", "--entry", "100000"), UNKNOWN)
        self.assert_done(self.ask("erase", "--entry", str(entries[0])), "erased")
        self.assertEqual(self.demo.stage(read), "retrieved")
        self.assertEqual(self.demo.show(unread).code, 0)
        self.check_log()


if __name__ == "__main__":
    demo.main()
