#include "scenario/reading.h"

#define ARENA_BYTES ((size_t)64 << 20)

struct reading reading_of(struct world *w, bool closed)
{
    const struct openings_wanted wanted = {.count = OPENINGS_MAX, .closed = closed};
    struct reading r = {.arena = arena_new(ARENA_BYTES),
                        .document = buffer_new(OPENINGS_MAX_BYTES)};
    size_t count = 0;
    if (CHECK_OK(journal_openings(w->reader, &wanted, &r.document)))
        CHECK_OK(openings_parse(r.arena, buffer_slice(&r.document), &r.rows, &count));
    while (r.count < count &&
           CHECK_OK(opened_entry_read(r.arena, &r.rows[r.count], &r.opened[r.count])))
        r.count++;
    return r;
}

void reading_done(struct reading *r)
{
    buffer_done(&r->document);
    arena_free(r->arena);
}
