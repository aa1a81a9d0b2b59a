#ifndef AUDIT_COSIGNED_H
#define AUDIT_COSIGNED_H

/*
 * How far a log's own checkpoint is cosigned by the witnesses of its row in the directory, and
 * whose readers it is good for.
 */

#include "audit/note.h"
#include "schema/directory.h"

#define COSIGNED_FRESH_S 600 /* so long a cosignature says something to a reader */
#define COSIGNED_STALE_S 300 /* from then on somebody should look at it */

/**
 * Since when, in Unix seconds, so many of the row's witnesses as it wants have cosigned the
 * checkpoint: the oldest of their newest cosignatures. 0: fewer have, or the row wants none.
 */
uint64_t cosigned_since(struct slice text, const struct log_row *log);

/** Whether a party of this State reads by the checkpoint: it has the row's quorum, one of it by a
 * witness of the State. */
bool cosigned_serves(struct slice text, const struct log_row *log, struct slice state);

/** Whether a cosignature of this time says something to a reader: it is of the last ten minutes,
 * and from no further ahead than that, for the witness's clock may be wrong, too. */
bool cosigned_recent(uint64_t time_s, uint64_t now_ms);

/** Whether so many of the row's witnesses as it wants have cosigned the checkpoint recently, one of
 * this State among them. Each counts by itself: what is ahead makes up for nothing. */
bool cosigned_fresh(struct slice text, const struct log_row *log, struct slice state,
                    uint64_t now_ms);

/** Appends the checkpoint with those of its signature lines alone that verify by a key of the row:
 * the log's or a witness's. REFUSED note.key: there are none; CRYPTO, MEMORY */
struct status cosigned_keep(const struct note *note, const struct log_row *log, struct buffer *out);

/** That no line by a witness of the row is false. REFUSED note.signature; CONFIG, CRYPTO */
struct status cosigned_check(const struct note *note, const struct log_row *log);

#endif
