#include "journal/tree.h"

#include <string.h>

#define OPENING_KEY_BYTES 32

/* One log's tree among those of the store. */
struct trunk {
    struct store *store;
    uint64_t base;
};

/* A merkle_subtree: nodes are numbered as entries are, and a log begins at a multiple of any. */
static struct status trunk_node(void *owner, unsigned level, uint64_t index,
                                struct digest *ret_hash)
{
    const struct trunk *trunk = owner;
    return store_node(trunk->store, level, (trunk->base >> level) + index, ret_hash);
}

struct status tree_append(struct store *store, struct tree *tree, const struct digest *leaf)
{
    struct merkle_edge *edge = &tree->edge;
    struct digest hash = *leaf;
    unsigned last = edge->count;
    for (unsigned level = 1; (edge->size >> (level - 1) & 1) != 0; level++) {
        hash = merkle_node(&edge->nodes[--last], &hash);
        struct status s = store_node_add(store, level, (tree->base + edge->size) >> level, &hash);
        if (failed(s))
            return s;
    }
    merkle_append(edge, leaf);
    return OK;
}

static struct status leaf_again(struct store *store, uint64_t index, struct digest *ret_hash)
{
    uint8_t entry[ENTRY_BYTES];
    struct status s = store_entry_octets(store, index, entry);
    if (!failed(s))
        *ret_hash = merkle_leaf(slice_over(entry, sizeof entry));
    return s;
}

/* The root of the count leaves from begin on. No deeper than 64: count is halved each time. */
static struct status range_root(struct store *store, uint64_t trusted, uint64_t begin,
                                uint64_t count, struct digest *ret_root)
{
    bool complete = (count & (count - 1)) == 0;
    if (complete && begin + count <= trusted) {
        unsigned level = 0;
        while (count >> level != 1)
            level++;
        return store_node_stored(store, level, begin >> level, ret_root);
    }
    if (count == 1)
        return leaf_again(store, begin, ret_root);
    uint64_t split = 1;
    while (split < count - split)
        split *= 2;
    struct digest left, right;
    struct status s = range_root(store, trusted, begin, split, &left);
    if (!failed(s))
        s = range_root(store, trusted, begin + split, count - split, &right);
    if (!failed(s))
        *ret_root = merkle_node(&left, &right);
    return s;
}

struct status tree_root(struct store *store, uint64_t base, uint64_t trusted, uint64_t size,
                        struct digest *ret_root)
{
    if (size == 0) {
        *ret_root = merkle_root_of(NULL, 0);
        return OK;
    }
    struct status s = range_root(store, base + trusted, base, size, ret_root);
    return s.code == CODE_ABSENT ? FAIL(FORK) : s;
}

static void slices_over(const struct digest *path, size_t count, struct slice *slices)
{
    for (size_t i = 0; i < count; i++)
        slices[i] = digest_slice(&path[i]);
}

struct status receipt_make(struct store *store, const struct signed_tree *tree,
                           const struct receipt_of *of, struct buffer *out)
{
    struct digest path[MERKLE_MAX_PATH], proof[MERKLE_MAX_CONSISTENCY];
    struct slice path_slices[MERKLE_MAX_PATH], proof_slices[MERKLE_MAX_CONSISTENCY];
    size_t path_count = 0, proof_count = 0;
    struct trunk trunk = {store, tree->base};
    const uint64_t index = of->index - tree->base;
    bool has_proof = of->reader_size > 0 && of->reader_size <= tree->size;
    struct status s = merkle_inclusion(trunk_node, &trunk, index, tree->size, path, &path_count);
    if (!failed(s) && has_proof)
        s = merkle_consistency(trunk_node, &trunk, of->reader_size, tree->size, proof,
                               &proof_count);
    if (failed(s))
        return s;
    slices_over(path, path_count, path_slices);
    slices_over(proof, proof_count, proof_slices);
    const struct receipt receipt = {
        .entry = of->entry,
        .key = slice_part(of->opening, 0, OPENING_KEY_BYTES),
        .record = slice_part(of->opening, OPENING_KEY_BYTES, SIZE_MAX),
        .index = index,
        .path = {path_slices, path_count},
        .note = signed_note(tree),
        .has_proof = has_proof,
        .old_size = of->reader_size,
        .proof = {proof_slices, proof_count},
    };
    receipt_write(out, &receipt);
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status inclusion_make(struct store *store, struct arena *arena,
                             const struct signed_tree *tree, uint64_t index,
                             struct slices *ret_path)
{
    struct digest *path = arena_array(arena, MERKLE_MAX_PATH, sizeof *path);
    struct slice *slices = arena_array(arena, MERKLE_MAX_PATH, sizeof *slices);
    size_t count = 0;
    if (path == NULL || slices == NULL)
        return FAIL(MEMORY);
    struct trunk trunk = {store, tree->base};
    struct status s =
        merkle_inclusion(trunk_node, &trunk, index - tree->base, tree->size, path, &count);
    if (failed(s))
        return s;
    slices_over(path, count, slices);
    *ret_path = (struct slices){slices, count};
    return OK;
}

struct status consistency_make(struct store *store, struct arena *arena, uint64_t base,
                               uint64_t old_size, uint64_t new_size, struct slices *ret_path)
{
    struct digest *path = arena_array(arena, MERKLE_MAX_CONSISTENCY, sizeof *path);
    struct slice *slices = arena_array(arena, MERKLE_MAX_CONSISTENCY, sizeof *slices);
    size_t count = 0;
    if (path == NULL || slices == NULL)
        return FAIL(MEMORY);
    struct trunk trunk = {store, base};
    struct status s = merkle_consistency(trunk_node, &trunk, old_size, new_size, path, &count);
    if (failed(s))
        return s;
    slices_over(path, count, slices);
    *ret_path = (struct slices){slices, count};
    return OK;
}
