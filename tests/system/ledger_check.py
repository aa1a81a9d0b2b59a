"""What was sent, what arrived and what three kinds of books say of it: the parties' archives, the
published logs and the journals of the gateways, which have ended by then. They must agree."""

import collections
import os
import sqlite3
import threading
import uuid
from concurrent import futures

import demo
import octets
import published

VERIFY_LOG = os.path.join(os.environ["COMITY_TEST_PROGRAMS"], "verify_log")

# Entries, as PROTOCOL.md numbers them: kind, stage, hop.
DISCLOSED_1, DISCLOSED_2 = (1, 1, 1), (1, 2, 2)
RELAYED, DELIVERED, RETRIEVED = (13, 2, 2), (13, 3, 2), (13, 4, 2)
NOT_RELAYED, NOT_DELIVERED_1, NOT_DELIVERED_2 = (13, 18, 1), (13, 19, 1), (13, 19, 2)
HOLD = 12
EXPORTS = 4  # at once
FAILED = ("not relayed", "not delivered", "not retrieved")


class Sent:
    """One message, as its sender knows it."""

    def __init__(self, sender, to, thread, case_ref, brief):
        self.sender, self.to, self.thread = sender, to, thread
        self.case_ref, self.brief = case_ref, brief  # brief: it may expire on its way
        self.id, self.outcome, self.stage, self.proved = None, None, "none", False

    def __repr__(self):
        return f"{self.sender} to {self.to} {self.case_ref} {self.id} {self.outcome} {self.stage}"

    @property
    def is_settled(self):
        """Its recipient has seen it, or will not, and its sender has that in writing."""
        return self.proved and (self.stage == "retrieved" or self.brief and self.stage in FAILED)


class Ledger:
    """Written by every actor; judged once all have ended."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = []  # per thread in the order in which they were acknowledged
        self.pushed = collections.defaultdict(list)  # by party: ids in the order of their arrival
        self.shown = collections.Counter()  # by (party, id)
        self.retold = []  # ids that were shown again, because nobody knew of it any more
        self.inbox = {}  # by party: rows at the end
        self.wrong = []

    def report(self, what):
        with self.lock:
            self.wrong.append(what)

    def accepted(self):
        return [one for one in self.sent if one.outcome == "accepted"]

    def by_id(self, message):
        with self.lock:
            return next((one for one in self.sent if one.id == message), None)

    def unsettled(self):
        return [one for one in self.accepted() if not one.is_settled]


def check_arrivals(test, ledger):
    """At the recipients: each once, nothing that was not sent, and in the order of its thread."""
    accepted = {one.id: one for one in ledger.accepted()}
    test.assertEqual(len(accepted), len(ledger.accepted()), "an id was acknowledged twice")
    for party, rows in ledger.inbox.items():
        ids = [row["id"] for row in rows]
        mine = [one for one in accepted.values() if one.to == party]
        test.assertEqual(len(ids), len(set(ids)), f"{party} has a message twice")
        for row in rows:
            one = accepted.get(row["id"])
            test.assertIsNotNone(one, f"{party} has what nobody was acknowledged: {row}")
            test.assertEqual((row["to"], row["from"], row["thread"], row["case_ref"]),
                             (one.to, one.sender, one.thread, one.case_ref))
        for order in (ids, ledger.pushed[party]):
            check_order(test, order, mine)
        test.assertLessEqual({one.id for one in mine if not one.brief}, set(ids))


def check_order(test, arrived, mine):
    """Those of each thread come in the order in which they were acknowledged."""
    for thread in sorted({one.thread for one in mine}):
        there = [one.id for one in mine if one.thread == thread]
        known = set(there)
        got = [message for message in arrived if message in known]
        test.assertEqual(got, [message for message in there if message in set(got)], thread)


def check_fates(test, ledger):
    """Each was shown, or its sender holds a receipt that it was not relayed or delivered."""
    counts = collections.Counter()
    for one in ledger.accepted():
        shown = ledger.shown[one.to, one.id]
        test.assertLessEqual(shown, 1, one)
        test.assertTrue(one.proved, one)
        if shown == 0 or one.stage != "retrieved":
            test.assertTrue(one.brief, one)
            test.assertIn(one.stage, FAILED, one)
        counts[one.stage] += 1
    return counts


# ---- the published logs ----

def check_log(test, demonstration, gateway):
    """The program's own verifier, another one in Go, and one in Python; the last is given back."""
    verdict = demonstration.verified(gateway.log)
    test.assertEqual(verdict.code, 0, verdict)
    done = demo.run(VERIFY_LOG, gateway.log, demonstration.vkey(gateway))
    test.assertEqual(done.code, 0, done)
    log = published.Log(gateway.log)
    log.grow()
    test.assertEqual(len(log.entries), verdict.json["size"])
    return log


