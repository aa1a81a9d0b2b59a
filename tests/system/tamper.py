"""A published log of which any octet was changed does not verify: not for the command, not for the
second opinion of verify_log, and both name the fault."""

import base64
import concurrent.futures
import os
import shutil

import demo
import link

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
STRIDE = 1 if demo.LONG else 31
WINDOW = 16  # frames of a party that wait for their answer at once


def grow(gateway, entries):
    """Submissions with a seal that is none: each is refused, with an entry."""
    with link.Link(gateway, "XA-CA-01") as party:
        waiting = 0
        for _ in range(entries):
            party.send(link.SUBMIT, [b"\0", []], [], [], [], 0)
            waiting += 1
            if waiting == WINDOW:
                party.expect(link.REFUSE)
                waiting -= 1
        while waiting > 0:
            party.expect(link.REFUSE)
            waiting -= 1
        party.end()


def flipped(text, at):
    return text[:at] + bytes([text[at] ^ 1 << at % 8]) + text[at + 1:]


class Tamper(demo.DemoTest):
    """The large log ends in the middle of its second tile."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vkey = cls.demo.vkey()
        cls.demo.accepted(demo.a3())
        cls.small = cls.keep("small")
        cls.demo.limit(ballast="1MiB", floor="16MiB", refusals_per_minute=1000)
        cls.demo.start()
        grow(cls.demo, 270)
        cls.large = cls.keep("large")

    @classmethod
    def keep(cls, name):
        """A copy of the published log, taken while the gateway is down."""
        cls.demo.end()
        copy = f"{cls.demo.dir}/{name}"
        shutil.copytree(cls.demo.log, copy)
        return copy

    def files(self, log):
        return sorted(path[len(log) + 1:] for path in demo.files_below(log))

    def flip_all(self, log, stride):
        done = demo.run(os.path.join(TOOLS, "flip_log"), log, self.vkey, str(stride))
        self.assertEqual(done.code, 0, done)

    def test_every_octet_of_a_small_log_counts(self):
        self.flip_all(self.small, 1)

    def test_octets_all_over_a_large_log_count(self):
        self.assertIn("tile/1/000.p/1", self.files(self.large))
        self.flip_all(self.large, STRIDE)

    # ---- the programs ----

    def judge(self, log):
        """What the command and the second opinion say of a log."""
        return self.demo.verified(log), demo.run(os.path.join(TOOLS, "verify_log"), log, self.vkey)

    def test_the_log_as_it_is_holds(self):
        for log in (self.small, self.large):
            command, second = self.judge(log)
            self.assertEqual((command.code, second.code), (0, 0), (command, second))
            verdict = command.json
            root = base64.b64encode(bytes.fromhex(verdict["root"])).decode()
            self.assertEqual(second.out.split(),
                             [verdict["origin"], str(verdict["size"]), root])

    def write(self, log, name, text):
        path = os.path.join(log, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text)

    def changes(self):
        """(what, change) where change takes the folder of a copy."""
        for name in self.files(self.large):
            text = demo.read(os.path.join(self.large, name))
            places = range(0, len(text), 29) if name == "checkpoint" else (0, len(text) // 2)
            for at in (*places, len(text) - 1):
                yield f"{name}: octet {at}", lambda log, n=name, t=flipped(text, at): \
                    self.write(log, n, t)
            yield f"{name}: cut short", lambda log, n=name, t=text[:-1]: self.write(log, n, t)
            yield f"{name}: made longer", lambda log, n=name, t=text + b"\0": self.write(log, n, t)
            yield f"{name}: removed", lambda log, n=name: os.unlink(os.path.join(log, n))
        bundle = "tile/entries/000"
        text = demo.read(os.path.join(self.large, bundle))
        swapped = text[81:162] + text[:81] + text[162:]
        yield "two entries changed places", lambda log: self.write(log, bundle, swapped)
        yield "a tile of no name", lambda log: self.write(log, "tile/0/9", b"\0" * 32)
        yield "a file of no log", lambda log: self.write(log, "tile/notes", b"hello")

    def judge_changed(self, number, change):
        log = f"{self.demo.dir}/changed-{number}"
        shutil.copytree(self.large, log)
        change(log)
        judged = self.judge(log)
        shutil.rmtree(log)
        return judged

    def test_the_programs_refuse_every_change_and_name_it(self):
        changes = list(self.changes())
        self.assertGreater(len(changes), 35)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            judged = pool.map(self.judge_changed, range(len(changes)), [c for _, c in changes])
            for (what, _), (command, second) in zip(changes, judged):
                self.assertEqual((command.code, second.code), (9, 1), (what, command, second))
                self.assertIs(command.json["verified"], False, what)
                self.assertTrue(command.json["fault"], what)
                self.assertIn(command.json["fault"], command.error["message"])
                self.assertTrue(second.err, what)

    def test_another_log_and_its_key_do_not_fit(self):
        """Whoever signs a log of their own cannot make it verify under the directory."""
        other = demo.Demo()
        signed = self.demo.verified(other.log)
        claimed = self.demo.comity("audit", "verify", "--log", self.large, "--key", other.vkey())
        other.down()
        for done in (signed, claimed):
            self.assertEqual(done.code, 9, done)
            self.assertIn("checkpoint", done.json["fault"])

    def test_what_is_no_key_is_wrong_usage(self):
        done = self.demo.comity("audit", "verify", "--log", self.large, "--key", "nonsense")
        self.assert_fails(done, 2, "USAGE")


if __name__ == "__main__":
    demo.main()
