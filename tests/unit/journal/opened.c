#include "opened.h"

#define ROWS_BYTES (24U << 20)

struct status opened_range(struct desk *d, uint64_t from, uint64_t count, bool closed,
                           struct opened_rows *rows)
{
    const struct openings_wanted wanted = {.from = from, .count = count, .closed = closed};
    *rows = (struct opened_rows){.document = buffer_new(OPENINGS_MAX_BYTES),
                                 .arena = arena_new(ROWS_BYTES)};
    struct status s = journal_openings(d->reader, &wanted, &rows->document);
    if (!failed(s) && !CHECK_OK(openings_parse(rows->arena, buffer_slice(&rows->document),
                                               &rows->rows, &rows->count)))
        rows->count = 0;
    return s;
}

struct opened opened_row(struct opened_rows *rows, size_t i)
{
    struct opened o = {0};
    if (CHECK(i < rows->count))
        CHECK_OK(opened_entry_read(rows->arena, &rows->rows[i], &o));
    return o;
}

void opened_done(struct opened_rows *rows)
{
    buffer_done(&rows->document);
    arena_free(rows->arena);
}

bool opened_to_ministry(struct desk *d, uint64_t index)
{
    struct opened_rows rows;
    CHECK_OK(opened_range(d, index, 1, true, &rows));
    CHECK(opened_row(&rows, 0).has_inner);
    opened_done(&rows);
    CHECK_OK(opened_range(d, index, 1, false, &rows));
    const struct opened o = opened_row(&rows, 0);
    CHECK_U64(o.has_outer, o.has_inner);
    opened_done(&rows);
    return o.has_inner;
}
