#include "app/rising_rows.h"

#include <stdlib.h>

#include "wire/cbor.h"

#define KEPT_MAX_BYTES (4U << 20)

static struct rising_row read_row(struct cbor_cursor *c)
{
    struct rising_row row;
    cbor_array(c, 3, 3);
    row.name = cbor_text(c, 1, RISING_NAME_BYTES);
    row.number = cbor_uint(c, 0, INT64_MAX);
    row.digest = digest_read(cbor_bytes(c, sizeof row.digest, sizeof row.digest));
    return row;
}

struct status rising_rows_read(struct arena *arena, struct slice kept, size_t more,
                               struct rising_rows *ret_rows)
{
    if (kept.length > 0 && failed(cbor_scan(kept)))
        return FAIL(STORE);
    struct cbor_cursor c = cbor_over(kept);
    size_t count = kept.length == 0 ? 0 : (size_t)cbor_array(&c, 0, RISING_ROWS_MAX);
    struct rising_rows rows = {arena_array(arena, count + more, sizeof *rows.at), count, count};
    if (rows.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++)
        rows.at[i] = read_row(&c);
    if (kept.length > 0 && !cbor_end(&c))
        return FAIL(STORE);
    *ret_rows = rows;
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct rising_row *)a)->name,
                         ((const struct rising_row *)b)->name);
}

struct rising_row *rising_rows_find(const struct rising_rows *rows, struct slice name)
{
    const struct rising_row wanted = {.name = name};
    struct rising_row *row = bsearch(&wanted, rows->at, rows->sorted, sizeof *rows->at, by_name);
    for (size_t i = rows->sorted; row == NULL && i < rows->count; i++)
        if (slice_equal(rows->at[i].name, name))
            row = &rows->at[i];
    return row;
}

struct status rising_rows_write(struct arena *arena, struct rising_rows *rows,
                                struct slice *ret_kept)
{
    if (rows->count > RISING_ROWS_MAX)
        return FAIL(FULL);
    struct buffer b = buffer_new(KEPT_MAX_BYTES);
    qsort(rows->at, rows->count, sizeof *rows->at, by_name);
    cbor_put_array(&b, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        cbor_put_array(&b, 3);
        cbor_put_text(&b, rows->at[i].name);
        cbor_put_uint(&b, rows->at[i].number);
        cbor_put_bytes(&b, digest_slice(&rows->at[i].digest));
    }
    const struct slice copy =
        b.failed ? (struct slice){NULL, 0} : arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    if (copy.at == NULL)
        return FAIL(MEMORY);
    *ret_kept = copy;
    return OK;
}
