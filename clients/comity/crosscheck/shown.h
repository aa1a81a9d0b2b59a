#ifndef COMITY_CROSSCHECK_SHOWN_H
#define COMITY_CROSSCHECK_SHOWN_H

/* Whether a gateway shows the log of its own that it has to. Any log of the directory is sound by
 * itself; shown in the place of another one it hides that. */

#include "audit/note.h"
#include "comity/crosscheck/book.h"

enum crosscheck_shown {
    SHOWN_RIGHTLY,
    SHOWN_FOREIGN, /* a log of another gateway */
    SHOWN_FORMER,  /* as the log that is written, one from which another went on */
    SHOWN_OTHER,   /* another log of its own than the one that was asked for */
    SHOWN_SHORT,   /* less of a log than it ended with by the directory */
    SHOWN_KINDS
};

/** What a gateway was asked for. */
struct crosscheck_asked {
    const struct gateway_row *gateway;
    const char *ended; /* origin of a log that ended; NULL: the log that is written */
    uint64_t now_ms;
};

/**
 * Judges whose log a checkpoint is, and which; that its key has signed it is known.
 *
 * book  what the archive has: a log of which it has anything was written once
 *
 * A log is a former one where one that went on from it, or from that, is in the book; or is in
 * force while this one is closed or past its dates. The directory names a log before it begins, so
 * that alone makes none a former one.
 */
enum crosscheck_shown crosscheck_shown(const struct crosscheck_asked *asked,
                                       const struct crosscheck_book *book, const struct note *note);

/** "which is no log of its own"; goes on from a log's name. */
const char *crosscheck_shown_words(enum crosscheck_shown shown);

/** Whether what is shown is a log of the gateway that may be compared all the same. */
bool crosscheck_shown_compares(enum crosscheck_shown shown);

#endif
