"""What was sent, what arrived and what three kinds of books say of it: the parties' archives, the
published logs and the journals of the gateways, which have ended by then. They must agree."""

import collections
import copy
import hashlib
import os
import sqlite3
import threading
import uuid

import demo
import octets
import published

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
VERIFY_LOG, ARCHIVED = (os.path.join(TOOLS, name) for name in ("verify_log", "archived"))

# Entries, as PROTOCOL.md numbers them: kind, stage, hop.
DISCLOSED_1, DISCLOSED_2 = (1, 1, 1), (1, 2, 2)
RELAYED, DELIVERED, RETRIEVED = (13, 2, 2), (13, 3, 2), (13, 4, 2)
NOT_RELAYED, NOT_DELIVERED_1, NOT_DELIVERED_2 = (13, 18, 1), (13, 19, 1), (13, 19, 2)
NOT_RETRIEVED = (13, 20, 2)
DISCLOSURE, REFUSAL, HOLD, STAGE = 1, 4, 12, 13
FAILED = ("not relayed", "not delivered", "not retrieved")
OPEN = {"relayed": RELAYED, "delivered": DELIVERED}  # stages after which others come
LATE_S = 60  # after it expired and all clocks are right: what was on a link then is on it no more
ACCEPTED, REFUSED, PUT_OFF = "accepted", "refused", "put off"


class Sent:
    """One message, as its sender knows it."""

    def __init__(self, sender, to, thread, case_ref, expires_s=None):
        self.sender, self.to, self.thread, self.case_ref = sender, to, thread, case_ref
        self.expires_s = expires_s  # of a brief one, perhaps on its way; None: of all others
        self.id, self.outcome, self.stage, self.proved = None, None, "none", False
        self.is_lost = False  # its recipient's gateway does not know it any more

    def __repr__(self):
        return f"{self.sender} to {self.to} {self.case_ref} {self.id} {self.outcome} {self.stage}"

    @property
    def key(self):
        return self.sender, self.id, self.to

    @property
    def brief(self):
        return self.expires_s is not None

    def is_past(self, now_s):
        """It has expired so long ago that it is on no way any more."""
        return self.brief and now_s > self.expires_s + LATE_S

    @property
    def is_settled(self):
        """Its recipient has seen it, or will not, and its sender has that in writing. Or nobody can
        say that: what it came to was lost with a journal, and it expired before it came again."""
        has_failed = self.stage in FAILED or (self.is_lost and self.stage in OPEN)
        return self.proved and (self.stage == "retrieved" or (self.brief and has_failed))


class Ledger:
    """Written by every actor; judged once all have ended."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = []  # per thread in the order in which they were acknowledged
        self.pushed = collections.defaultdict(list)  # by party: ids in the order of their arrival
        self.shown = collections.Counter()  # by (party, id)
        self.seen = collections.defaultdict(set)  # by (how, party, id): digests of what it was
        self.inbox = {}  # by party: rows at the end
        self.ahead = set()  # States whose gateway had a clock that was ahead for a while
        self.wrong = []

    def report(self, what):
        with self.lock:
            self.wrong.append(what)

    def saw(self, how, party, message, what):
        """Somebody sees a message, perhaps again."""
        self.seen[how, party, message].add(hashlib.sha256(what).digest())

    def accepted(self):
        return [one for one in self.sent if one.outcome == ACCEPTED]

    def by_id(self, message):
        with self.lock:
            return next((one for one in self.sent if one.id == message), None)

    def unsettled(self):
        return [one for one in self.accepted() if not one.is_settled]


# ---- the books ----

def verified_log(test, demonstration, gateway):
    """By the program's own verifier, by another one in Go, and by one in Python."""
    verdict = demonstration.verified(gateway.log)
    test.assertEqual(verdict.code, 0, verdict)
    done = demo.run(VERIFY_LOG, gateway.log, demonstration.vkey(gateway))
    test.assertEqual(done.code, 0, done)
    log = published.Log(gateway.log)
    log.grow()
    test.assertEqual(len(log.entries), verdict.json["size"])
    return log


