#include "mirror/sync_parts.h"

struct status sync_mirror_damaged(struct sync *x, const char *what)
{
    return sync_refuse(x, SYNC_MIRROR_DAMAGED, "the mirror is not what it was: %s", what);
}

struct status sync_kept(struct sync *x)
{
    struct digest root;
    struct status s = mirror_kept_root(x->mirror, x->settings->vkey, &x->kept);
    if (s.code == CODE_REFUSED)
        return sync_mirror_damaged(x,
                                   s.reason == REASON_NOTE_SIGNATURE
                                       ? "the log's key has not signed the checkpoint that it keeps"
                                       : "the checkpoint that it keeps is none");
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
               : sync_mirror_damaged(x, "its hashes do not lead to the root that it keeps");
}

struct status sync_entry(struct sync *x, struct mirror *mirror, uint64_t index)
{
    uint64_t time_ms;
    struct status s = mirror_time(mirror, index, &time_ms);
    return s.code == CODE_REFUSED || s.code == CODE_ABSENT
               ? sync_mirror_damaged(x, "an entry is not what its hashes say")
               : s;
}

struct status sync_last(struct sync *x, struct mirror *mirror, uint64_t *ret_time_ms)
{
    struct status s = mirror_time(mirror, mirror_count(mirror) - 1, ret_time_ms);
    return s.code == CODE_REFUSED || (!failed(s) && *ret_time_ms != mirror->time_ms)
               ? sync_mirror_damaged(x, "its last entry is not what its hashes say")
               : s;
}

struct status sync_shed(struct sync *x)
{
    struct status s = mirror_shed(x->mirror);
    return s.code == CODE_REFUSED ? sync_mirror_damaged(x, "what its checkpoint signs is not whole")
                                  : s;
}
