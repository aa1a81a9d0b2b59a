/* Tables that may be published. What is hidden is checked by trying all tables that a reader could
 * think of: COMITY_SEED repeats a run. */

#include "mirror/suppress.h"

#include <stdio.h>

#include "support/chance.h"
#include "support/check.h"

#define ARENA_BYTES (4U << 20)
#define SIDE_MAX    3
#define HIDDEN_MAX  5 /* counts to be tried, of one table */
#define ROUNDS      2000

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(ARENA_BYTES);
    CHECK(arena != NULL);
}

static void end(void)
{
    arena_free(arena);
}

static struct grid hidden(size_t rows, size_t columns, const uint64_t *counts, uint64_t k)
{
    struct grid g = {0};
    CHECK_OK(suppress(arena, rows, columns, counts, k, TOTALS_ALONE, &g));
    return g;
}

static size_t count_of(const struct grid *g, enum cell_mark mark)
{
    size_t count = 0;
    for (size_t i = 0; i < (g->rows + 1) * (g->columns + 1); i++)
        count += g->cells[i].mark == mark;
    return count;
}

/* ---- what is hidden ---- */

static void nothing_is_hidden_where_nothing_is_small(void)
{
    begin();
    const struct grid g = hidden(2, 2, (const uint64_t[]){10, 0, 25, 10}, 10);
    CHECK_U64(count_of(&g, CELL_SHOWN), 9);
    CHECK_U64(grid_cell(&g, 0, 2)->count, 10);
    CHECK_U64(grid_cell(&g, 2, 0)->count, 35);
    CHECK_U64(grid_cell(&g, 2, 2)->count, 45);
    end();
}

static void a_small_count_takes_three_others_with_it(void)
{
    begin();
    const uint64_t counts[] = {4, 40, 90, 30, 50, 90, 90, 90, 90};
    const struct grid g = hidden(3, 3, counts, 10);
    CHECK_U64(grid_cell(&g, 0, 0)->mark, CELL_SMALL);
    CHECK_U64(count_of(&g, CELL_SMALL), 1);
    CHECK_U64(count_of(&g, CELL_WITHHELD), 3);
    CHECK_U64(grid_cell(&g, 0, 1)->mark, CELL_WITHHELD);
    CHECK_U64(grid_cell(&g, 1, 0)->mark, CELL_WITHHELD);
    CHECK_U64(grid_cell(&g, 1, 1)->mark, CELL_WITHHELD);
    end();
}

/* 9 and 9 of 18: each is below 10, so that both would be known. */
static void what_small_means_tells_nothing_more(void)
{
    begin();
    const uint64_t counts[] = {9, 9, 0, 40, 41, 42};
    const struct grid g = hidden(2, 3, counts, 10);
    CHECK(grid_cell(&g, 0, 3)->mark != CELL_SHOWN || (grid_cell(&g, 0, 0)->mark == CELL_WITHHELD &&
                                                      grid_cell(&g, 0, 1)->mark == CELL_WITHHELD));
    end();
}

/* Four small ones may be many others, but not as far apart as ten. */
static void small_counts_do_not_hide_one_another(void)
{
    begin();
    const uint64_t counts[] = {3, 5, 50, 4, 4, 51, 60, 61, 62};
    const struct grid g = hidden(3, 3, counts, 10);
    CHECK_U64(count_of(&g, CELL_SMALL), 4);
    CHECK(count_of(&g, CELL_WITHHELD) > 0);
    end();
}

/* Nine counts that are not zero and together fewer than ten. */
static void a_small_total_does_not_tell_that_all_of_it_is_one(void)
{
    begin();
    uint64_t counts[18];
    for (size_t i = 0; i < 9; i++) {
        counts[i] = 1;
        counts[9 + i] = 100;
    }
    const struct grid g = hidden(2, 9, counts, 10);
    CHECK_U64(grid_cell(&g, 0, 9)->mark, CELL_WITHHELD);
    end();
}

static void zero_is_shown_as_zero(void)
{
    begin();
    const struct grid g = hidden(2, 2, (const uint64_t[]){0, 3, 20, 0}, 10);
    CHECK_U64(grid_cell(&g, 0, 0)->mark, CELL_SHOWN);
    CHECK_U64(grid_cell(&g, 1, 1)->mark, CELL_SHOWN);
    CHECK_U64(grid_cell(&g, 0, 1)->mark, CELL_SMALL);
    end();
}

