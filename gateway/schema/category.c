#include "schema/schema.h"

struct category_names {
    const char *code, *tag;
};

static const struct category_names categories[] = {[CATEGORY_NONE] = {"", ""},
#define X(code, tag) [CATEGORY_##code] = {#code, tag},
                                                   CATEGORIES(X)
#undef X
};

const char *category_code(enum category category)
{
    return categories[category < CATEGORY_COUNT ? category : CATEGORY_NONE].code;
}

const char *category_tag(enum category category)
{
    return categories[category < CATEGORY_COUNT ? category : CATEGORY_NONE].tag;
}

enum category category_by_code(struct slice code)
{
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++)
        if (slice_is(code, categories[c].code))
            return (enum category)c;
    return CATEGORY_NONE;
}

enum category category_by_tag(struct slice tag)
{
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++)
        if (slice_is(tag, categories[c].tag))
            return (enum category)c;
    return CATEGORY_NONE;
}
