#include "support/check.h"

#include "audit/tile.h"

static const char *path_of(int level, uint64_t index, unsigned width)
{
    static char text[TILE_PATH_BYTES];
    tile_path(level, index, width, text);
    return text;
}

static void tiles_have_the_names_of_the_specification(void)
{
    CHECK_TEXT(path_of(0, 0, 256), "tile/0/000");
    CHECK_TEXT(path_of(0, 1234067, 256), "tile/0/x001/x234/067");
    CHECK_TEXT(path_of(1, 1000, 17), "tile/1/x001/000.p/17");
    CHECK_TEXT(path_of(-1, 999, 256), "tile/entries/999");
    CHECK_TEXT(path_of(-1, 273, 112), "tile/entries/273.p/112");
    CHECK_TEXT(path_of(7, UINT64_MAX >> 9, 255), "tile/7/x036/x028/x797/x018/x963/967.p/255");
}

static void a_path_is_read_back_and_no_other_is(void)
{
    static const char *const good[] = {"tile/0/000", "tile/7/x001/x234/067", "tile/1/x001/000.p/17",
                                       "tile/entries/999", "tile/entries/273.p/255"};
    static const char *const bad[] = {
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/8/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/x/000",
        "tile/entry/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x001/x002",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/",
        "tile/0/000.q/1",
        "tile/0/000/",
        "tile/0//000",
        "/tile/0/000",
        "tile/0/a00",
        "tile/0/x001/../000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x1/000",
        "tile/0/x/000",
    };
    struct tile tile;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(tile_path_read(slice_text(good[i]), &tile));
        CHECK_TEXT(path_of(tile.level, tile.index, tile.width), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!tile_path_read(slice_text(bad[i]), &tile));
}

/* The tiles of a walk, as one text. */
struct listing {
    struct buffer text;
    size_t count;
};

static struct status list_tile(void *store, const struct tile *tile)
{
    struct listing *l = store;
    if (tile->width < TILE_WIDTH || tile->index == 0)
        buffer_print(&l->text, "%s ", path_of(tile->level, tile->index, tile->width));
    l->count++;
    return OK;
}

static void check_walk(uint64_t old_size, uint64_t new_size, const char *shown, size_t count)
{
    struct listing l = {.text = buffer_new(4096)};
    CHECK_OK(tiles_between(old_size, new_size, list_tile, &l));
    CHECK_BYTES(buffer_slice(&l.text), slice_text(shown));
    CHECK_U64(l.count, count);
    buffer_done(&l.text);
}

static void a_tree_has_the_tiles_of_its_size(void)
{
    check_walk(0, 70000,
               "tile/entries/000 tile/entries/273.p/112 tile/0/000 tile/0/273.p/112 tile/1/000 "
               "tile/1/001.p/17 tile/2/000.p/1 ",
               2 * 274 + 2 + 1);
    check_walk(0, 256, "tile/entries/000 tile/0/000 tile/1/000.p/1 ", 3);
    check_walk(0, 1, "tile/entries/000.p/1 tile/0/000.p/1 ", 2);
    check_walk(0, 0, "", 0);
    check_walk(0, 65536, "tile/entries/000 tile/0/000 tile/1/000 tile/2/000.p/1 ", 2 * 256 + 1 + 1);
}

static void a_tree_that_grew_has_only_its_new_tiles_written(void)
{
    check_walk(70000, 70000, "", 0);
    check_walk(69999, 70000, "tile/entries/273.p/112 tile/0/273.p/112 ", 2);
    check_walk(255, 256, "tile/entries/000 tile/0/000 tile/1/000.p/1 ", 3);
    check_walk(256, 257, "tile/entries/001.p/1 tile/0/001.p/1 ", 2);
    check_walk(250, 520,
               "tile/entries/000 tile/entries/002.p/8 tile/0/000 tile/0/002.p/8 tile/1/000.p/2 ",
               7);
}

static struct status refuse_visit([[maybe_unused]] void *store,
                                  [[maybe_unused]] const struct tile *tile)
{
    return FAIL(STORE);
}

static void a_walk_stops_where_visiting_fails(void)
{
    CHECK_STATUS(tiles_all(1000, refuse_visit, NULL), FAIL(STORE));
}

TESTS(tile, {"a path is read back and no other is", a_path_is_read_back_and_no_other_is},
      {"tiles have the names of the specification", tiles_have_the_names_of_the_specification},
      {"a tree has the tiles of its size", a_tree_has_the_tiles_of_its_size},
      {"a tree that grew has only its new tiles written",
       a_tree_that_grew_has_only_its_new_tiles_written},
      {"a walk stops where visiting fails", a_walk_stops_where_visiting_fails})
