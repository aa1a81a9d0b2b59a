"""comity check: what it finds, and how it says so to people, scripts and monitoring."""

import json
import os
import re
import shutil
import subprocess

import certificates
import contexts
import demo
import gateway

PLUGIN = re.compile(r"^COMITY (CONNECTION|CERTIFICATES|CRL|CLOCK) (OK|WARNING|CRITICAL|UNKNOWN) - "
                    r"[^|]+( \|( [a-zA-Z_]+=-?[0-9]+(ms|us)?(;[-0-9:]*;[-0-9:]*)?)+)?\n$")
EXITS = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
LOW = ("--warning", "3", "--critical", "1")  # for certificates of seven days


class Check(demo.DemoTest):
    def check(self, verb, *words, context="xa-ca-01"):
        return self.demo.comity("check", verb, *words, context=context)

    def nagios(self, verb, *words, context="xa-ca-01"):
        """One line and an exit code that say the same. The state, and the line."""
        done = demo.run(demo.COMITY, "check", verb, "--nagios", *words, "--context", context,
                        env=self.demo.env)
        found = PLUGIN.match(done.out)
        self.assertTrue(found, done)
        self.assertEqual(done.err, "", done)
        self.assertEqual(found[1], verb.upper())
        self.assertEqual(done.code, EXITS[found[2]], done)
        return found[2], done.out

    def states_of(self, done):
        return {row["name"]: row["state"] for row in done.json["rows"]}

    def row(self, done, name):
        return next(row for row in done.json["rows"] if row["name"] == name)

    def assert_state(self, verb, state, code, *words, context="xa-ca-01"):
        """All three forms agree. The one of --json."""
        done = self.check(verb, *words, context=context)
        self.assertEqual(done.code, code, done)
        self.assertEqual([done.json["check"], done.json["state"]], [verb, state], done)
        if code != 0:
            self.assertEqual(done.error["code"], state, done)
        self.assertEqual(self.nagios(verb, *words, context=context)[0], state)
        lines = demo.run(demo.COMITY, "check", verb, *words, "--context", context,
                         env=self.demo.env)
        self.assertEqual(lines.code, code, lines)
        self.assertEqual([line.split()[0] for line in lines.out.splitlines()],
                         [row["state"] for row in done.json["rows"]], lines)
        return done


