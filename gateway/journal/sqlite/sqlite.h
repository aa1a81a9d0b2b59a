#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

/*
 * What the files of this folder share: a connection with its prepared statements, values to bind
 * and a cursor over a row. Statements are prepared at their first use and kept.
 */

#include "journal/store.h"

#include <sqlite3.h>

enum statement {
    SQL_BEGIN,
    SQL_LOOK,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_TREE,
    SQL_TREE_SET,
    SQL_LOG_ADD,
    SQL_LOG_CLOSE,
    SQL_LOG,
    SQL_NODE,
    SQL_NODE_ADD,
    SQL_LEAF,
    SQL_ENTRY_ADD,
    SQL_ENTRY_REPLACE,
    SQL_ENTRY,
    SQL_ENTRY_OCTETS,
    SQL_STAGE_ENTRY,
    SQL_STAGES,
    SQL_MESSAGE_ADD,
    SQL_MESSAGE_SET,
    SQL_MESSAGE_STAGE,
    SQL_MESSAGE,
    SQL_BODY,
    SQL_LOCAL,
    SQL_MESSAGE_NUMBERED,
    SQL_MESSAGE_ERASE,
    SQL_ENTRY_ERASE,
    SQL_KEEP,
    SQL_KEEP_FINISHED,
    SQL_KEEP_ALL,
    SQL_KEEP_HOLD,
    SQL_KEEP_END,
    SQL_KEPT,
    SQL_ERASABLE,
    SQL_WITH_OPENINGS,
    SQL_NOTICE_OF,
    SQL_COUNT,
    SQL_MAILBOX,
    SQL_THREAD,
    SQL_UNDELIVERED,
    SQL_SENT,
    SQL_OVERDUE,
    SQL_HELD,
    SQL_NOTICE_ADD,
    SQL_NOTICE_DROP,
    SQL_NOTICES,
    SQL_REMOTE_ADD,
    SQL_REMOTES,
    SQL_STEP_ADD,
    SQL_STEP_LAST,
    SQL_STEP,
    SQL_STEPS,
    SQL_FORK_ADD,
    SQL_FORK,
    SQL_FORK_LIFT,
    SQL_LAW,
    SQL_LAW_SET,
    SQL_KEYS,
    SQL_KEYS_SET,
    SQL_CONFIDENTIAL_ADD,
    SQL_THREAD_OF_ADD,
    SQL_CONFIDENTIAL,
    SQL_PERSON,
    SQL_PERSON_ADD,
    SQL_PERSON_ERASE,
    SQL_RESTORED_ADD,
    SQL_RESTORED,
    SQL_RESTORED_TOLD,
    SQL_COUNTERS_MOVE,
    SQL_DUES_MOVE,
    SQL_REWOUND,
    SQL_REWOUND_SET,
    SQL_REWIND,
    SQL_NOTICES_AGAIN,
    SQL_NOTICES_COUNTED,
    SQL_WAITING,
    SQL_COUNT_OF
};

/** The text of each statement. */
extern const char *const statement_texts[SQL_COUNT_OF];

/** Makes the tables in an empty database, brings one of an older version up to this one, leaves
 * this one alone. CONFIG for any other */
struct status schema_make(sqlite3 *db);

#define CACHE_SLOTS 1024

struct cached_node {
    uint64_t place; /* 0: empty; otherwise place + 1 */
    struct digest hash;
};

struct store {
    sqlite3 *db;
    enum store_role role;
    bool broken;
    bool full;         /* the disk was, since store_was_full */
    int wal_pages;     /* in the write-ahead log after the last commit; 0: to be begun again */
    int wal_max_pages; /* of it, before new work is shed */
    int tidy_at;       /* pages at which the next checkpoint is due */
    uint64_t tidy_ms;  /* before this moment no reader is waited for again; monotonic */
    bool has_erased;   /* what was erased may still be in the write-ahead log */
    uint64_t wipe_ms;  /* before this moment it is not emptied for that again; monotonic */
    uint64_t look_ms;  /* until then a reader may look; 0: it does not look */
    sqlite3_stmt *statements[SQL_COUNT_OF];
    struct cached_node cache[CACHE_SLOTS]; /* nodes never change once they are committed */
};

/** Prepares the library, before the first connection: without statistics of memory, for which every
 * allocation of every thread would take one lock. */
void sqlite_begin(void);

/** The status of a result code. FULL, MEMORY, STORE */
struct status sqlite_status(int rc);

/** The same; remembers in the store what makes it unusable. */
struct status store_status(struct store *store, int rc);

void cache_clear(struct store *store);

/** A value to bind. */
struct bound {
    enum { BOUND_NULL, BOUND_INTEGER, BOUND_TEXT, BOUND_BLOB } type;
    uint64_t integer;
    struct slice octets;
};

static inline struct bound bound_integer(uint64_t value)
{
    return (struct bound){.type = BOUND_INTEGER, .integer = value};
}

static inline struct bound bound_text(struct slice text)
{
    return (struct bound){.type = text.length == 0 ? BOUND_NULL : BOUND_TEXT, .octets = text};
}

/** NULL for octets whose address is NULL. */
static inline struct bound bound_blob(struct slice octets)
{
    return (struct bound){.type = octets.at == NULL ? BOUND_NULL : BOUND_BLOB, .octets = octets};
}

/** Runs a statement that gives no rows. */
struct status statement_run(struct store *store, enum statement which, const struct bound *values,
                            size_t count);

/** A row being read, column by column. */
struct row {
    sqlite3_stmt *statement;
    struct arena *arena; /* where octets are copied; NULL if none are read */
    int column;
    bool failed; /* memory */
};

/** OK with a row, ABSENT without another one. */
struct status row_next(struct store *store, struct row *row);

void row_end(struct row *row);

/** Starts a query and takes its first row. ABSENT if there is none. Either way call row_end. */
struct status row_one(struct store *store, enum statement which, const struct bound *values,
                      size_t count, struct arena *arena, struct row *ret_row);

/** Reads a row's columns into one element. MEMORY, STORE */
typedef struct status row_reader(struct row *row, void *ret_element);

/** Where rows go: elements of size octets each, as many as are wanted. */
struct elements {
    row_reader *read;
    void *at;
    size_t size;
};

/** Runs one of the listing statements, whose values are those of list_wanted in their order. */
struct status list_read(struct store *store, enum statement which, struct arena *arena,
                        const struct list_wanted *wanted, const struct elements *elements,
                        size_t *ret_count);

/** The three columns of a message's key. */
struct message_key row_key(struct row *row);

uint64_t row_integer(struct row *row);
struct slice row_octets(struct row *row); /* at == NULL for NULL */
struct digest row_digest(struct row *row);

#endif
