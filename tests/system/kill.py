"""comityd killed at random under load. What was acknowledged is there once, with its entry, in a
log that goes on; what was not is sent again, and then is there once as well."""

import json
import os
import random
import signal
import subprocess
import time
import uuid

import demo
import link
import octets
import published

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
ROUNDS = 200 if demo.LONG else 25
SENDERS = 3
MOST_MESSAGES = 12  # acknowledged until the kill, and then
MOST_S = 0.03  # more or less what one message takes
DELIVERED = 3  # stage
SEED = int(os.environ.get("COMITY_SEED") or random.SystemRandom().randrange(1 << 32))


class Load:
    """tests/load: links of both parties that are told what to do."""

    def __init__(self, gateway):
        document = os.path.join(gateway.dir, "document.json")
        with open(document, "w", encoding="utf-8") as file:
            json.dump(demo.plain("KILL-1"), file)
        self.process = subprocess.Popen(
            [os.path.join(TOOLS, "load"), os.path.join(gateway.dir, "home"), document,
             str(SENDERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.accepted = {}  # receipts by message
        self.doubts, self.failed = set(), []
        self.until_idle()

    def order(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()

    def note(self):
        """Takes one line of what the links say; whether all of them are done."""
        words = self.process.stdout.readline().split()
        assert words, "the load program ended"
        if words[0] == "failed":
            self.failed.append(" ".join(words))
        elif words[0] == "doubt":
            self.doubts.add(uuid.UUID(words[1]).bytes)
        elif words[0] == "accepted":
            message = uuid.UUID(words[1]).bytes
            assert message not in self.accepted, "accepted twice"
            self.accepted[message] = octets.uncbor(octets.unpack(bytes.fromhex(words[2]))[3])
            self.doubts.discard(message)
        return words == ["idle"]

    def until_idle(self):
        while not self.note():
            pass

    def until_accepted(self, more):
        """Until so many more messages were acknowledged."""
        enough = len(self.accepted) + more
        while len(self.accepted) < enough:
            self.note()
            assert not self.doubts and not self.failed, "a link ended before the gateway"

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            code = self.process.wait(timeout=demo.DEADLINE_S)
        finally:
            self.process.kill()
        assert code == 0, f"the load program ended with {code}"


class Kill(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        print(f"COMITY_SEED={SEED}", flush=True)
        cls.random = random.Random(SEED)
        cls.vkey = cls.demo.vkey()
        cls.log = published.Log(cls.demo.log)
        cls.mail, cls.next = [], None  # whole pages of Corland's mailbox, and where it goes on
        cls.indices = {}  # of entries, by message

    def rows(self, after=None):
        """Pages of Corland's mailbox: rows, and where the next page begins."""
        with link.Link(self.demo, "XC-CA-01") as corland:
            while True:
                rows, after = corland.ask(link.INBOX, after, 100, None)[4:6]
                yield rows, after
                if after is None:
                    break
            corland.end()

    def messages(self):
        """What is in Corland's mailbox. What stands on whole pages is not asked for again."""
        page = []
        for rows, after in self.rows(self.next):
            page = [row[0][1] for row in rows]
            if after is not None:
                self.mail += page
                self.next = after
        return self.mail + page

    def check_mailbox(self, least, most):
        messages = self.messages()
        self.assertEqual(len(messages), len(set(messages)), "a message is there twice")
        self.assertLessEqual(least, set(messages), "what was acknowledged is not there")
        self.assertLessEqual(set(messages), most, "a message that nobody sent")

    def check_log(self, receipts):
        """The log goes on and holds every receipt, each with an entry of its own."""
        self.demo.settled_size()
        second = demo.run(os.path.join(TOOLS, "verify_log"), self.demo.log, self.vkey)
        self.assertEqual(second.code, 0, second)
        self.log.grow()
        for message, receipt in receipts.items():
            self.assertTrue(self.log.holds(receipt))
            self.assertNotIn(receipt[3], self.indices)
            self.indices[receipt[3]] = message

    def one_round(self, load):
        before = set(load.accepted)
        load.order("go")
        load.until_accepted(self.random.randint(0, MOST_MESSAGES))
        time.sleep(self.random.uniform(0, MOST_S))  # the moment that is tested
        self.demo.end(signal.SIGKILL)
        load.until_idle()
        doubts = set(load.doubts)
        self.demo.start()
        self.check_mailbox(set(load.accepted), set(load.accepted) | doubts)
        load.order("resume")
        load.until_idle()
        self.assertEqual(load.failed, [])
        self.assertEqual(load.doubts, set())
        self.check_mailbox(set(load.accepted), set(load.accepted))
        fresh = set(load.accepted) - before
        self.check_log({message: load.accepted[message] for message in fresh})
        return len(fresh - doubts), len(doubts)

    def test_kills_at_random_lose_nothing_and_repeat_nothing(self):
        load = Load(self.demo)
        self.addCleanup(load.end)
        counts = [self.one_round(load) for _ in range(ROUNDS)]
        accepted, resumed = map(sum, zip(*counts))
        print(f"{ROUNDS} kills, {accepted} acknowledged, {resumed} in doubt", flush=True)
        self.assertGreater(accepted, ROUNDS)
        self.assertGreater(resumed, ROUNDS)
        self.check_end(load)

    def check_end(self, load):
        """All is delivered, and the log has one entry for each start, message and delivery."""
        def all_delivered():
            load.order("collect")
            load.until_idle()
            return all(row[3] >= DELIVERED for rows, _ in self.rows() for row in rows)
        demo.until(all_delivered, "every message is delivered")
        self.assertEqual(load.failed, [])
        size = self.demo.settled_size()
        self.assertEqual(size, 1 + ROUNDS + 2 * len(load.accepted))


if __name__ == "__main__":
    demo.main()
