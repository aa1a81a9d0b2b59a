#include "made_mirror.h"
#include "support/check.h"
#include "support/folder.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mirror/bits.h"
#include "mirror/verify.h"

#define ENTRIES (BITS_BLOCK + 3)
#define UNKEPT  2 /* that no checkpoint signs */

/* Two blocks, words in each of them, and entries behind the kept checkpoint. */
static void folder_fill(const char *dir)
{
    struct mirror *m = made_mirror(dir);
    made_start(m, "Gr\303\274nde: ein Grund, noch ein Grund");
    made_starts(m, ENTRIES - 2);
    made_start(m, "a second reason");
    made_keep(m);
    made_starts(m, UNKEPT - 1);
    made_start(m, "not signed yet");
    mirror_close(m);
}

static bool is_whole(const char *dir, char fault[static 160])
{
    char error[MIRROR_ERROR_BYTES];
    struct log_verdict verdict;
    struct mirror *m = NULL;
    if (!CHECK_OK(mirror_open(dir, error, &m)))
        return false;
    struct status s = mirror_verify(m, slice_text(made_vkey()), &verdict);
    CHECK(!failed(s) || s.code == CODE_REFUSED);
    snprintf(fault, 160, "%s", verdict.fault);
    mirror_close(m);
    return !failed(s);
}

static void run(const char *dir, const char *sql)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/mirror.db", dir);
    CHECK_U64((uint64_t)sqlite3_open(path, &db), SQLITE_OK);
    const int before = sqlite3_total_changes(db);
    if (!CHECK_U64((uint64_t)sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK) ||
        !CHECK(sqlite3_total_changes(db) > before))
        fprintf(stderr, "%s\n", sql);
    sqlite3_close(db);
}

static void what_is_found_by_marks_and_words_is_what_entries_say(void)
{
    char fault[160];
    const char *dir = fresh_folder();
    folder_fill(dir);
    if (!CHECK(is_whole(dir, fault)))
        fprintf(stderr, "%s\n", fault);
}

#define KIND "CAST('kind:start-stop' AS BLOB)"

static void what_would_hide_an_entry_or_show_another_is_found(void)
{
    static const char first[] = "what entries 0 to 4095 are",
                      second[] = "what entries 4096 to 8191";
    static const struct {
        const char *sql, *table, *entries;
    } rows[] = {
        {"DELETE FROM mark WHERE block = 0 AND mark = " KIND, "mark", first},
        {"DELETE FROM mark WHERE block = 1 AND mark = " KIND, "mark", second},
        {"UPDATE mark SET bits = x'0000' WHERE block = 1 AND mark = " KIND, "mark", second},
        {"UPDATE mark SET bits = CAST(substr(bits, 1, 511) || x'7f' AS BLOB) WHERE block = 0 AND "
         "mark = " KIND,
         "mark", first},
        {"UPDATE mark SET mark = CAST('kind:law' AS BLOB) WHERE block = 1 AND mark = " KIND, "mark",
         second},
        {"UPDATE mark SET bits = CAST(bits || x'00' AS BLOB) WHERE block = 1 AND mark = " KIND,
         "mark", second},
        {"UPDATE mark SET bits = x'00020001' WHERE block = 1 AND mark = " KIND, "mark", second},
        {"UPDATE mark SET bits = x'1000' WHERE block = 1 AND mark = " KIND, "mark", second},
        {"INSERT INTO mark VALUES(CAST('kind:law' AS BLOB), 0, x'0007')", "mark", first},
        {"INSERT INTO mark VALUES(CAST('kind:law' AS BLOB), 2, x'0007')", "mark", "what entries 8"},
        {"INSERT INTO mark VALUES(CAST('kind:law' AS BLOB), -1, x'0007')", "mark", "what entries"},
        {"UPDATE mark SET block = 2 WHERE block = 1 AND mark = " KIND, "mark", "what entries 8192"},
        {"INSERT INTO words(words, rowid, text) VALUES('delete', 4098, 'a second reason')", "words",
         second},
        {"INSERT INTO words(words, rowid, text) VALUES('delete', 4098, 'reason')", "words", second},
        {"INSERT INTO words(rowid, text) VALUES(7, 'one more')", "words", first},
        {"INSERT INTO words(rowid, text) VALUES(99999, 'one more')", "words", "what entries 98304"},
        {"INSERT INTO words(words) VALUES('delete-all')", "words", first},
    };
    char fault[160], wanted[160];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *dir = fresh_folder();
        folder_fill(dir);
        run(dir, rows[i].sql);
        CHECK(!is_whole(dir, fault));
        snprintf(wanted, sizeof wanted, "%s: %s", rows[i].table, rows[i].entries);
        if (!CHECK(strncmp(fault, wanted, strlen(wanted)) == 0))
            fprintf(stderr, "%s: %s\n", rows[i].sql, fault);
    }
}

TESTS(marks_sums,
      {"what is found by marks and words is what entries say",
       what_is_found_by_marks_and_words_is_what_entries_say},
      {"what would hide an entry or show another is found",
       what_would_hide_an_entry_or_show_another_is_found})
