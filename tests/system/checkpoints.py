"""A gateway's log goes on without a word to the other State: its gateway hears of it all the same,
and so do its parties that have a link open and get no mail. So a log that is rewritten is noticed
although no message comes."""

import hashlib
import os
import re
import subprocess
import tempfile
import time

import demo
import link

LISTEN = os.path.join(os.environ["COMITY_TEST_PROGRAMS"], "link_listen")
ORIGIN = "xa-gw-01.comity.example/audit/demo"
TOLD_S = 90  # ten seconds to the gateway, and twice as many to a party; the rest is patience


class Waiting:
    """A party's program that only waits, until the end of the with block."""

    def __init__(self, demonstration, context):
        self.said = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([LISTEN, demonstration.env["COMITY_HOME"], context],
                                        stdin=subprocess.PIPE, stdout=self.said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(demo.DEADLINE_S)
        self.said.close()

    def lines(self):
        self.said.seek(0)
        return self.said.read().splitlines()


class Test(demo.DemoTest):
    states = ("XA", "XC")

    def grow(self):
        """An entry in Arvenia's log, about nothing that leaves the State. How large it is then."""
        done = self.demo.send(demo.a3(), "--dry-run")
        self.assertEqual(done.code, 0, done)
        return self.demo.settled_size(self.demo, "XA-CA-01")

    def hear(self, waiting, size):
        """What is told of Arvenia's log until it is of this size: the sizes, and the last note."""
        sizes, note, end = [0], "", time.monotonic() + TOLD_S
        while sizes[-1] < size:
            self.assertLess(time.monotonic(), end, "it was not told")
            frame = waiting.frame()
            self.assertIn(frame[0], (link.CHECKPOINT, link.PING))
            if frame[0] == link.PING:
                waiting.send(link.PONG, frame[1])
                continue
            _, _, origin, note, old, path = frame
            lines = note.split("\n")
            self.assertEqual((origin, lines[0], lines[3]), (ORIGIN, ORIGIN, ""))
            self.assertEqual(bool(path), old > 0)
            sizes.append(int(lines[1]))
        return sizes[1:], note

    def kept(self):
        """The digest of the note that the archive of Corland's ministry keeps of Arvenia's log."""
        done = self.demo.comity("archive", "list", "--kind", "checkpoint", context="xc-ca-01")
        self.assertEqual(done.code, 0, done)
        return next((row["sha256"] for row in done.rows if row["origin"] == ORIGIN), "")


class Idle(Test):
    def test_who_only_waits_is_told_of_the_other_states_log(self):
        """And keeps what it is told, once it has verified it."""
        with link.Link(self.demo, "XC-CA-01", gateway=self.demo.at("XC")) as waiting, \
                Waiting(self.demo, "xc-ca-01") as program:
            for _ in range(2):
                sizes, note = self.hear(waiting, self.grow())
                self.assertEqual(sizes, sorted(set(sizes)))
                digest = hashlib.sha256(note.encode()).hexdigest()
                demo.until(lambda digest=digest: self.kept() == digest, "it is kept", TOLD_S)
            waiting.end()
            self.assertEqual(set(program.lines()), {"open", "0 "})
        log = [gateway.events("peer.fork") for gateway in self.demo.gateways]
        self.assertEqual(log, [[], []])


class Rewritten(Test):
    """Arvenia's gateway comes back with a backup of everything and goes on as if nothing had been."""

    @staticmethod
    def move(folders, there, back):
        """With owners: the gateway runs as somebody else."""
        for folder in folders:
            demo.run("rm", "-rf", folder + back)
            demo.run("cp", "-a", folder + there, folder + back)

    def test_it_is_noticed_without_a_message(self):
        arvenia, corland = self.demo, self.demo.at("XC")
        folders = [arvenia.journal, arvenia.log, os.path.join(arvenia.folder, "lock")]
        arvenia.end()
        self.move(folders, "", ".older")
        arvenia.start()
        with link.Link(self.demo, "XC-CA-01", gateway=corland) as waiting:
            self.grow()
            self.hear(waiting, self.grow())
            waiting.end()
        arvenia.end()
        self.move(folders, ".older", "")
        arvenia.start()
        for _ in range(4):
            done = self.demo.send(demo.a3(), "--dry-run")
        alarm = demo.until(lambda: corland.events("peer.fork"), "the alarm", TOLD_S)[0]
        self.assertEqual((alarm["level"], alarm["peer"]), ("alarm", "XA-GW-01"))
        kept, given = re.search(r"kept: size \d+ root (\w{64}); given: size \d+ root (\w{64})",
                                alarm["text"]).groups()
        self.assertNotEqual(kept, given)
        self.assertIn(done.code, (0, 11), done)  # Arvenia's ministry may know more of it, too


if __name__ == "__main__":
    demo.main()
