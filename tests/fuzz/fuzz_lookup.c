/* What is read of a question for pseudonyms, or of an answer, comes back from the writer octet by
 * octet. */

#include "audit/lookup.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_same(struct buffer *written, struct slice in)
{
    if (!slice_equal(buffer_slice(written), in))
        abort();
    buffer_done(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct lookup lookup;
    struct looked_up found;
    struct buffer b = buffer_new(LOOKUP_MAX_BYTES);
    if (!failed(lookup_parse(in, &lookup))) {
        lookup_write(&b, &lookup);
        require_same(&b, in);
    } else if (!failed(looked_up_parse(in, &found))) {
        looked_up_write(&b, &found);
        require_same(&b, in);
    }
    buffer_done(&b);
    return 0;
}
