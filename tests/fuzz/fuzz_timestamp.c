/* Responses of an authority of timestamps: what is brought into the form that is kept stays in it,
 * and what verifies is in it. */

#include "crypto/timestamp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t time_ms = 0;
    const struct timestamp_wanted wanted = {.text = slice_text("a"), .until_ms = UINT64_MAX};
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES), again = buffer_new(TIMESTAMP_MAX_BYTES);
    if (!failed(timestamp_verify(slice_over(data, size), &wanted, &time_ms)) &&
        (failed(timestamp_keep(slice_over(data, size), &kept)) ||
         !slice_equal(buffer_slice(&kept), slice_over(data, size))))
        abort();
    buffer_clear(&kept);
    if (!failed(timestamp_keep(slice_over(data, size), &kept)) &&
        (failed(timestamp_keep(buffer_slice(&kept), &again)) ||
         !slice_equal(buffer_slice(&kept), buffer_slice(&again))))
        abort();
    buffer_done(&kept);
    buffer_done(&again);
    return 0;
}
