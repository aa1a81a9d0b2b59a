#ifndef COMITY_STATISTICS_H
#define COMITY_STATISTICS_H

/* What a mirror says in figures: counts by month, as a ministry needs them (internal) or as they
 * may become an edition. */

#include "mirror/series.h"

#define STATISTICS_MONTHS_MAX 240
#define STATISTICS_ROWS_MAX   16384 /* of one table */

enum statistic {
    STATISTIC_KIND,    /* entries */
    STATISTIC_OP,      /* entries */
    STATISTIC_OUTCOME, /* decisions about messages: disclosed, held, refused */
    STATISTIC_STATES,  /* disclosures, and so are those below */
    STATISTIC_PAIR,
    STATISTIC_PURPOSE,
    STATISTIC_TYPE,
    STATISTIC_INSTRUMENT,
    STATISTIC_BASIS,    /* a message has as many as it names */
    STATISTIC_TRANSFER, /* tier and basis */
    STATISTIC_CATEGORY, /* in which anything of it was shown */
    STATISTIC_LEVEL,    /* fields, by what became of them */
    STATISTIC_FIELD,    /* fields, the same for each path */
    STATISTIC_CODE,     /* refusals and holds */
    STATISTIC_GROUND,
    STATISTIC_COUNT
};

struct statistic_row {
    struct slice key;
    uint64_t *counts; /* by month */
};

struct tally {
    struct statistic_row *rows; /* sorted by key */
    size_t count, room;
};

/** Requests of one family of types from one party to another, and what came back later. Threads are
 * not in the log, so that nobody can say which is the answer to which. */
struct request_row {
    struct slice key; /* "XA-CA-01 > XC-CA-01 mla" */
    uint64_t sent, back;
    uint64_t open; /* so many at least have had nothing back */
};

struct statistics {
    struct arena *arena;
    const struct series *series;
    bool publishes; /* what may be published, only */
    uint64_t from_ms, until_ms;
    unsigned first; /* month: 12 * year + month - 1 */
    size_t months;
    uint64_t unopened; /* entries whose records are not here */
    uint64_t left_out; /* decisions that no edition counts */
    struct tally tallies[STATISTIC_COUNT];
    struct request_row *requests; /* sorted by key */
    size_t request_count, request_room;
};

/** "kind", "pair", ... and what is counted: "entries", "disclosures". Static storage. */
const char *statistic_name(enum statistic statistic);
const char *statistic_unit(enum statistic statistic);

/** The month of an instant, and "2026-11" of a month. */
unsigned month_of(uint64_t unix_ms);
void month_write(unsigned month, char text[static 8]);

/**
 * Counts entries from from_ms to before until_ms (0: no end). Of an edition nothing is counted that
 * is confidential or speaks of asylum or witness protection (R-STA-08, R-AUD-05). All lives in the
 * arena.
 *
 * REFUSED CONSISTENCY  a time is before the first entry's or after the last one's;  FULL  more rows
 * or months than the bounds above;  otherwise as series_walk
 */
struct status statistics_gather(const struct series *series, struct arena *arena, uint64_t from_ms,
                                uint64_t until_ms, bool publishes,
                                struct statistics *ret_statistics);

#endif
