#ifndef COMITY_ARCHIVE_ROWS_H
#define COMITY_ARCHIVE_ROWS_H

/* What the commands of the noun archive share. */

#include "comity/output.h"

/** All kinds of records. */
#define ARCHIVE_KINDS_ALL                                                                          \
    ((unsigned)(COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE | COMITY_CHECKPOINT |          \
                COMITY_CONTRADICTION))

/** "submission", "receipt", "message", "checkpoint", "contradiction". */
const char *archive_kind_name(enum comity_archive_kind kind);

/** The kinds of all --kind; none given: these. COMITY_INPUT */
enum comity_exit archive_kinds(const struct invocation *invocation, unsigned otherwise,
                               unsigned *ret_kinds, struct comity_fault *reterr);

/** Prints one record: what it is, not what is in it. */
void archive_put_row(const struct invocation *invocation, const struct comity_archived *record);

#endif
