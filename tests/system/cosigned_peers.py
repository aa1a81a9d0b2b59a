"""Two gateways and a witness of each of their States: whoever reads what came from the other
gateway reads by what the witness of its own State has cosigned of that gateway's log, as long as it
does."""

import glob
import os
import re
import signal

import demo
import wrong_clock

FRESH_S = 600  # so long a cosignature says something to a reader


class Peers(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        cls.demo = demo.Demo(("XA", "XC"), witnesses=True)
        cls.addClassCleanup(cls.end_demo)

    def tearDown(self):
        for path in glob.glob(f"{self.demo.dir}/witnesses/*/witness.err"):
            said = demo.read(path).decode()
            for word in ("Sanitizer", "runtime error"):
                self.assertNotIn(word, said)

    # ---- who is trusted, and how it is ----

    def reload(self):
        for gateway in self.demo.gateways:
            before = len(gateway.said())
            os.kill(gateway.pid, signal.SIGHUP)
            demo.until(lambda: gateway.events("reload.done", before), "the reload is done")

    def status(self, state):
        return self.demo.admin(self.demo.at(state), "status")

    def witness(self, party):
        """How it is, of the first gateway's log."""
        return next(w for w in self.status("XA")["witnesses"] if w["party"] == party)

    def signed(self):
        return self.status("XA")["log"]["signed"]

    def told(self, size):
        """Corland's gateway has so much of that log for Corland's readers."""
        def there():
            log = next(log for log in self.status("XC")["foreign"] if log["gateway"] == "XA-GW-01")
            rows = {row["state"]: row for row in log["cosigned"]}
            return rows["XC"] if "XC" in rows and rows["XC"]["size"] >= size else None
        return demo.until(there, "Corland's gateway is told what is cosigned")

    def settled(self):
        """Both logs are cosigned so far, and Corland's gateway knows it."""
        def is_so():
            return all(w["backlog"] == 0 for w in self.status("XC")["witnesses"])
        self.told(self.signed())
        demo.until(is_so, "its own log is cosigned so far, too")

    # ---- messages ----

    def send(self, name):
        message = self.demo.accepted(demo.plain(name))
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox()], "it arrives")
        return message

    def assert_read(self, message):
        done = self.demo.show(message)
        self.assertEqual(done.code, 0, done)
        self.assertEqual([hop["gateway"] for hop in done.json["verified"]["chain"]],
                         ["XA-GW-01", "XC-GW-01"])

    def show_in_ten_minutes(self, message):
        clock = wrong_clock.Clock(f"{self.demo.dir}/clock", 1000 * (FRESH_S + 5))
        return demo.run(demo.COMITY, "request", "show", message, "--context", "xc-ca-01", "--json",
                        env=dict(self.demo.env, **clock.env))

    # ---- tests, in the order of their names: the last one leaves no witness of Corland's ----

    def test_1_foreign_readers_read_by_their_own_witness(self):
        self.assert_read(self.send("F-0"))  # as soon as the demo is up
        read = [self.send(f"F-{number}") for number in range(1, 4)]
        for message in read:  # before all of it is cosigned, and then
            self.assert_read(message)
        self.assertLess(self.told(self.signed())["age_s"], 120)
        for message in read:
            self.assert_read(message)
        for party in ("XA-MIN-01", "XC-MIN-01"):
            row = self.witness(party)
            self.assertEqual((row["state"], row["failure"]), ("good", None), row)
            self.assertLess(row["age_s"], 120)

    def test_2_a_gateway_that_was_restarted_is_told_again(self):
        message = self.send("R-1")
        self.demo.restart("XC")
        self.told(self.signed())
        demo.until(lambda: self.demo.show(message).code == 0, "its own log is cosigned, too")

    def test_3_a_witness_that_is_dead_for_ten_minutes_stops_reading_until_it_is_back(self):
        before = self.send("D-1")
        self.assert_read(before)  # from now on out of the archive, which nothing is ahead of
        self.settled()
        pid = next(w["pid"] for w in self.demo.up["witnesses"] if w["id"] == "XC-MIN-01")
        os.kill(pid, signal.SIGKILL)
        after = self.send("D-2")
        self.assert_read(after)  # the last cosignature is not old yet
        demo.until(lambda: self.witness("XC-MIN-01")["state"] == "away", "its absence is said")
        row = self.witness("XC-MIN-01")
        self.assertGreater(row["backlog"], 0)
        self.assertTrue(row["failure"]["why"], row)
        self.assert_fails(self.show_in_ten_minutes(before), 10, "E_STALE")
        done = demo.run(demo.COMITY, "demo", "restart", "--dir", self.demo.dir, "--gateway",
                        "XC-MIN-01", "--json")
        self.assertEqual(done.code, 0, done)
        self.reload()  # whoever was away is asked at once
        self.settled()
        self.assertEqual(self.witness("XC-MIN-01")["backlog"], 0)
        for message in (before, after):
            self.assert_read(message)

    def test_4_without_a_witness_of_its_own_state_nobody_reads(self):
        path = f"{self.demo.dir}/rulebook/states/demo"
        text = re.sub(r"(?m)^ *witness XC .*\n", "", demo.read(path).decode())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "states")
        self.reload()
        self.assertEqual([row["party"] for row in self.status("XA")["witnesses"]], ["XA-MIN-01"])
        self.assert_fails(self.demo.show(self.send("O-1")), 10, "E_STALE")


if __name__ == "__main__":
    demo.main()
