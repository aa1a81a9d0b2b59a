"""Timestamps of the log (RFC 3161) by a real authority, which may be away, hang or lie: messages go
on, what is missing is told, and the next good answer covers it."""

import contextlib
import json
import os
import shutil
import subprocess

import contexts
import demo
import export
import texts
import tsa

EVERY = "1s"
OCTETS = 12  # of a timestamp, changed one by one, where all would take too long
FEW = 4  # of them, where unit tests change more
LIES = {"busy": "it answered 503", "denied": "timestamp.denied", "garbage": "timestamp.shape",
        "imprint": "timestamp.imprint", "nonce": "timestamp.nonce", "stranger": "timestamp.chain",
        "endless": "the answer is longer than is taken",
        "hang": "there was no answer in time"}
QUICK = ("imprint", "endless")  # of these, each time; all of them with COMITY_LONG=1


class Stamped(export.Changed.__base__):  # which exports folders and has no tests of its own
    """A demo whose first gateway has its log timestamped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.tsa = tsa.Authority(os.path.join(d.dir, "tsa"))
        cls.addClassCleanup(cls.tsa.end)
        cls.place = os.path.join(d.log, "timestamp")
        with open(d.config, "a", encoding="utf-8") as file:
            file.write(f"timestamps: {{authority: 'http://127.0.0.1:{cls.tsa.port}/tsr', "
                       f"ca: '{cls.tsa.ca}', every: {EVERY}}}\n")
        cls.again()

    @classmethod
    def again(cls):
        cls.demo.end()
        cls.demo.start()

    def setUp(self):
        self.tsa.answers("good")

    def sizes(self):
        names = os.listdir(self.place) if os.path.isdir(self.place) else []
        return sorted(int(name[:-4]) for name in names if name.endswith(".tsr"))

    def stamped(self, size):
        """The newest timestamp once one covers so many entries."""
        demo.until(lambda: self.sizes() and self.sizes()[-1] >= size, f"{size} entries are stamped")
        return self.sizes()[-1]

    def told(self):
        return self.demo.comity("admin", "status", "--control",
                                os.path.join(self.demo.journal, "control")).json["timestamps"]

    def send(self, name):
        """A message from end to end, and the size of the log with it."""
        message = self.demo.accepted(demo.plain(name))
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox()], "it arrives")
        return self.demo.settled_size()

    def audit(self, *more):
        return self.demo.comity("audit", "verify", "--log", self.demo.log, *more,
                                context=self.demo.up["contexts"][-1])

    def path(self, size):
        return os.path.join(self.place, f"{size}.tsr")

    def body(self, size):
        """The checkpoint's three lines, where that is the published one."""
        text = demo.read(os.path.join(self.demo.log, "checkpoint"))
        self.assertEqual(int(text.split(b"\n")[1]), size)
        return b"".join(line + b"\n" for line in text.split(b"\n")[:3])

    def changes(self, octets, count=OCTETS):
        """The same with another octet, here and there."""
        for at in range(0, len(octets), 1 if demo.LARGE else len(octets) // count):
            yield octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]

    @contextlib.contextmanager
    def instead(self, path, octets):
        """A file with these octets, for a while."""
        before = demo.read(path)
        try:
            with open(path, "wb") as file:
                file.write(octets)
            yield
        finally:
            with open(path, "wb") as file:
                file.write(before)


