#ifndef JOURNAL_STORE_LOGS_H
#define JOURNAL_STORE_LOGS_H

/*
 * A journal has one log after another. Entries are numbered through all of them: the number of an
 * entry is that of its log, times 2^LOG_SPAN_BITS, and its index there; so are the nodes of the
 * trees. With the first log, number 0, an entry's number is its index.
 */

#include "base/arena.h"
#include "crypto/digest.h"

struct store;

#define LOG_SPAN_BITS 40
#define LOGS_MAX      4096 /* of one journal */

static inline uint64_t log_base(uint64_t number)
{
    return number << LOG_SPAN_BITS;
}

/** The number of the log that has an entry. */
static inline uint64_t log_of(uint64_t entry)
{
    return entry >> LOG_SPAN_BITS;
}

/** How the entry of one number names another in its record: by its index where both are in one log,
 * else by what is no index: (number of the other's log + 1) * 2^LOG_SPAN_BITS + index there. */
static inline uint64_t entry_told(uint64_t own, uint64_t other)
{
    return log_of(own) == log_of(other) ? other - log_base(log_of(own)) : other + log_base(1);
}

/** The number of the entry that is named so. */
static inline uint64_t entry_meant(uint64_t own, uint64_t told)
{
    return log_of(told) == 0 ? log_base(log_of(own)) + told : told - log_base(1);
}

struct kept_log {
    uint64_t number; /* from 0, no gaps */
    struct slice origin;
    uint64_t size; /* where it ended; 0: it is written now */
    struct digest root;
    struct slice note; /* the last checkpoint, with the log's signature alone */
};

/** All in the arena. ABSENT */
struct status store_log(struct store *store, struct arena *arena, uint64_t number,
                        struct kept_log *ret_log);

/** The log of this number is written from now on. */
struct status store_log_add(struct store *store, uint64_t number, struct slice origin);

/** The log ended. Its origin stays. */
struct status store_log_close(struct store *store, const struct kept_log *log);

#endif