class Held:
    """A receipt that a party keeps."""

    def __init__(self, party, message, receipt):
        outer = octets.uncbor(receipt[2][1])
        self.party, self.message, self.receipt = party, message, receipt
        self.origin, self.what = receipt[5].split("\n")[0], (outer[2], outer[3], outer[4])

    def __repr__(self):
        return f"{self.party}'s of {self.message}: {self.what} at {self.receipt[3]}, {self.origin}"


def held_receipts(demonstration, party):
    """All that a party keeps: of its own messages, and within those that it received."""
    done = demo.run(ARCHIVED, demonstration.env["COMITY_HOME"], party.lower())
    assert done.code == 0, done.err
    for line in done.out.splitlines():
        kind, message, data = line.split()
        data = bytes.fromhex(data)
        for receipt in octets.unpack(data)[3] if kind == "message" else [data]:
            yield Held(party, message, octets.uncbor(receipt))


# message: its key, or None; lost: there as octets alone, since a backup was put in place
Row = collections.namedtuple("Row", "kind stage hop message lost", defaults=(False,))


class Books:
    """A gateway's journal, which has ended: every entry in its order, what it was told by others of
    its messages, and the checkpoints of their logs that it has seen."""

    ROWS = ("SELECT entry.kind, entry.stage, hop, sender, id, recipient, outer_opening IS NULL"
            " FROM entry LEFT JOIN message ON message.number = entry.message"
            " ORDER BY entry.number")
    LOST = "SELECT coalesce(sum(lost), 0) FROM restored"
    REMOTES = ("SELECT remote.stage, sender, id, recipient FROM remote"
               " JOIN message ON message.number = remote.message")
    STEPS = "SELECT origin, size, root FROM step"

    def __init__(self, journal):
        books = sqlite3.connect(f"file:{journal}/journal.db?mode=ro", uri=True)
        self.rows = [Row(*row[:3], self.key(row[3:6]), bool(row[6]))
                     for row in books.execute(self.ROWS)]
        self.lost, = books.execute(self.LOST).fetchone()  # as the journal itself has it
        self.remotes = collections.defaultdict(set)  # stages by message
        for stage, *key in books.execute(self.REMOTES):
            self.remotes[self.key(key)].add(stage)
        self.steps = list(books.execute(self.STEPS))
        books.close()

    @staticmethod
    def key(columns):
        sender, message, to = columns
        return None if message is None else (sender, str(uuid.UUID(bytes=message)), to)

    def kinds(self):
        return collections.Counter(row.kind for row in self.rows)

    def entries(self):
        """By message: what was entered of it."""
        found = collections.defaultdict(collections.Counter)
        for row in self.rows:
            if row.message is not None and row.kind in (DISCLOSURE, HOLD, STAGE):
                found[row.message][row[:3]] += 1
        return found


# ---- what they must fulfil ----

