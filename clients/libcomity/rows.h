#ifndef LIBCOMITY_ROWS_H
#define LIBCOMITY_ROWS_H

/* The rows of lists while they are made: from an inbox of the gateway, or from claims. */

#include "audit/entry.h"
#include "libcomity/comity.h"
#include "libcomity/uuid.h"
#include "message/claims.h"
#include "session/query.h"

#define ROW_RECEIVED "received"
#define ROW_SENT     "sent"

struct list_item {
    struct comity_row row;
    char reply_to[UUID_TEXT_BYTES]; /* the message that this one answers; empty: none is known */
    bool opened;                    /* its claims were read, so that reply_to is known */
};

/** Zeroed is empty. */
struct listing {
    struct list_item *at;
    size_t count, room;
};

/** Adds an empty item, which stays where it is until the next is added. MEMORY */
struct status listing_add(struct listing *listing, struct list_item **ret_item);

/** NULL: there is none. direction: ROW_RECEIVED or ROW_SENT. */
struct list_item *listing_find(struct listing *listing, const char *direction, struct slice from,
                               struct slice id);

/** Moves the rows that wanted says yes to (NULL: all) out to one list, in their order. MEMORY */
typedef bool row_wanted(const void *owner, const struct comity_row *row);
struct status listing_rows(const struct listing *listing, row_wanted *wanted, const void *owner,
                           struct comity_rows **ret_rows);

void listing_done(struct listing *listing);

/** The stage in words for people and programs: "not delivered"; "none" for 0. Static storage. */
const char *stage_word(enum stage stage);

/** A copy that is cut where it does not fit. */
void text_cut(char *text, size_t room, struct slice from);

/** Fills a received message's row, except for its state. */
void row_from_inbox(struct comity_row *row, const struct inbox_row *in);

/** Fills what the claims say: not direction, stage, state and code; received is when it was made.
 */
void row_from_claims(struct comity_row *row, const struct claims *claims);

#endif
