#ifndef UNIT_EXCHANGE_HOP_H
#define UNIT_EXCHANGE_HOP_H

/*
 * Hop 1 as a peer with valid keys can make it, honest or not: XA-GW-01 with a log in memory, before
 * the world of XC-GW-01, which judges what it brings.
 */

#include "audit/chain.h"
#include "exchange/relay.h"
#include "support/check.h"
#include "support/letter.h"
#include "support/world.h"

#define HOP_ENTRIES_MAX 32
#define HOP_FIELDS_MAX  256

/** The peer's log. Entry 0 is its start. */
struct hop_log {
    struct key *key;
    struct digest leaves[HOP_ENTRIES_MAX];
    uint64_t size;
};

struct hop {
    struct world *world; /* XC-GW-01 */
    struct arena *arena;
    struct hop_log log;
    struct kept_checkpoint kept; /* of the peer's log; size 0: none */
    bool has_other_law;          /* by its greeting */
    bool has_other_directory;    /* likewise */
};

/** Also opens the world. */
struct hop *hop_new(void);
void hop_free(struct hop *hop);

/** What hop 1 is about to let go; tests change it before hop_deliver. */
struct offer {
    struct slice seal;
    struct slice fields[HOP_FIELDS_MAX], derived[HOP_FIELDS_MAX];
    size_t field_count, derived_count;
    struct release release; /* number 0, time now */
    struct outer outer;     /* the release's digest is filled in */
    uint64_t old;           /* the size that its receipt is proved from; 0: no proof */
};

/** A.3 from XA-CA-01 to XC-CA-01, or the short request between the same. */
struct letter *hop_a3(const struct hop *hop);
struct letter *hop_plain(const struct hop *hop);

/** As XA-GW-01 judges it: what the law gives. */
struct offer hop_judge(struct hop *hop, const struct letter *letter);

/** As it is: every field, whatever the law says. */
struct offer hop_all(struct hop *hop, const struct letter *letter);

/** Writes release and entry, signs the log and gives the DELIVER. */
struct deliver hop_deliver(struct hop *hop, const struct offer *offer);

/** The checkpoint that the receipt of a DELIVER proves. */
struct kept_checkpoint hop_checkpoint(struct hop *hop, const struct deliver *deliver);

/** Judged at XC-GW-01, under what hop->kept says. */
struct judgement hop_relay(struct hop *hop, const struct deliver *deliver);

/** The same in an arena of the test's, as judge_relay says. */
struct status hop_relay_in(struct hop *hop, struct arena *arena, const struct deliver *deliver,
                           struct judgement *ret_judgement);

/** Checks that it was refused: for this reason, by a posting of this kind, in an entry of hop 2
 * with this code. */
bool hop_refused(const struct judgement *judgement, enum posting_kind kind, struct status why);

/** Posted there; the receipt of the result, empty after a failure. */
struct slice hop_post(struct hop *hop, const struct judgement *judgement);

#endif
