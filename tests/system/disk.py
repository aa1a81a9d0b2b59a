"""Disks that fail and disks that are full, under the real gateway: what it cannot keep it does not
acknowledge, what it acknowledged it keeps and goes on delivering."""

import json
import os
import shutil
import signal
import subprocess

import demo
import link

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
MIB = 1 << 20
TRIES = 50
UNAVAILABLE, DOUBT = 7, 8
ENOUGH = 10  # messages: two syncs each


class Sync(demo.DemoTest):
    """fdatasync fails: what was written may be gone without another word, so the process ends."""

    def fails_at(self, n):
        """A gateway whose n-th fdatasync fails, used until it has ended. Messages that were sent,
        with how that ended: 0 where it was acknowledged."""
        there, sent = len(self.demo.said()), {}
        self.demo.launch(LD_PRELOAD=os.path.join(TOOLS, "calls.so"), COMITY_CALLS=f"sync {n}")
        while self.demo.process.poll() is None and len(sent) < ENOUGH:
            done = self.demo.send(demo.plain(f"S-{n}"))
            sent[done.json["recipients"][0]["id"]] = done.code
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), UNAVAILABLE)
        self.assertRegex(self.demo.said()[there:], r"(?m)^comityd: .*(journal|lock).* cannot ")
        return sent

    def go_on(self, n, sent):
        """Every message arrives once, whatever its sender was told."""
        self.demo.start()
        for message in (message for message, code in sent.items() if code != 0):
            again = self.demo.comity("request", "send", "--resume", message, context="xa-ca-01")
            self.assertEqual(again.code, 0, again)
        arrived = [row["id"] for row in self.demo.inbox() if row["case_ref"] == f"S-{n}"]
        self.assertEqual(arrived, list(sent))
        self.demo.settled_size()

    def test_a_sync_that_fails_ends_the_gateway_unacknowledged(self):
        n, acknowledged = 0, 0
        while acknowledged < 2:  # until it fails well after the start
            n += 1
            self.demo.end()
            sent = self.fails_at(n)
            codes = list(sent.values())
            acknowledged = codes.count(0)
            self.assertNotIn(0, codes[acknowledged:], "acknowledged after a sync had failed")
            self.assertLessEqual(set(codes), {0, UNAVAILABLE, DOUBT})
            self.go_on(n, sent)


