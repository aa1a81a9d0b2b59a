#ifndef WITNESS_KEPT_PARTS_H
#define WITNESS_KEPT_PARTS_H

/* What the files of the state share and nobody else sees. */

#include <pthread.h>
#include <sqlite3.h>

#include "witness/kept.h"

struct kept {
    sqlite3 *db;
    const struct signer *signer;
    pthread_mutex_t turn;
    int wal_pages;
    bool broken;
};

/** The status of a result code; remembers what makes the state unusable. FULL, MEMORY, STORE */
struct status kept_status(struct kept *kept, int rc);

/** A value to bind. */
struct value {
    enum { VALUE_NUMBER, VALUE_TEXT, VALUE_OCTETS } type;
    uint64_t number;
    struct slice octets;
};

#define NUMBER(x) ((struct value){.type = VALUE_NUMBER, .number = (x)})
#define TEXT(x)   ((struct value){.type = VALUE_TEXT, .octets = (x)})
#define OCTETS(x) ((struct value){.type = VALUE_OCTETS, .octets = (x)})

/** Prepares a statement and binds its values, which must outlive it. */
struct status kept_ask(struct kept *kept, const char *sql, const struct value *values, size_t count,
                       sqlite3_stmt **ret_statement);

/** The next row. ABSENT where there is none; STORE, FULL, MEMORY */
struct status kept_row(struct kept *kept, sqlite3_stmt *statement);

/** Runs a statement that gives no rows. */
struct status kept_run(struct kept *kept, const char *sql, const struct value *values,
                       size_t count);

/** A column of the row at hand, borrowed until the next one. */
struct slice kept_octets(sqlite3_stmt *statement, int column);

/** Between two transactions: shortens the file's log when it has grown. */
void kept_tidy(struct kept *kept);

#endif
