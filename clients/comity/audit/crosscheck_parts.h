#ifndef COMITY_AUDIT_CROSSCHECK_PARTS_H
#define COMITY_AUDIT_CROSSCHECK_PARTS_H

/* What the files of comity audit crosscheck share: one run, of an archive against logs. */

#include "comity/crosscheck/report.h"
#include "comity/crosscheck/shown.h"
#include "comity/invocation.h"
#include "libcomity/client.h"

#define CROSSCHECK_PATH_BYTES 1024

struct crosschecking {
    const struct invocation *invocation;
    struct comity *comity;
    struct directory *directory;
    struct crosscheck_book book;
    struct crosscheck_report report;
    struct arena *arena;
    char evidence[CROSSCHECK_PATH_BYTES];
    bool compared[CROSSCHECK_LOGS_MAX]; /* of the book's logs */
};

/** Where a log is looked at. */
struct crosscheck_look {
    const struct crosscheck_source *source;
    const char *why;                      /* of a failure of the source, for people */
    const struct crosscheck_asked *asked; /* of whom it is asked; NULL: it is a copy */
};

/* ---- crosscheck.c ---- */

/**
 * Reads a checkpoint, judges whose it is, and compares the archive with its log. What does not
 * agree, and a log that nobody asked for, is a finding.
 *
 * COMITY_INPUT        there is no checkpoint
 * COMITY_UNAVAILABLE  it cannot be read, or its leaves not to their end
 * COMITY_FAILED
 */
enum comity_exit crosscheck_look(struct crosschecking *x, const struct crosscheck_look *look,
                                 struct comity_fault *reterr);

/* ---- crosscheck_own.c ---- */

/**
 * Looks at the logs that the own gateway serves: the one that is written, and of those that ended
 * each of which the archive has something. One that is not compared then is a finding: nobody else
 * has to show it.
 *
 * As crosscheck_look of the log that is written; COMITY_INPUT also where the directory has no
 * address
 */
enum comity_exit crosscheck_own(struct crosschecking *x, struct comity_fault *reterr);

#endif