class Evidence:
    """All that is known in the end. logs are by origin, books by State; states: of each origin."""

    def __init__(self, ledger, logs, books, held, states):
        self.sent, self.pushed, self.shown = ledger.sent, ledger.pushed, ledger.shown
        self.seen, self.inbox, self.accepted = ledger.seen, ledger.inbox, ledger.accepted()
        self.ahead = ledger.ahead
        self.logs, self.books, self.held, self.states = logs, books, held, states

    def row_of(self, held):
        return self.books[self.states[held.origin]].rows[held.receipt[3]]

    def lost_entries(self):
        """By message and State: what it was, where its gateway has lost the entry of a receipt that
        a party holds. Elsewhere that entry must be found in the journal."""
        found = collections.defaultdict(collections.Counter)
        for held in self.held:
            if self.row_of(held).lost:
                found[held.message, self.states[held.origin]][held.what] = 1
        return found

    def copied(self):
        """Another one, with which one may do what one likes."""
        return copy.deepcopy(self)

    def check(self, test):
        """What was counted on the way."""
        self.check_arrivals(test)
        self.check_again(test)
        fates = self.check_fates(test)
        self.check_logs(test)
        counts = self.check_books(test)
        counts.update(receipts=self.check_receipts(test), steps=self.check_steps(test))
        counts["overtaken by a later stage"] = self.check_told(test)
        counts.update(self.check_unaccepted(test))
        return fates, counts

    # ---- at the recipients ----

    def check_arrivals(self, test):
        """Each once, nothing that was not sent, and in the order of its thread."""
        accepted, lost = {one.id: one for one in self.accepted}, self.lost_entries()
        test.assertEqual(len(accepted), len(self.accepted), "an id was acknowledged twice")
        for party, rows in self.inbox.items():
            ids = [row["id"] for row in rows]
            mine = [one for one in self.accepted if one.to == party]
            test.assertEqual(len(ids), len(set(ids)), f"{party} has a message twice")
            for row in rows:
                one = accepted.get(row["id"])
                test.assertIsNotNone(one, f"{party} has what nobody was acknowledged: {row}")
                test.assertEqual((row["to"], row["from"], row["thread"], row["case_ref"]),
                                 (one.to, one.sender, one.thread, one.case_ref))
            # What came again after a restoration lies behind later ones, perhaps.
            again = {one.id for one in mine if lost[one.id, party[:2]]}
            # Under a clock that is ahead a brief one has expired, and is kept back until it is not.
            back = {one.id for one in mine if one.brief and party[:2] in self.ahead}
            self.check_order(test, [message for message in self.pushed[party]
                                    if message not in back], mine)
            self.check_order(test, [message for message in ids if message not in again], mine)
            for one in mine:
                if not one.brief and one.id not in ids:
                    test.assertIn(DISCLOSED_2, lost[one.id, one.to[:2]], one)

    def check_again(self, test):
        """What comes again under an id, since nobody knew any more that it had come, is the same
        message: as it was sealed, and as it is shown."""
        for seen, digests in self.seen.items():
            test.assertEqual(len(digests), 1, seen)
        for one in self.accepted:
            if self.shown[one.to, one.id]:
                for how in "pushed", "shown":
                    test.assertIn((how, one.to, one.id), self.seen)

    @staticmethod
    def check_order(test, arrived, mine):
        """Those of each thread come in the order in which they were acknowledged."""
        for thread in sorted({one.thread for one in mine}):
            there = [one.id for one in mine if one.thread == thread]
            known = set(there)
            got = [message for message in arrived if message in known]
            come = set(got)
            test.assertEqual(got, [message for message in there if message in come], thread)

    def check_fates(self, test):
        """Each was shown, or its sender holds a receipt that it was not relayed or delivered; or of
        the last that its recipient's gateway said before it lost that."""
        counts, lost = collections.Counter(), self.lost_entries()
        for one in self.accepted:
            shown = self.shown[one.to, one.id]
            test.assertLessEqual(shown, 1, one)
            test.assertTrue(one.proved, one)
            if shown == 0 or one.stage != "retrieved":
                test.assertTrue(one.brief, one)
                gone = lost[one.id, one.to[:2]]
                test.assertTrue(one.stage in FAILED or gone[OPEN.get(one.stage)], one)
            counts[one.stage] += 1
        return counts

    # ---- the published logs ----

    def check_logs(self, test):
        """A log has the entries of its journal, and time in it does not fall."""
        for origin, log in self.logs.items():
            books = self.books[self.states[origin]]
            test.assertEqual(len(log.entries), len(books.rows), origin)
            test.assertEqual(sum(row.lost for row in books.rows), books.lost, origin)
            times = [octets.uncbor(entry)[1] for entry in log.entries]
            test.assertEqual(times, sorted(times), origin)

    def check_receipts(self, test):
        """Every receipt that anybody holds is of an entry in a published log, and of what that
        gateway's journal has there; no two messages' of the same. How many receipts."""
        owners = {}
        for held in self.held:
            test.assertTrue(self.logs[held.origin].holds(held.receipt), held)
            row = self.row_of(held)
            if not row.lost:
                test.assertEqual(row[:3], held.what, held)
            if not row.lost and row.kind != REFUSAL:  # which is kept under no message
                test.assertEqual(row.message and row.message[1], held.message, held)
            owner = owners.setdefault((held.origin, held.receipt[3]), held.message)
            test.assertEqual(owner, held.message, held)
        return len(self.held)

    def check_steps(self, test):
        """Every checkpoint that one gateway has kept of another's log is of that log. How many."""
        steps = [step for book in self.books.values() for step in book.steps]
        for origin, size, root in steps:
            test.assertEqual(self.logs[origin].roots[size], root, (origin, size))
        return len(steps)

    # ---- the journals ----

    def check_books(self, test):
        """Per message at both gateways, and then all together. What one has lost counts by the
        receipt of it."""
        entries = {state: book.entries() for state, book in self.books.items()}
        sums, lost = collections.Counter(), self.lost_entries()
        for one in self.accepted:
            near, far = (entries[state].pop(one.key, collections.Counter())
                         for state in (one.sender[:2], one.to[:2]))
            gone = lost[one.id, one.to[:2]]
            if gone:
                sums["of which entries were lost"] += 1
                far |= gone | collections.Counter([RELAYED, DISCLOSED_2])  # others follow these
            sums.update(self.check_pair(test, one, near, far))
        sums["lost entries"] = sum(book.lost for book in self.books.values())
        test.assertEqual([found for found in entries.values() if found], [], "of what nobody sent")
        held = sum(book.kinds()[HOLD] for book in self.books.values())
        gone = sums["disclosed at hop 1"] - sums["never reached hop 2"]
        test.assertEqual(gone, sums["disclosed at hop 2"] + held)
        return sums

    @staticmethod
    def check_pair(test, one, near, far):
        """The entries of one message at its sender's gateway and at its recipient's."""
        test.assertEqual(near.pop(DISCLOSED_1), 1, one)
        reached = far[RELAYED] > 0
        test.assertLessEqual(max(far.values(), default=0), 1, (one, far))
        test.assertLessEqual(set(near), {NOT_RELAYED, NOT_DELIVERED_1}, (one, near))
        test.assertLessEqual(set(+far),
                             {RELAYED, DISCLOSED_2, DELIVERED, RETRIEVED, NOT_DELIVERED_2,
                              NOT_RETRIEVED})
        test.assertEqual(far[DISCLOSED_2], far[RELAYED], one)
        if one.stage == "retrieved":
            test.assertEqual((far[RETRIEVED], sum(near.values())), (1, 0), (one, near, far))
        if not reached:
            test.assertEqual((one.stage, near[NOT_RELAYED]), ("not relayed", 1), (one, near, far))
        return {"disclosed at hop 1": 1, "disclosed at hop 2": far[DISCLOSED_2],
                "never reached hop 2": int(not reached)}

    def check_told(self, test):
        """What the recipient's gateway entered of a message, the sender's gateway was told and the
        sender holds, and nothing else. That it was relayed is not told any more where a later
        stage was quicker, nor that a message failed whose gateway has lost that it was retrieved;
        of one that failed the end is enough. How often it was so."""
        unheard, lost = 0, self.lost_entries()
        entries = {state: book.entries() for state, book in self.books.items()}
        told = collections.defaultdict(set)
        for held in self.held:
            told[held.party, held.message].add(held.what)
        for one in self.accepted:
            near, far = entries[one.sender[:2]][one.key], entries[one.to[:2]][one.key]
            gone = lost[one.id, one.to[:2]]
            far |= gone
            stages = {what for what in far if what[0] == STAGE}
            remote = {(STAGE, stage, 2)
                      for stage in self.books[one.sender[:2]].remotes.get(one.key, ())}
            test.assertLessEqual(remote, stages, one)
            if one.stage not in FAILED:
                was = gone[RETRIEVED] or gone[OPEN.get(one.stage)]
                late = {NOT_DELIVERED_2, NOT_RETRIEVED} if was else set()
                test.assertLessEqual(stages - remote, {RELAYED} | late, one)
                test.assertEqual(told[one.sender, one.id], set(near) | remote, one)
                unheard += len(stages - remote)
            else:
                test.assertTrue(told[one.sender, one.id]
                                & {NOT_RELAYED, NOT_DELIVERED_1, NOT_DELIVERED_2, NOT_RETRIEVED},
                                one)
        return unheard

    def check_unaccepted(self, test):
        """Of what was refused its sender has proof of that, of what was put off it has none of
        anything; check_books finds what was entered of either."""
        counts, kinds = collections.Counter(), collections.defaultdict(set)
        for held in self.held:
            kinds[held.message].add(held.what[0])
        for one in self.sent:
            told = kinds[one.id]
            counts[one.outcome] += 1
            if one.outcome == REFUSED:
                test.assertEqual(told, {REFUSAL}, one)
            elif one.outcome == PUT_OFF:
                test.assertEqual(told, set(), one)
            else:
                test.assertEqual(one.outcome, ACCEPTED, one)
        return counts