def exported(demonstration, one, party):
    """Every receipt that a party keeps of a message."""
    folder = os.path.join(demonstration.dir, "exported", party, one.id)
    done = demonstration.comity("archive", "export", one.id, "--dir", folder,
                                context=party.lower())
    assert done.code == 0, done
    found = []
    for path, data in demo.folder_octets(folder):
        if path.endswith(".message"):
            found += map(octets.uncbor, octets.unpack(data)[3])
        elif ".receipt." in path:
            found.append(octets.uncbor(data))
    return found


def check_receipts(test, demonstration, ledger, logs):
    """Every receipt that anybody holds is of an entry in a published log, no two messages' of the
    same. How many receipts."""
    owners, receipts = {}, 0
    keepers = [(one, one.sender) for one in ledger.accepted()]
    keepers += [(one, one.to) for one in ledger.accepted() if ledger.shown[one.to, one.id]]
    with futures.ThreadPoolExecutor(EXPORTS) as pool:
        kept = pool.map(lambda keeper: (keeper[0], exported(demonstration, *keeper)), keepers)
        for one, receipt in ((one, receipt) for one, found in kept for receipt in found):
            origin = receipt[5].split("\n")[0]
            test.assertTrue(logs[origin].holds(receipt), (one, origin))
            owner = owners.setdefault((origin, receipt[3]), one.id)
            test.assertEqual(owner, one.id, (origin, receipt[3]))
            receipts += 1
    return receipts


# ---- the journals ----

class Books:
    """The entries of a gateway's journal, which has ended."""

    def __init__(self, journal):
        with sqlite3.connect(f"file:{journal}/journal.db?mode=ro", uri=True) as books:
            self.rows = list(books.execute(
                "SELECT entry.kind, entry.stage, hop, sender, id, recipient FROM entry"
                " LEFT JOIN message ON message.number = entry.message"))
        books.close()

    def kinds(self):
        return collections.Counter(row[0] for row in self.rows)

    def entries(self):
        """By message: what was entered of it."""
        found = collections.defaultdict(collections.Counter)
        for kind, stage, hop, sender, message, to in self.rows:
            if message is not None and kind in (1, HOLD, 13):
                found[sender, str(uuid.UUID(bytes=message)), to][kind, stage, hop] += 1
        return found


def check_books(test, ledger, books):
    """Per message at both gateways, and then all together. books: by State."""
    entries = {state: book.entries() for state, book in books.items()}
    sums = collections.Counter()
    for one in ledger.accepted():
        key = (one.sender, one.id, one.to)
        sums.update(check_pair(test, one, entries[one.sender[:2]].pop(key),
                               entries[one.to[:2]].pop(key, collections.Counter())))
    test.assertEqual([found for found in entries.values() if found], [], "of what nobody sent")
    held = sum(book.kinds()[HOLD] for book in books.values())
    gone = sums["disclosed at hop 1"] - sums["never reached hop 2"]
    test.assertEqual(gone, sums["disclosed at hop 2"] + held)
    return sums


def check_pair(test, one, near, far):
    """The entries of one message at its sender's gateway and at its recipient's."""
    test.assertEqual(near.pop(DISCLOSED_1), 1, one)
    reached = far[RELAYED] > 0
    test.assertLessEqual(max(far.values(), default=0), 1, (one, far))
    test.assertLessEqual(set(near), {NOT_RELAYED, NOT_DELIVERED_1}, (one, near))
    test.assertLessEqual(set(far), {RELAYED, DISCLOSED_2, DELIVERED, RETRIEVED, NOT_DELIVERED_2})
    test.assertEqual(far[DISCLOSED_2], far[RELAYED], one)
    if one.stage == "retrieved":
        test.assertEqual((far[RETRIEVED], sum(near.values())), (1, 0), (one, near, far))
    if not reached:
        test.assertEqual((one.stage, near[NOT_RELAYED]), ("not relayed", 1), (one, near, far))
    return {"disclosed at hop 1": 1, "disclosed at hop 2": far[DISCLOSED_2],
            "never reached hop 2": int(not reached)}
