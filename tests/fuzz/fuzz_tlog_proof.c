/* A proof that is read comes back from the writer octet by octet; verifying it reads no further. */

#include "audit/tlog_proof.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    struct tlog_proof proof;
    struct note note;
    struct digest leaf = {{0}};
    const struct log_row log = {.vkey = slice_text("gw1.jx.example/audit/2026+a7712418+"
                                                   "AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3")};
    if (!failed(tlog_proof_parse(a, slice_over(data, size), &proof))) {
        struct buffer b = buffer_new(TLOG_PROOF_MAX_BYTES);
        tlog_proof_write(&b, &proof);
        if (b.failed || !slice_equal(buffer_slice(&b), slice_over(data, size)))
            abort();
        buffer_done(&b);
        (void)failed(tlog_proof_verify(&proof, &leaf, &log, &note));
    }
    arena_free(a);
    return 0;
}
