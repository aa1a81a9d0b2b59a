#include "mirror/suppress.h"

#define NOWHERE   SIZE_MAX
#define UNBOUNDED (1ULL << 60)

/* Places are rows, then columns, those of the totals included. */
struct hiding {
    struct grid grid;
    uint64_t k;
    enum grid_totals totals;
    size_t places;
    int64_t *moved;  /* by cell: by how much its count is another in the flow at hand */
    size_t *came;    /* by place: from which one */
    uint64_t *costs; /* by place: of the cheapest way to it */
    bool *done;      /* by place */
    size_t *queue;   /* places to look at; then cells to judge */
    bool *queued;    /* by cell */
    size_t *work;    /* cells to judge */
    size_t work_count;
};

/* Of a row, its total too. */
static size_t width_with_total(const struct grid *g)
{
    return (size_t)g->columns + 1;
}

static size_t row_of(const struct hiding *h, size_t cell)
{
    return cell / width_with_total(&h->grid);
}

static size_t column_of(const struct hiding *h, size_t cell)
{
    return cell % width_with_total(&h->grid);
}

static size_t cell_count(const struct grid *g)
{
    return ((size_t)g->rows + 1) * width_with_total(g);
}

/* A total stands against what it is the sum of; the grand total against both totals. */
static bool is_against(const struct hiding *h, size_t cell)
{
    return (row_of(h, cell) == h->grid.rows) != (column_of(h, cell) == h->grid.columns);
}

/* Of a known total nothing may be hidden. */
static bool is_fixed(const struct hiding *h, size_t cell)
{
    return h->totals == TOTALS_KNOWN && row_of(h, cell) == h->grid.rows;
}

/* The cell between two places. */
static size_t cell_between(const struct hiding *h, size_t a, size_t b)
{
    const size_t rows = (size_t)h->grid.rows + 1;
    return a < rows ? a * width_with_total(&h->grid) + (b - rows)
                    : b * width_with_total(&h->grid) + (a - rows);
}

/* Whether a cell's count rises when there is a flow out of this place. A count that rises is drawn
 * back to its row from its column: from a row to a column flows what is taken off. */
static bool rises(const struct hiding *h, size_t from, size_t cell)
{
    return (from > h->grid.rows) != is_against(h, cell);
}

/* From one place to another, past a cell. */
struct way {
    size_t from, to, past;
};

/* The way on which a cell's count can be made up for when it goes up, or down. */
static struct way way_of(const struct hiding *h, size_t cell, bool up)
{
    const size_t row = row_of(h, cell), column = (size_t)h->grid.rows + 1 + column_of(h, cell);
    return up != is_against(h, cell) ? (struct way){row, column, cell}
                                     : (struct way){column, row, cell};
}

/* ---- what is known of a count ---- */

/* By the sums alone, or with what "<k" says. */
enum knowing { BY_SUMS, BY_WORDS };

static uint64_t least_of(const struct cell *c, enum knowing knowing)
{
    return c->mark == CELL_SHOWN ? c->count : (knowing == BY_WORDS ? 1 : 0);
}

static uint64_t most_of(const struct hiding *h, const struct cell *c, enum knowing knowing)
{
    if (c->mark == CELL_SHOWN)
        return c->count;
    return knowing == BY_WORDS && c->mark == CELL_SMALL ? h->k - 1 : UNBOUNDED;
}

/* By how much its count may yet go up, or down, in the flow at hand. */
static uint64_t room_of(const struct hiding *h, size_t cell, bool up, enum knowing knowing)
{
    const struct cell *c = &h->grid.cells[cell];
    const uint64_t now = c->count + (uint64_t)h->moved[cell];
    return up ? most_of(h, c, knowing) - now : now - least_of(c, knowing);
}

/* ---- flows ---- */

/* The shortest one with room: came is filled from its end. */
static bool way_find(struct hiding *h, const struct way *way, enum knowing knowing)
{
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < h->places; i++)
        h->came[i] = NOWHERE;
    h->came[way->from] = way->from;
    h->queue[tail++] = way->from;
    while (head < tail && h->came[way->to] == NOWHERE) {
        const size_t at = h->queue[head++];
        const size_t first = at <= h->grid.rows ? (size_t)h->grid.rows + 1 : 0;
        const size_t end = at <= h->grid.rows ? h->places : (size_t)h->grid.rows + 1;
        for (size_t next = first; next < end; next++) {
            const size_t cell = cell_between(h, at, next);
            if (h->came[next] != NOWHERE || cell == way->past ||
                room_of(h, cell, rises(h, at, cell), knowing) == 0)
                continue;
            h->came[next] = at;
            h->queue[tail++] = next;
        }
    }
    return h->came[way->to] != NOWHERE;
}