class Timestamps(Stamped):
    def test_what_is_published_is_stamped_and_openssl_agrees(self):
        size = self.stamped(self.send("TS-1"))
        body = os.path.join(self.demo.dir, "body")
        with open(body, "wb") as file:
            file.write(self.body(size))
        words = ["openssl", "ts", "-verify", "-data", body, "-in", self.path(size), "-CAfile"]
        done = subprocess.run([*words, self.tsa.ca], capture_output=True, check=False)
        self.assertIn(b"Verification: OK", done.stdout, done)
        other = os.path.join(self.tsa.folder, "other.crt")
        self.assertNotEqual(subprocess.run([*words, other], capture_output=True,
                                           check=False).returncode, 0)
        done = self.audit("--tsa-ca", self.tsa.ca)
        self.assertEqual(done.code, 0, done)
        stamps = done.json["timestamps"]
        self.assertEqual((stamps["count"], stamps["size"], stamps["traced"]),
                         (len(self.sizes()), size, True))
        self.assertFalse(self.audit().json["timestamps"]["traced"])
        done = self.audit("--tsa-ca", other)
        self.assert_fails(done, 9, "E_HASH")
        self.assertIn("by no authority that is trusted", done.json["fault"])

    def test_a_changed_octet_anywhere_is_found_and_named(self):
        size = self.stamped(self.send("TS-2"))
        copy = os.path.join(demo.temporary_folder(), "log")
        self.demo.copy_log(copy)
        path = os.path.join(copy, "timestamp", f"{size}.tsr")
        good = demo.read(path)
        words = ("audit", "verify", "--log", copy, "--tsa-ca", self.tsa.ca)
        context = self.demo.up["contexts"][-1]
        self.assertEqual(self.demo.comity(*words, context=context).code, 0)
        for octets in self.changes(good):
            with open(path, "wb") as file:
                file.write(octets)
            done = self.demo.comity(*words, context=context)
            self.assert_fails(done, 9, "E_HASH")
            self.assertIn(f"timestamp/{size}.tsr: ", done.json["fault"])
        for octets in (good[:-1], good + b"\0", b"", b"\x30" * (1 << 17)):
            with open(path, "wb") as file:
                file.write(octets)
            self.assertIn(f"timestamp/{size}.tsr: no timestamp",
                          self.demo.comity(*words, context=context).json["fault"])
        os.rename(path, os.path.join(copy, "timestamp", f"{size - 1}.tsr"))
        with open(os.path.join(copy, "timestamp", f"{size - 1}.tsr"), "wb") as file:
            file.write(good)
        self.assertIn(f"timestamp/{size - 1}.tsr: a timestamp of something else",
                      self.demo.comity(*words, context=context).json["fault"])

    def test_it_goes_with_the_evidence_of_an_entry(self):
        message = self.demo.accepted(demo.plain("TS-8"))
        size = self.stamped(self.demo.settled_size())
        folder = self.exported(message, "--log", self.demo.log)
        with open(os.path.join(folder, "entry.json"), encoding="utf-8") as file:
            index = json.load(file)["index"]
        first = next(one for one in self.sizes() if one > index)
        self.assertEqual(demo.read(os.path.join(folder, "timestamp.tsr")),
                         demo.read(self.path(first)))
        shutil.copy(self.tsa.ca, os.path.join(os.path.dirname(folder), "root.pem"))
        told = self.by_hand(folder)
        self.assertEqual(told[8][0], told[8][1])
        self.assertRegex("\n".join(told[9]), "^Time stamp: .*\nVerification: OK$")
        done = self.verify(folder, "--tsa-ca", self.tsa.ca)
        self.assertEqual(done.code, 0, done)
        self.assertIn("note    Time stamp: ", done.out)
        self.assertIn("whose the timestamp is was not checked",
                      self.verify(folder).out)
        other = os.path.join(self.tsa.folder, "other.crt")
        done = self.verify(folder, "--tsa-ca", other)
        self.assertIn("FAILED  timestamp: by none of the authorities", done.out)
        with open(os.path.join(folder, "timestamp.tsr"), "wb") as file:
            file.write(demo.read(self.path(next(one for one in self.sizes() if one != first))))
        done = self.verify(folder, "--tsa-ca", self.tsa.ca)
        self.assertIn("FAILED  timestamp: it is a timestamp of something else", done.out)
        self.assertGreaterEqual(size, first)
        new = self.demo.accepted(demo.plain("TS-9"))
        empty = os.path.join(demo.temporary_folder(), "log")
        self.demo.copy_log(empty, shutil.ignore_patterns("timestamp"))
        folder, done = self.export(new, "--log", empty)
        self.assert_fails(done, 5, "E_UNKNOWN")
        self.assertFalse(os.path.exists(folder))

    def test_without_the_folder_the_gateway_is_asked_for_it(self):
        message = self.demo.accepted(demo.plain("TS-10"))
        folder, done = self.export(message, "--log", self.demo.log, "--timestamp")
        self.assert_fails(done, 2, "USAGE")
        self.stamped(self.demo.settled_size())
        local = self.octets(self.exported(message, "--log", self.demo.log))
        self.assertEqual(self.octets(self.exported(message, "--timestamp")), local)
        kept = os.path.join(demo.temporary_folder(), "kept")
        self.demo.comity("archive", "export", message, "--dir", kept, context="xa-ca-01")
        folder = self.exported("--receipt", os.path.join(kept, f"{message}.receipt.accepted"),
                               "--timestamp")  # by anybody of the directory
        for name in ("timestamp.tsr", "timestamp.tlog"):
            self.assertEqual(self.octets(folder)[name], local[name])
        self.assertEqual(self.verify(folder, "--tsa-ca", self.tsa.ca).code, 0)
        body = local["timestamp.tlog"].decode().split("\n\n")[1]
        first = self.path(int(body.split("\n")[1]))
        good = demo.read(first)
        for octets in [*self.changes(good, FEW), good[:-1], b"", b"\x30" * (1 << 17)]:
            with self.instead(first, octets):
                folder, done = self.export(message, "--timestamp")
            self.assertEqual(done.code, 9, done)
            self.assertFalse(os.path.exists(folder))
        tile = next(path for path in demo.files_below(os.path.join(self.demo.log, "tile", "0")))
        with self.instead(tile, bytes(len(demo.read(tile)))):
            self.assertEqual(self.export(message, "--timestamp")[1].code, 9)
        away = self.place + ".away"
        os.rename(self.place, away)
        folder, done = self.export(message, "--timestamp")
        shutil.rmtree(self.place, ignore_errors=True)
        os.rename(away, self.place)
        self.assert_fails(done, 5, "E_UNKNOWN")
        self.demo.end()
        folder, done = self.export(message, "--timestamp")
        self.assert_fails(done, 7, "E_UNAVAILABLE")
        self.assertFalse(os.path.exists(folder))
        self.demo.start()

    def test_no_timestamp_of_what_is_beyond_the_end_of_a_log_goes_with_evidence(self):
        folder = self.exported(self.demo.accepted(demo.plain("TS-10")))
        origin, size, root = demo.read(f"{folder}/checkpoint").decode().splitlines()[:3]
        self.stamped(self.send("TS-11"))
        log, rulebook = (os.path.join(demo.temporary_folder(), name) for name in ("log", "rulebook"))
        self.demo.copy_log(log)
        for one in self.sizes():
            if one <= int(size):
                os.unlink(f"{log}/timestamp/{one}.tsr")
        shutil.copytree(f"{self.demo.dir}/rulebook", rulebook)
        texts.change_where(f"{rulebook}/states/demo", rf'(log "{origin}" key .*? quorum 0)',
                           lambda row: f'{row[1]} closed at {size} root "{root}"')
        words = ("--receipt", f"{folder}/receipt.cbor", "--log", log)
        stamped = self.exported(*words)
        closed = ("--closed", f"{size}:{root}")
        self.assertEqual(self.verify(folder, *closed).code, 0)
        self.assertIn(f"FAILED  timestamp: the log ended at {size} entries",
                      self.verify(stamped, *closed).out)
        context = contexts.change(self.demo, "closed", directory=rulebook)
        self.exported(*words[:2], context=context)
        done = self.export(*words, context=context)[1]
        self.assert_fails(done, 9, "E_HASH")
        self.assertIn("log.closed", done.error["message"])

    def test_what_lies_there_of_another_log_is_said_and_not_used(self):
        size = self.stamped(self.send("TS-3"))
        self.demo.end()
        shutil.copy(self.path(size), self.path(1))
        shutil.copy(self.path(size), self.path(size + 1000))
        for name in (1, size + 1000):
            self.addCleanup(os.unlink, self.path(name))
        with open(os.path.join(self.place, f"{size}.tsr.4711.tmp"), "wb"):
            pass
        there = len(self.demo.said())
        self.demo.start()
        names = {f"timestamp/{name}.tsr" for name in (1, size + 1000)}
        demo.until(lambda: {line["text"].split(" ")[0] for line in self.demo.events(
            "timestamps.foreign", after=there)} == names, "they are said, and no others")
        demo.until(lambda: self.told()["size"] >= size, "the good one counts")
        demo.until(lambda: not [name for name in os.listdir(self.place) if name.endswith("tmp")],
                   "what a killed run left is gone")

    def test_an_authority_that_hangs_holds_up_nothing(self):
        before = self.stamped(self.send("TS-4"))
        self.tsa.answers("hang")
        asked = self.tsa.asked()
        self.again()
        size = self.send("TS-5")
        demo.until(lambda: self.tsa.asked() > asked, "it is asked")
        self.send("TS-6")
        told = demo.until(lambda: self.told() if self.told()["why"] else None, "it is told")
        self.assertEqual((told["size"], told["why"]), (before, LIES["hang"]))
        self.assertGreaterEqual(told["waiting"], size - before)
        self.assertEqual(self.sizes()[-1], before)
        asked = self.tsa.asked()
        self.demo.end()
        self.assertEqual(self.tsa.asked(), asked, "nobody waits for it at the end")
        self.tsa.answers("good")
        self.demo.start()
        self.assertGreater(self.stamped(size), before)
        demo.until(lambda: self.told()["away_s"] is None, "it is over")

    @demo.costly
    def test_whatever_is_answered_messages_flow_and_it_is_said_once(self):
        for mode, why in LIES.items():
            with self.subTest(mode):
                if not demo.LONG and mode not in QUICK:
                    continue
                before = self.stamped(1)
                self.tsa.answers(mode)
                self.again()
                self.send(f"TS-{mode.upper()}")
                told = demo.until(lambda: self.told() if self.told()["why"] else None, "it is told")
                self.assertIn(why, told["why"])
                self.assertEqual(self.sizes()[-1], before)
        if not demo.LONG:
            return
        there = len(self.demo.said())
        self.tsa.stop()
        self.addCleanup(lambda: self.tsa.server.socket.fileno() >= 0 or self.tsa.start())
        self.again()
        size = self.send("TS-AWAY")
        alarm = demo.until(lambda: self.demo.events("alarm.timestamps_away", after=there),
                           "the alarm is raised")
        self.assertIn("Connection refused", alarm[0]["text"])
        self.tsa.start()
        self.tsa.answers("good")
        self.assertGreaterEqual(self.stamped(size), size)
        demo.until(lambda: self.demo.events("alarm.over", after=there), "the alarm is over")
        self.assertEqual(len(self.demo.events("alarm.timestamps_away", after=there)), 1)
        self.assertEqual(self.audit("--tsa-ca", self.tsa.ca).code, 0)


if __name__ == "__main__":
    demo.main()
