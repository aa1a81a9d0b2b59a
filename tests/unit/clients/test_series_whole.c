/* What is taken out of a gateway's mirrors, or put where it was not, is found. */

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "made_series.h"
#include "searched.h"
#include "support/check.h"
#include "support/folder.h"

/* Somebody who can write the mirrors' files. */
static void change(const struct series_stand *t, const char *name, const char *sql)
{
    char path[256];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s/mirror.db", t->dir, name);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void take_out(const struct series_stand *t, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", t->dir, name);
    CHECK_OK(folder_remove(path));
}

static struct status open_whole(struct series_stand *t)
{
    series_close(t->series);
    t->series = NULL;
    return series_open_whole(t->dir, t->error, &t->series);
}

/* ---- the oldest ---- */

static void without_the_first_log_the_next_one_says_that_it_is_missing(void)
{
    struct series_stand t;
    series_put_three(&t);
    take_out(&t, "2026");
    CHECK_STATUS(open_whole(&t), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, "not here") != NULL);
    change(&t, "2027", "UPDATE log SET succeeds = ''");
    CHECK_OK(open_whole(&t));
    CHECK_STATUS(series_joint(t.series, 0), REFUSE(CONSISTENCY));
    CHECK_STATUS(series_joint_said(t.series, 0, t.error), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, series_origins[1]) != NULL);
    CHECK_OK(series_joint_said(t.series, 1, t.error));
    CHECK_TEXT(t.error, "");
    series_stand_end(&t);
}

static void without_a_log_in_between_the_next_one_says_that_it_is_missing(void)
{
    struct series_stand t;
    series_put_three(&t);
    take_out(&t, "2027");
    change(&t, "2028",
           "UPDATE log SET succeeds = (SELECT replace(origin, '2028', '2026') FROM log)");
    CHECK_OK(open_whole(&t));
    CHECK_STATUS(series_joint(t.series, 1), REFUSE(CHECKPOINT_FORK));
    series_stand_end(&t);
}

static void what_is_no_database_any_more_is_no_mirror(void)
{
    struct series_stand t;
    char path[256], text[9000];
    memset(text, 'x', sizeof text);
    series_put_three(&t);
    snprintf(path, sizeof path, "%s/2027/mirror.db", t.dir);
    CHECK_OK(file_write(path, slice_over(text, sizeof text), 0600));
    CHECK_STATUS(open_whole(&t), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, "2027") != NULL);
    CHECK_STATUS(series_open(t.dir, t.error, &t.series), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, "not a database") != NULL);
    series_stand_end(&t);
}

/* ---- the newest ---- */

static void a_checkpoint_that_is_taken_out_takes_no_log_with_it(void)
{
    struct series_stand t;
    series_put_three(&t);
    change(&t, "2028", "DELETE FROM checkpoint");
    CHECK(series_opens(&t)); /* as one whose first sync is at work */
    CHECK_U64(series_count(t.series), SERIES_LOGS - 1);
    CHECK_OK(open_whole(&t));
    CHECK_U64(series_count(t.series), SERIES_LOGS);
    CHECK_U64(mirror_size(series_newest(t.series)->mirror), 0);
    CHECK_OK(series_joint(t.series, SERIES_LOGS - 1));
    series_stand_end(&t);
}

static void what_is_no_mirror_any_more_is_refused(void)
{
    static const char *const changes[] = {"PRAGMA user_version = 0", "DELETE FROM log",
                                          "PRAGMA user_version = 99"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct series_stand t;
        series_put_three(&t);
        change(&t, "2028", changes[i]);
        const struct status said = i < 2 ? REFUSE(CONSISTENCY) : FAIL(CONFIG);
        CHECK_STATUS(series_open(t.dir, t.error, &t.series), said);
        CHECK_STATUS(series_make(t.dir, MADE_GATEWAY, t.error, &t.series), said);
        CHECK_STATUS(open_whole(&t), REFUSE(CONSISTENCY));
        CHECK(strstr(t.error, "/2028: ") != NULL);
        series_stand_end(&t);
    }
}

static void a_making_that_was_broken_off_is_passed_over_by_readers_alone(void)
{
    char path[256];
    struct series_stand t;
    series_put_three(&t);
    take_out(&t, "2028");
    snprintf(path, sizeof path, "%s/2028", t.dir);
    CHECK_OK(folder_make(path, 0700));
    snprintf(path, sizeof path, "%s/2028/mirror.db", t.dir);
    CHECK_OK(file_write(path, slice_text(""), 0600));
    CHECK(series_opens(&t));
    CHECK_U64(series_count(t.series), SERIES_LOGS - 1);
    CHECK_STATUS(open_whole(&t), REFUSE(CONSISTENCY));
    CHECK(strstr(t.error, "broken off") != NULL);
    series_stand_end(&t);
}

static void nothing_is_not_refused_but_not_there(void)
{
    struct series_stand t;
    series_stand_begin(&t);
    CHECK_STATUS(open_whole(&t), FAIL(ABSENT));
    CHECK(strstr(t.error, "there is no mirror") != NULL);
    series_stand_end(&t);
}

/* ---- times ---- */

static void a_log_begins_no_earlier_than_the_one_before_it_ended(void)
{
    static const struct {
        int64_t apart_ms;
        bool is_good;
    } rows[] = {{1, true}, {0, true}, {-1, false}, {-INT64_C(94608000000), false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[256];
        struct series_stand t;
        series_stand_begin(&t);
        series_put_log(&t, "2026", series_origins[1], "", "start", 5);
        snprintf(path, sizeof path, "%s/2027", t.dir);
        struct mirror *m = made_log(path, series_origins[2], series_origins[1]);
        titled_put(m, (uint64_t)((int64_t)MADE_BEGAN_MS + rows[i].apart_ms), "a", "b");
        made_keep(m);
        mirror_close(m);
        CHECK_OK(open_whole(&t));
        CHECK_STATUS(series_joint_said(t.series, 1, t.error),
                     rows[i].is_good ? OK : REFUSE(RECEIPT_ENTRY));
        CHECK_U64(strstr(t.error, "begins before") == NULL, rows[i].is_good);
        series_stand_end(&t);
    }
}

TESTS(series_whole,
      {"without the first log the next one says that it is missing",
       without_the_first_log_the_next_one_says_that_it_is_missing},
      {"without a log in between the next one says that it is missing",
       without_a_log_in_between_the_next_one_says_that_it_is_missing},
      {"what is no database any more is no mirror", what_is_no_database_any_more_is_no_mirror},
      {"a checkpoint that is taken out takes no log with it",
       a_checkpoint_that_is_taken_out_takes_no_log_with_it},
      {"what is no mirror any more is refused", what_is_no_mirror_any_more_is_refused},
      {"a making that was broken off is passed over by readers alone",
       a_making_that_was_broken_off_is_passed_over_by_readers_alone},
      {"nothing is not refused, but not there", nothing_is_not_refused_but_not_there},
      {"a log begins no earlier than the one before it ended",
       a_log_begins_no_earlier_than_the_one_before_it_ended})
