"""A gateway whose clock is wrong for a while: within the window of five minutes nobody notices,
beyond it new messages are refused or put off, and what was accepted arrives. Time in its log never
falls."""

import json
import os
import time

import demo
import octets
import published
import texts
import wrong_clock

EXPIRED = "E_EXPIRED"
WITHIN_S, BEYOND_S = 240, 330
AGAIN_S = 60  # until the gateway judges its rulebook's signatures again


class Clocks(demo.unittest.TestCase):
    def setUp(self):
        self.demo = wrong_clock.old_demo()
        self.addCleanup(self.demo.down)
        self.demo.end()
        self.clock = wrong_clock.Clock(os.path.join(self.demo.folder, "clock"))
        self.demo.own_env = self.clock.env
        self.demo.start()

    def times(self):
        """Of the entries in the log, in seconds."""
        self.demo.settled_size()
        log = published.Log(self.demo.log)
        log.grow()
        return [octets.uncbor(entry)[1] / 1000 for entry in log.entries]

    def send(self, case_ref):
        """How it ends: the code of the refusal, or the id of an accepted message."""
        done = self.demo.send(demo.plain(case_ref))
        to = done.json["recipients"][0]
        return to["id"] if done.code == 0 else to["code"]

    def check_arrived(self, *messages):
        self.assertLessEqual(set(messages), {row["id"] for row in self.demo.inbox()})
        for message in messages:
            shown = self.demo.show(message)
            self.assertEqual(shown.code, 0, shown)
        times = self.times()
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.demo.end_reports(), [])

    def check_last(self, ahead_s):
        """The last entry was made by a clock that is so much ahead."""
        self.assertAlmostEqual(self.times()[-1], time.time() + ahead_s, delta=demo.DEADLINE_S)

    def test_within_the_window_messages_go_on_and_time_in_the_log_does_not_fall(self):
        with self.clock.wrong_by(WITHIN_S * 1000):
            ahead = self.send("AHEAD")
            self.check_last(WITHIN_S)
        right = self.send("RIGHT")
        self.check_last(WITHIN_S)  # it stands still until the clock has come so far
        with self.clock.wrong_by(-WITHIN_S * 1000):
            behind = self.send("BEHIND")
        self.check_arrived(ahead, right, behind)

    def send_briefly(self, case_ref):
        """The message's id, unless it is put off for longer than a person waits, and for less than
        the times are apart."""
        done = demo.run("timeout", "5", demo.COMITY, "request", "send", "-f", "-", "--to",
                        "XC-CA-01", "--context", "xa-ca-01", "--json", env=self.demo.env,
                        given=json.dumps(demo.plain(case_ref)))
        return done.json["recipients"][0]["id"] if done.code == 0 else None

    def test_beyond_the_window_new_messages_are_refused_and_put_off_until_the_times_agree(self):
        before = self.send("BEFORE")
        with self.clock.wrong_by(-BEYOND_S * 1000):
            self.assertEqual(self.send("FAR-BEHIND"), EXPIRED)
        with self.clock.wrong_by(BEYOND_S * 1000):
            self.assertEqual(self.send("FAR-AHEAD"), EXPIRED)
            self.check_last(BEYOND_S)
        last = self.times()[-1]
        self.assertIsNone(self.send_briefly("LATE"))
        demo.until(lambda: last - time.time() < wrong_clock.WINDOW_S - 1, "the times agree",
                   BEYOND_S - wrong_clock.WINDOW_S + demo.DEADLINE_S)
        after = self.send("AFTER")
        self.check_arrived(before, after)
        arrived = {row["case_ref"] for row in self.demo.inbox()}
        self.assertFalse(arrived & {"FAR-BEHIND", "FAR-AHEAD", "LATE"})

    def test_signatures_that_had_not_begun_at_the_start_count_once_they_have(self):
        self.demo.end()
        mine = texts.own_rulebook(self.demo, f"{self.demo.dir}/rulebook")
        demo.reissue(self.demo.pki, mine, "states")
        self.demo.start()  # what was never in force needs signatures that hold
        self.demo.end()
        with self.clock.wrong_by(-WITHIN_S * 1000):
            self.demo.start()
            self.assertIsNone(self.send_briefly("EARLY"))
        again = demo.until(lambda: self.send_briefly("AGAIN"), "its signatures count",
                           AGAIN_S + demo.DEADLINE_S)
        self.check_arrived(again)


if __name__ == "__main__":
    demo.main()
