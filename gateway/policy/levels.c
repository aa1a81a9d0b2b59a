#include "policy/levels.h"

static const char *const level_names[LEVELS] = {
    [LEVEL_SILENT] = "silent",         [LEVEL_STATED] = "stated", [LEVEL_PSEUDONYM] = "pseudonym",
    [LEVEL_GENERALISE] = "generalise", [LEVEL_MASK] = "mask",     [LEVEL_CLEAR] = "clear",
};

const char *level_name(enum level level)
{
    return level_names[level];
}

enum level level_find(struct slice name)
{
    for (unsigned l = LEVEL_STATED; l < LEVELS; l++)
        if (slice_is(name, level_names[l]))
            return (enum level)l;
    return LEVEL_SILENT;
}

size_t levels_of_release(const char *names[static LEVELS])
{
    for (unsigned l = LEVEL_STATED; l < LEVELS; l++)
        names[l - LEVEL_STATED] = level_names[l];
    return LEVELS - LEVEL_STATED;
}
