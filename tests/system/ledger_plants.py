"""Faults planted in a copy of books that agree: the checker must notice each of them."""

import copy
import traceback

import octets
from ledger_check import (DELIVERED, DISCLOSED_1, DISCLOSED_2, NOT_RETRIEVED, PUT_OFF, REFUSAL,
                          REFUSED, RETRIEVED, Row, Sent)

STRANGE, OTHER = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))


def read(evidence):
    """A message that was retrieved, as all but brief ones must be; no gateway has lost of it."""
    lost = {message for (message, _), gone in evidence.lost_entries().items() if gone}
    return next(one for one in evidence.accepted
                if one.stage == "retrieved" and not one.brief and one.id not in lost)


def far(evidence):
    return evidence.books[read(evidence).to[:2]]


def near(evidence):
    return evidence.books[read(evidence).sender[:2]]


def place(book, what, message):
    return next(n for n, row in enumerate(book.rows)
                if (row[:3], row.message) == (what, message.key))


def sender_holds(evidence, what):
    one = read(evidence)
    return next(held for held in evidence.held
                if (held.party, held.message, held.what) == (one.sender, one.id, what))


def a_log(evidence):
    return next(iter(evidence.logs.values()))


# ---- at the recipients ----

def is_lost(evidence):
    rows = evidence.inbox[read(evidence).to]
    rows.remove(next(row for row in rows if row["id"] == read(evidence).id))


def came_twice(evidence):
    rows = evidence.inbox[read(evidence).to]
    rows.append(next(row for row in rows if row["id"] == read(evidence).id))


def was_not_sent(evidence):
    rows = evidence.inbox[read(evidence).to]
    rows.append(dict(rows[0], id=STRANGE))


def came_from_somebody_else(evidence):
    evidence.inbox[read(evidence).to][0]["from"] = "XA-POL-01"


def was_overtaken(evidence):
    evidence.inbox[read(evidence).to].reverse()


def was_pushed_too_early(evidence):
    evidence.pushed[read(evidence).to].reverse()


def was_shown_twice(evidence):
    evidence.shown[read(evidence).to, read(evidence).id] = 2


def was_never_shown(evidence):
    read(evidence).stage = "delivered"


def came_again_as_another(evidence):
    evidence.seen["pushed", read(evidence).to, read(evidence).id].add(bytes(32))


def was_shown_again_as_another(evidence):
    evidence.seen["shown", read(evidence).to, read(evidence).id].add(bytes(32))


def nobody_saw_it(evidence):
    del evidence.seen["pushed", read(evidence).to, read(evidence).id]


def a_brief_one_was_never_shown(evidence):
    """Its end is open only where a gateway has lost what it said of it."""
    one = read(evidence)
    one.stage, one.expires_s = "delivered", 0


def failed_without_a_reason(evidence):
    read(evidence).stage = "not delivered"


def is_not_proved(evidence):
    read(evidence).proved = False


def has_one_id_with_another(evidence):
    evidence.accepted.append(read(evidence))


# ---- in the logs ----

def time_fell(evidence):
    entries = a_log(evidence).entries
    version, _, outer, inner = octets.uncbor(entries[-1])
    entries[-1] = octets.cbor([version, 1, outer, inner])


def an_entry_was_changed(evidence):
    held = sender_holds(evidence, DISCLOSED_1)
    entries = evidence.logs[held.origin].entries
    version, time, outer, _ = octets.uncbor(entries[held.receipt[3]])
    entries[held.receipt[3]] = octets.cbor([version, time, outer, bytes(32)])


def the_tree_is_another(evidence):
    held = sender_holds(evidence, RETRIEVED)
    size = int(held.receipt[5].split("\n")[1])
    evidence.logs[held.origin].roots[size] = bytes(32)


def an_entry_is_missing(evidence):
    a_log(evidence).entries.pop()


def an_entry_was_lost_without_a_word(evidence):
    book = far(evidence)
    number = place(book, RETRIEVED, read(evidence))
    book.rows[number] = Row(0, 0, 0, None, True)


def a_kept_checkpoint_is_of_another_tree(evidence):
    steps = near(evidence).steps
    steps[0] = (*steps[0][:2], bytes(32))


# ---- in the journals ----

def the_entry_is_another_messages(evidence):
    book, one = far(evidence), read(evidence)
    number = place(book, DELIVERED, one)
    book.rows[number] = book.rows[number]._replace(message=(one.sender, STRANGE, one.to))


def the_receipt_is_of_another_stage(evidence):
    held = sender_holds(evidence, DELIVERED)
    held.what = RETRIEVED


def was_disclosed_twice(evidence):
    book = far(evidence)
    book.rows[0] = book.rows[place(book, DISCLOSED_2, read(evidence))]


