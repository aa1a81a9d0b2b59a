/* What our scan accepts, libcbor must read, too, and write back octet by octet; the cursor must
 * walk to its end. */

#include "wire/cbor.h"

#include <cbor.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void the_library_agrees(struct slice in)
{
    struct cbor_load_result result;
    cbor_item_t *item = cbor_load(in.at, in.length, &result);
    require(item != NULL && result.read == in.length);
    unsigned char *again = NULL;
    size_t room = 0;
    size_t length = cbor_serialize_alloc(item, &again, &room);
    require(slice_equal(slice_over(again, length), in));
    free(again);
    cbor_decref(&item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_over(data, size);
    struct cbor_cursor unscanned = cbor_over(in);
    cbor_skip(&unscanned);
    if (failed(cbor_scan(in)))
        return 0;
    the_library_agrees(in);
    struct cbor_cursor c = cbor_over(in);
    require(cbor_skip(&c).length == size && cbor_end(&c));
    return 0;
}