class Healthy(Check):
    def test_a_connection_is_made_step_by_step(self):
        done = self.assert_state("connection", "OK", 0)
        self.assertEqual(self.states_of(done), dict.fromkeys(
            ("connect", "tls", "greeting", "rulebook", "ping", "total"), "OK"))
        said = done.json
        self.assertEqual([said["address"], said["gateway"], said["tls"]["version"]],
                         [self.demo.gateway["address"], "XA-GW-01", "TLSv1.3"])
        self.assertRegex(said["tls"]["group"], "(?i)x25519")
        own = certificates.openssl("x509", "-in", f"{self.demo.pki}/XA/gateways/XA-GW-01/tls.crt",
                                   "-noout", "-fingerprint", "-sha256")
        self.assertIn(said["gateway_sha256"], own.replace(":", "").lower())
        self.assertEqual([row["object"] for row in said["rulebook"]],
                         ["law", "states", "parties XA", "parties XC"])
        for row in said["rulebook"]:
            self.assertTrue(row["agrees"])
            self.assertEqual(row["our_digest"], row["their_digest"])
        steps = [self.row(done, name)["us"] for name in ("connect", "tls", "greeting", "ping")]
        self.assertTrue(all(us > 0 for us in steps))
        self.assertEqual(sum(steps), self.row(done, "total")["us"])

    def test_slowness_is_judged_where_it_is_asked_for(self):
        self.assert_state("connection", "CRITICAL", 7, "--warning", "0", "--critical", "0")
        self.assert_state("connection", "WARNING", 0, "--warning", "0", "--critical", "60000")
        self.assertIn(";60000000;60000000",
                      self.nagios("connection", "--warning", "60000", "--critical", "60000")[1])

    def test_nothing_is_taken_and_no_archive_is_made(self):
        message = self.demo.accepted(demo.a3())
        contexts.change(self.demo, "watcher", base="xc-ca-01")
        for verb in ("connection", "clock", "crl"):
            self.assertEqual(self.check(verb, context="watcher").code, 0)
        self.assertFalse(os.path.exists(f"{self.demo.dir}/home/archive/watcher"))
        self.assertEqual([row["stage"] for row in self.demo.inbox() if row["id"] == message],
                         ["accepted"])

    def test_days_left_are_judged_by_thresholds(self):
        done = self.assert_state("certificates", "OK", 0, *LOW)
        self.assertEqual(self.states_of(done),
                         dict.fromkeys(("tls", "sealing", "ca XA", "gateway"), "OK"))
        self.assertIn(self.row(done, "tls")["days_left"], (6, 7))
        self.assertEqual(self.row(done, "tls")["file"], self.demo.context("xa-ca-01")["cert"])
        done = self.assert_state("certificates", "WARNING", 0, "--warning", "20", "--critical", "1")
        self.assertEqual(self.states_of(done), {"tls": "WARNING", "sealing": "WARNING", "ca XA": "OK",
                                                "gateway": "WARNING"})
        done = self.assert_state("certificates", "CRITICAL", 4, "--critical", "10")
        self.assertEqual(self.row(done, "gateway")["state"], "CRITICAL")
        self.assertEqual(set(self.states_of(self.check("certificates", *LOW, context="xc-ca-01"))),
                         {"tls", "sealing", "ca XA", "ca XC", "gateway"})

    def test_lists_are_judged_by_hours(self):
        done = self.assert_state("crl", "OK", 0)
        self.assertEqual(self.states_of(done), dict.fromkeys(("crl XA", "tls", "sealing"), "OK"))
        self.assertEqual([self.row(done, "crl XA")[key] for key in ("number", "revoked")], ["1", 0])
        self.assert_state("crl", "WARNING", 0, "--warning", "200")
        self.assert_state("crl", "CRITICAL", 10, "--warning", "200", "--critical", "190")
        done = self.assert_state("crl", "OK", 0, context="xc-ca-01")
        self.assertEqual(set(self.states_of(done)), {"crl XA", "crl XC", "tls", "sealing"})
        self.assertEqual(self.row(done, "tls")["message"], "not revoked")
        name = contexts.change(self.demo, "no-own-list", base="xc-ca-01", own_crl=self.demo.context(
            "xc-ca-01")["crl"])
        done = self.assert_state("crl", "OK", 0, context=name)
        self.assertIn("--crl", self.row(done, "tls")["message"])
        done = self.assert_state("crl", "OK", 0, "--crl", f"{self.demo.pki}/XC/crl.pem",
                                 context=name)
        self.assertEqual(self.row(done, "tls")["message"], "not revoked")

    def test_the_clock_of_the_same_machine_is_right(self):
        done = self.assert_state("clock", "OK", 0)
        row = self.row(done, "clock")
        self.assertLessEqual(abs(row["offset_ms"]), row["margin_ms"] + 1)

    def test_the_command_line_is_checked(self):
        self.assert_fails(self.check("crl", "--warning", "1", "--critical", "2"), 2, "USAGE")
        self.assert_fails(self.check("connection", "--warning", "1"), 2, "USAGE")
        self.assert_fails(self.check("clock", "--timeout", "soon"), 2, "USAGE")
        self.assertEqual(self.demo.comity("check").code, 2)
        for words in (["--warning", "x"], ["--context", "nobody"], ["--nothing"]):
            done = demo.run(demo.COMITY, "check", "connection", "--nagios", *words,
                            env=dict(self.demo.env, COMITY_CONTEXT="xa-ca-01"))
            self.assertEqual(done.code, 3, done)
            self.assertRegex(done.out, r"^COMITY UNKNOWN - [^\n]+\n$")
            self.assertEqual(done.err, "")