static uint64_t way_room(const struct hiding *h, const struct way *way, enum knowing knowing)
{
    uint64_t least = UNBOUNDED;
    for (size_t at = way->to; at != way->from; at = h->came[at]) {
        const size_t cell = cell_between(h, h->came[at], at);
        const uint64_t room = room_of(h, cell, rises(h, h->came[at], cell), knowing);
        least = room < least ? room : least;
    }
    return least;
}

/* How much can flow; no more than enough is looked for. */
static uint64_t flow_of(struct hiding *h, const struct way *way, enum knowing knowing,
                        uint64_t enough)
{
    uint64_t flow = 0;
    memset(h->moved, 0, cell_count(&h->grid) * sizeof *h->moved);
    while (flow < enough && way_find(h, way, knowing)) {
        uint64_t more = way_room(h, way, knowing);
        more = more < enough - flow ? more : enough - flow;
        for (size_t at = way->to; at != way->from; at = h->came[at]) {
            const size_t cell = cell_between(h, h->came[at], at);
            h->moved[cell] += rises(h, h->came[at], cell) ? (int64_t)more : -(int64_t)more;
        }
        flow += more;
    }
    memset(h->moved, 0, cell_count(&h->grid) * sizeof *h->moved);
    return flow;
}

/* By how many the count of a hidden cell may be another, both ways; no more than enough. */
static uint64_t width_of(struct hiding *h, size_t cell, enum knowing knowing, uint64_t enough)
{
    const struct way rise = way_of(h, cell, true), fall = way_of(h, cell, false);
    uint64_t up = room_of(h, cell, true, knowing), down = room_of(h, cell, false, knowing);
    up = flow_of(h, &rise, knowing, up < enough ? up : enough);
    return up + flow_of(h, &fall, knowing, down < enough - up ? down : enough - up);
}

static bool is_safe(struct hiding *h, size_t cell)
{
    const uint64_t half = h->k / 2; /* so many others beside one: at least half of k */
    return width_of(h, cell, BY_SUMS, h->k) >= h->k && width_of(h, cell, BY_WORDS, half) >= half;
}

/* ---- what else is hidden ---- */

static void put_work(struct hiding *h, size_t cell)
{
    if (!h->queued[cell])
        h->work[h->work_count++] = cell;
    h->queued[cell] = true;
}

static bool withhold(struct hiding *h, size_t cell)
{
    struct cell *c = &h->grid.cells[cell];
    if (c->mark == CELL_WITHHELD || c->count == 0 || is_fixed(h, cell))
        return false;
    c->mark = CELL_WITHHELD;
    put_work(h, cell);
    return true;
}

/* What it costs to use a cell for a flow of k: nothing where it is withheld, else its count, so
 * that as little as possible is lost. */
static uint64_t cost_of(const struct hiding *h, size_t from, size_t cell)
{
    const struct cell *c = &h->grid.cells[cell];
    if (c->count == 0 || is_fixed(h, cell) || (!rises(h, from, cell) && c->count <= h->k))
        return UNBOUNDED;
    return c->mark == CELL_WITHHELD ? 0 : c->count;
}

static size_t cheapest_place(const struct hiding *h)
{
    size_t best = NOWHERE;
    for (size_t i = 0; i < h->places; i++)
        if (!h->done[i] && h->costs[i] < UNBOUNDED &&
            (best == NOWHERE || h->costs[i] < h->costs[best]))
            best = i;
    return best;
}

/* The cheapest way for a flow of k. */
static bool way_buy(struct hiding *h, const struct way *way)
{
    for (size_t i = 0; i < h->places; i++) {
        h->costs[i] = UNBOUNDED;
        h->done[i] = false;
    }
    h->costs[way->from] = 0;
    for (size_t at; (at = cheapest_place(h)) != NOWHERE && at != way->to;) {
        const size_t first = at <= h->grid.rows ? (size_t)h->grid.rows + 1 : 0;
        const size_t end = at <= h->grid.rows ? h->places : (size_t)h->grid.rows + 1;
        h->done[at] = true;
        for (size_t next = first; next < end; next++) {
            const size_t cell = cell_between(h, at, next);
            const uint64_t cost = cell == way->past ? UNBOUNDED : cost_of(h, at, cell);
            if (cost >= UNBOUNDED || h->done[next] || h->costs[at] + cost >= h->costs[next])
                continue;
            h->costs[next] = h->costs[at] + cost;
            h->came[next] = at;
        }
    }
    return h->costs[way->to] < UNBOUNDED;
}

static bool way_withhold(struct hiding *h, size_t cell, bool up)
{
    bool any = false;
    const struct way way = way_of(h, cell, up);
    if (!way_buy(h, &way))
        return false;
    for (size_t at = way.to; at != way.from; at = h->came[at])
        any |= withhold(h, cell_between(h, h->came[at], at));
    return any;
}

