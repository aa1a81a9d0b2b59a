/* What SQLite's own check passes over: definitions, and the index of words. */

#include "made_mirror.h"
#include "searched.h"
#include "support/check.h"
#include "support/folder.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mirror/verify.h"

#define ENTRIES     100
#define WORDS       40  /* of an entry, that no other one has */
#define COMMON      400 /* times a word in each entry: so many pages of it have an index */
#define LONG_WORD   40000
#define TEXT_BYTES  65536
#define FAULT_BYTES 160

static char *words_of(unsigned entry)
{
    static char text[TEXT_BYTES];
    int length = snprintf(text, sizeof text, "%s", entry % 10 == 3 ? "zebra cata.log" : "horse");
    for (unsigned i = 0; i < WORDS; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " w%04ux%ux", entry, i);
    for (unsigned i = 0; i < COMMON; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " of");
    return text;
}

static struct status verify(const char *dir, char fault[static FAULT_BYTES])
{
    char error[MIRROR_ERROR_BYTES];
    struct log_verdict verdict = {0};
    struct mirror *m = NULL;
    struct status s = mirror_open(dir, error, &m);
    if (CHECK_OK(s))
        s = mirror_verify(m, slice_text(made_vkey()), &verdict);
    snprintf(fault, FAULT_BYTES, "%s", verdict.fault);
    mirror_close(m);
    return s;
}

static void check_whole(const char *dir)
{
    char fault[FAULT_BYTES];
    if (!CHECK_OK(verify(dir, fault)))
        fprintf(stderr, "%s\n", fault);
}

/* What another hand does to a mirror, and what is said of it. */
struct change {
    const char *sql, *fault;
};

static void run(const char *dir, const char *sql)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/mirror.db", dir);
    CHECK_U64((uint64_t)sqlite3_open(path, &db), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    if (strncmp(sql, "CREATE", 6) != 0 && strncmp(sql, "DROP", 4) != 0)
        CHECK(sqlite3_total_changes(db) > 0);
    sqlite3_close(db);
}

static void folder_fill(const char *dir)
{
    struct mirror *m = made_mirror(dir);
    for (unsigned i = 0; i < ENTRIES; i++)
        made_start(m, words_of(i));
    made_keep(m);
    mirror_close(m);
    run(dir, "INSERT INTO words(words) VALUES('optimize')");
}

static void check_refused(const struct change *change)
{
    char fault[FAULT_BYTES];
    const char *dir = fresh_folder();
    folder_fill(dir);
    check_whole(dir);
    run(dir, change->sql);
    const struct status s = verify(dir, fault);
    if (!CHECK_STATUS(s, REFUSE(CONSISTENCY)) || !CHECK_TEXT(fault, change->fault))
        fprintf(stderr, "%s\n", change->sql);
}

/* ---- definitions ---- */

#define IS_ANOTHER(name) "mirror.db: the definition of " name " is not that of a mirror"
#define IS_MISSING(name) "mirror.db: the definition of " name " is missing"
#define IS_ADDED(name)   "mirror.db: the definition of " name " is one too many"
#define WRITABLE         "PRAGMA writable_schema = ON; "

static void definitions_are_those_of_a_mirror(void)
{
    static const struct change changes[] = {
        {WRITABLE "UPDATE sqlite_schema SET sql = replace(sql, 'diacritics 2',"
                  " 'diacritics 2 tokenchars ''''.''''') WHERE name = 'words'",
         IS_ANOTHER("words")},
        {WRITABLE "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'entry'",
         IS_ANOTHER("entry")},
        {"CREATE VIEW seen AS SELECT * FROM entry", IS_ADDED("seen")},
        {"CREATE TRIGGER kept AFTER INSERT ON mark BEGIN DELETE FROM mark; END", IS_ADDED("kept")},
        {"CREATE TABLE another(one)", IS_ADDED("another")},
        {"CREATE INDEX zone ON entry(entry)", IS_ADDED("zone")},
        {"DROP INDEX entry_time", IS_MISSING("entry_time")},
        {"DROP TABLE timestamp", IS_MISSING("timestamp")},
        {"INSERT INTO words(words, rank) VALUES('pgsz', 64)", IS_ADDED("pgsz")},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check_refused(&changes[i]);
}

/* ---- the index of words ---- */

#define FOUND "words: what entries 0 to 4095 are found by is not what they say"

static void what_a_search_would_miss_is_found(void)
{
    static const struct change changes[] = {
        {"DELETE FROM words_idx WHERE pgno > 2", FOUND},
        {"DELETE FROM words_idx WHERE term = (SELECT max(term) FROM words_idx)", FOUND},
        {"UPDATE words_idx SET term = CAST('0a' AS BLOB) WHERE pgno ="
         " (SELECT max(pgno) FROM words_idx)",
         "words: the index is damaged"},
        {"DELETE FROM words_data WHERE id = (SELECT max(id) FROM words_data WHERE id >> 36 & 1)",
         "words: the index is damaged"},
        {"UPDATE words_data SET block = CAST(substr(block, 1, 2) || x'7f' || substr(block, 4)"
         " AS BLOB) WHERE id >> 36 & 1",
         "words: the index is damaged"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        check_refused(&changes[i]);
}

static void a_word_that_is_too_long_to_be_searched_for_is_no_fault(void)
{
    static char text[TEXT_BYTES];
    const char *dir = fresh_folder();
    struct mirror *m = made_mirror(dir);
    memcpy(text, "a ", 2);
    for (size_t at = 2; at + 3 < LONG_WORD; at += 3)
        memcpy(text + at, "\344\270\255", 3);
    made_start(m, text);
    made_start(m, "stra\303\237e \304\260stanbul \"it's\" \343\201\262\343\202\211");
    made_keep(m);
    CHECK_TEXT(by_text(m, "istanbul"), "1,");
    mirror_close(m);
    check_whole(dir);
}

TESTS(mirror_tables, {"definitions are those of a mirror", definitions_are_those_of_a_mirror},
      {"what a search would miss is found", what_a_search_would_miss_is_found},
      {"a word that is too long to be searched for is no fault",
       a_word_that_is_too_long_to_be_searched_for_is_no_fault})
