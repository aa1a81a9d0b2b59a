#include "schema/reading.h"

#include <string.h>

void reading_starve(struct reading *r)
{
    lexer_error(&r->lexer, &r->lexer.token, "no memory for the text");
    r->starved = true;
}

struct status reading_status(const struct reading *r)
{
    if (r->starved)
        return FAIL(MEMORY);
    return r->lexer.failed ? FAIL(CONFIG) : OK;
}

const char *reading_text(struct reading *r, struct slice in)
{
    const char *text = r->lexer.failed ? NULL : arena_text(r->arena, in);
    if (text == NULL && !r->lexer.failed)
        reading_starve(r);
    return text == NULL ? "" : text;
}

struct slice reading_copy(struct reading *r, struct slice in)
{
    return slice_text(reading_text(r, in));
}

void *reading_more(struct reading *r, void *at, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8: the rooms it was given */
    if (r->lexer.failed)
        return NULL;
    if (!full)
        return at;
    void *more =
        arena_array(r->scratch != NULL ? r->scratch : r->arena, count == 0 ? 1 : 2 * count, size);
    if (more == NULL)
        reading_starve(r);
    else if (count > 0)
        memcpy(more, at, count * size);
    return more;
}

void *reading_keep(struct reading *r, const void *at, size_t count, size_t size)
{
    if (r->lexer.failed || count == 0)
        return NULL;
    void *kept = arena_array(r->arena, count, size);
    if (kept == NULL)
        reading_starve(r);
    else
        memcpy(kept, at, count * size);
    return kept;
}

bool reading_comma(struct reading *r)
{
    return lexer_take(&r->lexer, ",");
}
