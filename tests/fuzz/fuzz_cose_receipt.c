/* What a COSE receipt says stays within what was read; one that is read and signed anew from what
 * it says differs in its signature alone. */

#include "audit/cose_receipt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALG_OFFSET   6 /* of the octet that says -8 or -19 */
#define KID_OFFSET   9
#define KID_BYTES    4
#define SIGNED_BYTES 64

/* All but who signed: the key is another one, so key id and signature are. */
static void require_same(struct slice made, const uint8_t *data, size_t size)
{
    size_t kid = KID_OFFSET, end = size - SIGNED_BYTES;
    if (made.length != size || memcmp(made.at, data, ALG_OFFSET - 1) != 0 ||
        memcmp(made.at + kid + KID_BYTES, data + kid + KID_BYTES, end - kid - KID_BYTES) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = {0x2a};
    struct arena *a = arena_new(1 << 20);
    struct cose_receipt r;
    struct digest leaf = {{0}};
    char origin[ORIGIN_MAX_BYTES + 1];
    if (!failed(cose_receipt_parse(a, slice_over(data, size), &r)) &&
        slice_copy_text(r.origin, origin, sizeof origin)) {
        struct key *key = NULL;
        struct buffer b = buffer_new(COSE_RECEIPT_MAX_BYTES);
        struct vkey log = {.name = r.origin, .type = 0x01};
        struct cose_receipt_of of = {.origin = origin,
                                     .id = slice_over(r.id, sizeof r.id),
                                     .size = r.size,
                                     .index = r.index,
                                     .path = r.path};
        memcpy(log.id, r.key_id.at, sizeof log.id);
        (void)failed(cose_receipt_verify(&r, &leaf, &log));
        if (!failed(key_from_seed(seed, &key)) && !failed(cose_receipt_make(key, &of, &b)))
            require_same(buffer_slice(&b), data, size);
        key_free(key);
        buffer_done(&b);
    }
    arena_free(a);
    return 0;
}
