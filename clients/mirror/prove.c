#include "mirror/mirror_parts.h"

#include <string.h>

#define LEVEL_BITS 8

struct status mirror_hashes(struct mirror *m, unsigned level, uint64_t index, size_t first,
                            size_t count, struct digest *hashes)
{
    const struct mirror_edge *edge = &m->edges[level];
    const size_t octets = count * sizeof(struct digest);
    sqlite3_stmt *row = NULL;
    if (index == edge->tiles && first + count <= edge->count) {
        memcpy(hashes, edge->hashes + first, octets);
        return OK;
    }
    const struct mirror_value values[] = {NUMBER(level), NUMBER(index)};
    struct status s =
        mirror_ask(m, "SELECT hashes FROM tile WHERE level = ? AND idx = ?", values, 2, &row);
    if (failed(s))
        return s;
    s = mirror_row(row);
    const struct slice all = failed(s) ? (struct slice){0} : mirror_octets(row, 0);
    const struct slice part = slice_part(all, first * sizeof(struct digest), octets);
    if (part.length == octets)
        memcpy(hashes, part.at, octets);
    else if (!failed(s))
        s = FAIL(ABSENT);
    mirror_end(m, row);
    return s;
}

struct status mirror_subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct mirror *m = store;
    struct digest hashes[TILE_WIDTH];
    const unsigned of_tiles = level / LEVEL_BITS, below = level % LEVEL_BITS;
    const uint64_t first = index << below;
    if (of_tiles >= MIRROR_LEVELS)
        return FAIL(ABSENT);
    struct status s = mirror_hashes(m, of_tiles, first / TILE_WIDTH, (size_t)(first % TILE_WIDTH),
                                    (size_t)1 << below, hashes);
    if (!failed(s))
        *ret_hash = merkle_root_of(hashes, UINT64_C(1) << below);
    return s.code == CODE_ABSENT ? FAIL(STORE) : s;
}

struct status mirror_root(struct mirror *m, uint64_t size, struct digest *ret_root)
{
    struct merkle_edge edge = {.size = size};
    struct status s = size > m->count ? FAIL(ABSENT) : OK;
    for (unsigned level = 63; level-- > 0 && !failed(s);)
        if (size >> level & 1)
            s = mirror_subtree(m, level, (size >> level) - 1, &edge.nodes[edge.count++]);
    if (!failed(s))
        *ret_root = merkle_root(&edge);
    return s;
}

struct status mirror_proof(struct mirror *m, struct arena *arena, uint64_t index,
                           struct slices *ret_path)
{
    struct digest hashes[MERKLE_MAX_PATH];
    size_t count = 0;
    struct status s = merkle_inclusion(mirror_subtree, m, index, m->size, hashes, &count);
    if (failed(s))
        return s;
    struct slices path = {arena_array(arena, count, sizeof *path.at), count};
    if (path.at == NULL && count > 0)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++) {
        path.at[i] = arena_copy(arena, digest_slice(&hashes[i]));
        if (path.at[i].at == NULL)
            return FAIL(MEMORY);
    }
    *ret_path = path;
    return OK;
}
