"""A gateway whose directory names witnesses: it has them cosign its log, publishes what they said,
and its parties read what they have receipts for. Whatever a witness does, no message waits for it."""

import base64
import functools
import os
import re
import signal
import socket
import subprocess
import time

import demo
import forge
import ministry
import shadow
import wrong_clock

FRESH_S = 600  # so long a cosignature says something to a reader
AWAY_S, STEPS = 4 * wrong_clock.HOUR_S, 8
AGE_S = 20
OF = f"\u2014 {ministry.NAME} "


class CosignedTest(demo.DemoTest):
    """One gateway for XA and XC, and a new witness of XA's ministry for each test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        subprocess.run([os.path.join(demo.SOURCE, "certs", "make-demo-pki"), "--dir", d.pki,
                        "--witness", "XA-MIN-01"], check=True)
        cls.pair = tuple(f"{d.pki}/XA/parties/XA-MIN-01/witness.{end}" for end in ("crt", "key"))

    def setUp(self):
        self.witness = ministry.Witness(self.demo, self.pair).start()
        self.witness.command = functools.partial(self.witness.command,
                                                 listen=self.witness.address)
        self.addCleanup(self.end_witness)

    def end_witness(self):
        self.witness.end()
        self.assertNotIn("Sanitizer", self.witness.said())
        self.assertNotIn("runtime error", self.witness.said())

    def trust(self, *rows, quorum=1):
        """The witness and these further rows stand in the directory in force."""
        path = f"{self.demo.dir}/rulebook/states/demo"
        rows = (self.row(self.witness.vkey, self.witness.address),) + rows
        text = re.sub(r"(?m)^ *witness .*\n", "", demo.read(path).decode())
        text = re.sub(r"(?m)^( *log .* quorum) \d+$",
                      lambda found: "\n".join((f"{found[1]} {quorum}",) + rows), text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "states")
        before = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGHUP)
        demo.until(lambda: self.demo.events("reload.done", before), "the reload is done")

    @staticmethod
    def row(vkey, address):
        return f'      witness XA "{vkey}" by XA-MIN-01 at "{address}"'

    def published(self):
        return demo.read(f"{self.demo.log}/checkpoint").decode()

    def cosigned(self, size=0):
        """The published checkpoint, once it is at least so large and the witness has cosigned it."""
        def there():
            note = self.published()
            blobs = [base64.b64decode(line.rsplit(" ", 1)[1]) for line in note.splitlines()
                     if line.startswith(OF)]
            mine = bytes.fromhex(self.witness.vkey.split("+")[1])
            has_mine = any(blob.startswith(mine) for blob in blobs)
            return note if has_mine and int(note.split("\n")[1]) >= size else None
        note = demo.until(there, "it is published with a cosignature")
        ministry.verify(self.witness.vkey, note)
        return note

    def send(self, name):
        return self.demo.accepted(demo.plain(name), "XA-CA-01", "xc-ca-01")

    def assert_read(self, message):
        done = self.demo.show(message, "xa-ca-01")
        self.assertEqual(done.code, 0, done)

    def alarm(self, event, after):
        def said():
            return [line for line in self.demo.events(event, after) if line["level"] != "notice"]
        return demo.until(said, event, 2 * demo.DEADLINE_S)[0]

    def is_over(self, event, after):
        demo.until(lambda: [line for line in self.demo.events("alarm.over", after)
                            if event in line["text"]], f"{event} is over", 2 * demo.DEADLINE_S)


class Witnessed(CosignedTest):
    def test_a_party_of_the_witness_reads_by_its_quorum(self):
        self.trust()
        first = int(self.cosigned().split("\n")[1])
        for number in range(4):  # the cosigned checkpoint is older than the receipt
            self.assert_read(self.send(f"Q-{number}"))
        note = self.cosigned(first + 4)
        self.assertEqual(len(note.split("\n\n")[1].splitlines()), 2, note)
        self.assertEqual(self.demo.verified().code, 0)

    def test_evidence_says_how_many_witnesses_the_directory_asks_for(self):
        self.trust()
        self.cosigned()
        message = self.send("W-1")
        self.assert_read(message)
        folder = os.path.join(demo.temporary_folder(), "evidence")
        done = self.demo.comity("audit", "export", message, "-o", folder, context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        text = demo.read(os.path.join(folder, "README.txt")).decode()
        self.assertIn("1 of 1 were enough\n", text)
        self.assertIn("        --witnessed --quorum 1 .\n", text)

    def test_what_is_older_than_ten_minutes_waits_for_its_cosignature(self):
        """The log has grown meanwhile, and its receipt is under what nobody has cosigned yet."""
        self.trust()
        self.cosigned()
        message = self.send("O-1")
        sent = time.monotonic()
        ahead = wrong_clock.Clock(f"{self.demo.dir}/clock", 1000 * (FRESH_S - AGE_S))
        demo.until(lambda: time.monotonic() > sent + AGE_S, "it is older than that by this clock")
        self.addCleanup(self.witness.process.send_signal, signal.SIGCONT)
        self.witness.process.send_signal(signal.SIGSTOP)
        self.send("O-2")
        with subprocess.Popen(
                [demo.COMITY, "request", "show", message, "--context", "xa-ca-01", "--json"],
                env=dict(self.demo.env, **ahead.env), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True) as reader:
            with self.assertRaises(subprocess.TimeoutExpired):
                reader.wait(timeout=2)
            self.witness.process.send_signal(signal.SIGCONT)
            said = reader.communicate(timeout=demo.DEADLINE_S)[1]
        self.assertEqual(reader.returncode, 0, said)

    def test_a_quorum_that_is_not_there_is_none(self):
        self.trust(self.row(forge.Witness("other.xa.example", forge.Key.make(
            f"{self.demo.dir}/other.key")).vkey, "127.0.0.1:9"), quorum=2)
        self.cosigned()
        done = self.demo.show(self.send("N-1"), "xa-ca-01")
        self.assert_fails(done, 10, "E_STALE")

    def test_a_witness_that_is_killed_is_caught_up_with(self):
        self.trust()
        self.cosigned()
        before = len(self.demo.said())
        self.witness.end(signal.SIGKILL)
        self.assert_read(self.send("K-1"))
        said = self.alarm("alarm.witness_away", before)
        self.assertEqual(said["level"], "warning")
        self.assertIn("XA-MIN-01", said["text"])
        self.assert_read(self.send("K-2"))
        size = self.demo.settled_size(party="XC-CA-01")
        self.witness.start()
        self.cosigned(size)
        self.is_over("alarm.witness_away", before)
        self.assert_read(self.send("K-3"))

    def test_a_witness_that_hangs_delays_no_message(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(demo.DEADLINE_S)
            other = forge.Witness("silent.xa.example",
                                  forge.Key.make(f"{self.demo.dir}/silent.key"))
            self.trust(self.row(other.vkey, "127.0.0.1:%d" % silent.getsockname()[1]))

            def within_a_call():
                with silent.accept()[0] as call:
                    call.recv(1 << 16)  # the greeting, which nobody answers
                    self.send("H-1")
                    try:
                        return call.recv(1, socket.MSG_DONTWAIT) != b""
                    except BlockingIOError:
                        return True  # it is still waited for
            demo.until(within_a_call, "a message is accepted while a witness hangs", 120)
            self.assert_read(self.send("H-2"))
            self.cosigned(self.demo.settled_size(party="XC-CA-01"))


class Away(CosignedTest):
    """Four hours, by everybody's clock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo.end()
        cls.clock = wrong_clock.Clock(os.path.join(cls.demo.folder, "clock"))
        cls.demo.env = {**cls.demo.env, **cls.clock.env}
        cls.demo.start()

    def revive(self):
        command = self.witness.command
        words = [f"{name}={value}" for name, value in self.clock.env.items()]
        self.witness.command = lambda: ["env", *words, *command()]
        self.witness.start()

    def backlog(self):
        (row,) = self.demo.admin(self.demo, "status")["witnesses"]
        return row["backlog"]

    def test_messages_flow_readers_wait_and_one_cosignature_makes_all_good(self):
        self.trust()
        self.cosigned()
        before = len(self.demo.said())
        self.witness.end(signal.SIGKILL)
        messages = [self.send("A-0")]
        self.assert_read(messages[0])
        for step in range(1, STEPS + 1):
            self.clock.add(step * AWAY_S * 1000 // STEPS)
            messages.append(self.send(f"A-{step}"))
        self.assert_fails(self.demo.show(messages[-1], "xa-ca-01"), 10, "E_STALE")
        self.alarm("alarm.witness_away", before)
        demo.until(lambda: self.backlog() > STEPS, "the backlog is shown")
        self.revive()
        self.cosigned(self.demo.settled_size(party="XC-CA-01"))
        self.is_over("alarm.witness_away", before)
        demo.until(lambda: self.backlog() == 0, "there is no backlog")
        for message in messages:
            self.assert_read(message)
        self.assertEqual(self.demo.verified().code, 0)


class Contradicted(CosignedTest):
    """Somebody else has signed with the log's key."""

    def shown(self, log):
        self.assertEqual(self.witness.add(log, 0)[0], 200)

    def test_a_witness_that_is_ahead_is_said(self):
        log = shadow.log_of(self.demo, self.demo)
        log.fill(log.size + 100)
        self.shown(log)
        before = len(self.demo.said())
        self.trust()
        self.assertEqual(self.alarm("alarm.witness_ahead", before)["level"], "alarm")
        self.assertNotIn(OF, self.published())

    def test_another_history_is_said(self):
        log = shadow.log_of(self.demo, self.demo)
        other = forge.Log(log.origin, log.key, log.entries[:1])
        other.fill(log.size)
        self.shown(other)
        before = len(self.demo.said())
        self.trust()
        self.assertEqual(self.alarm("alarm.witness_conflict", before)["level"], "alarm")
        self.assertNotIn(OF, self.published())


if __name__ == "__main__":
    demo.main()
