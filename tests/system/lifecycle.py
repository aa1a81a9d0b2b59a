"""demo up and demo down: what is started is stopped again, what is there is kept, and what is
somebody else's is left alone."""

import json
import os
import signal
import socket

import demo

IN_ORDER = ["gateway.stopped", "gateway.starting"]  # what a restarted gateway says
KILLED = ["gateway.starting"]


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
        done = self.up("--states", "XA,XB,XC,XD")
        gateways = done.json["gateways"]
        self.assertEqual([g["id"] for g in gateways],
                         ["XA-GW-01", "XB-GW-01", "XC-GW-01", "XD-GW-01"], done)
        for key in ("address", "pid", "config", "journal", "log"):
            self.assertEqual(len({g[key] for g in gateways}), 4, key)
        for gateway in gateways:
            self.assertTrue(answers(gateway["address"]))
        self.assert_homes(done.json, [g["id"] for g in gateways])
        self.assertEqual(len(self.down().json["stopped"]), 4)
        self.assertFalse(any(demo.is_running(g["pid"], g["config"]) for g in gateways))

    def assert_homes(self, up, wanted):
        """Each party is at home at its own State's gateway."""
        env = dict(os.environ, COMITY_HOME=up["home"])
        homes = [demo.run(demo.COMITY, "context", "show", name, "--json", env=env).json["gateway"]
                 for name in up["contexts"]]
        self.assertEqual(homes, wanted)

    def test_one_state_alone_is_enough(self):
        done = self.up("--states", "XB")
        self.assertEqual([g["id"] for g in done.json["gateways"]], ["XB-GW-01"], done)
        self.assert_homes(done.json, ["XB-GW-01"])

    def test_a_state_that_is_unknown_or_there_twice_is_told(self):
        for states in ("XA,XX", "XA,XA", "", "XA,"):
            done = self.up("--states", states)
            self.assertEqual((done.code, done.error["code"]), (2, "USAGE"), done)
            self.assertIn("XA, XB, XC and XD", done.error["hint"])
        self.assertFalse(os.path.exists(self.dir))

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


class Again(demo.DemoTest):
    """demo restart."""

    states = ("XA", "XC")

    def restart(self, *more):
        return demo.run(demo.COMITY, "demo", "restart", "--dir", self.demo.dir, "--json", *more)

    def recorded(self):
        return json.loads(demo.read(f"{self.demo.dir}/demo.json"))

    def pid(self, state):
        return next(g["pid"] for g in self.recorded()["gateways"] if g["id"].startswith(state))

    def assert_restarted(self, *more):
        before = self.recorded()
        done = self.restart("--gateway", "XC-GW-01", *more)
        self.assertEqual(done.code, 0, done)
        after = self.recorded()
        self.assertEqual(done.json, after)
        self.assertNotEqual(before, after)
        old, new = before["gateways"][1], after["gateways"][1]
        self.assertFalse(demo.is_running(old["pid"], old["config"]))
        self.assertTrue(demo.is_running(new["pid"], new["config"]))
        self.assertTrue(answers(new["address"]))
        new["pid"] = old["pid"]
        self.assertEqual(before, after)  # nothing else changed

    def starts_and_ends(self):
        said = self.demo.at("XC").events()
        return [line["event"] for line in said if line["event"].startswith("gateway.")]

    def test_what_demo_up_printed_is_written_down(self):
        recorded = self.recorded()
        self.assertEqual(recorded["gateways"].pop(0), self.demo.up["gateways"][0])
        self.assertEqual(recorded["contexts"], ["xa-ca-01", "xc-ca-01"])

    def test_it_is_stopped_in_order_and_started_again(self):
        before = self.starts_and_ends()
        self.assert_restarted()
        self.assertEqual(self.starts_and_ends()[len(before):], IN_ORDER)

    def test_it_can_be_killed_instead(self):
        before = self.starts_and_ends()
        self.assert_restarted("--kill")
        self.assertEqual(self.starts_and_ends()[len(before):], KILLED)

    def test_one_that_died_is_started(self):
        os.kill(self.pid("XC"), signal.SIGKILL)
        self.assert_restarted()

    def test_one_that_stands_still_is_stopped_in_order(self):
        before = self.starts_and_ends()
        os.kill(self.pid("XC"), signal.SIGSTOP)
        self.assert_restarted()
        self.assertEqual(self.starts_and_ends()[len(before):], IN_ORDER)

    def test_two_gateways_never_share_an_address(self):
        """Of one user both could listen there, and each would have half of the connections."""
        late = self.demo.at("XC")
        late.pid = self.pid("XC")
        late.end()
        config = demo.read(late.config).decode()
        with open(late.config, "w", encoding="utf-8") as file:
            file.write(config.replace(late.address, self.demo.address))
        try:
            self.assertIn(f"listen: {self.demo.address} cannot be bound (Address already in use)",
                          late.launch())
            self.assertEqual(late.process.wait(), os.EX_CONFIG)
        finally:
            with open(late.config, "w", encoding="utf-8") as file:
                file.write(config)
        self.assert_restarted()

    def test_a_dry_run_touches_nothing(self):
        before = self.recorded()
        done = self.restart("--gateway", "XC-GW-01", "--dry-run")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.recorded(), before)
        self.assertTrue(demo.is_running(self.pid("XC"), self.demo.at("XC").config))

    def test_a_gateway_that_is_not_there_is_told(self):
        self.assert_fails(self.restart("--gateway", "XB-GW-01"), 5, "ABSENT")
        self.assert_fails(self.restart(), 2, "USAGE")

    def test_a_demo_that_is_down_is_not_started_by_halves(self):
        other = demo.Demo()
        other.down()
        done = demo.run(demo.COMITY, "demo", "restart", "--dir", other.dir, "--gateway",
                        "XA-GW-01", "--json")
        self.assert_fails(done, 5, "ABSENT")
        self.assertIn("demo up", done.error["hint"])
        self.assertFalse(other.is_running())


if __name__ == "__main__":
    demo.main()
