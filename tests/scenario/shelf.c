#include "scenario/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "session/query.h"
#include "support/check.h"

void shelf_keep(void *owner, struct slice peer, const struct object *object)
{
    struct shelf *shelf = owner;
    if (!CHECK(shelf->count < SHELF_OFFERS))
        return;
    struct offer *o = &shelf->offers[shelf->count++];
    CHECK(slice_copy_text(object->name, o->name, sizeof o->name));
    CHECK(slice_copy_text(peer, o->peer, sizeof o->peer));
    o->number = object->number;
    o->digest = object->digest;
    o->octets = buffer_new(OBJECT_MAX_BYTES);
    buffer_put(&o->octets, object->octets);
}

void shelf_clear(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        buffer_done(&shelf->offers[i].octets);
    *shelf = (struct shelf){0};
}

const struct object *shelf_own(const struct world *w, const char *name)
{
    return objects_find(snapshot_objects(w->snapshot), slice_text(name));
}

char *shelf_long_rules(void)
{
    static const char line[] = "# a law of many words, so that it does not come in one piece\n";
    const size_t lines = (RULEBOOK_CHUNK_BYTES + RULEBOOK_CHUNK_BYTES / 2) / (sizeof line - 1);
    char *text = malloc(lines * (sizeof line - 1) + 1);
    if (text == NULL)
        exit(1);
    for (size_t i = 0; i < lines; i++)
        memcpy(text + i * (sizeof line - 1), line, sizeof line);
    return text;
}
