"""Many: messages for a gateway that is away for long, and States in the directory."""

import time
import uuid

import demo
import fast
import link
import octets
import wide

QUEUED = 100000 if demo.LONG else 3000
FRESH = 5000 if demo.LONG else 500  # messages to compare with
EARLY = 1000  # after so many the caches are warm
CHUNK = 5000  # are sealed at once: a seal is good for minutes
THREADS = 8
# Caches that fill and what the allocator keeps. A gateway that kept messages, of 6 KB each, would
# exceed it at 1,500 of them, and one that kept a hundred octets of each in the long form. What a
# sanitizer keeps of what was freed goes on growing for longer.
GROWTH_KIB = (48 if demo.SANITIZED else 8) << 10

STATES, PARTIES = 200, 500
QUIET_S = 10
TRIED_S = 120  # each of the others is dialled once
SPIN = 0.25  # of a processor
IDLE_KIB = 256 << 10 if demo.SANITIZED else 48 << 10
LINES_MOST = STATES + 100  # one about each peer, and what else a gateway says when it starts


@demo.costly
class Queue(demo.DemoTest):
    """A peer is away while tens of thousands of messages are sent to it, and comes back."""

    states = ("XA", "XC")

    def setUp(self):
        self.corland, self.load = self.demo.at("XC"), fast.Load(self.demo)
        self.threads = [str(uuid.uuid4()) for _ in range(THREADS)]

    def send(self, count, **how):
        sealed = self.load.seal(count, self.threads)
        return sealed.rows, self.load.send_all(sealed, **how)

    def queue(self):
        """All of it; the rows in their order."""
        rows, result = self.send(EARLY)
        early, slowest = self.demo.memory(), EARLY / result["seconds"]
        while len(rows) < QUEUED:
            more, result = self.send(min(CHUNK, QUEUED - len(rows)))
            rows += more
            slowest = min(slowest, len(more) / result["seconds"])
        late = self.demo.memory()
        print(f"{QUEUED} queued, never slower than {slowest:.0f}/s; "
              f"{early} KiB after {EARLY}, {late} KiB at the end", flush=True)
        self.assertLess(late - early, GROWTH_KIB)
        return rows

    def drain(self, sent):
        """Messages a second once they flow."""
        before = self.demo.memory()
        self.corland.start()
        with self.load.taker(len(sent), self.corland) as taker:
            taker.ready()
            arrived = self.load.taken(taker, len(sent))
        self.assertLess(self.demo.memory() - before, GROWTH_KIB)
        self.assert_same(arrived, sent)
        return (len(arrived) - 1) / (arrived[-1].ns - arrived[0].ns) * 1e9

    def assert_same(self, arrived, sent):
        """Each once, and within each thread in the order in which they were sent."""
        self.assertEqual(len(arrived), len(sent))
        for thread in self.threads:
            name = uuid.UUID(thread).hex
            self.assertEqual([one.id for one in arrived if one.thread == name],
                             [row[0] for row in sent if row[1] == name], "order of a thread")

    def fresh(self):
        """The same where nobody was away."""
        with self.load.taker(FRESH, self.corland) as taker:
            taker.ready()
            rows, result = self.send(FRESH, links=4)
            arrived = self.load.taken(taker, FRESH)
        self.assertEqual({one.id for one in arrived}, {row[0] for row in rows})
        return FRESH / (arrived[-1].ns - result["began_ns"]) * 1e9

    def sizes(self):
        return [self.demo.settled_size(gateway, party)
                for gateway, party in zip(self.demo.gateways, (fast.SENDER, fast.RECIPIENT))]

    def assert_silent(self):
        """Nothing is left to be pushed."""
        with link.Link(self.demo, fast.RECIPIENT, gateway=self.corland) as mail:
            mail.send(link.CREDIT, 0, 64)
            mail.ask(link.INBOX, None, 1, None)
            mail.end()
            self.assertNotIn(link.DELIVER, [octets.unpack(frame)[0] for frame in mail.frames])

    def test_what_waits_costs_no_memory_and_comes_in_order(self):
        before = self.sizes()
        self.corland.end()
        sent = self.queue()
        rate = self.drain(sent)
        self.assert_silent()
        # Of each message one entry at home; there that it was taken over, disclosed and delivered.
        grown = [size - old for size, old in zip(self.sizes(), before)]
        self.assertEqual(grown, [QUEUED, 3 * QUEUED + 2])
        fresh = self.fresh()
        print(f"drained with {rate:.0f}/s; {fresh:.0f}/s where nothing waited", flush=True)
        if demo.LONG:
            self.assertGreater(rate, fresh / 2)