static void totals_that_others_show_stay_shown(void)
{
    struct grid g;
    begin();
    const uint64_t counts[] = {5, 30, 40, 20, 25, 35};
    CHECK_OK(suppress(arena, 2, 3, counts, 10, TOTALS_KNOWN, &g));
    for (size_t c = 0; c <= 3; c++)
        CHECK_U64(grid_cell(&g, 2, c)->mark, CELL_SHOWN);
    CHECK_U64(grid_cell(&g, 0, 0)->mark, CELL_SMALL);
    CHECK_U64(grid_cell(&g, 1, 0)->mark, CELL_WITHHELD);
    end();
}

static void what_cannot_be_hidden_is_not_published(void)
{
    struct grid g;
    begin();
    CHECK_STATUS(suppress(arena, 2, 1, (const uint64_t[]){4, 5}, 10, TOTALS_KNOWN, &g),
                 FAIL(ABSENT));
    /* Ten that are each one, as their number and their sum say. */
    const uint64_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    CHECK_STATUS(suppress(arena, 10, 1, ones, 10, TOTALS_KNOWN, &g), FAIL(ABSENT));
    CHECK_OK(suppress(arena, 10, 1, ones, 10, TOTALS_ALONE, &g));
    end();
}

static void what_is_too_much_is_refused(void)
{
    struct grid g;
    begin();
    const uint64_t counts[] = {SUPPRESS_COUNT_MAX + 1};
    CHECK_STATUS(suppress(arena, 1, 1, counts, 10, TOTALS_ALONE, &g), FAIL(FULL));
    CHECK_STATUS(suppress(arena, 256, 256, counts, 10, TOTALS_ALONE, &g), FAIL(FULL));
    CHECK_STATUS(suppress(arena, SIZE_MAX, SIZE_MAX, counts, 10, TOTALS_ALONE, &g), FAIL(FULL));
    end();
}

static void rounding_takes_totals_from_the_true_counts(void)
{
    struct grid g;
    begin();
    CHECK_OK(round_down(arena, 1, 3, (const uint64_t[]){9, 19, 28}, 10, &g));
    CHECK_U64(grid_cell(&g, 0, 0)->count, 0);
    CHECK_U64(grid_cell(&g, 0, 1)->count, 10);
    CHECK_U64(grid_cell(&g, 0, 2)->count, 20);
    CHECK_U64(grid_cell(&g, 0, 3)->count, 50);
    CHECK_U64(grid_cell(&g, 1, 1)->count, 10);
    CHECK_U64(count_of(&g, CELL_SHOWN), 8);
    end();
}

/* ---- every table that a reader could think of ---- */

struct trying {
    const struct grid *grid;
    uint64_t k;
    bool by_words;
    enum grid_totals totals;
    uint64_t guess[SIDE_MAX + 1][SIDE_MAX + 1]; /* with totals */
    uint64_t least[SIDE_MAX + 1][SIDE_MAX + 1], most[SIDE_MAX + 1][SIDE_MAX + 1];
};

static bool may_be(const struct trying *t, size_t row, size_t column, uint64_t count)
{
    const struct cell *c = grid_cell(t->grid, row, column);
    if (c->mark == CELL_SHOWN)
        return count == c->count;
    return !t->by_words || (count > 0 && (c->mark == CELL_WITHHELD || count < t->k));
}

static void take_guess(struct trying *t)
{
    for (size_t r = 0; r <= t->grid->rows; r++)
        for (size_t c = 0; c <= t->grid->columns; c++) {
            const uint64_t now = t->guess[r][c];
            t->least[r][c] = now < t->least[r][c] ? now : t->least[r][c];
            t->most[r][c] = now > t->most[r][c] ? now : t->most[r][c];
        }
}

static void judge_guess(struct trying *t)
{
    uint64_t all = 0;
    for (size_t c = 0; c < t->grid->columns; c++) {
        uint64_t sum = 0;
        for (size_t r = 0; r < t->grid->rows; r++)
            sum += t->guess[r][c];
        if (!may_be(t, t->grid->rows, c, sum))
            return;
        t->guess[t->grid->rows][c] = sum;
        all += sum;
    }
    t->guess[t->grid->rows][t->grid->columns] = all;
    if (may_be(t, t->grid->rows, t->grid->columns, all))
        take_guess(t);
}

static void try_from(struct trying *t, size_t row, size_t column)
{
    if (row == t->grid->rows) {
        judge_guess(t);
        return;
    }
    if (column == t->grid->columns) {
        uint64_t sum = 0;
        for (size_t c = 0; c < column; c++)
            sum += t->guess[row][c];
        t->guess[row][column] = sum;
        if (may_be(t, row, column, sum))
            try_from(t, row + 1, 0);
        return;
    }
    const uint64_t most = grid_cell(t->grid, row, column)->count + t->k + 1;
    for (uint64_t count = 0; count <= most; count++)
        if (may_be(t, row, column, count)) {
            t->guess[row][column] = count;
            try_from(t, row, column + 1);
        }
}

