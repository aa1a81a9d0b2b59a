#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/audit/log_folder.h"
#include "support/check.h"

#define LOG_SIZE 300 /* one full tile and 44 hashes; two on the level above */

static char root[64];

static void path_below(char path[static 512], const char *name)
{
    snprintf(path, 512, "%s/%s", root, name);
}

static void put(const char *name, const char *content)
{
    char path[512], folder[512];
    path_below(path, name);
    path_below(folder, name);
    *strrchr(folder, '/') = '\0';
    CHECK_OK(folder_make(folder, 0755));
    CHECK_OK(file_write(path, slice_text(content), 0644));
}

static void take(const char *name)
{
    char path[512];
    path_below(path, name);
    CHECK(unlink(path) == 0);
}

static struct status search(char fault[static 160])
{
    struct log_folder folder = {.path = root};
    fault[0] = '\0';
    return log_folder_search(&folder, LOG_SIZE, fault);
}

/* A log of 300 entries, as far as names and beginnings go. */
static void make_log(void)
{
    snprintf(root, sizeof root, "/tmp/comity-log-XXXXXX");
    CHECK(mkdtemp(root) != NULL);
    put("checkpoint", "note");
    put("tile/entries/000", "full");
    put("tile/entries/001.p/44", "abcdef");
    put("tile/0/000", "full");
    put("tile/0/001.p/44", "abcdef");
    put("tile/1/000.p/1", "top");
}

static void remove_log(void)
{
    static const char *const names[] = {"checkpoint",
                                        "tile/entries/000",
                                        "tile/entries/001.p/44",
                                        "tile/entries/001.p",
                                        "tile/entries",
                                        "tile/0/000",
                                        "tile/0/001.p/44",
                                        "tile/0/001.p",
                                        "tile/0",
                                        "tile/1/000.p/1",
                                        "tile/1/000.p",
                                        "tile/1",
                                        "tile",
                                        ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        path_below(path, names[i]);
        CHECK(remove(path) == 0);
    }
}

static void a_whole_log_holds_nothing_unexpected(void)
{
    char fault[160];
    make_log();
    CHECK_OK(search(fault));
    CHECK_TEXT(fault, "");
    remove_log();
}

static void files_on_their_way_are_no_part_of_the_log(void)
{
    static const char *const unfinished[] = {"checkpoint.4711.tmp", "tile/0/001.p/45.4711.tmp",
                                             "tile/entries/001.p/45.1.tmp",
                                             "timestamp/300.tsr.4711.tmp"};
    static const char *const strange[] = {"checkpoint.tmp", "checkpoint.x.tmp", "other.4711.tmp",
                                          "tile/0/001.p/45.4711.tmp.4711", ".4711.tmp"};
    char fault[160], folder[512];
    make_log();
    for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
        put(unfinished[i], "half");
        CHECK_OK(search(fault));
        take(unfinished[i]);
    }
    path_below(folder, "timestamp");
    CHECK(rmdir(folder) == 0);
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        put(strange[i], "half");
        CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
        take(strange[i]);
    }
    remove_log();
}

static void earlier_partial_tiles_must_be_how_todays_begin(void)
{
    char fault[160];
    make_log();
    put("tile/0/001.p/7", "abc");
    put("tile/entries/001.p/43", "abcde");
    CHECK_OK(search(fault));
    put("tile/0/001.p/7", "abX");
    CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
    CHECK_TEXT(fault, "tile/0/001.p/7: does not agree with the tile that came after it");
    put("tile/0/001.p/7", "");
    CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
    take("tile/0/001.p/7");
    take("tile/entries/001.p/43");
    remove_log();
}

static void whatever_a_tree_of_this_size_has_not_is_found(void)
{
    static const struct {
        const char *name, *fault;
    } rows[] = {
        {"notes.txt", "notes.txt: no file of a log"},
        {".hidden", ".hidden: no file of a log"},
        {"tile/0/1", "tile/0/1: no file of a log"},
        {"tile/0/0001", "tile/0/0001: no file of a log"},
        {"tile/00/000", "tile/00/000: no file of a log"},
        {"tile/8/000", "tile/8/000: no file of a log"},
        {"tile/0/001.p/044", "tile/0/001.p/044: no file of a log"},
        {"tile/0/001.p/0", "tile/0/001.p/0: no file of a log"},
        {"tile/0/001.p/45", "tile/0/001.p/45: holds more than the checkpoint signs"},
        {"tile/0/001", "tile/0/001: holds more than the checkpoint signs"},
        {"tile/0/002.p/1", "tile/0/002.p/1: holds more than the checkpoint signs"},
        {"tile/2/000.p/1", "tile/2/000.p/1: holds more than the checkpoint signs"},
        {"timestamp/301.tsr", "timestamp/301.tsr: holds more than the checkpoint signs"},
        {"timestamp/0300.tsr", "timestamp/0300.tsr: no file of a log"},
        {"timestamp/300", "timestamp/300: no file of a log"},
        {"tile/0/x001/234", "tile/0/x001/234: holds more than the checkpoint signs"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char fault[160], folder[512];
        make_log();
        put(rows[i].name, "octets");
        CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
        CHECK_TEXT(fault, rows[i].fault);
        take(rows[i].name);
        path_below(folder, rows[i].name);
        do /* folders that were made for this row alone */
            *strrchr(folder, '/') = '\0';
        while (rmdir(folder) == 0);
        remove_log();
    }
}

static void a_link_is_no_file_of_a_log(void)
{
    char fault[160], path[512];
    make_log();
    path_below(path, "tile/0/001.p/7");
    CHECK(symlink("44", path) == 0);
    CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
    CHECK_TEXT(fault, "tile/0/001.p/7: no plain file");
    take("tile/0/001.p/7");
    remove_log();
}

static void a_log_that_ended_lies_in_a_folder_of_its_own(void)
{
    char fault[160] = "", path[512];
    make_log();
    path_below(path, "2026");
    CHECK(mkdir(path, 0700) == 0);
    put("2026/notes.txt", "notes");
    CHECK_STATUS(search(fault), REFUSE(CONSISTENCY));
    put("2026/checkpoint", "its own");
    CHECK_OK(search(fault));
    take("2026/checkpoint");
    take("2026/notes.txt");
    CHECK(rmdir(path) == 0);
    remove_log();
}

TESTS(cli_log_folder,
      {"a log that ended lies in a folder of its own",
       a_log_that_ended_lies_in_a_folder_of_its_own},
      {"a whole log holds nothing unexpected", a_whole_log_holds_nothing_unexpected},
      {"files on their way are no part of the log", files_on_their_way_are_no_part_of_the_log},
      {"earlier partial tiles must be how today's begin",
       earlier_partial_tiles_must_be_how_todays_begin},
      {"whatever a tree of this size has not is found",
       whatever_a_tree_of_this_size_has_not_is_found},
      {"a link is no file of a log", a_link_is_no_file_of_a_log})
