"""demo up and demo down: what is started is stopped again, what is there is kept, and what is
somebody else's is left alone."""

import os
import socket

import demo


def answers(address):
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


class Lifecycle(demo.unittest.TestCase):
    def setUp(self):
        self.base = demo.temporary_folder()
        self.dir = f"{self.base}/new/demo"
        self.addCleanup(demo.run, demo.COMITY, "demo", "down", "--dir", self.dir, "-q")

    def up(self, *more):
        return demo.run(demo.COMITY, "demo", "up", "--dir", self.dir, "--json", *more)

    def down(self):
        return demo.run(demo.COMITY, "demo", "down", "--dir", self.dir, "--json")

    def test_what_was_started_is_stopped(self):
        gateway = self.up().json["gateways"][0]
        self.assertTrue(answers(gateway["address"]))
        done = self.down()
        self.assertEqual((done.code, [s["pid"] for s in done.json["stopped"]]),
                         (0, [gateway["pid"]]), done)
        self.assertFalse(answers(gateway["address"]))
        self.assertFalse(demo.is_running(gateway["pid"], gateway["config"]))
        again = self.down()
        self.assertEqual((again.code, again.json["stopped"]), (0, []), again)

    def test_a_demo_that_is_up_is_not_started_twice(self):
        gateway = self.up().json["gateways"][0]
        done = self.up()
        self.assertEqual(done.code, 6, done)
        self.assertIn("demo down", done.error["hint"])
        self.assertTrue(demo.is_running(gateway["pid"], gateway["config"]))

    def test_a_demo_that_was_stopped_goes_on(self):
        env = dict(os.environ, COMITY_HOME=self.up().json["home"])
        sent = demo.run(demo.COMITY, "request", "send", "-f", demo.A3, "--to", "XC-CA-01",
                        "--context", "xa-ca-01", "--json", env=env)
        self.assertEqual(sent.code, 0, sent)
        self.down()
        self.assertEqual(self.up().code, 0)
        message = sent.json["recipients"][0]["id"]
        shown = demo.run(demo.COMITY, "request", "show", message, "--context", "xc-ca-01",
                         "--json", env=env)
        self.assertEqual((shown.code, shown.json["id"]), (0, message), shown)

    def test_each_state_can_have_its_own_gateway(self):
        done = self.up("--states", "XA,XC")
        self.assertEqual([g["id"] for g in done.json["gateways"]], ["XA-GW-01", "XC-GW-01"], done)
        for gateway in done.json["gateways"]:
            self.assertTrue(answers(gateway["address"]))
        self.assertEqual(len(self.down().json["stopped"]), 2)

    def test_another_kind_of_demo_is_left_alone(self):
        self.up()
        self.down()
        done = self.up("--states", "XA,XC")
        self.assertEqual(done.code, 6, done)

    def test_somebody_elses_folder_is_left_alone(self):
        os.makedirs(self.dir)
        with open(f"{self.dir}/thesis", "w", encoding="utf-8") as file:
            file.write("mine")
        done = self.up()
        self.assertEqual(done.code, 2, done)
        self.assertEqual(os.listdir(self.dir), ["thesis"])

    def test_a_dry_run_makes_nothing(self):
        done = self.up("--dry-run")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(os.listdir(self.base), [])

    def test_keys_are_for_their_owner_only(self):
        self.up()
        keys = [path for path in demo.files_below(self.dir)
                if path.endswith((".key", "kek.hex")) or "/archive/" in path]
        self.assertGreater(len(keys), 8)
        for key in keys:
            self.assertEqual(os.stat(key).st_mode & 0o077, 0, key)

    def test_a_gateway_that_does_not_start_is_told_and_leaves_nothing_running(self):
        done = self.up("--comityd", "/bin/false")
        self.assertEqual(done.code, 1, done)
        self.assertIn("XA-GW-01", done.error["message"])
        self.assertEqual(self.down().json["stopped"], [])


if __name__ == "__main__":
    demo.main()
