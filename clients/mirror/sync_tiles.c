#include <stdio.h>
#include <string.h>

#include "mirror/sync_parts.h"

#define LEVEL_BITS 8

struct tile sync_tile_of(const struct sync *x, int level, uint64_t index)
{
    const uint64_t hashes = level <= 0 ? x->note.size : x->note.size >> (LEVEL_BITS * level);
    const uint64_t left = hashes - index * TILE_WIDTH;
    return (struct tile){index, level, left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH};
}

static size_t tile_octets(const struct tile *tile)
{
    return tile->width * (tile->level < 0 ? (size_t)BUNDLE_ROW_BYTES : sizeof(struct digest));
}

void sync_tile_ask(const struct sync *x, const struct tile *tile, struct sync_file *ret_file)
{
    char path[TILE_PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, path);
    *ret_file = (struct sync_file){.max = tile_octets(tile)};
    ret_file->body = buffer_new(ret_file->max);
    sync_path(x, path, ret_file->path);
}

static struct status file_judge(struct sync *x, const struct sync_file *file)
{
    const struct status s = file->status;
    if (s.code == CODE_ABSENT)
        return sync_refuse(x, SYNC_MISSING, "%s is not there, or not for this reader", file->path);
    if (s.code == CODE_FULL || (!failed(s) && file->body.length != file->max))
        return sync_refuse(x, SYNC_DAMAGED, "%s has another length than it must have", file->path);
    return s;
}

struct status sync_tiles_fetch(struct sync *x, const struct tile *tiles, struct sync_file *files,
                               size_t count)
{
    struct status s = OK;
    for (size_t i = 0; i < count; i++)
        sync_tile_ask(x, &tiles[i], &files[i]);
    x->settings->fetch(x->settings->source, files, count);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = file_judge(x, &files[i]);
    return s;
}

const struct sync_tile *sync_tile_held(const struct sync *x, const struct tile *tile)
{
    for (size_t i = 0; i < x->held_count; i++)
        if (x->held[i].tile.level == tile->level && x->held[i].tile.index == tile->index)
            return &x->held[i];
    return NULL;
}

/* Takes the body over. Beyond those that are pinned, the oldest goes. */
static void hold(struct sync *x, const struct tile *tile, struct sync_file *file)
{
    struct sync_tile *place = &x->held[x->held_next];
    if (x->held_count < SYNC_HELD)
        x->held_count++;
    x->held_next = x->held_next + 1 < SYNC_HELD ? x->held_next + 1 : SYNC_PINNED;
    buffer_done(&place->body);
    *place = (struct sync_tile){*tile, file->body};
    file->body = buffer_new(0);
}

struct status sync_tiles_begin(struct sync *x)
{
    struct sync_file files[SYNC_PINNED];
    const uint64_t last = x->note.size / TILE_WIDTH;
    const struct tile tiles[SYNC_PINNED] = {sync_tile_of(x, -1, last), sync_tile_of(x, 0, last)};
    if (tiles[0].width == 0)
        return OK;
    struct status s = sync_tiles_fetch(x, tiles, files, SYNC_PINNED);
    for (size_t i = 0; i < SYNC_PINNED; i++) {
        if (!failed(s))
            hold(x, &tiles[i], &files[i]);
        buffer_done(&files[i].body);
    }
    return s;
}

void sync_tiles_done(struct sync *x)
{
    for (size_t i = 0; i < SYNC_HELD; i++)
        buffer_done(&x->held[i].body);
}

/* ---- the proof ---- */

struct status sync_subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct sync *x = store;
    struct sync_file file;
    struct digest hashes[TILE_WIDTH];
    const unsigned below = level % LEVEL_BITS;
    const uint64_t first = index << below, count = UINT64_C(1) << below;
    const struct tile tile = sync_tile_of(x, (int)(level / LEVEL_BITS), first / TILE_WIDTH);
    const struct sync_tile *held = sync_tile_held(x, &tile);
    if (held == NULL) {
        struct status s = sync_tiles_fetch(x, &tile, &file, 1);
        if (!failed(s))
            hold(x, &tile, &file);
        buffer_done(&file.body);
        if (failed(s))
            return s;
        held = sync_tile_held(x, &tile);
    }
    memcpy(hashes, held->body.at + (first % TILE_WIDTH) * sizeof(struct digest),
           count * sizeof(struct digest));
    *ret_hash = merkle_root_of(hashes, count);
    return OK;
}

/* The root that the served tree had when it had as many entries as the mirror. */
static struct status served_root(struct sync *x, uint64_t size, struct digest *ret_root)
{
    struct merkle_edge edge = {.size = size};
    struct status s = OK;
    for (unsigned level = 63; level-- > 0 && !failed(s);)
        if (size >> level & 1)
            s = sync_subtree(x, level, (size >> level) - 1, &edge.nodes[edge.count++]);
    if (!failed(s))
        *ret_root = merkle_root(&edge);
    return s;
}

struct status sync_prove(struct sync *x)
{
    struct digest hashes[MERKLE_MAX_CONSISTENCY], root;
    struct slice path[MERKLE_MAX_CONSISTENCY];
    const uint64_t old = mirror_size(x->mirror);
    size_t count = 0;
    struct status s = served_root(x, old, &root);
    if (!failed(s))
        s = merkle_consistency(sync_subtree, x, old, x->note.size, hashes, &count);
    if (failed(s))
        return s;
    for (size_t i = 0; i < count; i++)
        path[i] = digest_slice(&hashes[i]);
    if (!merkle_consistent(old, x->note.size, &root, &x->note.root, (struct slices){path, count}))
        return sync_refuse(x, SYNC_DAMAGED,
                           "the tiles that are served do not lead to the root "
                           "that is signed");
    return digest_equal(&root, digest_slice(&x->kept))
               ? OK
               : sync_refuse(x, SYNC_FORKED,
                             "the log's key has signed another history of the first %llu entries",
                             (unsigned long long)old);
}
