#include <stdlib.h>
#include <string.h>

#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate that is read is these octets, and all questions about it have an answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate *c = NULL;
    struct identity identity = {0};
    char name[64];
    if (failed(certificate_read(slice_over(data, size), &c)))
        return 0;
    if (!slice_equal(certificate_der(c), slice_over(data, size)))
        abort();
    if (!failed(certificate_identity(c, &identity))) {
        identity_name(&identity, name);
        if (identity.kind == IDENTITY_NONE || strlen(name) < 8)
            abort();
    }
    (void)certificate_may_seal(c);
    struct arena *a = arena_new(65536);
    const char *summary = a == NULL ? NULL : certificate_summary(a, c);
    if (summary != NULL && strchr(summary, '\n') != NULL)
        abort();
    arena_free(a);
    certificate_free(c);
    return 0;
}
