/* Who has to sign the rulebook in use, and whether they have, by the revocation lists in use. */

#include "app/state.h"

#define ARENA_BYTES (8UL << 20) /* paths and arrays of all objects */

bool state_authorities(const struct state *state, struct rulebook_authorities *ret_authorities)
{
    const struct rulebook_authorities *all = signatories_all(state->signatories);
    if (all == NULL)
        return false;
    *ret_authorities = *all;
    ret_authorities->revoked = snapshot_revoked(state->snapshot);
    return true;
}

/* The signatures of an object, as files beside the others'. */
static struct status add(struct arena *arena, const struct object *o, struct text_files *files)
{
    char folder[SIGNATURES_PATH_BYTES];
    struct text_files texts;
    struct slices signatures;
    struct status s = objects_folder(arena, o->octets, &texts, &signatures);
    signatures_folder(o->name, folder);
    for (size_t i = 0; !failed(s) && i < signatures.count && i < SIGNATURES_MAX; i++) {
        const char *path = arena_print(arena, "%s%zu", folder, i);
        if (path == NULL)
            return FAIL(MEMORY);
        files->at[files->count++] = (struct text_file){slice_text(path), signatures.at[i]};
    }
    return s;
}

static struct status gather(struct arena *arena, const struct objects *objects,
                            struct text_files *ret_files)
{
    struct text_files files = {
        arena_array(arena, objects->count * SIGNATURES_MAX, sizeof *files.at), 0};
    struct status s = files.at == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; !failed(s) && i < objects->count; i++)
        if (object_is_folder(objects->at[i].name))
            s = add(arena, &objects->at[i], &files);
    if (!failed(s))
        *ret_files = files;
    return s;
}

struct status state_endorse_again(const struct snapshot *snapshot,
                                  const struct rulebook_authorities *authorities, uint64_t at_ms,
                                  struct rulebook **ret_again, struct text_error *reterr)
{
    struct text_files files;
    struct rulebook *again = rulebook_again(snapshot_rulebook(snapshot));
    struct arena *arena = arena_new(ARENA_BYTES);
    struct status s = again == NULL || arena == NULL
                          ? FAIL(MEMORY)
                          : gather(arena, snapshot_objects(snapshot), &files);
    if (!failed(s))
        s = rulebook_endorse(again, &files, authorities, at_ms, reterr);
    arena_free(arena);
    if (failed(s))
        rulebook_again_free(again);
    else
        *ret_again = again;
    return s;
}
