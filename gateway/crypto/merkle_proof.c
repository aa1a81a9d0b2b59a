#include "crypto/merkle.h"

/* Leaves of the left half: the largest power of two below count, which is at least 2. */
static uint64_t left_half(uint64_t count)
{
    uint64_t split = 1;
    while (split < count - split)
        split *= 2;
    return split;
}

struct digest merkle_root_of(const struct digest *leaves, uint64_t count)
{
    if (count == 0)
        return digest_plain(slice_over(NULL, 0));
    if (count == 1)
        return leaves[0];
    uint64_t split = left_half(count);
    struct digest left = merkle_root_of(leaves, split);
    struct digest right = merkle_root_of(leaves + split, count - split);
    return merkle_node(&left, &right);
}

/* The root over leaves begin..end-1, made of the complete subtrees it consists of; begin is a
 * multiple of the largest of them. */
static struct status range_root(merkle_subtree *subtree, void *store, uint64_t begin, uint64_t end,
                                struct digest *ret_hash)
{
    struct merkle_edge edge = {0};
    for (unsigned level = 63; level-- > 0;) {
        if (((end - begin) >> level & 1) == 0)
            continue;
        uint64_t done = edge.size;
        struct status s = subtree(store, level, (begin + done) >> level, &edge.nodes[edge.count]);
        if (failed(s))
            return s;
        edge.count++;
        edge.size += UINT64_C(1) << level;
    }
    *ret_hash = merkle_root(&edge);
    return OK;
}

static void reverse(struct digest *path, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct digest kept = path[i];
        path[i] = path[count - 1 - i];
        path[count - 1 - i] = kept;
    }
}

struct status merkle_inclusion(merkle_subtree *subtree, void *store, uint64_t index, uint64_t size,
                               struct digest path[static MERKLE_MAX_PATH], size_t *ret_count)
{
    if (index >= size || size > MERKLE_MAX_SIZE)
        return FAIL(ABSENT);
    uint64_t begin = 0, end = size;
    size_t count = 0;
    while (end - begin > 1) {
        uint64_t middle = begin + left_half(end - begin);
        bool left = index < middle;
        struct status s = left ? range_root(subtree, store, middle, end, &path[count])
                               : range_root(subtree, store, begin, middle, &path[count]);
        if (failed(s))
            return s;
        count++;
        begin = left ? begin : middle;
        end = left ? middle : end;
    }
    reverse(path, count); /* was made from the root down */
    *ret_count = count;
    return OK;
}

struct status merkle_consistency(merkle_subtree *subtree, void *store, uint64_t old, uint64_t size,
                                 struct digest path[static MERKLE_MAX_CONSISTENCY],
                                 size_t *ret_count)
{
    if (old > size || size > MERKLE_MAX_SIZE)
        return FAIL(ABSENT);
    uint64_t begin = 0, end = old == 0 ? 0 : size;
    size_t count = 0;
    struct status s = OK;
    while (end > old && !failed(s)) {
        uint64_t middle = begin + left_half(end - begin);
        bool left = old <= middle;
        s = left ? range_root(subtree, store, middle, end, &path[count])
                 : range_root(subtree, store, begin, middle, &path[count]);
        count++;
        begin = left ? begin : middle;
        end = left ? middle : end;
    }
    /* The reader knows the old root itself, but not an inner node that the old tree ends with. */
    if (!failed(s) && begin > 0)
        s = range_root(subtree, store, begin, end, &path[count++]);
    if (failed(s))
        return s;
    reverse(path, count);
    *ret_count = count;
    return OK;
}

/* Climbs from leaf fn in a tree whose last leaf is sn, hashing the path's nodes in; where old is
 * given, the nodes to the left go into that hash too. False if the path has another length. */
static bool climb(uint64_t fn, uint64_t sn, const struct slice *path, size_t count,
                  struct digest *old, struct digest *hash)
{
    for (size_t i = 0; i < count; i++) {
        if (sn == 0 || path[i].length != sizeof hash->octets)
            return false;
        struct digest sibling = digest_read(path[i]);
        if ((fn & 1) != 0 || fn == sn) {
            if (old != NULL)
                *old = merkle_node(&sibling, old);
            *hash = merkle_node(&sibling, hash);
            while (fn != 0 && (fn & 1) == 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            *hash = merkle_node(hash, &sibling);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool merkle_path_root(const struct digest *leaf, uint64_t index, uint64_t size, struct slices path,
                      struct digest *ret_root)
{
    struct digest hash = *leaf;
    if (size > MERKLE_MAX_SIZE || index >= size ||
        !climb(index, size - 1, path.at, path.count, NULL, &hash))
        return false;
    *ret_root = hash;
    return true;
}

bool merkle_included(const struct digest *leaf, uint64_t index, uint64_t size, struct slices path,
                     const struct digest *root)
{
    struct digest hash;
    return merkle_path_root(leaf, index, size, path, &hash) &&
           digest_equal(&hash, digest_slice(root));
}

static bool is_complete(uint64_t size)
{
    return (size & (size - 1)) == 0;
}

/* Climbs from the first node that both trees share, which is the old root itself where the old tree
 * is complete: *old is it, and becomes the old root in any case. old < size. */
static bool climb_between(uint64_t begin, uint64_t size, struct slices path, struct digest *old,
                          struct digest *ret_root)
{
    uint64_t fn = begin - 1, sn = size - 1;
    size_t used = is_complete(begin) ? 0 : 1;
    if (path.count == 0 || (used == 1 && path.at[0].length != sizeof old->octets))
        return false;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    if (used == 1)
        *old = digest_read(path.at[0]);
    *ret_root = *old;
    return climb(fn, sn, path.at + used, path.count - used, old, ret_root);
}

bool merkle_consistent(uint64_t old, uint64_t size, const struct digest *old_root,
                       const struct digest *root, struct slices path)
{
    struct digest old_hash = *old_root, hash;
    if (old == 0 || old > size || size > MERKLE_MAX_SIZE)
        return false;
    if (old == size)
        return path.count == 0 && digest_equal(old_root, digest_slice(root));
    return climb_between(old, size, path, &old_hash, &hash) &&
           digest_equal(&old_hash, digest_slice(old_root)) &&
           digest_equal(&hash, digest_slice(root));
}

bool merkle_leads(uint64_t old, uint64_t size, const struct digest *root, struct slices path)
{
    struct digest old_hash = {{0}}, hash;
    return old > 0 && old < size && size <= MERKLE_MAX_SIZE &&
           climb_between(old, size, path, &old_hash, &hash) &&
           (is_complete(old) || digest_equal(&hash, digest_slice(root)));
}
