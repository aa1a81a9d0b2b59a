#include <stdlib.h>

#include "crypto/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What opens lies inside the input and is judged by any key without a crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key *key;
    static const uint8_t seed[32] = {1};
    struct cose cose;
    if (key == NULL && failed(key_from_seed(seed, &key)))
        abort();
    if (failed(cose_open(slice_over(data, size), "application/comity-seal", &cose)))
        return 0;
    if (cose.x5t.length != 32 || cose.signature.length != 64 || cose.payload.length > size)
        abort();
    if (!failed(cose_verify(&cose, key)))
        abort(); /* nobody has this key's signature */
    return 0;
}
