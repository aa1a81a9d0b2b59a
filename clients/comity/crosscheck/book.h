#ifndef COMITY_CROSSCHECK_BOOK_H
#define COMITY_CROSSCHECK_BOOK_H

/* What a party's archive has of each log: every receipt of its own and of received messages, all
 * hops of them, and every checkpoint that came with one or was kept. */

#include "comity/crosscheck/crosscheck.h"
#include "comity/exits.h"
#include "schema/directory.h"

#define CROSSCHECK_LOGS_MAX 1024
#define CROSSCHECK_ODD_MAX  256

/** A record of the archive that is a finding by itself. Texts live in the book's arena. */
struct crosscheck_odd {
    const char *id;               /* of the message */
    const char *gateway, *origin; /* whichever is known; else "" */
    const char *why;              /* "receipt.path"; of a contradiction "contradiction" */
    struct slice notes;           /* of a contradiction: both, as they are archived */
};

struct crosscheck_book {
    struct arena *arena;
    const struct directory *directory; /* the caller's */
    struct crosscheck_log *logs;
    size_t log_count;
    struct crosscheck_odd odd[CROSSCHECK_ODD_MAX];
    size_t odd_count;
    struct status status; /* of the walk */
};

/**
 * Reads the archive. A receipt that does not hold by the directory, and a contradiction, becomes an
 * odd record.
 *
 * COMITY_VERIFY  records of the archive do not open; COMITY_FAILED
 */
enum comity_exit crosscheck_book_read(struct comity *comity, const struct directory *directory,
                                      struct crosscheck_book *ret_book,
                                      struct comity_fault *reterr);

void crosscheck_book_done(struct crosscheck_book *book);

/** NULL: the archive has nothing of it. */
struct crosscheck_log *crosscheck_book_log(struct crosscheck_book *book, const char *origin);

#endif
