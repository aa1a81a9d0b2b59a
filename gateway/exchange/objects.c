/* Objects of our own, and looking them up. */

#include "exchange/objects.h"

#include <stdlib.h>

#include "schema/schema.h"
#include "wire/cbor.h"

#define OBJECTS_MAX_BYTES (128UL << 20) /* of all of them together */
#define FOLDER_PARTS      2U

/* The objects being made. */
struct making {
    struct objects *objects;
    const struct text_files *files; /* of the whole rulebook */
    const struct rulebook *rulebook;
};

/* Puts the octets of the last object, which were written to b. */
static struct status finish(struct making *m, struct object *o, struct buffer *b)
{
    struct status s = b->failed ? FAIL(FULL) : OK;
    if (!failed(s)) {
        o->octets = arena_copy(m->objects->arena, buffer_slice(b));
        s = o->name.at == NULL || o->octets.at == NULL ? FAIL(MEMORY) : OK;
    }
    buffer_done(b);
    if (!failed(s))
        m->objects->count++;
    return s;
}

static struct object *next(struct making *m)
{
    return &m->objects->at[m->objects->count];
}

/* The files below a folder, paths relative to it. */
static struct status files_below(struct making *m, struct slice folder,
                                 struct text_files *ret_files)
{
    struct text_files below = {0};
    for (size_t i = 0; i < m->files->count; i++)
        below.count += slice_begins(m->files->at[i].path, folder);
    below.at = arena_array(m->objects->arena, below.count, sizeof *below.at);
    if (below.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0, at = 0; i < m->files->count; i++) {
        const struct text_file *file = &m->files->at[i];
        if (slice_begins(file->path, folder))
            below.at[at++] =
                (struct text_file){slice_part(file->path, folder.length, SIZE_MAX), file->text};
    }
    *ret_files = below;
    return OK;
}

static struct status judge_own(const struct text_files *files)
{
    bool good = files->count <= OBJECT_MAX_FILES && !failed(object_paths_judge(files));
    for (size_t i = 0; good && i < files->count; i++)
        good = files->at[i].text.length <= OBJECT_FILE_MAX_BYTES;
    return good ? OK : FAIL(CONFIG);
}

/* What is no signature nobody would take. */
static void keep_signatures(struct slices *signatures)
{
    struct signed_object o;
    size_t count = 0;
    for (size_t i = 0; i < signatures->count; i++)
        if (!failed(signed_object_read(signatures->at[i], &o)))
            signatures->at[count++] = signatures->at[i];
    signatures->count = count;
}

static void put_folder(struct buffer *b, const struct text_files *files,
                       const struct slices *signatures)
{
    cbor_put_array(b, FOLDER_PARTS);
    cbor_put_array(b, files->count);
    for (size_t i = 0; i < files->count; i++) {
        cbor_put_array(b, 2);
        cbor_put_text(b, files->at[i].path);
        cbor_put_bytes(b, files->at[i].text);
    }
    cbor_put_array(b, signatures->count);
    for (size_t i = 0; i < signatures->count; i++)
        cbor_put_bytes(b, signatures->at[i]);
}

static struct status add_folder(struct making *m, const char *name, const char *folder,
                                uint64_t number, const struct digest *digest)
{
    struct text_files files;
    struct slices signatures;
    struct buffer b = buffer_new(OBJECT_MAX_BYTES);
    struct object *o = next(m);
    struct status s = files_below(m, slice_text(folder), &files);
    if (failed(s) || failed(s = judge_own(&files)) ||
        failed(s = signatures_find(m->objects->arena, m->files, slice_text(name), &signatures)))
        return s;
    o->name = arena_copy(m->objects->arena, slice_text(name));
    o->number = number;
    o->digest = *digest;
    keep_signatures(&signatures);
    put_folder(&b, &files, &signatures);
    return finish(m, o, &b);
}

static struct status add_parties(struct making *m, size_t at)
{
    struct arena *arena = m->objects->arena;
    const struct directory *d = m->rulebook->directory;
    const struct slice state = d->parties_of[at];
    char name[OBJECT_NAME_BYTES];
    const char *folder =
        arena_print(arena, "parties/%.*s/", (int)state.length, (const char *)state.at);
    object_name_parties(state, name);
    return folder == NULL ? FAIL(MEMORY)
                          : add_folder(m, name, folder, d->parties_numbers[at],
                                       &m->rulebook->parties_digests[at]);
}