class Faults(Check):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bad = certificates.Certificates(cls.demo)

    def test_an_expired_certificate_is_critical(self):
        certificate, key = self.bad.dated("expired", "20240101000000Z", "20240201000000Z")
        name = contexts.change(self.demo, "expired", cert=certificate, key=key)
        done = self.assert_state("certificates", "CRITICAL", 4, *LOW, context=name)
        self.assertEqual(self.states_of(done), {"tls": "CRITICAL", "sealing": "OK", "ca XA": "OK",
                                                "gateway": "UNKNOWN"})
        self.assertIn("expired on 2024-02-01", done.error["message"])
        self.assert_state("connection", "CRITICAL", 4, context=name)

    def test_a_key_that_does_not_fit_is_critical(self):
        name = contexts.change(self.demo, "misfit", key=self.demo.context("xc-ca-01")["key"])
        done = self.assert_state("connection", "CRITICAL", 4, context=name)
        self.assertEqual(self.states_of(done), {"context": "CRITICAL"})

    def test_a_list_that_has_ended_is_stale(self):
        name = contexts.change(self.demo, "ended", crl=self.bad.ended_list())
        done = self.assert_state("crl", "CRITICAL", 10, context=name)
        self.assertIn("ended on 2024-02-01", done.error["message"])
        self.assert_state("connection", "CRITICAL", 4, context=name)

    def test_a_list_of_nobody_and_no_list_are_critical(self):
        rogue = self.bad.rogue()
        for name in ("index.txt", "crlnumber"):
            with open(f"{rogue}/{name}", "w", encoding="utf-8") as file:
                file.write("01\n" if name == "crlnumber" else "")
        subprocess.run(["openssl", "ca", *certificates.CONFIG, "-gencrl", "-crldays", "2", "-out",
                        f"{rogue}/crl.pem"], env=dict(os.environ, NAMES="", CA=rogue), check=True,
                       capture_output=True)
        name = contexts.change(self.demo, "rogue", crl=f"{rogue}/crl.pem")
        self.assert_state("crl", "CRITICAL", 4, context=name)
        name = contexts.change(self.demo, "none", crl=f"{self.bad.folder}/nothing.pem")
        self.assert_state("crl", "CRITICAL", 4, context=name)

    def test_a_clock_that_is_off_is_noticed_in_both_directions(self):
        for ahead, state, code in ((0, "OK", 0), (5, "WARNING", 0), (-5, "WARNING", 0),
                                   (90, "CRITICAL", 6), (-400, "CRITICAL", 6)):
            with gateway.Gateway(self.demo, ahead_s=ahead) as other:
                name = contexts.change(self.demo, "clock", address=other.address)
                done = self.assert_state("clock", state, code, context=name)
                row = self.row(done, "clock")
                self.assertLessEqual(abs(row["offset_ms"] - ahead * 1000), row["margin_ms"] + 1)
                self.assertEqual(self.check("connection", context=name).code, 0)

    def test_another_identity_is_not_the_gateway(self):
        names = "URI:spiffe://xa.comity.example/gateway/XA-GW-02"
        with gateway.Gateway(self.demo, self.bad.issue("gw-02", names, "server")) as other:
            name = contexts.change(self.demo, "other", address=other.address)
            done = self.assert_state("connection", "CRITICAL", 4, context=name)
            self.assertEqual(self.states_of(done), {"connect": "OK", "tls": "CRITICAL"})
            self.assertEqual(done.json["gateway"], "")
            self.assert_state("clock", "UNKNOWN", 4, context=name)

    def test_nobody_listening_is_unavailable(self):
        nobodys = demo.bound(0)
        self.addCleanup(nobodys.close)
        address = "127.0.0.1:%d" % nobodys.getsockname()[1]
        name = contexts.change(self.demo, "nobody", address=address)
        done = self.assert_state("connection", "CRITICAL", 7, context=name)
        self.assertEqual(self.states_of(done), {"connect": "CRITICAL"})
        self.assertIn(address, done.error["message"])
        self.assert_state("clock", "UNKNOWN", 7, context=name)
        done = self.assert_state("certificates", "UNKNOWN", 7, *LOW, context=name)
        self.assertEqual(self.states_of(done), {"tls": "OK", "sealing": "OK", "ca XA": "OK",
                                                "gateway": "UNKNOWN"})

    def test_somebody_who_says_nothing_is_given_up(self):
        with gateway.Gateway(self.demo, speaks_tls=False) as other:
            name = contexts.change(self.demo, "silent", address=other.address)
            done = self.check("connection", "--timeout", "1", context=name)
            self.assertEqual(done.code, 7, done)
            self.assertEqual(self.states_of(done), {"connect": "OK", "tls": "CRITICAL"})

    def test_another_rulebook_is_a_warning(self):
        copy = f"{self.demo.dir}/other-rulebook"
        shutil.copytree(f"{self.demo.dir}/rulebook", copy)
        path = f"{copy}/states/demo"
        text = demo.read(path).decode()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("states number 1", "states number 2"))
        name = contexts.change(self.demo, "newer", directory=copy)
        done = self.assert_state("connection", "WARNING", 0, context=name)
        states = next(row for row in done.json["rulebook"] if row["object"] == "states")
        self.assertEqual([states["ours"], states["theirs"], states["agrees"]], [2, 1, False])
        self.assertIn("states is 2 here and 1 there", json.dumps(done.json["rows"]))


class Down(Check):
    def test_a_gateway_that_is_down_is_noticed_and_its_return_too(self):
        self.assert_state("connection", "OK", 0)
        self.demo.end()
        self.assert_state("connection", "CRITICAL", 7)
        self.demo.start()
        self.assert_state("connection", "OK", 0)


if __name__ == "__main__":
    demo.main()
