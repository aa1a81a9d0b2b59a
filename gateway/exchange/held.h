#ifndef EXCHANGE_HELD_H
#define EXCHANGE_HELD_H

/*
 * What peers have brought and the law of this side holds: judged once more after each change of the
 * law, by another rulebook or by the date of a policy, a few at a time. Where it may go now, a
 * disclosure replaces the hold; otherwise it is left as it is until it expires, so that nobody can
 * tell from a failure that it was held.
 */

#include "exchange/exchange.h"

/** How far the messages were looked through. */
struct held_scan {
    struct digest rulebook; /* that they are looked through for */
    uint64_t changed_ms;    /* since when it says what it says */
    uint64_t after;         /* number of the last one */
    uint64_t unread;        /* number of one that could not be read, */
    unsigned unread_times;  /* and how often in a row */
    bool waits_for_law;     /* one was passed over, because signatures had ended */
    bool is_done;
};

/** Another snapshot is in use, maybe of the same rulebook, signed anew: what waits for that is
 * looked through again. */
void held_renew(struct exchange *exchange);

/** Goes on; nothing where all were looked through. What cannot be read is tried again by the next
 * turns, and then said and passed over. By one worker alone. */
void held_turn(struct exchange *exchange, struct moment now);

/** The journal's answer to a disclosure. Where it did not come about, all that are still held are
 * looked through again. */
void held_answer(struct exchange *exchange, const struct journal_result *result, struct moment now);

#endif
