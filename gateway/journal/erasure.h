#ifndef JOURNAL_ERASURE_H
#define JOURNAL_ERASURE_H

/*
 * The octets of a message (body, local values, inbox row) are kept until it is finished and the
 * retention is over, by the log's clock, or it has expired and the retention is over; but no longer
 * than its own claims allow. Then its key is destroyed and its octets are overwritten, in the
 * database at once and in the write-ahead log as soon as no reader looks at it. What stays is what
 * tells a repetition (key and seal's digest), the stages and the receipts. Whoever asks for what
 * was erased gets ABSENT.
 *
 * The openings of entries are kept as long as their retention says, and as long as something is
 * made of them: while the message is not finished, its octets are there or on hold, or a receipt
 * waits to be taken. Entry, tree and proofs stay for good; of an entry without openings can be said
 * that it was made, and when.
 *
 * The key of a person in a case (persons.h) is kept until an order destroys it.
 */

#include "journal/journal.h"

/**
 * Queues a run: it erases some of what is due, with one entry (kind 7) that says how many, and
 * queues the next while there is more. Nothing due leaves no entry. To be called again and again.
 * At the start all that is due is erased before the journal is open.
 *
 * FULL, STORE, MEMORY: nothing is erased now, try again
 */
struct status journal_retain(struct journal *journal, uint64_t now_ms);

struct erasure_order {
    struct erasure erasure;
    struct message_key key; /* of ERASURE_MESSAGE, ERASURE_HOLD and ERASURE_LIFT */
    struct slice person;    /* of ERASURE_PERSON: see struct posting */
};

/**
 * Queues an order of the operator's, which is carried out in the transaction of its entry; what is
 * held is passed over by the retention and refused to an order. The result comes through done: see
 * struct erasure for what it may be. FULL, STORE, MEMORY: nothing was queued
 */
struct status journal_erase(struct journal *journal, const struct erasure_order *order,
                            uint64_t now_ms, void *owner, journal_done *done);

#endif
