#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * One type for everything that can fail. It is a struct so that `return false;` and `return -1;`
 * do not compile, and [[nodiscard]] sits on the type so that no prototype needs it.
 *
 * CODE_REFUSED is the peer's fault and always carries a reason of the closed list in reason.h;
 * every other code is ours.
 */

#include "base/reason.h"

#include <stdbool.h>

enum code {
    CODE_NONE, /* a forgotten status: counts as failed */
    CODE_OK,
    CODE_REFUSED, /* what the peer sent breaks a rule; see reason */
    CODE_ABSENT,  /* what was asked for is not there */
    CODE_MEMORY,  /* an allocation failed or an arena's cap was reached */
    CODE_STORE,   /* a file or the database failed */
    CODE_FULL,    /* no space left on disk, or a bounded queue is full */
    CODE_CRYPTO,  /* the crypto library failed for no fault of the input */
    CODE_CONFIG,  /* a file of ours (configuration, rulebook, key) is wrong */
    CODE_NETWORK, /* the connection failed or its deadline passed */
    CODE_FORK,    /* our own journal disagrees with what was signed before */
};

struct [[nodiscard]] status {
    enum code code;
    enum reason reason; /* REASON_NONE unless code is CODE_REFUSED */
};

#define OK           ((struct status){CODE_OK, REASON_NONE})
#define FAIL(name)   ((struct status){CODE_##name, REASON_NONE})
#define REFUSE(name) ((struct status){CODE_REFUSED, REASON_##name})

/** True unless the status is OK. */
static inline bool failed(struct status s)
{
    return s.code != CODE_OK;
}

/** The name of a code in lower case, for diagnostics: "store". Static storage. */
const char *code_name(enum code code);

#endif
