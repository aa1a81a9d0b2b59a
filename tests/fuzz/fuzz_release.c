/* A release that is read comes back from the writer octet by octet. */

#include "message/release.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    struct slice in = slice_over(data, size);
    struct release r;
    if (!failed(release_parse(a, in, &r))) {
        struct buffer b = buffer_new(RELEASE_MAX_BYTES);
        release_write(&b, &r);
        if (b.failed || !slice_equal(buffer_slice(&b), in))
            abort();
        buffer_done(&b);
    }
    arena_free(a);
    return 0;
}
