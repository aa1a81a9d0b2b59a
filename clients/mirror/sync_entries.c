#include <stdio.h>

#include "mirror/sync_parts.h"

#define PAIRS (SYNC_FETCHES / 2) /* of a bundle and its tile */

static struct status differs(struct sync *x, const struct tile *tile, unsigned row,
                             const char *what)
{
    char path[TILE_PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, path);
    return sync_refuse(x, SYNC_DAMAGED, "%s: entry %u %s", path, row, what);
}

/* Times never fall, nor do they where a log goes on from another. */
static struct status is_later(struct sync *x, struct slice entry, bool *ret_later)
{
    struct slice outer, inner;
    uint64_t first_ms = 0, last_ms = 0;
    const struct sync_settings *settings = x->settings;
    *ret_later = true;
    if (settings->series == NULL || settings->position == 0)
        return OK;
    struct mirror *before = series_log(settings->series, settings->position - 1)->mirror;
    if (mirror_count(before) == 0 || failed(entry_parse(entry, &first_ms, &outer, &inner)))
        return OK; /* one that is no entry is not taken anyhow */
    struct status s = sync_last(x, before, &last_ms);
    *ret_later = first_ms >= last_ms;
    return s;
}

static struct status entry_add(struct sync *x, const struct tile *tile, unsigned row,
                               struct slice entry)
{
    bool is_good = true;
    struct status s = mirror_count(x->mirror) == 0 ? is_later(x, entry, &is_good) : OK;
    if (!failed(s) && !is_good)
        return differs(x, tile, row, "is earlier than the last one of the log before");
    if (failed(s))
        return s;
    s = mirror_append(x->mirror, entry);
    return s.code == CODE_REFUSED ? differs(x, tile, row, "is no entry, or out of its time") : s;
}

/* One that is there must be the same; the others come behind it. */
static struct status entry_take(struct sync *x, const struct tile *tile, unsigned row,
                                struct slice entry)
{
    const uint64_t index = tile->index * TILE_WIDTH + row;
    const struct digest leaf = merkle_leaf(entry);
    struct digest kept;
    if (index >= mirror_count(x->mirror))
        return entry_add(x, tile, row, entry);
    struct status s = mirror_subtree(x->mirror, 0, index, &kept);
    return failed(s) || digest_equal(&kept, digest_slice(&leaf))
               ? s
               : differs(x, tile, row, "is not what it was");
}

static struct status rows_take(struct sync *x, const struct tile *tile, struct slice bundle,
                               struct slice hashes)
{
    struct reader r = reader_over(bundle), of_tile = reader_over(hashes);
    struct status s = OK;
    for (unsigned row = 0; row < tile->width && !failed(s); row++) {
        const bool whole = reader_u16(&r) == ENTRY_BYTES;
        const struct slice entry = reader_take(&r, ENTRY_BYTES);
        const struct digest leaf = merkle_leaf(entry);
        if (!whole || !digest_equal(&leaf, reader_take(&of_tile, sizeof leaf)))
            return differs(x, tile, row, "is not what its tile says");
        s = entry_take(x, tile, row, entry);
    }
    return s;
}

static struct status bundle_take(struct sync *x, const struct tile *tile, struct slice bundle,
                                 struct slice hashes)
{
    struct status s = mirror_begin(x->mirror);
    if (!failed(s))
        s = rows_take(x, tile, bundle, hashes);
    if (!failed(s))
        s = mirror_commit(x->mirror);
    if (failed(s))
        mirror_abandon(x->mirror);
    return s;
}

static struct status pairs_take(struct sync *x, const struct tile *tiles,
                                const struct sync_file *files, size_t count)
{
    struct status s = OK;
    for (size_t i = 0; i + 1 < count && !failed(s); i += 2)
        s = bundle_take(x, &tiles[i], buffer_slice(&files[i].body),
                        buffer_slice(&files[i + 1].body));
    return s;
}

/* Some full bundles from this one on, at once. */
static struct status some_take(struct sync *x, uint64_t first, uint64_t until)
{
    struct sync_file files[2 * PAIRS];
    struct tile tiles[2 * PAIRS] = {0};
    size_t count = 0;
    for (uint64_t i = first; i < until && count < (size_t)2 * PAIRS; i++) {
        tiles[count++] = sync_tile_of(x, -1, i);
        tiles[count++] = sync_tile_of(x, 0, i);
    }
    struct status s = sync_tiles_fetch(x, tiles, files, count);
    if (!failed(s))
        s = pairs_take(x, tiles, files, count);
    for (size_t i = 0; i < count; i++)
        buffer_done(&files[i].body);
    return s;
}

static struct status last_take(struct sync *x)
{
    const struct tile bundle = sync_tile_of(x, -1, x->note.size / TILE_WIDTH),
                      hashes = sync_tile_of(x, 0, x->note.size / TILE_WIDTH);
    if (bundle.width == 0 || mirror_count(x->mirror) == x->note.size)
        return OK;
    return bundle_take(x, &bundle, buffer_slice(&sync_tile_held(x, &bundle)->body),
                       buffer_slice(&sync_tile_held(x, &hashes)->body));
}

static struct status note_keep(struct sync *x)
{
    struct status s = mirror_begin(x->mirror);
    if (!failed(s))
        s = mirror_keep(x->mirror, x->note.text, x->settings->now_ms);
    if (!failed(s))
        s = mirror_commit(x->mirror);
    if (failed(s))
        mirror_abandon(x->mirror);
    return s.code == CODE_REFUSED
               ? sync_refuse(x, SYNC_DAMAGED, "the entries do not give the root that is signed")
               : s;
}

static struct status all_take(struct sync *x)
{
    const uint64_t full = x->note.size / TILE_WIDTH;
    uint64_t last_ms = 0;
    struct status s = mirror_count(x->mirror) == 0 ? OK : sync_last(x, x->mirror, &last_ms);
    for (uint64_t at; !failed(s) && (at = mirror_count(x->mirror) / TILE_WIDTH) < full;) {
        sync_tell(x, "entries", mirror_count(x->mirror), x->note.size);
        s = some_take(x, at, full);
    }
    if (!failed(s))
        s = last_take(x);
    return failed(s) ? s : note_keep(x);
}

static bool is_damaged(const struct sync *x, struct status s)
{
    return s.code == CODE_REFUSED &&
           (x->outcome->verdict == SYNC_DAMAGED || x->outcome->verdict == SYNC_MIRROR_DAMAGED);
}

/* What was taken before and no checkpoint signs may be what the disk has changed: then once more
 * without it. */
struct status sync_entries(struct sync *x)
{
    const uint64_t before = mirror_size(x->mirror);
    bool again;
    struct status s;
    do {
        again = mirror_count(x->mirror) > before;
        x->outcome->verdict = SYNC_GOOD;
        x->outcome->said[0] = '\0';
        s = all_take(x);
        if (!is_damaged(x, s))
            break;
        const struct status shed = sync_shed(x);
        if (failed(shed))
            return shed;
    } while (again);
    if (!failed(s))
        x->outcome->added = mirror_size(x->mirror) - before;
    return s;
}