static struct status add_lists(struct making *m, const struct object_lists *lists)
{
    struct buffer b = buffer_new(OBJECT_MAX_BYTES);
    struct object *o = next(m);
    if (lists->lists.count == 0)
        return OK;
    if (lists->lists.count > OBJECT_MAX_LISTS)
        return FAIL(CONFIG);
    o->name = slice_text(arena_print(m->objects->arena, "revocations:%.*s",
                                     (int)lists->state.length, (const char *)lists->state.at));
    o->number = lists->number;
    cbor_put_array(&b, lists->lists.count);
    for (size_t i = 0; i < lists->lists.count; i++)
        cbor_put_bytes(&b, lists->lists.at[i]);
    o->digest = digest_of(SEPARATION_OBJECT, buffer_slice(&b));
    return finish(m, o, &b);
}

static struct status add_rulebook(struct making *m)
{
    const struct rulebook *r = m->rulebook;
    struct status s = add_folder(m, "law", "law/", schema_number(r->schema), &r->law_digest);
    if (!failed(s))
        s = add_folder(m, "states", "states/", r->directory->states_number, &r->states_digest);
    for (size_t i = 0; !failed(s) && i < r->directory->parties_count; i++)
        s = add_parties(m, i);
    return s;
}

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct object *)a)->name, ((const struct object *)b)->name);
}

static struct objects *make_room(size_t count)
{
    struct arena *arena = arena_new(OBJECTS_MAX_BYTES);
    struct objects *objects = arena == NULL ? NULL : arena_alloc(arena, sizeof *objects);
    struct object *at = objects == NULL ? NULL : arena_array(arena, count, sizeof *at);
    if (at == NULL) {
        arena_free(arena);
        return NULL;
    }
    *objects = (struct objects){.at = at, .arena = arena};
    return objects;
}

static struct status add_folders(struct making *m, const struct objects *of)
{
    for (size_t i = 0; i < of->count; i++) {
        struct object o = of->at[i];
        if (!object_is_folder(o.name))
            continue;
        o.name = arena_copy(m->objects->arena, o.name);
        o.octets = arena_copy(m->objects->arena, o.octets);
        if (o.name.at == NULL || o.octets.at == NULL)
            return FAIL(MEMORY);
        m->objects->at[m->objects->count++] = o;
    }
    return OK;
}

/* s: what became of the folders. */
static struct status finish_all(struct making *m, struct status s, const struct object_lists *lists,
                                size_t list_count, struct objects **ret_objects)
{
    for (size_t i = 0; !failed(s) && i < list_count; i++)
        s = add_lists(m, &lists[i]);
    if (failed(s)) {
        objects_free(m->objects);
        return s;
    }
    qsort(m->objects->at, m->objects->count, sizeof *m->objects->at, by_name);
    *ret_objects = m->objects;
    return OK;
}

struct status objects_new(const struct text_files *files, const struct rulebook *rulebook,
                          const struct object_lists *lists, size_t list_count,
                          struct objects **ret_objects)
{
    struct making m = {make_room(2 + rulebook->directory->parties_count + list_count), files,
                       rulebook};
    struct status s = m.objects == NULL ? FAIL(MEMORY) : add_rulebook(&m);
    return finish_all(&m, s, lists, list_count, ret_objects);
}

struct status objects_renew(const struct objects *of, const struct object_lists *lists,
                            size_t list_count, struct objects **ret_objects)
{
    struct making m = {.objects = make_room(of->count + list_count)};
    struct status s = m.objects == NULL ? FAIL(MEMORY) : add_folders(&m, of);
    return finish_all(&m, s, lists, list_count, ret_objects);
}

void objects_free(struct objects *objects)
{
    if (objects != NULL)
        arena_free(objects->arena);
}

const struct object *objects_find(const struct objects *objects, struct slice name)
{
    const struct object key = {.name = name};
    return objects == NULL || objects->count == 0
               ? NULL
               : bsearch(&key, objects->at, objects->count, sizeof key, by_name);
}
