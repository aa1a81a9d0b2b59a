#include "crypto/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/authority.h"

struct list {
    char state[3];
    struct crl *crl;
};

struct revocations {
    size_t count;
    struct list lists[];
};

struct status revocations_new(const struct revocation_list *lists, size_t count,
                              struct revocations **ret_revocations)
{
    struct revocations *r = calloc(1, sizeof *r + count * sizeof r->lists[0]);
    struct status s = r == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && i < count; i++) {
        memcpy(r->lists[i].state, lists[i].state, sizeof r->lists[i].state);
        s = crl_read(lists[i].der, &r->lists[i].crl);
        r->count++;
    }
    if (failed(s))
        revocations_free(r);
    else
        *ret_revocations = r;
    return s;
}

void revocations_free(struct revocations *r)
{
    for (size_t i = 0; r != NULL && i < r->count; i++)
        crl_free(r->lists[i].crl);
    free(r);
}

bool revocations_have(const struct revocations *r, struct slice state,
                      const struct certificate *certificate, uint64_t *ret_since_ms)
{
    for (size_t i = 0; r != NULL && i < r->count; i++)
        if (slice_is(state, r->lists[i].state) &&
            crl_lists(r->lists[i].crl, certificate, ret_since_ms))
            return true;
    return false;
}
