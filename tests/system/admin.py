"""comity admin, and the checks of a gateway on this machine, over its control socket: what they say
of two gateways, and what a gateway makes of whoever talks to the socket."""

import json
import os
import re
import signal
import socket
import stat
import time

import demo
import peers

PLUGIN = re.compile(r"^COMITY (PEERS|BACKLOG|STORE) (OK|WARNING|CRITICAL|UNKNOWN) - "
                    r"[^|]+( \|( [-a-zA-Z0-9_]+=-?[0-9]+(MB|B|s)?(;[-0-9:]*;[-0-9:]*)?)+)?\n$")
EXITS = {"OK": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3}
SILENCE_S = 5  # that the gateway bears
BACK_S = 120


class Admin(demo.DemoTest):
    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corland = cls.demo.at("XC")
        demo.until(lambda: cls.peer(cls.demo)["up"] and cls.peer(cls.corland)["up"], "both are up",
                   BACK_S)

    @classmethod
    def control(cls, gateway=None):
        return os.path.join((gateway or cls.demo).journal, "control")

    @classmethod
    def ask(cls, *words, gateway=None):
        return cls.demo.comity(*words, "--config", (gateway or cls.demo).config)

    @classmethod
    def admin(cls, *words, gateway=None):
        done = cls.ask("admin", *words, gateway=gateway)
        assert done.code == 0, done
        return done.json

    @classmethod
    def peer(cls, gateway=None):
        return cls.admin("peers", gateway=gateway)["peers"][0]

    def assert_nagios(self, verb, state, *words):
        done = demo.run(demo.COMITY, "check", verb, "--nagios", *words, "--config",
                        self.demo.config, env=self.demo.env)
        found = PLUGIN.match(done.out)
        self.assertTrue(found, done)
        self.assertEqual((found[1], found[2], done.code, done.err),
                         (verb.upper(), state, EXITS[state], ""))
        return done.out

    def assert_check(self, verb, state, code, *words):
        """Says the same in all three ways."""
        done = self.ask("check", verb, *words)
        self.assertEqual((done.json["check"], done.json["state"], done.code), (verb, state, code))
        lines = demo.run(demo.COMITY, "check", verb, *words, "--config", self.demo.config,
                         env=self.demo.env)
        self.assertEqual([line.split()[0] for line in lines.out.splitlines()],
                         [row["state"] for row in done.json["rows"]], lines)
        self.assert_nagios(verb, state, *words)
        return {row["name"]: row for row in done.json["rows"]}


