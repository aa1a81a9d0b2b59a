/* A signature of a rulebook's object: what is read says what it is of, is signed by nobody who is
 * asked, and its statement comes back from the writer. */

#include <stdlib.h>

#include "policy/signed_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
    if (!good)
        abort();
}

static void judge(const struct signed_object *o)
{
    static const struct object_authorities nobody = {NULL, 0};
    size_t which;
    uint64_t until_ms;
    struct status s =
        signed_object_judge(o, &o->statement, &nobody, o->statement.from_ms, &which, &until_ms);
    need(s.reason == REASON_OBJECT_SIGNER);
}

static void write_again(const struct signed_object *o)
{
    static struct key *key;
    static const uint8_t seed[32] = {1};
    struct signed_object again;
    struct buffer out = buffer_new(SIGNED_OBJECT_MAX_BYTES);
    const struct digest x5t = digest_read(o->cose.x5t);
    need(key != NULL || !failed(key_from_seed(seed, &key)));
    need(!failed(signed_object_make(key, &x5t, &o->statement, &out)));
    need(!failed(signed_object_read(buffer_slice(&out), &again)));
    need(slice_equal(again.cose.payload, o->cose.payload));
    buffer_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct signed_object o;
    char name[SIGNED_OBJECT_KEY_BYTES];
    if (failed(signed_object_read(slice_over(data, size), &o)))
        return 0;
    need(size <= SIGNED_OBJECT_MAX_BYTES && object_name_is_signed(o.statement.object));
    need(o.statement.number > 0 && o.statement.from_ms < o.statement.until_ms);
    signed_object_name(&o, name);
    judge(&o);
    write_again(&o);
    return 0;
}
