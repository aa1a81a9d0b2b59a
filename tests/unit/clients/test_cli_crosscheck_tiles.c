/* The leaves of a log, from its tiles, while it goes on. */

#include <inttypes.h>
#include <string.h>

#include "base/encoding.h"
#include "comity/crosscheck/crosscheck.h"
#include "comity/crosscheck/source.h"
#include "support/check.h"

#define SIZE            600
#define SIGNATURE_BYTES 68

/* A log as a folder has it: of its last tile only the width that it has now, which grows whenever
 * the checkpoint is read. Without one of its files, or with a tile that is cut. */
struct tiles {
    uint64_t size, grows;
    const char *missing, *cut;
};

static struct digest leaf_of(uint64_t number)
{
    return digest_plain(slice_over(&number, sizeof number));
}

static void note_put(const struct tiles *tiles, struct buffer *out)
{
    static const uint8_t octets[SIGNATURE_BYTES];
    char root[48], signature[96];
    base64_write(slice_over(octets, sizeof(struct digest)), root);
    base64_write(slice_over(octets, sizeof octets), signature);
    buffer_print(out, "log\n%" PRIu64 "\n%s\n\n\xe2\x80\x94 log %s\n", tiles->size, root,
                 signature);
}

static bool is_there(const struct tiles *tiles, const struct tile *tile)
{
    const uint64_t left = tiles->size - tile->index * TILE_WIDTH;
    return tile->width == (left < TILE_WIDTH ? left : TILE_WIDTH);
}

static struct status tiles_read(void *store, const char *path, struct buffer *out)
{
    struct tiles *tiles = store;
    struct tile tile;
    if (strcmp(path, "checkpoint") == 0) {
        note_put(tiles, out);
        tiles->size += tiles->grows;
        return OK;
    }
    if (!CHECK(tile_path_read(slice_text(path), &tile)) || !is_there(tiles, &tile) ||
        strcmp(path, tiles->missing) == 0)
        return FAIL(ABSENT);
    for (unsigned i = 0; i < tile.width; i++) {
        struct digest leaf = leaf_of(tile.index * TILE_WIDTH + i);
        buffer_put(out, digest_slice(&leaf));
    }
    if (strcmp(path, tiles->cut) == 0)
        out->length--;
    return OK;
}

static void leaves_come_from_tiles_in_their_order(void)
{
    static const struct {
        struct tiles tiles;
        const char *fault;
    } rows[] = {
        {{600, 0, "", ""}, ""},
        {{601, 0, "", ""}, ""}, /* it has grown since */
        {{768, 0, "", ""}, ""},
        {{9000, 0, "", ""}, ""},
        {{601, 100, "", ""}, ""}, /* and goes on: until the tile is full */
        {{601, 1, "", ""}, "tile/0/002.p/88: missing"},
        {{601, 0, "tile/0/002.p/89", ""}, "tile/0/002.p/88: missing"},
        {{600, 0, "tile/0/001", ""}, "tile/0/001: missing"},
        {{599, 0, "", ""}, "tile/0/002.p/88: missing"},
        {{100, 0, "", ""}, "tile/0/000: missing"},
        {{600, 0, "", "tile/0/001"}, "tile/0/001: not as long as such a tile"},
        {{600, 0, "", "tile/0/002.p/88"}, "tile/0/002.p/88: not as long as such a tile"},
        {{601, 0, "", "tile/0/002.p/89"}, "tile/0/002.p/88: not as long as such a tile"},
    };
    struct merkle_edge edge = {0};
    for (uint64_t i = 0; i < SIZE; i++) {
        struct digest leaf = leaf_of(i);
        merkle_append(&edge, &leaf);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char fault[160];
        struct tiles tiles = rows[i].tiles;
        struct crosscheck_log log = {.origin = "log"};
        struct crosscheck_pass pass;
        const struct crosscheck_source source = {"here", tiles_read, &tiles, NULL};
        CHECK_OK(crosscheck_begin(&log, &pass));
        struct status s = crosscheck_source_leaves(&source, SIZE, &pass, fault);
        CHECK_STATUS(s, rows[i].fault[0] == '\0' ? OK : REFUSE(CONSISTENCY));
        CHECK_TEXT(fault, rows[i].fault);
        struct digest root = crosscheck_end(&pass), whole = merkle_root(&edge);
        CHECK_U64(digest_equal(&root, digest_slice(&whole)), rows[i].fault[0] == '\0');
        crosscheck_log_done(&log);
    }
}

TESTS(cli_crosscheck_tiles,
      {"leaves come from tiles in their order", leaves_come_from_tiles_in_their_order})
