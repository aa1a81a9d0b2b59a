#include <inttypes.h>

#include "mirror/sync_parts.h"

#define NOTE_ARENA_BYTES ((size_t)2 * NOTE_MAX_BYTES)

static struct status damaged(struct sync *x, const char *what)
{
    return sync_refuse(x, SYNC_MIRROR_DAMAGED, "the mirror is not what it was: %s", what);
}

static struct status signature_judge(struct sync *x, const struct note *kept)
{
    struct vkey vkey;
    if (x->settings->vkey.length == 0)
        return OK;
    struct status s = vkey_parse(x->settings->vkey, &vkey);
    if (!failed(s))
        s = note_verify(kept, &vkey);
    return failed(s) ? damaged(x, "the log's key has not signed the checkpoint that it keeps") : s;
}

static struct status kept_read(struct sync *x, struct arena *arena)
{
    struct note kept;
    struct slice text;
    struct status s = mirror_checkpoint(x->mirror, arena, &text);
    if (!failed(s))
        s = note_parse(text, &kept);
    if (s.code == CODE_REFUSED || (!failed(s) && kept.size != mirror_size(x->mirror)))
        return damaged(x, "the checkpoint that it keeps is none");
    if (!failed(s))
        s = signature_judge(x, &kept);
    if (!failed(s))
        x->kept = kept.root;
    return s;
}

struct status sync_kept(struct sync *x)
{
    struct digest root;
    struct arena *arena = arena_new(NOTE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : kept_read(x, arena);
    arena_free(arena);
    return failed(s) ? s : sync_kept_root(x, mirror_size(x->mirror), &root);
}

/* A tile that rotted may be one of which the kept root is not made, but an earlier one is: so the
 * earlier one is proved to lead to it. */
struct status sync_kept_root(struct sync *x, uint64_t size, struct digest *ret_root)
{
    struct digest hashes[MERKLE_MAX_CONSISTENCY];
    struct slice path[MERKLE_MAX_CONSISTENCY];
    const uint64_t all = mirror_size(x->mirror);
    size_t count = 0;
    struct status s = mirror_root(x->mirror, size, ret_root);
    if (!failed(s))
        s = merkle_consistency(mirror_subtree, x->mirror, size, all, hashes, &count);
    if (failed(s) || size == 0)
        return s;
    for (size_t i = 0; i < count; i++)
        path[i] = digest_slice(&hashes[i]);
    return merkle_consistent(size, all, ret_root, &x->kept, (struct slices){path, count})
               ? OK
               : damaged(x, "its hashes do not lead to the root that it keeps");
}
