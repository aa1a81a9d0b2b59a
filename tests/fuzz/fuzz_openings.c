/* A document of openings that is read comes back from the writer octet by octet, and of every row
 * whose openings are what its entry commits to the records can be made again. */

#include "audit/opening.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_same(struct slice written, struct slice in)
{
    if (!slice_equal(written, in))
        abort();
}

/* Inner records are read without their keys, or no input would ever get past the HMAC. */
static void read_row(struct arena *a, const struct opened_entry *row)
{
    struct inner inner, closed;
    struct slice commitment;
    struct opened opened;
    struct entry_records made;
    const struct entry_keys keys = {0};
    const struct outer outer = {.kind = ENTRY_LAW};
    (void)failed(opened_entry_read(a, row, &opened));
    if (opening_is_there(&row->closed))
        (void)failed(closed_parse(a, row->closed.record, &closed));
    if (!opening_is_there(&row->inner) ||
        failed(inner_parse(a, row->inner.record, &inner, &commitment)) ||
        failed(entry_make(a, 0, &outer, &inner, &keys, &made)) ||
        made.inner.length != row->inner.record.length)
        return;
    size_t before = (size_t)(commitment.at - row->inner.record.at);
    require_same(slice_part(made.inner, 0, before), slice_part(row->inner.record, 0, before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(8 << 20);
    struct slice in = slice_over(data, size);
    struct opened_entry *rows;
    size_t count;
    if (!failed(openings_parse(a, in, &rows, &count))) {
        struct buffer b = buffer_new(OPENINGS_MAX_BYTES);
        openings_write(&b, rows, count);
        require_same(buffer_slice(&b), in);
        buffer_done(&b);
        for (size_t i = 0; i < count; i++)
            read_row(a, &rows[i]);
    }
    arena_free(a);
    return 0;
}
