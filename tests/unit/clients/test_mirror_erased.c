#include "made_mirror.h"
#include "searched.h"
#include "support/check.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define ARENA_BYTES (64U << 20)
#define FILE_BYTES  (16U << 20)

static void what_is_not_signed_is_not_found(void)
{
    struct mirror *m = made_mirror(fresh_folder());
    titled_put(m, MADE_BEGAN_MS, "a", "bread");
    made_keep(m);
    titled_put(m, MADE_BEGAN_MS, "a", "bread");
    CHECK_TEXT(by_mark(m, "rule", slice_text("a")), "0,");
    CHECK_TEXT(by_text(m, "bread"), "0,");
    CHECK_OK(mirror_shed(m));
    titled_put(m, MADE_BEGAN_MS, "b", "butter");
    made_keep(m);
    CHECK_TEXT(by_mark(m, "rule", slice_text("a")), "0,");
    CHECK_TEXT(by_mark(m, "rule", slice_text("b")), "1,");
    CHECK_TEXT(by_text(m, "bread"), "0,");
    mirror_close(m);
}

static bool file_has(const char *path, const char *word)
{
    struct buffer b = buffer_new(FILE_BYTES);
    struct status s = file_read(path, &b);
    bool has = false;
    for (size_t i = 0; i + strlen(word) <= b.length && !has; i++)
        has = memcmp(b.at + i, word, strlen(word)) == 0;
    buffer_done(&b);
    return !failed(s) && has;
}

static bool folder_has(const char *dir, const char *word)
{
    static const char *const names[] = {"mirror.db", "mirror.db-wal"};
    bool has = false;
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        has = has || file_has(path, word);
    }
    return has;
}

static void what_was_erased_is_found_no_more(void)
{
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    struct arena *a = arena_new(ARENA_BYTES);
    struct mirror_entry entry;
    titled_put(m, MADE_BEGAN_MS, "quidditch", "xylophone");
    titled_put(m, MADE_BEGAN_MS, "quaffle", "xylem xylograph");
    made_keep(m);
    CHECK_TEXT(by_mark(m, "rule", slice_text("quidditch")), "0,");
    CHECK_TEXT(by_text(m, "xylophone"), "0,");
    CHECK(folder_has(dir, "quidditch"));
    CHECK(folder_has(dir, "ophone"));
    CHECK_OK(mirror_entry(m, a, 0, &entry));
    entry.row.inner = entry.row.closed = (struct opening){0};
    CHECK_OK(mirror_begin(m));
    CHECK_OK(mirror_put(m, &entry.row));
    CHECK_OK(mirror_commit(m));
    CHECK_TEXT(by_mark(m, "rule", slice_text("quidditch")), "");
    CHECK_TEXT(by_text(m, "xylophone"), "");
    CHECK_TEXT(by_mark(m, "opened", slice_text("outer")), "0,");
    CHECK_TEXT(by_mark(m, "kind", slice_text("start-stop")), "1,0,");
    CHECK_TEXT(by_text(m, "xylem"), "1,");
    mirror_close(m);
    CHECK(!folder_has(dir, "quidditch"));
    CHECK(!folder_has(dir, "ophone"));
    CHECK(folder_has(dir, "quaffle"));
    arena_free(a);
}

TESTS(mirror_erased, {"what is not signed is not found", what_is_not_signed_is_not_found},
      {"what was erased is found no more", what_was_erased_is_found_no_more})