class Healthy(Admin):
    def test_status_says_what_is_in_use(self):
        status = self.admin("status")
        self.assertEqual(sorted(status), sorted(["gateway", "version", "uptime_s", "draining",
                                                 "law", "log", "journal", "peers", "restored",
                                                 "candidate", "timestamps", "witnesses",
                                                 "foreign"]))
        self.assertEqual((status["gateway"], status["draining"]), ("XA-GW-01", False))
        self.assertEqual(status["log"]["origin"], self.demo.vkey().split("+")[0])
        self.assertEqual(status["peers"], {"up": 1, "away": 0})
        self.assertIn(status["version"], demo.run(demo.COMITYD, "--version").out)
        self.assertEqual([status["journal"][key] for key in ("low", "stalled")], [False, False])
        for words in (["status"], ["peers"], ["quarantine", "list"]):
            done = demo.run(demo.COMITY, "admin", *words, "--control", self.control(),
                            env=self.demo.env)
            self.assertEqual(done.code, 0, done)
        self.assertEqual(self.admin("quarantine", "list"), {"quarantine": [], "aside": []})

    def test_one_dials_and_the_other_is_dialled(self):
        self.assertEqual([(self.peer(gateway)["id"], self.peer(gateway)["dials"])
                          for gateway in (self.demo, self.corland)],
                         [("XC-GW-01", True), ("XA-GW-01", False)])

    def test_the_last_checkpoint_of_a_peer_is_told(self):
        message = self.demo.accepted(demo.plain("SEEN"))
        demo.until(lambda: self.demo.stage(message) != "accepted", "it is relayed", BACK_S)
        log = self.peer()["logs"][0]
        self.assertEqual((log["origin"], log["fork"]),
                         (self.demo.vkey(self.corland).split("+")[0], False))
        self.assertGreaterEqual(log["size"], 2)
        self.assertRegex(log["root"], "^[0-9a-f]{64}$")

    def test_all_is_well_in_three_ways(self):
        demo.until(lambda: self.peer()["away_s"] == 0, "the link is steady", BACK_S)
        self.assert_check("peers", "OK", 0)
        self.assert_check("backlog", "OK", 0)
        rows = self.assert_check("store", "OK", 0, "--warning", "1", "--critical", "1")
        self.assertEqual(sorted(rows), ["journal", "log", "room", "work"])
        self.assert_check("store", "CRITICAL", 1, "--warning", "999999999", "--critical",
                          "999999999")

    def test_without_a_gateway_it_is_unknown(self):
        words = ("--control", f"{self.demo.dir}/nothing")
        done = self.demo.comity("admin", "status", *words)
        self.assert_fails(done, 7, "E_UNAVAILABLE")
        done = demo.run(demo.COMITY, "check", "store", "--nagios", *words, env=self.demo.env)
        self.assertEqual(done.code, 3, done)
        self.assert_fails(self.demo.comity("admin", "status"), 2, "USAGE")
        self.assert_fails(self.demo.comity("admin", "status", "--config", "/nothing"), 2, "USAGE")
        self.assert_fails(self.ask("admin", "quarantine", "lift"), 2, "USAGE")
        self.assert_fails(self.ask("admin", "quarantine", "lift", "XC-GW-01"), 5, "E_UNKNOWN")
        self.assert_fails(self.ask("admin", "quarantine", "lift", "nobody"), 2, "USAGE")

    def test_a_reload_says_what_came_of_it(self):
        self.assertEqual(self.admin("reload"), {"reloaded": True, "changed": "nothing has changed"})
        text = demo.read(self.demo.config).decode()
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(text.replace("gateway: 'XA-GW-01'", "gateway: 'XA-GW-02'")
                       .replace("/rulebook'", "/no-rulebook'"))
        try:
            done = self.ask("admin", "reload")
        finally:
            with open(self.demo.config, "w", encoding="utf-8") as file:
                file.write(text)
        self.assert_fails(done, 2, "CONFIG")
        for problem in ("gateway: cannot change without a restart", "no-rulebook"):
            self.assertIn(problem, done.error["message"])
        os.kill(self.demo.pid, signal.SIGHUP)
        self.assertTrue(self.admin("reload")["reloaded"])


