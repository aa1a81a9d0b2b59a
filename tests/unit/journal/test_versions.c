#include "watch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* Journals that earlier versions of comityd have left. */

#define SHAPE_BYTES 8192

static void run(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char path[160];
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

/* Tables with their columns, and indices. */
static void shape(struct fixture *f, char text[static SHAPE_BYTES])
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    char path[160];
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    text[0] = '\0';
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(
              db,
              "SELECT group_concat(line, x'0a') FROM (SELECT m.name || ' ' || m.type || ' '"
              " || coalesce((SELECT group_concat(name || pk) FROM pragma_table_info(m.name)), '')"
              " AS line FROM sqlite_master AS m ORDER BY m.name)",
              -1, &s, NULL) == SQLITE_OK);
    if (CHECK(sqlite3_step(s) == SQLITE_ROW))
        snprintf(text, SHAPE_BYTES, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* What takes a journal of this version back to the one before. */
static const struct {
    unsigned version;
    const char *back;
} steps[] = {
    {9, "DROP INDEX entry_open;"},
    {8, "DROP TABLE log;"},
    {7, "DROP TABLE confidential; DROP TABLE thread_of; DROP TABLE keys; DROP TABLE person;"},
    {6, "DROP TABLE keeping;"},
    {5, "DROP TABLE law;"},
    {4, "DROP INDEX message_out; DROP INDEX message_in; DROP TABLE rewound;"
        "CREATE TABLE rewound(box TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY(box, size))"
        " STRICT, WITHOUT ROWID; INSERT INTO rewound VALUES('XC-GW-01', 7);"},
    {3, "DROP TABLE rewound; DROP TABLE restored; DROP INDEX message_held;"},
    {2, "ALTER TABLE fork DROP COLUMN lifted;"},
};

/* How many of them are taken back; more than there are versions: the earliest of the oldest. */
static void a_journal_from_before(size_t count)
{
    struct fixture f;
    struct letter l;
    char now[SHAPE_BYTES], then[SHAPE_BYTES], version[64];
    fixture_begin(&f);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&f, &l.posting));
    fixture_close(&f);
    shape(&f, now);
    for (size_t i = 0; i < count; i++)
        run(&f, steps[i].back);
    unsigned left = steps[count - 1].version - 1;
    snprintf(version, sizeof version, "PRAGMA user_version = %u", left < 2 ? 2 : left);
    run(&f, version);
    shape(&f, then);
    CHECK(strcmp(now, then) != 0);
    CHECK_OK(fixture_open(&f, T0));
    CHECK_OK(fetch_status(&f, &l));
    letter_write(&l, 2, 1);
    CHECK_OK(post_status(&f, &l.posting));
    CHECK_U64(check_whole(&f), 6);
    shape(&f, then);
    CHECK_TEXT(then, now);
    fixture_end(&f);
}

static void version_8_goes_on(void)
{
    a_journal_from_before(1);
}

static void version_7_goes_on(void)
{
    a_journal_from_before(2);
}

static void version_6_goes_on(void)
{
    a_journal_from_before(3);
}

static void version_5_goes_on(void)
{
    a_journal_from_before(4);
}

static void version_4_goes_on(void)
{
    a_journal_from_before(5);
}

static void version_3_goes_on(void)
{
    a_journal_from_before(6);
}

static void version_2_goes_on(void)
{
    a_journal_from_before(7);
}

static void the_earliest_of_version_2_goes_on(void)
{
    a_journal_from_before(8);
}

static void an_upgrade_that_fails_leaves_the_version_before(void)
{
    struct fixture f;
    char before[SHAPE_BYTES], after[SHAPE_BYTES];
    fixture_begin(&f);
    fixture_close(&f);
    for (size_t i = 0; i < 3; i++)
        run(&f, steps[i].back);
    run(&f, "CREATE TABLE log(other INTEGER); PRAGMA user_version = 6;");
    shape(&f, before);
    CHECK_STATUS(fixture_open(&f, T0), FAIL(STORE));
    shape(&f, after);
    CHECK_TEXT(after, before);
    run(&f, "DROP TABLE log");
    CHECK_OK(fixture_open(&f, T0));
    fixture_end(&f);
}

TESTS(journal_versions, {"version 8 goes on", version_8_goes_on},
      {"version 7 goes on", version_7_goes_on}, {"version 6 goes on", version_6_goes_on},
      {"version 5 goes on", version_5_goes_on}, {"version 4 goes on", version_4_goes_on},
      {"version 3 goes on", version_3_goes_on}, {"version 2 goes on", version_2_goes_on},
      {"the earliest of version 2 goes on", the_earliest_of_version_2_goes_on},
      {"an upgrade that fails leaves the version before",
       an_upgrade_that_fails_leaves_the_version_before})
