#include "journal/sqlite/sqlite.h"

#include <string.h>

struct status store_tree(struct store *store, struct tree *ret_tree)
{
    struct row row;
    struct digest nodes[64];
    struct status s = row_one(store, SQL_TREE, NULL, 0, NULL, &row);
    if (!failed(s)) {
        uint64_t size = row_integer(&row);
        uint64_t time_ms = row_integer(&row);
        uint64_t number = row_integer(&row);
        const void *octets = sqlite3_column_blob(row.statement, row.column);
        size_t length = (size_t)sqlite3_column_bytes(row.statement, row.column);
        struct tree tree = {.time_ms = time_ms, .base = log_base(number)};
        if (length <= sizeof nodes &&
            merkle_edge_read(size, slice_over(octets, length), &tree.edge))
            *ret_tree = tree;
        else
            s = FAIL(STORE);
    }
    row_end(&row);
    return s;
}

struct status store_tree_set(struct store *store, const struct tree *tree)
{
    struct slice edge = merkle_edge_slice(&tree->edge);
    const struct bound values[] = {
        bound_integer(tree->edge.size),
        bound_integer(tree->time_ms),
        bound_blob(edge),
    };
    return statement_run(store, SQL_TREE_SET, values, 3);
}

/* In-order numbering: what is made at the same time lies on the same few pages. */
static uint64_t place_of(unsigned level, uint64_t index)
{
    return (2 * index + 1) * (UINT64_C(1) << level) - 1;
}

static struct cached_node *cache_slot(struct store *store, uint64_t place)
{
    return &store->cache[(place * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

static void cache_put(struct store *store, uint64_t place, const struct digest *hash)
{
    *cache_slot(store, place) = (struct cached_node){place + 1, *hash};
}

void cache_clear(struct store *store)
{
    memset(store->cache, 0, sizeof store->cache);
}

struct status store_node_add(struct store *store, unsigned level, uint64_t index,
                             const struct digest *hash)
{
    uint64_t place = place_of(level, index);
    const struct bound values[] = {bound_integer(place), bound_blob(digest_slice(hash))};
    struct status s = statement_run(store, SQL_NODE_ADD, values, 2);
    if (!failed(s))
        cache_put(store, place, hash);
    return s;
}

struct status store_node_stored(struct store *store, unsigned level, uint64_t index,
                                struct digest *ret_hash)
{
    struct row row;
    const struct bound key = bound_integer(level == 0 ? index : place_of(level, index));
    struct status s = row_one(store, level == 0 ? SQL_LEAF : SQL_NODE, &key, 1, NULL, &row);
    if (!failed(s))
        *ret_hash = row_digest(&row);
    row_end(&row);
    return s;
}

struct status store_node(void *owner, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct store *store = owner;
    uint64_t place = place_of(level, index);
    const struct cached_node *kept = cache_slot(store, place);
    if (kept->place == place + 1) {
        *ret_hash = kept->hash;
        return OK;
    }
    struct status s = store_node_stored(store, level, index, ret_hash);
    if (!failed(s))
        cache_put(store, place, ret_hash);
    return s;
}