/* Its totals first; then its row and column, all that is said to be small, and all there is. */
static bool withhold_around(struct hiding *h, size_t cell)
{
    const size_t row = row_of(h, cell), column = column_of(h, cell);
    const size_t width = width_with_total(&h->grid), all = cell_count(&h->grid);
    bool any = withhold(h, row * width + h->grid.columns);
    any |= withhold(h, h->grid.rows * width + column);
    if (any)
        return true;
    for (size_t i = 0; i < width; i++)
        any |= withhold(h, row * width + i);
    for (size_t i = 0; i <= h->grid.rows; i++)
        any |= withhold(h, i * width + column);
    for (size_t i = 0; !any && i < all; i++)
        if (h->grid.cells[i].mark == CELL_SMALL)
            any |= withhold(h, i);
    for (size_t i = 0; !any && i < all; i++)
        any |= withhold(h, i);
    return any;
}

/* More is hidden until this one is safe; that takes nothing from what is safe already. */
static struct status protect(struct hiding *h, size_t cell)
{
    while (!is_safe(h, cell))
        if (!way_withhold(h, cell, true) && !way_withhold(h, cell, false) &&
            !withhold_around(h, cell))
            return FAIL(ABSENT);
    return OK;
}

/* ---- the table ---- */

static struct status grid_make(struct arena *arena, size_t rows, size_t columns,
                               const uint64_t *counts, struct grid *ret_grid)
{
    if (rows >= SUPPRESS_CELLS_MAX || columns >= SUPPRESS_CELLS_MAX ||
        (rows + 1) * (columns + 1) > SUPPRESS_CELLS_MAX)
        return FAIL(FULL);
    struct grid g = {.rows = (unsigned)rows, .columns = (unsigned)columns};
    g.cells = arena_array(arena, cell_count(&g), sizeof *g.cells);
    if (g.cells == NULL)
        return FAIL(MEMORY);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const uint64_t count = counts[r * columns + c];
            if (count > SUPPRESS_COUNT_MAX)
                return FAIL(FULL);
            grid_cell(&g, r, c)->count = count;
            grid_cell(&g, r, columns)->count += count;
            grid_cell(&g, rows, c)->count += count;
            grid_cell(&g, rows, columns)->count += count;
        }
    *ret_grid = g;
    return OK;
}

static struct status hiding_make(struct arena *arena, struct hiding *h)
{
    const size_t cells = cell_count(&h->grid);
    h->places = (size_t)h->grid.rows + h->grid.columns + 2;
    h->moved = arena_array(arena, cells, sizeof *h->moved);
    h->queued = arena_array(arena, cells, sizeof *h->queued);
    h->work = arena_array(arena, cells, sizeof *h->work);
    h->came = arena_array(arena, h->places, sizeof *h->came);
    h->queue = arena_array(arena, h->places, sizeof *h->queue);
    h->costs = arena_array(arena, h->places, sizeof *h->costs);
    h->done = arena_array(arena, h->places, sizeof *h->done);
    return h->moved == NULL || h->queued == NULL || h->work == NULL || h->came == NULL ||
                   h->queue == NULL || h->costs == NULL || h->done == NULL
               ? FAIL(MEMORY)
               : OK;
}

/* Small counts; of totals that others show there may be none. */
static struct status mark_small(struct hiding *h)
{
    for (size_t i = 0; i < cell_count(&h->grid); i++) {
        struct cell *c = &h->grid.cells[i];
        if (c->count == 0 || c->count >= h->k)
            continue;
        if (is_fixed(h, i))
            return FAIL(ABSENT);
        c->mark = CELL_SMALL;
        put_work(h, i);
    }
    return OK;
}

struct status suppress(struct arena *arena, size_t rows, size_t columns, const uint64_t *counts,
                       uint64_t k, enum grid_totals totals, struct grid *ret_grid)
{
    struct hiding h = {.k = k, .totals = totals};
    struct status s = grid_make(arena, rows, columns, counts, &h.grid);
    if (!failed(s))
        s = hiding_make(arena, &h);
    if (!failed(s))
        s = mark_small(&h);
    for (size_t i = 0; !failed(s) && i < h.work_count; i++)
        s = protect(&h, h.work[i]);
    if (!failed(s))
        *ret_grid = h.grid;
    return s;
}

struct status round_down(struct arena *arena, size_t rows, size_t columns, const uint64_t *counts,
                         uint64_t k, struct grid *ret_grid)
{
    struct status s = grid_make(arena, rows, columns, counts, ret_grid);
    for (size_t i = 0; !failed(s) && i < cell_count(ret_grid); i++)
        ret_grid->cells[i].count -= ret_grid->cells[i].count % k;
    return s;
}
