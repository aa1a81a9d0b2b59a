#ifndef JOURNAL_GLANCE_H
#define JOURNAL_GLANCE_H

/* A journal, its lock database and its published log, looked at from outside: nothing is locked,
 * written or held, so a gateway that works or starts is not disturbed. */

#include "journal/journal.h"

/** One size, or why there is none. */
struct glanced {
    enum {
        GLANCE_SIZE,
        GLANCE_ABSENT, /* there is no such file */
        GLANCE_IN_USE, /* a gateway works with it, or did not end in order */
        GLANCE_UNREADABLE,
    } what;
    uint64_t size;
};

struct glance {
    struct glanced journal;   /* entries in it */
    struct glanced locked;    /* that were signed last */
    struct glanced published; /* under the checkpoint of the published log */
};

/** Looks by path, lock_path, log_path and origin of the settings. */
struct glance journal_glance(const struct journal_settings *settings);

/** The version of the database library. Static storage. */
const char *journal_library(void);

#endif
