#ifndef EXCHANGE_RATE_H
#define EXCHANGE_RATE_H

/*
 * How often a party may be refused. Each refusal costs an entry, which stays for ever: so each
 * party has a bucket of tokens, as many as a minute brings it, and who has none left is refused
 * without one. Parties that the directory does not know share one bucket. Without a clock: the
 * owner says what time it is, in monotonic ms.
 */

#include "base/slice.h"
#include "wire/names.h"

#define RATE_PARTIES 256U /* that are short of tokens at once; more share the strangers' bucket */
#define RATE_STORM   10U  /* times the rate */

/** A party's bucket; all zero: full. */
struct party_rate {
    char party[PARTY_MAX_BYTES + 1];
    uint64_t entries_us, all_us; /* when it is full again: of refusals with an entry, of all */
    bool said_dry;
};

struct rates {
    struct party_rate strangers, parties[RATE_PARTIES];
};

enum rate_verdict {
    RATE_STORMS, /* over ten times the rate: end the link; no entry */
    RATE_OVER,   /* no entry */
    RATE_DRY,    /* no entry of its own, but one that says that the bucket is empty: once until it
                    is full again */
    RATE_FINE,   /* an entry */
};

/** Takes a token of a party, empty for a stranger. per_minute over 0. Never fails. */
enum rate_verdict rates_take(struct rates *rates, struct slice party, uint64_t per_minute,
                             uint64_t now_ms);

#endif
