#ifndef AUDIT_ENDED_H
#define AUDIT_ENDED_H

/*
 * Logs that ended. A row of the directory that says "closed at SIZE root ROOT" is signed by the
 * authorities of the rulebook, as its key is: up to there the log is what it was, and stays so for
 * ever; nothing beyond is of it, whoever signs.
 */

#include "audit/note.h"
#include "schema/directory.h"

/**
 * Whether a tree of this log may have this size and root. Always so for a log that goes on,
 * and where log is NULL, for a row that is not at hand.
 *
 * REFUSED  log.closed: it ended before; checkpoint.fork: it ended there with another root
 */
struct status log_end_allows(const struct log_row *log, uint64_t size, const struct digest *root);

#endif
