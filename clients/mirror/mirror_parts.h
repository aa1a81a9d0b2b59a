#ifndef MIRROR_MIRROR_PARTS_H
#define MIRROR_MIRROR_PARTS_H

/* What the files of clients/mirror share and nobody else sees. */

#include "mirror/mirror.h"

#include <sqlite3.h>

#define MIRROR_LEVELS     8 /* of tiles: 256^8 entries are more than any log has */
#define MIRROR_STATEMENTS 32
#define MIRROR_TILE_BYTES (TILE_WIDTH * sizeof(struct digest))

/* The tile at the right edge of a level. */
struct mirror_edge {
    struct digest hashes[TILE_WIDTH];
    unsigned count;
    uint64_t tiles; /* full ones before it */
    bool changed;   /* and not written */
};

/* A statement that was prepared, by the address of its text. */
struct mirror_statement {
    const char *sql;
    sqlite3_stmt *statement;
    bool used;
};

struct mirror {
    sqlite3 *db;
    char *dir;
    int lock;               /* -1: reading only */
    char *origin;           /* of the log */
    uint64_t size, seen_ms; /* of the kept checkpoint */
    uint64_t count;         /* entries */
    uint64_t opened;        /* of them, the first whose openings were not put yet */
    uint64_t time_ms;       /* of the last entry */
    struct mirror_edge edges[MIRROR_LEVELS];
    bool forgets;           /* the transaction at hand overwrites what is to be forgotten */
    struct bits_said *said; /* of marks, and not written yet (bits.c); NULL: nothing */
    struct mirror_statement statements[MIRROR_STATEMENTS];
};

/* ---- sql.c ---- */

/** A value to bind. */
struct mirror_value {
    enum { MIRROR_NUMBER, MIRROR_TEXT, MIRROR_OCTETS, MIRROR_NULL } type;
    uint64_t number;
    struct slice octets;
};

#define NUMBER(x)    ((struct mirror_value){.type = MIRROR_NUMBER, .number = (x)})
#define TEXT(x)      ((struct mirror_value){.type = MIRROR_TEXT, .octets = (x)})
#define OCTETS(x)    ((struct mirror_value){.type = MIRROR_OCTETS, .octets = (x)})
#define NULL_VALUE() ((struct mirror_value){.type = MIRROR_NULL})

/** The status of SQLite's result code. STORE, FULL, MEMORY */
struct status mirror_status(int rc);

/** A statement with its values, which must outlive it. sql is static text: the statement is kept
 * under its address. To be given back by mirror_end. */
struct status mirror_ask(struct mirror *m, const char *sql, const struct mirror_value *values,
                         size_t count, sqlite3_stmt **ret_statement);

/** The next row. ABSENT where there is none; STORE, FULL, MEMORY */
struct status mirror_row(sqlite3_stmt *statement);

/** Gives a statement back. NULL does nothing. */
void mirror_end(struct mirror *m, sqlite3_stmt *statement);

/** Runs a statement that gives no rows. */
struct status mirror_run(struct mirror *m, const char *sql, const struct mirror_value *values,
                         size_t count);

/** A column of the row at hand, borrowed until the next one. */
struct slice mirror_octets(sqlite3_stmt *statement, int column);
uint64_t mirror_number(sqlite3_stmt *statement, int column);

/** Finalizes all statements that were kept. */
void mirror_statements_done(struct mirror *m);

/* ---- open.c ---- */

/** Makes the tables of a mirror in an empty database. STORE, FULL, MEMORY */
struct status mirror_tables(sqlite3 *db);

/** Reads what the mirror remembers beside its tables: checkpoint, count, edges. STORE, MEMORY */
struct status mirror_load(struct mirror *m);

/* ---- read.c ---- */

/** As mirror_entry, of any entry there is. */
struct status mirror_entry_any(struct mirror *m, struct arena *arena, uint64_t index,
                               struct mirror_entry *ret_entry);

/* ---- slot.c ---- */

/**
 * Appends a slot: the length of the document, the document, and zero octets up to room. One that is
 * written in the place of another has its length, so that SQLite writes where that was: a row that
 * changes its length moves others, of which octets stay behind in what is free of a page.
 */
void mirror_slot_write(struct buffer *out, struct slice document, size_t room);

/** The document of a slot. False where it is none. */
bool mirror_slot_read(struct slice slot, struct slice *ret_document);

/* ---- prove.c ---- */

/** Hashes first to first + count of a tile, which is an edge in memory or one of the table. ABSENT,
 * STORE, MEMORY */
struct status mirror_hashes(struct mirror *m, unsigned level, uint64_t index, size_t first,
                            size_t count, struct digest *hashes);

/** A merkle_subtree over a struct mirror. */
struct status mirror_subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash);

#endif
