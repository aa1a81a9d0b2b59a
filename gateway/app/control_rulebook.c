/* The verb rulebook: objects in use, and what peers offer. */

#include "app/control_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/received.h"

#define ARENA_BYTES (1U << 20)

static json_t *object_json(struct slice name, uint64_t number, const struct digest *digest)
{
    return json_pack("{s:s%,s:I,s:o}", "object", (const char *)name.at, name.length, "number",
                     (json_int_t)number, "digest", control_digest(digest));
}

static json_t *in_use_json(const struct objects *objects)
{
    json_t *rows = json_array();
    for (size_t i = 0; objects != NULL && i < objects->count; i++)
        if (object_is_folder(objects->at[i].name))
            json_array_append_new(rows, object_json(objects->at[i].name, objects->at[i].number,
                                                    &objects->at[i].digest));
    return rows;
}

/* An absolute path as it is without links, for whoever stands in another folder. */
static json_t *path_json(const char *path)
{
    char *real = realpath(path, NULL);
    json_t *json = json_string(real == NULL ? path : real);
    free(real);
    return json;
}

static json_t *offers_json(const struct objects *objects, const struct offers *offers)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < offers->count; i++) {
        const struct offer *o = &offers->at[i];
        const struct slice name = slice_text(o->object);
        if (!offer_is_newer(objects, name, o->number) &&
            !offer_is_ours(objects, name, o->number, &o->digest))
            continue; /* until a reload is done */
        json_t *row = object_json(slice_text(o->object), o->number, &o->digest);
        json_object_set_new(row, "peer", json_string(o->peer));
        json_object_set_new(row, "since", control_instant(o->since_ms));
        json_object_set_new(row, "folder", path_json(o->folder));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *rulebook_path(struct control *c)
{
    char path[sizeof c->rulebook];
    pthread_mutex_lock(&c->mutex);
    (void)slice_copy_text(slice_text(c->rulebook), path, sizeof path);
    pthread_mutex_unlock(&c->mutex);
    return path_json(path);
}

json_t *control_run_rulebook(struct control *c, const char *argument)
{
    (void)argument;
    struct offers offers;
    struct arena *arena = arena_new(ARENA_BYTES);
    const char *received =
        arena == NULL ? NULL : received_folder(arena, c->settings.journal_folder);
    struct status s = received == NULL ? FAIL(MEMORY) : offers_read(arena, received, &offers);
    struct snapshot *snapshot = control_snapshot(c);
    const struct objects *objects = snapshot_objects(snapshot);
    json_t *json = failed(s)
                       ? control_failure(s, "what peers offer cannot be read")
                       : json_pack("{s:o,s:o,s:o}", "rulebook", rulebook_path(c), "in_use",
                                   in_use_json(objects), "offers", offers_json(objects, &offers));
    snapshot_drop(snapshot);
    arena_free(arena);
    return json;
}
