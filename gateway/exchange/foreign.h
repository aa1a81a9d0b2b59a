#ifndef EXCHANGE_FOREIGN_H
#define EXCHANGE_FOREIGN_H

/*
 * The logs of other gateways, for the parties that have a link here: who receives nothing for long
 * hears by CHECKPOINT how far they have gone on. A step that was kept is announced to every worker;
 * each of its links then looks through all logs in a round, a few at a time and at a moment of its
 * own, and not again for FOREIGN_TELL_MS. A link on which nothing can have changed looks at
 * nothing.
 */

#include "audit/note.h"
#include "exchange/link.h"

#define FOREIGN_TELL_MS 10000U /* between two rounds of a link */
#define FOREIGN_TURN_MS 1000U  /* between two turns of a round */
#define FOREIGN_TURN    8U     /* logs that one turn reads from the journal */
#define FOREIGN_UNHEARD                                                                            \
    8U /* CHECKPOINTs since the party was last heard: who reads seldom gets no crowd of them */

/** One log, as the journal keeps it. */
struct foreign_log {
    char origin[ORIGIN_MAX_BYTES + 1];
    struct arena *arena;         /* of this step; NULL: none was read */
    struct peer_checkpoint step; /* the newest, as read last, without origin; of size 0: none */
    uint64_t taken_ms;           /* buckets of steps without a receipt, of this log here ... */
    uint64_t given_ms;           /* ... and of ours at its gateway: see link_checkpoint.c */
    bool is_stale;               /* there may be a newer one */
};

/** Adds the logs of the directory that are not there yet; none is ever taken away. MEMORY */
struct status foreign_renew(struct exchange *exchange);

/** A gateway's logs may have gone on; empty: every gateway's. */
void foreign_changed(struct exchange *exchange, struct slice gateway, struct moment now);

/** Frees them. */
void foreign_end(struct exchange *exchange);

/** Of a log; NULL where it is none of the directory's. */
struct foreign_log *foreign_find(const struct exchange *exchange, struct slice origin);

/** Begins to tell the party of a link, from what its HELLO names on. MEMORY */
struct status foreign_begin(struct exchange_link *link, const struct hello *hello,
                            struct moment now);

/** When foreign_turn has something to do, in monotonic ms. */
uint64_t foreign_at(const struct exchange_link *link);

/** Takes a turn, where it is due. */
void foreign_turn(struct exchange_link *link, struct moment now);

void foreign_free(struct told *told);

#endif