@demo.costly
class Directory(demo.DemoTest):
    """Two gateways in a directory of 200, of which no other answers."""

    @classmethod
    def setUpClass(cls):
        start = time.monotonic()
        cls.demo = wide.Wide(STATES, PARTIES)
        cls.addClassCleanup(cls.end_demo)
        cls.peer = cls.demo.gateways[1]
        made = time.monotonic()
        for gateway in cls.demo.gateways:
            gateway.start()
        cls.started = time.monotonic()
        print(f"{STATES} States and {PARTIES} parties: made in {made - start:.1f} s, both gateways "
              f"ready after {cls.started - made:.1f} s with "
              f"{[gateway.memory() for gateway in cls.demo.gateways]} KiB", flush=True)
        demo.until(lambda: cls.demo.events("peer.up"), "the two are linked")

    def used_s(self):
        """What both have used of the processors."""
        return sum(demo.processor_s(gateway.pid) for gateway in self.demo.gateways)

    def ask(self, *words):
        start = time.monotonic()
        done = self.demo.comity(*words, "--config", self.demo.config)
        print(f"{' '.join(words)}: {time.monotonic() - start:.2f} s", flush=True)
        return done

    def test_a_message_goes_through(self):
        document = dict(demo.plain("WIDE"), owner="AA")
        message = self.demo.accepted(document, to="AC-CA-01", context="aa-ca-01")
        demo.until(lambda: [row["id"] for row in self.demo.inbox("ac-ca-01")] == [message],
                   "it arrives")
        shown = self.demo.show(message, "ac-ca-01")
        self.assertEqual([hop["gateway"] for hop in shown.json["verified"]["chain"]],
                         ["AA-GW-01", "AC-GW-01"], shown)

    @staticmethod
    def failures(gateway):
        """How many lines said that a peer is not reached, or would have, had there been fewer in
        that second."""
        return sum(1 if "peer" in line else int(line["text"].split()[0])
                   for line in gateway.events("peer.unreachable"))

    def test_peers_that_cannot_be_reached_cost_nearly_nothing(self):
        """Neither processor nor memory nor lines: once each was tried, silence."""
        demo.until(lambda: min(map(self.failures, self.demo.gateways)) >= STATES - 2,
                   "each was tried by both", TRIED_S)
        demo.until(lambda: time.monotonic() - self.started > 3 * QUIET_S, "pauses have grown",
                   4 * QUIET_S)
        before, lines = self.used_s(), len(self.demo.events())
        start = time.monotonic()
        demo.until(lambda: time.monotonic() - start > QUIET_S, "a while", 2 * QUIET_S)
        used = (self.used_s() - before) / (time.monotonic() - start)
        said = len(self.demo.events())
        memory = [gateway.memory() for gateway in self.demo.gateways]
        print(f"{100 * used:.1f} % of a processor for both, {said} lines in all and {said - lines} "
              f"of them in the last {QUIET_S} s, {memory} KiB", flush=True)
        self.assertLess(used, SPIN)
        self.assertLess(said - lines, QUIET_S)
        self.assertLess(said, LINES_MOST)
        self.assertLess(max(memory), IDLE_KIB)

    def test_operators_see_all_of_them(self):
        done = self.ask("admin", "peers")
        self.assertEqual(done.code, 0, done)
        peers = {peer["id"]: peer for peer in done.json["peers"]}
        self.assertEqual(sorted(peers), sorted(f"{code}-GW-01" for code in self.demo.codes[1:]))
        self.assertEqual([name for name, peer in peers.items() if peer["up"]], ["AC-GW-01"])
        self.assertEqual({peer["dials"] for peer in peers.values()}, {True})
        status = self.ask("admin", "status").json
        self.assertEqual(status["peers"], {"up": 1, "away": STATES - 2})
        rows = self.ask("check", "peers").json["rows"]
        self.assertEqual({row["name"] for row in rows}, set(peers))

    def test_a_greeting_names_what_each_state_has(self):
        with link.Link(self.demo, "AA-CA-01") as opened:
            versions = opened.welcome[7]
            opened.end()
        self.assertEqual([row[0] for row in versions[2]], sorted(self.demo.codes))


if __name__ == "__main__":
    demo.main()
