#ifndef COMITY_AUDIT_WANTED_H
#define COMITY_AUDIT_WANTED_H

/* What comity audit search was asked for, as a search of the mirror. */

#include "comity/invocation.h"
#include "mirror/series.h"

#define AUDIT_MARKS_MAX 64

struct audit_wanted {
    const struct invocation *invocation;
    struct arena *arena;
    struct slice marks[AUDIT_MARKS_MAX];
    struct search_wanted search; /* its marks are those above */
    const char *before_log;      /* of which search.before is an index; NULL: the newest */
};

/** Reads the options. What it writes borrows from the invocation and the arena, and must not be
 * moved. COMITY_INPUT, COMITY_FAILED */
enum comity_exit audit_wanted_read(const struct invocation *invocation, struct arena *arena,
                                   struct audit_wanted *wanted, struct comity_fault *reterr);

#endif
