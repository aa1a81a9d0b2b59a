#ifndef COMITY_CROSSCHECK_REPORT_H
#define COMITY_CROSSCHECK_REPORT_H

/* Archive and log, or two logs, compared: what does not agree, with words for people. */

#include <jansson.h>

#include "comity/crosscheck/book.h"
#include "comity/crosscheck/source.h"
#include "comity/invocation.h"

#define CROSSCHECK_SHOWN_MAX 10000 /* findings in full; all are counted */

enum crosscheck_kind {
    FOUND_OMITTED,
    FOUND_ALTERED,
    FOUND_MOVED,
    FOUND_DUPLICATED,
    FOUND_REVEALED, /* a log tells what another State withheld */
    FOUND_UNPROVED, /* a receipt of the archive does not hold */
    FOUND_HIDDEN,   /* the own gateway does not show a log that the archive has receipts of */
    FOUND_UNSOUND,  /* what is published is not what its checkpoint signs, or another log */
    FOUND_BEHIND,   /* the mirror is behind the archive */
    FOUND_ROLLBACK,
    FOUND_FORK,
    FOUND_KINDS
};

struct crosscheck_report {
    size_t counts[FOUND_KINDS];
    json_t *findings;     /* array */
    json_t *logs;         /* array */
    const char *evidence; /* folder for both notes of a fork */
};

/** MEMORY */
struct status crosscheck_report_begin(struct crosscheck_report *report, const char *evidence);
void crosscheck_report_done(struct crosscheck_report *report);

/** A finding; more: members for --json, its reference is taken; may be NULL. */
[[gnu::format(printf, 4, 5)]] void crosscheck_found(struct crosscheck_report *report,
                                                    enum crosscheck_kind kind, json_t *more,
                                                    const char *format, ...);

/**
 * Compares what the archive has of a log with the log itself.
 *
 * log   NULL: the archive has nothing of it, and nothing is compared
 * note  the log's present checkpoint, which was verified
 *
 * COMITY_UNAVAILABLE  it could not be read to its end; COMITY_FAILED
 */
enum comity_exit crosscheck_compare(struct crosscheck_report *report, struct crosscheck_log *log,
                                    const struct crosscheck_source *source, const struct note *note,
                                    struct comity_fault *reterr);

/** What is odd in the archive by itself. */
void crosscheck_odd(struct crosscheck_report *report, const struct crosscheck_book *book);

/** Prints all of it. Gives 0, or with the fault filled 11 for what is proved against a log, 9 for
 * what does not agree, 10 where the mirror is behind. */
enum comity_exit crosscheck_finish(const struct invocation *invocation,
                                   const struct crosscheck_report *report,
                                   struct comity_fault *reterr);

#endif
