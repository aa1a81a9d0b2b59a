#define _GNU_SOURCE /* syncfs */

#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

static char top[] = "/tmp/comity-folder-XXXXXX";

static unsigned files_synced, systems_synced;

/* In place of the C library's. */
int fsync(int fd)
{
    files_synced++;
    return (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
    systems_synced++;
    return (int)syscall(SYS_syncfs, fd);
}

static const char *in_top(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static void begin(void)
{
    snprintf(top, sizeof top, "/tmp/comity-folder-XXXXXX");
    CHECK(mkdtemp(top) != NULL);
}

static void what_is_written_is_read_again(void)
{
    begin();
    struct text_file rows[] = {{slice_text("a/b/c"), slice_text("one")},
                               {slice_text("a/d"), slice_text("two")},
                               {slice_text("e"), slice_text("")}};
    const struct text_files files = {rows, 3};
    struct text_files found = {0};
    struct stat st;
    struct arena *arena = arena_new(1 << 20);
    CHECK_OK(folder_write(in_top("made/here"), &files, 0700, 0600));
    CHECK_OK(folder_write(in_top("made/here"), &files, 0700, 0600)); /* again, over it */
    CHECK_OK(folder_read(arena, in_top("made/here"), 10, &found));
    CHECK_U64(found.count, 3);
    for (size_t i = 0; i < 3 && i < found.count; i++) {
        CHECK_BYTES(found.at[i].path, rows[i].path);
        CHECK_BYTES(found.at[i].text, rows[i].text);
    }
    CHECK(stat(in_top("made/here/a/b"), &st) == 0 && (st.st_mode & 0777) == 0700);
    CHECK(stat(in_top("made/here/a/b/c"), &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK_STATUS(folder_write(in_top("made/here/e"), &files, 0700, 0600), FAIL(STORE));
    arena_free(arena);
    CHECK_OK(folder_remove(top));
    CHECK(access(top, F_OK) != 0);
}

/* Peers give a gateway folders of up to 4096 files, and its main thread waits for the disk. */
static void however_many_files_the_disk_is_waited_for_once(void)
{
    struct text_file rows[100];
    char names[100][16];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "%u/%u", i % 7, i);
        rows[i] = (struct text_file){slice_text(names[i]), slice_text("one")};
    }
    begin();
    files_synced = systems_synced = 0;
    CHECK_OK(folder_write(in_top("many"), &(struct text_files){rows, 100}, 0700, 0600));
    CHECK_U64(files_synced, 0);
    CHECK_U64(systems_synced, 1);
    CHECK_OK(file_write(in_top("many/one"), slice_text("one"), 0600));
    CHECK_U64(files_synced, 2); /* and the folder that its name is in */
    CHECK_OK(folder_remove(top));
}

static void removing_stays_within_the_folder(void)
{
    begin();
    struct text_file row = {slice_text(".hidden/deep"), slice_text("x")};
    CHECK_OK(folder_write(in_top("kept"), &(struct text_files){&row, 1}, 0700, 0600));
    CHECK_OK(folder_write(in_top("gone"), &(struct text_files){&row, 1}, 0700, 0600));
    CHECK(symlink("../kept", in_top("gone/link")) == 0);
    CHECK(symlink("nowhere", in_top("gone/nowhere")) == 0);
    CHECK_OK(folder_remove(in_top("gone")));
    CHECK(access(in_top("gone"), F_OK) != 0);
    CHECK(access(in_top("kept/.hidden/deep"), F_OK) == 0);
    CHECK_OK(folder_remove(in_top("gone"))); /* it is not there any more */
    CHECK_STATUS(folder_remove(in_top("kept/.hidden/deep")), FAIL(STORE)); /* no folder */
    CHECK_OK(folder_remove(top));
}

static void a_folder_has_room_for_so_many_files(void)
{
    struct text_file rows[] = {{slice_text("a"), slice_text("one")},
                               {slice_text(".hidden"), slice_text("two")},
                               {slice_text("b"), slice_text("three")}};
    const struct text_files files = {rows, 3};
    begin();
    CHECK_OK(folder_write(in_top("here"), &files, 0700, 0600));
    CHECK(folder_has_room(in_top("here"), 2, 4));
    CHECK(!folder_has_room(in_top("here"), 3, 4));
    CHECK(!folder_has_room(in_top("nowhere"), 1, 4));
    CHECK_OK(folder_remove(top));
}

TESTS(base_folder, {"what is written is read again", what_is_written_is_read_again},
      {"however many files, the disk is waited for once",
       however_many_files_the_disk_is_waited_for_once},
      {"a folder has room for so many files", a_folder_has_room_for_so_many_files},
      {"removing stays within the folder", removing_stays_within_the_folder})
