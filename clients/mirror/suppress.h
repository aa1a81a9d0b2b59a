#ifndef MIRROR_SUPPRESS_H
#define MIRROR_SUPPRESS_H

/*
 * Tables of counts that may be published: small counts are not shown, and no count that is not
 * shown can be worked out from the others (R-STA-03, R-STA-04). Pure.
 *
 * What a reader knows of a table: which cells are zero, every count that is shown, that rows and
 * columns add up, and that "<k" is 1 to k-1. Of each count that is not shown the following holds:
 *
 *   - the rows, columns and totals alone leave at least k+1 values for it: an interval k wide;
 *   - together with what "<k" says they leave at least half of k.
 *
 * Both are worked out exactly, as largest flows: rows and columns are places, each hidden cell is
 * a way between its row and its column, and by how much a count may be another is how much can flow
 * from one to the other past it.
 */

#include "base/arena.h"
#include "base/status.h"

enum cell_mark {
    CELL_SHOWN,
    CELL_SMALL,    /* "<k" */
    CELL_WITHHELD, /* any count but zero */
};

struct cell {
    uint64_t count;
    enum cell_mark mark;
};

/** A table with its totals: the last row and the last column. */
struct grid {
    unsigned rows, columns; /* without totals */
    struct cell *cells;     /* (rows + 1) * (columns + 1), row by row */
};

static inline struct cell *grid_cell(const struct grid *grid, size_t row, size_t column)
{
    return &grid->cells[row * ((size_t)grid->columns + 1) + column];
}

/** What is known of the totals of columns from elsewhere. */
enum grid_totals {
    TOTALS_ALONE, /* nothing: they are hidden where that is needed */
    TOTALS_KNOWN, /* other tables show them: each must be zero or at least k, and stays shown */
};

#define SUPPRESS_CELLS_MAX 65536
#define SUPPRESS_COUNT_MAX (1ULL << 40)

/**
 * Adds the totals to counts (rows * columns, row by row) and marks what is not to be shown.
 *
 * k  at least 2
 *
 * ABSENT  such a table cannot be published: a known total is below k, or even with all hidden that
 *         can be a count could be worked out
 * FULL    too many cells, or counts that are too large;  MEMORY
 */
struct status suppress(struct arena *arena, size_t rows, size_t columns, const uint64_t *counts,
                       uint64_t k, enum grid_totals totals, struct grid *ret_grid);

/** The other way (R-STA-06): each count, totals too, rounded down to a multiple of k; totals are
 * those of the true counts. As suppress */
struct status round_down(struct arena *arena, size_t rows, size_t columns, const uint64_t *counts,
                         uint64_t k, struct grid *ret_grid);

#endif
