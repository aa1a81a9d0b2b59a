/* Claims of an opened seal come back from the writer octet by octet. */

#include "message/seal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    const struct envelope *e;
    if (!failed(envelope_open(a, slice_over(data, size), size, &e))) {
        struct buffer b = buffer_new(SEAL_MAX_BYTES);
        claims_write(&b, &e->claims);
        if (b.failed || !slice_equal(buffer_slice(&b), e->cose.payload))
            abort();
        buffer_done(&b);
    }
    arena_free(a);
    return 0;
}
