"""A client killed before any of the calls that leave something behind - in its archive, on its link -
goes on where it was: what it was sending arrives once, what it was reading is read and told once."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import uuid

import demo
import link

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
STRIDE = 1 if demo.LONG else 4
CONSULTATION = 3  # kind of entry
RETRIEVED = 4  # stage
LEAST = 30  # calls of a client that fills its archive and talks on a link


class Interrupted(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.demo.env["COMITY_HOME"]
        cls.untouched = cls.home + ".untouched"
        shutil.copytree(cls.home, cls.untouched)

    def fresh_home(self):
        """As if no client had been used yet: the first calls make its archive."""
        shutil.rmtree(self.home)
        shutil.copytree(self.untouched, self.home)

    def killed(self, n, *words, context, given=None):
        """A command that is killed before the n-th call. None where it was; else it was done."""
        env = dict(self.demo.env, COMITY_CALLS=f"kill {n}",
                   LD_PRELOAD=os.path.join(TOOLS, "calls.so"))
        done = demo.run(demo.COMITY, *words, "--context", context, "--json", env=env, given=given)
        if done.code == 0:
            self.assertGreater(n, LEAST)
            return done
        self.assertEqual(done.code, -signal.SIGKILL, done)
        return None

    def reads(self):
        """How often somebody was shown a message: each is an entry."""
        path = f"file:{self.demo.journal}/journal.db?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as db:
            return db.execute("SELECT count(*) FROM entry WHERE kind = ?",
                              (CONSULTATION,)).fetchone()[0]

    def check_sizes(self, before, entries):
        self.assertEqual(self.demo.settled_size(), before + entries)

    # ---- sending ----

    def go_on(self, document):
        """What an officer does who does not know how far it came; the message's id."""
        rows = self.demo.comity("request", "list", context="xa-ca-01").rows
        self.assertLessEqual(len(rows), 1)
        if not rows:
            return self.demo.accepted(document)
        again = self.demo.comity("request", "send", "--resume", rows[0]["id"], context="xa-ca-01")
        self.assertEqual(again.code, 0, again)
        return rows[0]["id"]

    def send_killed(self, n):
        """(message, whether it was sent without being killed)"""
        document = demo.plain(f"N-{n}")
        self.fresh_home()
        done = self.killed(n, "request", "send", "-f", "-", "--to", "XC-CA-01", context="xa-ca-01",
                           given=json.dumps(document))
        message = self.go_on(document) if done is None else done.json["recipients"][0]["id"]
        rows = self.demo.comity("request", "list", context="xa-ca-01").rows
        self.assertEqual([(row["id"], row["state"], row["proved"]) for row in rows],
                         [(message, "sent", True)])
        return message, done is not None

    def test_a_sender_killed_anywhere_sends_once(self):
        before = {row["id"] for row in self.demo.inbox()}
        size, sent, n, whole = self.demo.settled_size(), {}, 1, False
        while not whole:
            sent[f"N-{n}"], whole = self.send_killed(n)
            n += STRIDE
        arrived = [row for row in self.demo.inbox() if row["id"] not in before]
        self.assertEqual(len(arrived), len(sent))
        self.assertEqual({row["case_ref"]: row["id"] for row in arrived}, sent)
        self.check_sizes(size, len(sent))

    # ---- acknowledging ----

    def acknowledge_killed(self, n, message):
        """Acknowledged, run again until it is done. Whether it was without being killed."""
        done = self.killed(n, "request", "ack", message, context="xc-ca-01")
        ids = set()
        for again in (done, None, None):
            again = again or self.demo.comity("request", "ack", message, context="xc-ca-01")
            self.assertEqual(again.code, 0, again)
            ids.add(again.json["recipients"][0]["id"])
        self.assertEqual(len(ids), 1)
        return ids.pop(), done is not None

    def test_an_acknowledgement_killed_anywhere_arrives_once(self):
        acks, n, whole = {}, 1, False
        while not whole:
            self.fresh_home()
            message = self.demo.accepted(demo.plain(f"K-{n}"))
            acks[f"K-{n}"], whole = self.acknowledge_killed(n, message)
            n += STRIDE
        arrived = [row for row in self.demo.inbox("xa-ca-01") if row["type"] == "mla.ack"]
        self.assertEqual(len(arrived), len(acks))
        self.assertEqual({row["id"] for row in arrived}, set(acks.values()))

    # ---- reading ----

    def read_killed(self, n, message):
        """Whether it was shown without being killed."""
        done = self.killed(n, "request", "show", message, context="xc-ca-01")
        again = self.demo.show(message) if done is None else done
        self.assertEqual(again.code, 0, again)
        self.assertIs(again.json["verified"]["receipt"], True)
        self.assertEqual(again.json["claims"]["case_ref"], f"R-{n}")
        return done is not None

    def receipts(self, message):
        """What the sender is told of a message that was shown, each once: how many there are. Who
        was killed between keeping and telling tells no more than that it was shown."""
        with link.Link(self.demo, "XA-CA-01") as sender:
            key = ["XA-CA-01", uuid.UUID(message).bytes, "XC-CA-01"]
            (_, stage, _, receipts), = sender.ask(link.STATUS, key, None, 1)[4]
            sender.end()
        self.assertEqual(stage, RETRIEVED)
        self.assertIn(len(receipts), (2, 3))
        return len(receipts)

    def test_a_reader_killed_anywhere_reads_and_tells_once(self):
        size, messages, n, whole = self.demo.settled_size() - self.reads(), [], 1, False
        while not whole:
            self.fresh_home()
            messages.append(self.demo.accepted(demo.plain(f"R-{n}")))
            whole = self.read_killed(n, messages[-1])
            n += STRIDE
        receipts = [self.receipts(message) for message in messages]
        self.assertGreaterEqual(self.reads(), len(messages))
        self.check_sizes(size, sum(receipts) + self.reads())


if __name__ == "__main__":
    demo.main()
