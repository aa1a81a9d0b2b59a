#ifndef TEST_JOURNAL_OPENED_H
#define TEST_JOURNAL_OPENED_H

/* What the journal gives of its openings, read and verified. */

#include "foreign.h"

#include "journal/openings.h"

struct opened_rows {
    struct buffer document;
    struct arena *arena;
    struct opened_entry *rows;
    size_t count;
};

/** Asks for a range, for the authority (closed) or a ministry; end with opened_done either way. */
struct status opened_range(struct desk *d, uint64_t from, uint64_t count, bool closed,
                           struct opened_rows *rows);

/** A row, verified. */
struct opened opened_row(struct opened_rows *rows, size_t i);

void opened_done(struct opened_rows *rows);

/** Whether a ministry is given the openings of an entry; the authority is, checked. */
bool opened_to_ministry(struct desk *d, uint64_t index);

#endif
