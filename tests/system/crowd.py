"""Thousands of idle links, a thousand parties that come back at once, and slow ones: whoever works
beside them is answered within its ordinary deadline."""

import contextlib
import os
import re
import resource
import subprocess
import threading
import time
import unittest

import demo
import link

FULL = demo.LONG or not demo.SANITIZED
IDLE, STORM = (5000, 1000) if FULL else (500, 100)
STORM_S = 90
SLOW = 12  # of each kind; the places for handshakes from one address are 16
KIB_PER_LINK = 40
GROWTH_KIB = 96 << 10 if demo.SANITIZED else 32 << 10
PARTIES = [f"XA-POL-{i:02}" for i in range(1, 11)]  # of the crowd: nobody writes to them
SPARE = 500  # descriptors beside those of the links
TOOLS = os.environ["COMITY_TEST_PROGRAMS"]


class Crowd:
    """Links that another program holds."""

    def __init__(self, gateway, count, at_once):
        self.process = subprocess.Popen(
            [os.path.join(TOOLS, "link_crowd"), gateway.pki, gateway.gateway["address"],
             str(count), str(at_once), *PARTIES],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self):
        return self.process.stdout.readline().strip()

    def end(self):
        """Its last line, which says how many links it still had."""
        said, _ = self.process.communicate(timeout=demo.DEADLINE_S)
        return said.strip()

    def kill(self):
        self.process.kill()
        self.process.communicate()


class Work:
    """Two links that are open before it begins, over which messages are sent and delivered all the
    time; each has to be acknowledged within the library's own deadline."""

    def __init__(self, gateway):
        self.process = subprocess.Popen(
            [os.path.join(TOOLS, "live_work"), gateway.env["COMITY_HOME"], demo.A3],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.sent, self.thread = 0, threading.Thread(target=self.count)

    def __enter__(self):
        assert self.process.stdout.readline() == "open\n", self.process.communicate()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.thread.join()
        said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        assert self.process.wait(demo.DEADLINE_S) == 0, said

    def count(self):
        for _ in self.process.stdout:
            self.sent += 1

    def goes_on(self, count=10):
        """Waits for so many more messages."""
        wanted = self.sent + count
        demo.until(lambda: self.process.poll() is not None or self.sent >= wanted,
                   "messages go through", 4 * demo.DEADLINE_S)
        assert self.process.poll() is None, "the work ended"


class SlowOnes:
    """Connections that send an octet now and then, or never read; begun anew when they are cut."""

    def __init__(self, gateway):
        self.demo, self.over, self.connections = gateway, threading.Event(), []
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        for slow in self.connections:
            slow.close()

    def slow_handshake(self):
        return SlowOne(link.plain(self.demo), link.client_hello())

    def slow_frame(self):
        return SlowOne(link.Link(self.demo, "XA-CA-01").socket, (100000).to_bytes(4, "big") * 99)

    def deaf_one(self):
        """Asks for as much as it may and reads none of it."""
        deaf = link.Link(self.demo, "XC-CA-01", buffer=4096)
        for _ in range(30):
            deaf.send(link.QUERY, link.INBOX, [None, 100, None])
        return SlowOne(deaf.socket, b"")

    def run(self):
        kinds = (self.slow_handshake, self.slow_frame, self.deaf_one)
        self.connections = [kind() for kind in kinds for _ in range(SLOW)]
        while not self.over.wait(0.1):
            for at, slow in enumerate(self.connections):
                if slow.is_cut():
                    slow.close()
                    self.connections[at] = kinds[at // SLOW]()


class SlowOne:
    def __init__(self, connection, octets):
        self.connection, self.octets = connection, octets
        connection.setblocking(False)

    def is_cut(self):
        """Sends one octet; the last one is kept, so that nothing is ever complete."""
        try:
            if len(self.octets) > 1:
                self.connection.send(self.octets[:1])
                self.octets = self.octets[1:]
        except OSError:
            return True
        return False

    def close(self):
        with contextlib.suppress(OSError):
            self.connection.close()


class Crowds(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < IDLE + SPARE:
            raise unittest.SkipTest(f"{hard} descriptors are too few for {IDLE} links")
        super().setUpClass()
        cls.demo.end()
        cls.raise_limits()
        cls.add_parties()
        cls.demo.start()

    @classmethod
    def add_parties(cls):
        words = [word for party in PARTIES for word in ("--party", party)]
        done = demo.run(os.path.join(demo.SOURCE, "certs", "make-demo-pki"), "--dir", cls.demo.pki,
                        *words)
        assert done.code == 0, done
        path = f"{cls.demo.dir}/rulebook/parties/XA/demo"
        row = re.search("(?m)^  party XA-CA-01 .*$", demo.read(path).decode()).group(0)
        with open(path, "a", encoding="utf-8") as directory:
            directory.writelines(row.replace("XA-CA-01", party) + "\n" for party in PARTIES)
        demo.reissue(cls.demo.pki, f"{cls.demo.dir}/rulebook", "parties:XA")

    @classmethod
    def raise_limits(cls):
        """So many links per worker, of a few parties."""
        more = "".join(f"\n  {key}: '{IDLE + SPARE}'" for key in ("links", "links_per_party"))
        text = demo.read(cls.demo.config).decode()
        with open(cls.demo.config, "w", encoding="utf-8") as config:
            config.write(text.replace("\nlimits:", "\nlimits:" + more))

    def crowd(self, count, at_once):
        crowd = Crowd(self.demo, count, at_once)
        self.addCleanup(crowd.kill)
        return crowd

    def test_idle_links_are_held_beside_work(self):
        before = self.demo.memory()
        crowd = self.crowd(IDLE, 12)
        with Work(self.demo) as work:
            self.assertIn(f"open {IDLE} in", crowd.line())
            full = self.demo.memory()
            work.goes_on()
            self.assertEqual(crowd.end(), f"held {IDLE}, lost 0")
        if demo.SANITIZED:
            return
        self.assertLess(full - before, IDLE * KIB_PER_LINK)
        half = before + (full - before) / 2
        demo.until(lambda: self.demo.memory() < half, "memory is given back", 60)

    def test_a_storm_of_reconnections_is_weathered(self):
        """All at once and from one address, trying again as clients do. Who is turned away meanwhile
        is told as a number, at most once a second by each worker."""
        said, start = len(self.demo.said()), time.monotonic()
        with Work(self.demo) as work:
            work.goes_on()
            storm = self.crowd(STORM, STORM)
            self.assertIn(f"open {STORM} in", storm.line())
            self.assertLess(time.monotonic() - start, STORM_S)
            work.goes_on()
            self.assertEqual(storm.end(), f"held {STORM}, lost 0")
        demo.until(lambda: '"accept.shed"' in self.demo.said()[said:], "it is told")
        seconds = 1 + time.monotonic() - start
        lines = self.demo.said()[said:].count('"accept.shed"')
        self.assertLessEqual(lines, seconds * len(os.sched_getaffinity(0)))

    def test_slow_ones_hold_nobody_up(self):
        before = self.demo.memory()
        with Work(self.demo) as work, SlowOnes(self.demo) as slow:
            demo.until(lambda: slow.connections, "the slow ones are there")
            work.goes_on(50)
            self.assertLess(self.demo.memory() - before, GROWTH_KIB)


if __name__ == "__main__":
    demo.main()
