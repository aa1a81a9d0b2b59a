/* A receipt that is read comes back from the writer octet by octet, and so does its opened record.
 */

#include "audit/receipt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_same(struct buffer *written, struct slice in)
{
    if (written->failed || !slice_equal(buffer_slice(written), in))
        abort();
    buffer_done(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    struct slice in = slice_over(data, size), entry_outer, entry_inner;
    struct receipt r;
    struct outer outer;
    struct note note;
    uint64_t time_ms;
    if (!failed(receipt_parse(a, in, &r))) {
        struct buffer b = buffer_new(RECEIPT_MAX_BYTES);
        receipt_write(&b, &r);
        require_same(&b, in);
        (void)failed(entry_parse(r.entry, &time_ms, &entry_outer, &entry_inner));
        (void)failed(note_parse(r.note, &note));
        if (!failed(outer_parse(r.record, &outer)) && outer.code.at == NULL) {
            struct buffer o = buffer_new(OUTER_MAX_BYTES);
            outer_write(&o, &outer);
            require_same(&o, r.record);
        }
    }
    arena_free(a);
    return 0;
}
