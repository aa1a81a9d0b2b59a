/* What our scan accepts, msgpack-c must read as one object of the same length, and the cursor must
 * walk to its end. */

#include "wire/msgpack.h"

#include <msgpack.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void the_library_agrees(const uint8_t *data, size_t length)
{
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    size_t read = 0;
    require(msgpack_unpack_next(&u, (const char *)data, length, &read) == MSGPACK_UNPACK_SUCCESS);
    require(read == length);
    msgpack_unpacked_destroy(&u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    size_t length = 0;
    struct mp_cursor unscanned = mp_over(in);
    mp_value(&unscanned);
    if (failed(msgpack_scan_first(in, &length)))
        return 0;
    require(length > 0 && length <= size);
    the_library_agrees(data, length);
    struct value v = value_read(slice_over(data, length));
    require(v.kind != VALUE_NONE && v.raw.length == length);
    value_is_leaf(&v);
    return 0;
}
