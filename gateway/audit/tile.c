#include "audit/tile.h"

#include <stdio.h>

#include "base/encoding.h"

#define LEVELS     8 /* 256^8 leaves are more than any tree has */
#define GROUP      1000U
#define GROUPS_MAX 7
#define LEVEL_BITS 8

void tile_path(int level, uint64_t index, unsigned width, char text[static TILE_PATH_BYTES])
{
    unsigned groups[GROUPS_MAX];
    size_t count = 0;
    do {
        groups[count++] = (unsigned)(index % GROUP);
        index /= GROUP;
    } while (index > 0);

    size_t length = level < 0 ? (size_t)snprintf(text, TILE_PATH_BYTES, "tile/entries")
                              : (size_t)snprintf(text, TILE_PATH_BYTES, "tile/%d", level);
    while (count-- > 0)
        length += (size_t)snprintf(text + length, TILE_PATH_BYTES - length, "/%s%03u",
                                   count > 0 ? "x" : "", groups[count]);
    if (width < TILE_WIDTH)
        snprintf(text + length, TILE_PATH_BYTES - length, ".p/%u", width);
}

/* The segment before the next "/", which is taken off with it. */
static struct slice take_segment(struct slice *rest)
{
    size_t end = slice_find(*rest, '/');
    struct slice segment = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return segment;
}

static bool read_level(struct slice s, int *ret_level)
{
    uint64_t level = 0;
    *ret_level = -1;
    if (slice_is(s, "entries"))
        return true;
    bool good = decimal_read(s, LEVELS - 1, &level);
    *ret_level = (int)level;
    return good;
}

/* Three digits, with leading zeros. */
static bool read_group(struct slice s, uint64_t *ret_index)
{
    if (s.length != 3 || *ret_index > UINT64_MAX / GROUP - 1)
        return false;
    for (size_t i = 0; i < s.length; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        *ret_index = *ret_index * 10 + (s.at[i] - (unsigned)'0');
    }
    return true;
}

bool tile_path_read(struct slice path, struct tile *ret_tile)
{
    char written[TILE_PATH_BYTES];
    struct tile tile = {.width = TILE_WIDTH};
    struct slice rest = path, segment;
    uint64_t width = 0;
    if (!slice_is(take_segment(&rest), "tile") || !read_level(take_segment(&rest), &tile.level))
        return false;
    while ((segment = take_segment(&rest)).length > 0 && segment.at[0] == 'x')
        if (!read_group(slice_part(segment, 1, SIZE_MAX), &tile.index))
            return false;
    if (!read_group(slice_part(segment, 0, 3), &tile.index))
        return false;
    if (slice_is(slice_part(segment, 3, SIZE_MAX), ".p")) {
        if (!decimal_read(rest, TILE_WIDTH - 1, &width) || width == 0)
            return false;
        tile.width = (unsigned)width;
    }
    tile_path(tile.level, tile.index, tile.width, written);
    if (!slice_is(path, written))
        return false;
    *ret_tile = tile;
    return true;
}

/* How many hashes (entries for level -1) a tree has on a level. */
static uint64_t width_of(int level, uint64_t size)
{
    return level <= 0 ? size : size >> (LEVEL_BITS * level);
}

static struct status level_between(int level, uint64_t old_size, uint64_t new_size,
                                   tile_visit *visit, void *store)
{
    uint64_t from = width_of(level, old_size), until = width_of(level, new_size);
    struct status s = OK;
    for (uint64_t i = from / TILE_WIDTH; i < until / TILE_WIDTH && !failed(s); i++)
        s = visit(store, &(struct tile){i, level, TILE_WIDTH});
    unsigned partial = (unsigned)(until % TILE_WIDTH);
    if (!failed(s) && partial > 0 && until > from)
        s = visit(store, &(struct tile){until / TILE_WIDTH, level, partial});
    return s;
}

struct status tiles_between(uint64_t old_size, uint64_t new_size, tile_visit *visit, void *store)
{
    struct status s = OK;
    for (int level = -1; level < LEVELS && !failed(s); level++)
        s = level_between(level, old_size, new_size, visit, store);
    return s;
}

struct status tiles_all(uint64_t size, tile_visit *visit, void *store)
{
    return tiles_between(0, size, visit, store);
}