/* Whether all that is hidden may be so many others. */
static bool holds(struct trying *t, uint64_t width)
{
    bool holds = true;
    memset(t->least, 0xff, sizeof t->least);
    memset(t->most, 0, sizeof t->most);
    try_from(t, 0, 0);
    for (size_t r = 0; r <= t->grid->rows; r++)
        for (size_t c = 0; c <= t->grid->columns; c++)
            if (grid_cell(t->grid, r, c)->mark != CELL_SHOWN)
                holds &= t->most[r][c] >= t->least[r][c] + width;
    return holds;
}

static size_t hidden_inside(const struct grid *g)
{
    size_t count = 0;
    for (size_t r = 0; r < g->rows; r++)
        for (size_t c = 0; c < g->columns; c++)
            count += grid_cell(g, r, c)->mark != CELL_SHOWN;
    return count;
}

static void print_grid(const struct grid *g, uint64_t k)
{
    printf("    k %llu\n", (unsigned long long)k);
    for (size_t r = 0; r <= g->rows; r++) {
        for (size_t c = 0; c <= g->columns; c++)
            printf(" %5llu%c", (unsigned long long)grid_cell(g, r, c)->count,
                   " <x"[grid_cell(g, r, c)->mark]);
        printf("\n");
    }
}

/* True where there were few enough to try. */
static bool try_table(enum grid_totals totals, size_t *published)
{
    uint64_t counts[SIDE_MAX * SIDE_MAX];
    const size_t rows = 1 + chance(SIDE_MAX), columns = 1 + chance(SIDE_MAX);
    const uint64_t k = 2 + chance(5), most = 3 * k;
    for (size_t i = 0; i < rows * columns; i++)
        counts[i] = chance(3) == 0 ? 0 : chance(most);
    struct grid g;
    struct status s = suppress(arena, rows, columns, counts, k, totals, &g);
    if (s.code == CODE_ABSENT && totals == TOTALS_KNOWN)
        return true;
    if (!CHECK_OK(s) || hidden_inside(&g) > HIDDEN_MAX)
        return false;
    ++*published;
    struct trying by_sums = {.grid = &g, .k = k, .totals = totals};
    struct trying by_words = {.grid = &g, .k = k, .totals = totals, .by_words = true};
    if (!CHECK(holds(&by_sums, k)) || !CHECK(holds(&by_words, k / 2)))
        print_grid(&g, k);
    for (size_t i = 0; i < (rows + 1) * (columns + 1); i++)
        CHECK((g.cells[i].mark == CELL_SHOWN && (g.cells[i].count == 0 || g.cells[i].count >= k)) ||
              (g.cells[i].mark == CELL_SMALL && g.cells[i].count < k) ||
              (g.cells[i].mark == CELL_WITHHELD && g.cells[i].count > 0));
    return true;
}

static void try_tables(enum grid_totals totals)
{
    size_t tried = 0, published = 0;
    chance_begin(14);
    for (size_t i = 0; i < ROUNDS; i++) {
        begin();
        tried += try_table(totals, &published);
        end();
    }
    CHECK(tried > ROUNDS / 4);
    CHECK(published > ROUNDS / 20);
}

static void no_hidden_count_can_be_worked_out(void)
{
    try_tables(TOTALS_ALONE);
}

static void nor_where_totals_are_known(void)
{
    try_tables(TOTALS_KNOWN);
}

TESTS(clients_suppress,
      {"nothing is hidden where nothing is small", nothing_is_hidden_where_nothing_is_small},
      {"a small count takes three others with it", a_small_count_takes_three_others_with_it},
      {"what small means tells nothing more", what_small_means_tells_nothing_more},
      {"small counts do not hide one another", small_counts_do_not_hide_one_another},
      {"a small total does not tell that all of it is one",
       a_small_total_does_not_tell_that_all_of_it_is_one},
      {"zero is shown as zero", zero_is_shown_as_zero},
      {"totals that others show stay shown", totals_that_others_show_stay_shown},
      {"what cannot be hidden is not published", what_cannot_be_hidden_is_not_published},
      {"what is too much is refused", what_is_too_much_is_refused},
      {"rounding takes totals from the true counts", rounding_takes_totals_from_the_true_counts},
      {"no hidden count can be worked out", no_hidden_count_can_be_worked_out},
      {"nor where totals are known", nor_where_totals_are_known})
