#include "erasing.h"
#include "watch.h"

#include <sqlite3.h>
#include <stdio.h>

#include "journal/keys.h"

/* What the log says of keys that come and go. Entry 0 is the start entry. */

static void tell(struct desk *d, const char *lines)
{
    CHECK_OK(journal_keys(d->f.journal, slice_text(lines), T0));
    erasing_wait(&d->f); /* an entry of its own */
}

/* The entry says so, and its record has what the law asks. */
static void check_entry(struct desk *d, uint64_t index, const char *what)
{
    struct outer outer;
    struct inner inner;
    struct slice record, closed;
    entry_open(d, index, &outer, &record);
    CHECK_U64(outer.kind, ENTRY_KEY);
    CHECK_U64(outer.stage, STAGE_NONE);
    CHECK_U64(outer.rulebook.length, 32);
    if (!CHECK_OK(inner_parse(d->a, slice_part(record, 32, SIZE_MAX), &inner, &closed)))
        return;
    CHECK_BYTES(inner.op, slice_text("KEY_CHANGE"));
    CHECK_BYTES(inner.actor, slice_text("XA-GW-01"));
    CHECK_BYTES(inner.justification, slice_text(what));
}

static void the_first_keys_leave_no_entry_and_the_same_again_none(void)
{
    struct desk d;
    desk_begin(&d);
    tell(&d, "XA-GW-01 tls: aa\n");
    tell(&d, "XA-GW-01 tls: aa\n");
    CHECK_U64(signed_size(&d.f), 3);
    desk_end(&d);
}

static void each_change_is_an_entry(void)
{
    struct desk d;
    desk_begin(&d);
    tell(&d, "A tls: 01\nB sealing: 02\nB sealing: 03\nC sealing: 04\nE sealing: 07\n");
    tell(&d, "A tls: 05\nB sealing: 03\nD sealing: 06\nE sealing: 07\nE sealing: 08\n");
    CHECK_U64(signed_size(&d.f), 8);
    check_entry(&d, 2, "A tls: 01 -> 05");
    check_entry(&d, 3, "B sealing: 02 -> none");
    check_entry(&d, 4, "C sealing: 04 -> none");
    check_entry(&d, 5, "D sealing: none -> 06");
    check_entry(&d, 6, "E sealing: none -> 08");
    desk_end(&d);
}

static void a_name_that_another_begins_with_is_another(void)
{
    struct desk d;
    desk_begin(&d);
    tell(&d, "XA-CA-01 sealing: 1\nXA-CA-01: 2\n");
    tell(&d, "XA-CA-01 sealing: 1\nXA-CA-01: 3\nXA-CA-012: 2\n");
    CHECK_U64(signed_size(&d.f), 5);
    check_entry(&d, 2, "XA-CA-01: 2 -> 3");
    check_entry(&d, 3, "XA-CA-012: none -> 2");
    desk_end(&d);
}

static void what_changed_while_nobody_ran_is_seen_at_the_start(void)
{
    struct desk d;
    desk_begin(&d);
    tell(&d, "A tls: 01\n");
    journal_reader_close(d.reader);
    fixture_close(&d.f);
    CHECK_OK(fixture_open(&d.f, T0));
    CHECK_OK(journal_reader_open(d.f.journal, &d.reader));
    tell(&d, "A tls: 01\n"); /* start, question, stop, start, question */
    CHECK_U64(signed_size(&d.f), 5);
    tell(&d, "A tls: 02\n");
    check_entry(&d, 5, "A tls: 01 -> 02");
    desk_end(&d);
}

static uint64_t count_entries(struct fixture *f)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    uint64_t count = 0;
    char path[160];
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, "SELECT count(*) FROM entry WHERE kind = 6", -1, &statement,
                             NULL) == SQLITE_OK);
    if (CHECK(sqlite3_step(statement) == SQLITE_ROW))
        count = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

/* More than one turn takes; one name of many is not parted. */
static void a_great_change_is_told_whole(void)
{
    struct desk d;
    struct buffer lines = buffer_new(1U << 20);
    desk_begin(&d);
    tell(&d, "A: 0\nZ: 9\n");
    buffer_text(&lines, "A: 0\n");
    for (unsigned n = 0; n < 70; n++)
        buffer_print(&lines, "B: %03u\n", n);
    for (unsigned n = 0; n < 130; n++)
        buffer_print(&lines, "C%03u: x\n", n);
    buffer_text(&lines, "Z: 9\n");
    CHECK_OK(journal_keys(d.f.journal, buffer_slice(&lines), T0));
    for (int i = 0; i < 500 && count_entries(&d.f) < 200; i++)
        erasing_wait(&d.f);
    erasing_wait(&d.f);
    CHECK_U64(count_entries(&d.f), 200);
    check_entry(&d, 2, "B: none -> 000");
    check_entry(&d, 71, "B: none -> 069");
    buffer_done(&lines);
    desk_end(&d);
}

static void run_sql(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char path[160];
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_busy_timeout(db, 5000) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static bool has_four(const struct journal_health *h)
{
    return h->signed_size >= 4;
}

/* Its entry cannot be written at first: it is owed, and nothing is lost. */
static void an_entry_that_fails_is_written_later(void)
{
    struct desk d;
    desk_begin(&d);
    tell(&d, "A tls: 01\n");
    run_sql(&d.f, "CREATE TRIGGER no BEFORE UPDATE ON keys"
                  " BEGIN SELECT raise(ABORT, 'no'); END;");
    tell(&d, "A tls: 02\n");
    CHECK_U64(signed_size(&d.f), 3);
    run_sql(&d.f, "DROP TRIGGER no");
    CHECK(await_health(&d.f, has_four));
    check_entry(&d, 3, "A tls: 01 -> 02");
    desk_end(&d);
}

TESTS(journal_keys,
      {"the first keys leave no entry, and the same again none",
       the_first_keys_leave_no_entry_and_the_same_again_none},
      {"each change is an entry", each_change_is_an_entry},
      {"a name that another begins with is another", a_name_that_another_begins_with_is_another},
      {"what changed while nobody ran is seen at the start",
       what_changed_while_nobody_ran_is_seen_at_the_start},
      {"a great change is told whole", a_great_change_is_told_whole},
      {"an entry that fails is written later", an_entry_that_fails_is_written_later})
