"""Logs of the sizes at which tiles begin, end and rise by a level. What the gateway's journal has
published is whole to its own verifier and to one in Go that shares no code with it; a log that was
written in Go is whole to both, too."""

import os
import subprocess

import demo

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
SIZES = [1, 255, 256, 257, 65536, 65537]
# A sanitizer makes 65,536 entries last; what is beyond is the same code once more.
SIZES = [*SIZES, 1_000_000] if demo.LARGE else \
    SIZES[:4] if demo.SANITIZED and not demo.LONG else SIZES


class LogTest(demo.unittest.TestCase):
    def assert_whole(self, log, vkey, size):
        ours = demo.run(demo.COMITY, "audit", "verify", "--log", log, "--key", vkey, "--json")
        theirs = demo.run(os.path.join(TOOLS, "verify_log"), log, vkey)
        self.assertEqual((ours.code, theirs.code), (0, 0), (size, ours, theirs))
        self.assertEqual((ours.json["size"], ours.json["verified"]), (size, True))
        self.assertIn(f" {size} ", theirs.out)


class Growth(LogTest):
    def setUp(self):
        self.folder = demo.temporary_folder()
        self.growing = subprocess.Popen(
            [os.path.join(TOOLS, "grow_log"), self.folder, *map(str, SIZES)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self.vkey = self.growing.stdout.readline().strip()
        self.log = os.path.join(self.folder, "log")

    def end(self):
        self.growing.stdin.close()
        self.assertEqual(self.growing.wait(timeout=600), 0)
        self.growing.stdout.close()

    def test_logs_of_every_size_are_whole_to_both_verifiers(self):
        for size in SIZES:
            self.assertEqual(self.growing.stdout.readline(), f"{size}\n")
            self.assert_whole(self.log, self.vkey, size)
            self.growing.stdin.write("\n")
            self.growing.stdin.flush()


class Made(LogTest):
    def test_logs_that_others_have_written_are_whole_to_both_verifiers(self):
        for size in SIZES:
            folder = os.path.join(demo.temporary_folder(), "log")
            made = demo.run(os.path.join(TOOLS, "make_log"), folder, str(size))
            self.assertEqual(made.code, 0, made)
            self.assert_whole(folder, made.out.strip(), size)


if __name__ == "__main__":
    demo.main()
