#ifndef COMITY_ENTRY_STAMP_H
#define COMITY_ENTRY_STAMP_H

/* The timestamp that goes with an exported entry, where one is asked for: --log DIR has it, or
 * --timestamp has the gateway asked. */

#include "comity/audit/log_stamp.h"
#include "comity/invocation.h"
#include "schema/directory.h"

/** The options, to stand in a table of options. */
#define ENTRY_STAMP_OPTIONS                                                                        \
    {"log", FLAG_LOG, "DIR", 0, "The published log, for a timestamp that covers the entry", 1},    \
    {                                                                                              \
        "timestamp", FLAG_TIMESTAMP, NULL, 0,                                                      \
            "Ask the gateway whose entry it is for that timestamp, where it shows its log", 1      \
    }

/** COMITY_INPUT: both ways were named */
enum comity_exit entry_stamp_usage(const struct invocation *invocation,
                                   struct comity_fault *reterr);

/** Of which entry one is looked for. */
struct entry_stamp {
    const struct invocation *invocation;
    struct arena *arena;
    const struct directory *directory;
    const struct proved *proved;
    struct comity **comity; /* the context; opened where it is needed and is NULL */
};

/**
 * Finds the earliest timestamp that covers an entry: who asks for one needs it. Lives in the arena.
 *
 * ret_found  false: none was asked for
 *
 * COMITY_UNKNOWN (there is none), COMITY_VERIFY, COMITY_UNAVAILABLE, COMITY_IDENTITY, COMITY_INPUT,
 * COMITY_FAILED
 */
enum comity_exit entry_stamp_find(const struct entry_stamp *wanted, struct log_stamp *ret_stamp,
                                  bool *ret_found, struct comity_fault *reterr);

#endif
