#include "audit/tile.h"

#include <stdio.h>

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
        s = visit(store, &(struct tile){level, i, TILE_WIDTH});
    unsigned partial = (unsigned)(until % TILE_WIDTH);
    if (!failed(s) && partial > 0 && until > from)
        s = visit(store, &(struct tile){level, until / TILE_WIDTH, partial});
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