class Socket(Admin):
    def talk(self, *pieces):
        """What it answers to these octets."""
        with socket.socket(socket.AF_UNIX) as to:
            to.settimeout(demo.DEADLINE_S)
            to.connect(self.control())
            try:
                for piece in pieces:
                    to.sendall(piece)
                to.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := to.recv(65536):
                    answer += piece
            except (BrokenPipeError, ConnectionResetError):
                return b""
        return answer

    def assert_answers(self):
        self.assertEqual(self.admin("status")["gateway"], "XA-GW-01")

    def test_it_is_its_owners_alone_and_goes_with_the_gateway(self):
        path = self.control()
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.demo.end()
        self.assertFalse(os.path.exists(path))
        self.demo.start()
        self.demo.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(path))
        self.demo.start()
        self.assert_answers()

    def test_another_file_in_its_place_is_left_alone(self):
        self.demo.end()
        with open(self.control(), "w", encoding="utf-8") as file:
            file.write("precious")
        said = self.demo.launch()
        self.assertIn("control", said)
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), 78)
        self.assertEqual(demo.read(self.control()), b"precious")
        os.unlink(self.control())
        self.demo.start()

    def as_somebody_else(self, path, line):
        """What another user is answered."""
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            answer = b"failed"
            try:
                os.setgroups([])
                os.setresgid(4711, 4711, 4711)
                os.setresuid(4711, 4711, 4711)
                with socket.socket(socket.AF_UNIX) as to:
                    to.settimeout(demo.DEADLINE_S)
                    to.connect(path)
                    answer = b"connected "
                    to.sendall(line)
                    answer += to.recv(999)
            finally:
                os.write(theirs, answer)
                os._exit(0)
        os.close(theirs)
        os.waitpid(child, 0)
        with os.fdopen(ours, "rb") as read:
            return read.read()

    def test_somebody_else_is_not_answered(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to be somebody else")
        path = os.path.join(demo.temporary_folder(), "control")
        text = demo.read(self.demo.config).decode()
        self.demo.end()
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(f"{text}control: '{path}'\n")
        os.chmod(os.path.dirname(path), 0o777)
        try:
            self.demo.start()
            os.chmod(path, 0o666)  # were it not for the credentials
            self.assertEqual(self.as_somebody_else(path, b'{"verb":"drain"}\n'), b"connected ")
            self.assertFalse(self.admin("status")["draining"])
            self.assertIn("4711", self.demo.events("control.refused")[0]["text"])
            self.demo.end()
            self.assertFalse(os.path.exists(path))
        finally:
            with open(self.demo.config, "w", encoding="utf-8") as file:
                file.write(text)
        self.demo.start()

    def test_what_is_no_request_is_refused_and_changes_nothing(self):
        before = self.demo.settled_size(party="XA-CA-01")
        for line in (b"\n", b"{}\n", b"drain\n", b"[" * 60000 + b"\n", os.urandom(200) + b"\n",
                     b'{"verb":"drain","verb":"drain"}\n', b'{"verb":"drain"}\n{"verb":"drain"}\n',
                     b'{"verb":"backup","dir":"relative"}\n', b'{"verb":"drain","x":1}\n',
                     b"x" * 65537 + b"\n"):
            answer = self.talk(line)
            if answer:
                self.assertEqual(json.loads(answer)["error"]["code"], "USAGE", line[:40])
        self.assertEqual(self.talk(b'{"verb":"drain"}'), b"")  # without its end
        self.assertEqual(self.talk(b""), b"")
        self.assertFalse(self.admin("status")["draining"])
        self.assertEqual(self.demo.settled_size(party="XA-CA-01"), before)

    def test_who_says_nothing_is_cut_off_and_the_next_is_served(self):
        with socket.socket(socket.AF_UNIX) as silent:
            silent.settimeout(demo.DEADLINE_S)
            began = time.monotonic()
            silent.connect(self.control())
            silent.sendall(b'{"verb":')
            self.assert_answers()  # it waits for its turn
            self.assertEqual(silent.recv(1), b"")
            self.assertGreaterEqual(time.monotonic() - began, SILENCE_S - 1)

    def test_who_does_not_read_is_no_matter(self):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as rude:
                rude.connect(self.control())
                rude.sendall(b'{"verb":"peers"}\n')
        self.assert_answers()

    def test_told_to_stop_it_waits_for_nobody(self):
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(self.control())
            self.assertEqual(self.demo.end() or 0, 0)
        self.demo.start()


class Away(Admin):
    def test_a_peer_that_is_down_is_told_with_what_waits_for_it(self):
        self.corland.end()
        demo.until(lambda: not self.peer()["up"], "it is noticed")
        messages = [self.demo.accepted(demo.plain(f"AWAY-{i}")) for i in range(3)]
        demo.until(lambda: self.peer()["away_s"] >= 1 and self.peer()["oldest_s"] >= 1,
                   "some time passes")
        peer = self.peer()
        self.assertEqual((peer["up"], peer["waiting"]), (False, 3))
        self.assertEqual(self.admin("status")["peers"], {"up": 0, "away": 1})
        rows = self.assert_check("peers", "CRITICAL", 7, "--warning", "0", "--critical", "0")
        self.assertIn("away since", rows["XC-GW-01"]["message"])
        self.assert_check("peers", "WARNING", 0, "--warning", "0", "--critical", "9999")
        rows = self.assert_check("backlog", "CRITICAL", 7, "--warning", "0", "--critical", "0")
        self.assertEqual(rows["XC-GW-01"]["waiting"], 3)
        self.corland.start()
        demo.until(lambda: self.peer()["waiting"] == 0, "nothing waits any more", BACK_S)
        self.assertIsNone(self.peer()["oldest_s"])
        for message in messages:
            demo.until(lambda m=message: self.demo.stage(m) != "accepted", "it was relayed", BACK_S)


class Drain(Admin):
    def test_what_was_accepted_flows_while_nothing_new_is_taken(self):
        self.corland.end()
        demo.until(lambda: not self.peer()["up"], "it is noticed")
        waiting = self.demo.accepted(demo.plain("DRAIN-1"))
        said = len(self.demo.said())
        size = self.demo.settled_size(party="XA-CA-01")
        self.assertEqual(self.admin("drain"), {"draining": True, "changed": True})
        self.assertEqual(self.admin("drain"), {"draining": True, "changed": False})
        self.assertEqual(self.demo.log_grown_to(size + 1), size + 1)
        self.assertEqual(len(self.demo.events("operator.drain", after=said)), 1)
        refused = self.demo.send(demo.plain("DRAIN-2"))
        self.assertEqual(refused.code, 7, refused)
        self.assertEqual(self.assert_check("store", "WARNING", 0, "--warning", "1", "--critical",
                                           "1")["work"]["state"], "WARNING")
        self.corland.start()
        demo.until(lambda: self.peer()["waiting"] == 0, "the last one leaves", BACK_S)
        demo.until(lambda: waiting in [row["id"] for row in self.demo.inbox()], "it arrives")
        back = self.demo.accepted(demo.plain("DRAIN-3"), "XA-CA-01", "xc-ca-01")
        demo.until(lambda: back in [row["id"] for row in self.demo.inbox("xa-ca-01")],
                   "what a peer has accepted comes in", BACK_S)
        self.assertEqual(self.demo.comity("admin", "resume", "--dry-run", "--control",
                                          self.control()).code, 0)
        self.assertTrue(self.admin("status")["draining"])
        self.assertEqual(self.admin("resume"), {"draining": False, "changed": True})
        again = refused.json["recipients"][0]["id"]
        done = self.demo.comity("request", "send", "--resume", again, context="xa-ca-01")
        self.assertEqual(done.code, 0, done)

    def test_it_does_not_outlive_the_gateway(self):
        self.admin("drain")
        self.demo.end()
        self.demo.start()
        self.assertFalse(self.admin("status")["draining"])
        self.demo.accepted(demo.plain("DRAIN-4"))


class Quarantine(Admin):
    """A peer that comes back with an older backup of everything, its lock too."""

    def send_back(self, case_ref):
        return self.demo.send(demo.plain(case_ref), to=("XA-CA-01",), context="xc-ca-01")

    def test_a_peer_whose_log_has_two_histories_is_barred_until_it_is_lifted(self):
        move = peers.Forked.move
        corland = self.corland
        folders = [corland.journal, corland.log, os.path.join(corland.folder, "lock")]
        for case_ref, end in (("Q-1", ".older"), ("Q-2", ".newest")):
            message = self.send_back(case_ref).json["recipients"][0]["id"]
            demo.until(lambda m=message: m in [row["id"] for row in self.demo.inbox("xa-ca-01")],
                       "it arrives", BACK_S)
            corland.end()
            move(folders, "", end)
            if end == ".older":
                corland.start()
        move(folders, ".older", "")
        corland.start()
        self.assertEqual(self.send_back("Q-3").code, 11)
        demo.until(lambda: self.peer()["fork"], "the fork is noticed", BACK_S)
        row = self.admin("quarantine", "list")["quarantine"][0]
        self.assertEqual(row["gateway"], "XC-GW-01")
        self.assertNotEqual(row["kept"], row["given"])
        for note in (row["kept"], row["given"]):
            self.assertTrue(note.startswith(row["origin"] + "\n"), note)
        self.assertEqual(self.assert_check("peers", "CRITICAL", 11, "--warning", "9999",
                                           "--critical", "9999")["XC-GW-01"]["fork"], True)
        diagnosis = self.ask("admin", "diagnose")
        self.assertEqual((diagnosis.code, diagnosis.json["state"]), (11, "CRITICAL"))
        self.assertIn("two histories", str([row for row in diagnosis.json["rows"]
                                            if row["state"] == "CRITICAL"]))
        waiting = self.demo.accepted(demo.plain("Q-4"))
        corland.end()
        move(folders, ".newest", "")  # its operator has found the right journal
        corland.start()
        self.assertEqual(self.demo.stage(waiting), "accepted")
        self.assertEqual(self.admin("quarantine", "lift", "XC-GW-01"), {"lifted": [row["origin"]]})
        self.assertEqual(self.admin("quarantine", "list"), {"quarantine": [], "aside": []})
        demo.until(lambda: self.demo.stage(waiting) != "accepted", "it goes on", BACK_S)
        self.assertEqual(len(self.demo.events("operator.lift")), 1)
        self.assert_fails(self.ask("admin", "quarantine", "lift", "XC-GW-01"), 5, "E_UNKNOWN")


if __name__ == "__main__":
    demo.main()