class Room:
    """A small file system of its own under a folder, which nobody outside sees (mount namespace);
    what was in the folder is copied into it."""

    COMMANDS = ('mount -t tmpfs -o "$1" none "$2" && cp -a "$3/." "$2" && echo there && exec cat')

    def __init__(self, folder, size):
        copy = folder + ".copy"
        owner = os.stat(folder)
        shutil.copytree(folder, copy)
        for place in (copy, *demo.files_below(copy)):
            os.chown(place, owner.st_uid, owner.st_gid)
        options = f"size={size},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
        self.holder = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", self.COMMANDS, "sh", options, folder, copy],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "there\n"
        self.inside = f"/proc/{self.holder.pid}/root{folder}"
        self.words = ("nsenter", "-t", str(self.holder.pid), "-m")

    def fill(self, left):
        """Takes all the room but so many octets."""
        there = os.statvfs(self.inside)
        octets = there.f_bavail * there.f_frsize - left
        with open(f"{self.inside}/filled", "ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), octets)

    def make_room(self):
        os.unlink(f"{self.inside}/filled")

    def has_ballast(self):
        return os.path.exists(f"{self.inside}/ballast")

    def end(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait(timeout=demo.DEADLINE_S)


def can_mount():
    done = demo.run("unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt")
    return done.code == 0


@demo.unittest.skipUnless(os.geteuid() == 0 and can_mount(),
                          "only root can give a folder a small file system of its own")
class Cramped(demo.DemoTest):
    @classmethod
    def confine(cls, folder, size):
        """The gateway, which has ended, goes on with this folder on a small file system."""
        cls.room = Room(folder, size)
        cls.addClassCleanup(cls.room.end)
        cls.start()

    @classmethod
    def start(cls):
        cls.demo.start(*cls.room.words)

    def begin_to_send(self, case_ref):
        """A command that sends until it is answered."""
        sending = subprocess.Popen([demo.COMITY, "request", "send", "-f", "-", "--to", "XC-CA-01",
                                    "--context", "xa-ca-01", "--json"], env=self.demo.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        sending.stdin.write(json.dumps(demo.plain(case_ref)))
        sending.stdin.close()
        return sending


class Full(Cramped):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sent = [cls.demo.accepted(demo.plain(f"F-{n}")) for n in range(4)]
        cls.demo.end()
        cls.demo.limit(ballast="2MiB", floor="4MiB")
        cls.confine(cls.demo.gateway["journal"], 24 * MIB)

    def check_refuses(self):
        """New messages are put off before they are looked at; one more may have been judged."""
        with link.Link(self.demo, "XA-CA-01") as party:
            for _ in range(TRIES):
                party.send(link.SUBMIT, [b"\0", []], [], [], [], 0)
                refuse = party.expect(link.REFUSE)
                if refuse[3] == "E_UNAVAILABLE":
                    break
            party.end()
        self.assertEqual(refuse[3], "E_UNAVAILABLE")
        self.assertGreater(refuse[6], 0)  # when to try again

    def check_flows(self):
        """What was accepted before is delivered and shown, with its entries."""
        message = self.sent.pop()
        size = self.demo.settled_size()
        shown = self.demo.show(message)
        self.assertEqual(shown.code, 0, shown)
        self.demo.log_grown_to(size + 2)  # delivered, retrieved

    def check_recovers(self, sending, case_ref):
        self.room.make_room()
        said = sending.stdout.read()
        self.assertEqual(sending.wait(timeout=4 * demo.DEADLINE_S), 0, said)
        sending.stdout.close()
        demo.until(self.room.has_ballast, "the ballast is there again")
        arrived = [row["id"] for row in self.demo.inbox() if row["case_ref"] == case_ref]
        self.assertEqual(arrived, [json.loads(said)["recipients"][0]["id"]])
        self.demo.accepted(demo.plain(case_ref + "-AFTER"))
        self.demo.settled_size()

    def test_a_disk_that_is_nearly_full_keeps_delivering_and_recovers(self):
        self.room.fill(3 * MIB)
        self.check_refuses()
        sending = self.begin_to_send("NEARLY")
        self.check_flows()
        self.check_refuses()
        self.assertTrue(self.room.has_ballast())
        self.check_recovers(sending, "NEARLY")

    def test_a_disk_that_is_full_gives_up_its_ballast_and_recovers(self):
        self.room.fill(0)
        self.check_refuses()
        sending = self.begin_to_send("FULL")
        self.check_flows()
        self.check_refuses()
        self.assertFalse(self.room.has_ballast())
        self.check_recovers(sending, "FULL")

    def test_killed_when_the_disk_was_full_it_starts_by_giving_up_its_ballast(self):
        self.room.fill(0)
        self.demo.end(signal.SIGKILL)
        self.assertTrue(self.room.has_ballast())
        self.start()
        self.check_refuses()
        self.check_recovers(self.begin_to_send("AT-ONCE"), "AT-ONCE")

    def test_killed_on_a_full_disk_it_starts_again_and_recovers(self):
        self.room.fill(0)
        self.check_refuses()
        self.check_flows()
        self.demo.end(signal.SIGKILL)
        self.start()
        self.check_refuses()
        sending = self.begin_to_send("KILLED")
        self.check_flows()
        self.check_recovers(sending, "KILLED")


class LockFull(Cramped):
    def test_told_to_stop_with_what_it_cannot_sign_it_says_so_and_signs_it_at_the_next_start(self):
        self.demo.end()
        self.confine(f"{self.demo.folder}/lock", MIB)
        self.room.fill(0)
        there = len(self.demo.said())
        sending = self.begin_to_send("UNSIGNED")
        demo.until(lambda: "alarm.journal_stalled" in self.demo.said()[there:], "it is stalled")
        self.assertEqual(self.demo.end(), UNAVAILABLE)
        self.assertRegex(self.demo.said()[there:],
                         r"(?m)^comityd: .* could not be written and signed")
        message = json.loads(sending.stdout.read())["recipients"][0]["id"]
        self.assertIn(sending.wait(timeout=demo.DEADLINE_S), {UNAVAILABLE, DOUBT})
        sending.stdout.close()

        self.room.make_room()
        size = self.demo.log_size()
        self.start()
        self.demo.log_grown_to(size + 3)  # the message, the stop, the start
        self.assertEqual([row["id"] for row in self.demo.inbox()], [message])
        self.assertEqual(self.demo.end(), 0)


if __name__ == "__main__":
    demo.main()
