/* A body that is accepted comes back from the writer octet by octet: there is one way to say each
 * thing. */

#include "wire/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct frame f;
    size_t length = 0;
    struct arena *a = arena_new(1 << 20);
    if (!failed(frame_length(in, &length)))
        require(length <= size);
    if (!failed(frame_parse(a, in, &f))) {
        struct buffer b = buffer_new(FRAME_MAX_BYTES + FRAME_HEAD_BYTES);
        frame_write(&b, &f);
        require(!b.failed &&
                slice_equal(slice_part(buffer_slice(&b), FRAME_HEAD_BYTES, SIZE_MAX), in));
        buffer_done(&b);
    }
    arena_free(a);
    return 0;
}
