#include "base/status.h"

#include <string.h>

static const struct {
    const char *name;
    enum refusal refusal;
} reasons[REASON_COUNT] = {[REASON_NONE] = {"none", REFUSAL_NONE},
#define X(name, text, refusal) [REASON_##name] = {text, REFUSAL_##refusal},
                           REASONS(X)
#undef X
};

static const char *const refusals[REFUSAL_COUNT] = {[REFUSAL_NONE] = "",
#define X(name) [REFUSAL_##name] = "E_" #name,
                                                    REFUSALS(X)
#undef X
};

static const char *const codes[] = {
    [CODE_NONE] = "none",       [CODE_OK] = "ok",         [CODE_REFUSED] = "refused",
    [CODE_ABSENT] = "absent",   [CODE_MEMORY] = "memory", [CODE_STORE] = "store",
    [CODE_FULL] = "full",       [CODE_CRYPTO] = "crypto", [CODE_CONFIG] = "config",
    [CODE_NETWORK] = "network", [CODE_FORK] = "fork",
};

const char *code_name(enum code code)
{
    return codes[code];
}

const char *reason_name(enum reason reason)
{
    return reasons[reason].name;
}

enum refusal reason_refusal(enum reason reason)
{
    return reasons[reason].refusal;
}

const char *refusal_name(enum refusal refusal)
{
    return refusals[refusal];
}

enum refusal refusal_find(const char *name)
{
    for (unsigned i = 1; i < REFUSAL_COUNT; i++)
        if (strcmp(refusals[i], name) == 0)
            return (enum refusal)i;
    return REFUSAL_NONE;
}