def was_never_disclosed(evidence):
    book = far(evidence)
    number = place(book, DISCLOSED_2, read(evidence))
    book.rows[number] = Row(9, 0, 0, None)


def was_retrieved_by_nobody(evidence):
    book = far(evidence)
    book.rows[place(book, RETRIEVED, read(evidence))] = Row(9, 0, 0, None)


def was_retrieved_and_failed(evidence):
    """Only a gateway that has lost that it was retrieved can say so."""
    far(evidence).rows[0] = Row(*NOT_RETRIEVED, read(evidence).key)


def was_held_and_disclosed(evidence):
    book, one = far(evidence), read(evidence)
    book.rows[0] = Row(12, 0, 2, one.key)


def both_came_to_pass(evidence):
    near(evidence).rows[0] = Row(13, 18, 1, read(evidence).key)


def nobody_sent_it(evidence):
    near(evidence).rows[0] = Row(*DISCLOSED_1, ("XA-CA-01", STRANGE, "XC-CA-01"))


def the_sender_was_not_told(evidence):
    evidence.held.remove(sender_holds(evidence, DELIVERED))


def the_senders_gateway_was_not_told(evidence):
    near(evidence).remotes[read(evidence).key].remove(DELIVERED[1])


def the_senders_gateway_was_told_too_much(evidence):
    near(evidence).remotes[read(evidence).key].add(20)


# ---- what was not accepted ----

def unaccepted(evidence, outcome):
    one = read(evidence)
    found = Sent(one.sender, one.to, one.thread, "NEW")
    found.id, found.outcome, found.proved = STRANGE, outcome, True
    evidence.sent.append(found)
    return found


def the_refusal_is_not_proved(evidence):
    unaccepted(evidence, REFUSED)


def forge_refusal(evidence, message):
    """The log's first entry is said to be of a refusal, and the sender to hold its receipt."""
    held = copy.copy(sender_holds(evidence, DISCLOSED_1))
    held.receipt = {**held.receipt, 1: evidence.logs[held.origin].entries[0], 3: 0}
    held.what, held.message = (REFUSAL, 17, 1), message
    evidence.held.append(held)
    evidence.books[evidence.states[held.origin]].rows[0] = Row(REFUSAL, 17, 1, None)


def what_was_put_off_was_answered(evidence):
    forge_refusal(evidence, unaccepted(evidence, PUT_OFF).id)


def what_was_put_off_was_entered(evidence):
    near(evidence).rows[0] = Row(*DISCLOSED_1, unaccepted(evidence, PUT_OFF).key)


def a_receipt_is_of_two_messages(evidence):
    for message in STRANGE, OTHER:
        forge_refusal(evidence, message)


def what_was_put_off_was_accepted(evidence):
    one = read(evidence)
    one.outcome = PUT_OFF
    evidence.accepted.remove(one)


def the_outcome_is_unknown(evidence):
    unaccepted(evidence, "unknown")


PLANTS = {  # by the check that is to notice them
    "check_arrivals": (is_lost, came_twice, was_not_sent, came_from_somebody_else,
                       has_one_id_with_another, what_was_put_off_was_accepted),
    "check_again": (came_again_as_another, was_shown_again_as_another, nobody_saw_it),
    "check_order": (was_overtaken, was_pushed_too_early),
    "check_fates": (was_shown_twice, was_never_shown, a_brief_one_was_never_shown,
                    failed_without_a_reason, is_not_proved),
    "check_logs": (time_fell, an_entry_is_missing, an_entry_was_lost_without_a_word),
    "check_receipts": (an_entry_was_changed, the_tree_is_another, the_receipt_is_of_another_stage,
                       a_receipt_is_of_two_messages),
    "check_steps": (a_kept_checkpoint_is_of_another_tree,),
    "check_books": (the_entry_is_another_messages, nobody_sent_it, what_was_put_off_was_entered),
    "check_pair": (was_disclosed_twice, was_never_disclosed, was_retrieved_by_nobody,
                   was_held_and_disclosed, both_came_to_pass),
    "check_told": (the_sender_was_not_told, was_retrieved_and_failed, the_senders_gateway_was_not_told,
                   the_senders_gateway_was_told_too_much),
    "check_unaccepted": (the_refusal_is_not_proved, what_was_put_off_was_answered,
                         the_outcome_is_unknown),
}


def who_noticed(test, evidence):
    """The check that failed; None: none did."""
    try:
        evidence.check(test)
    except AssertionError as why:
        names = [frame.name for frame in traceback.extract_tb(why.__traceback__)]
        return [name for name in names if name.startswith("check_")][-1]
    return None


def check_all_noticed(test, evidence):
    for check, plants in PLANTS.items():
        for plant in plants:
            copied = evidence.copied()
            plant(copied)
            test.assertEqual(who_noticed(test, copied), check, plant.__name__)
