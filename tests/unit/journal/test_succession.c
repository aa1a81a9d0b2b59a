#include "years.h"

#include "audit/opening.h"
#include "base/encoding.h"
#include "base/file.h"
#include "journal/lock.h"
#include "journal/openings.h"
#include "journal/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_log_goes_on_in_the_next_and_both_stay_whole(void)
{
    struct years y;
    struct journal_ended ended;
    years_begin(&y);
    years_post(&y, 1, 300); /* more than a tile of each */
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    if (!CHECK_OK(fixture_open(&y.f, T0)))
        CHECK_TEXT(y.f.error, "");
    years_post(&y, 300, 620);
    CHECK(journal_ended(y.f.journal, 0, &ended));
    CHECK_TEXT(ended.origin, OLD);
    CHECK_U64(ended.size, 301); /* start, letters, stop */
    CHECK(!journal_ended(y.f.journal, 1, &ended));
    years_close_rows(&y);
    check_proved(&y, 1, OLD);
    check_proved(&y, 299, OLD);
    check_proved(&y, 300, NEXT);
    check_proved(&y, 619, NEXT);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 301);
    CHECK_U64(verified_size(&y, "log", 1), 322);
    /* It goes on where it was, and a third one follows. */
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 620, 622);
    fixture_close(&y.f);
    years_succeed(&y, NEXT, LATER);
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 622, 624);
    years_close_rows(&y);
    check_proved(&y, 2, OLD);
    check_proved(&y, 621, NEXT);
    check_proved(&y, 623, LATER);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 301);
    CHECK_U64(verified_size(&y, "log/2027", 1), 326);
    CHECK_U64(verified_size(&y, "log", 2), 4);
    fixture_end(&y.f);
}

static void what_was_accepted_before_is_there_and_goes_on_after(void)
{
    struct years y;
    struct letter l;
    struct journal_reader *reader = NULL;
    struct arena *arena = arena_new(1U << 20);
    struct delivery delivery = {0};
    struct submission_row *rows = NULL;
    struct proved proved;
    size_t count = 0;
    years_begin(&y);
    years_post(&y, 1, 4);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    letter_write(&l, 2, 2);
    const struct message_key key = letter_key(&l);
    /* The same again is a repeat, under the log that has it. */
    struct journal_result *r = post_one(&y.f, &l.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    CHECK(proves(&y.f, arena, r->receipt, &proved));
    CHECK_BYTES(proved.note.origin, slice_text(OLD));
    journal_result_free(r);
    CHECK_OK(journal_reader_open(y.f.journal, &reader));
    CHECK_OK(journal_fetch(reader, arena, &key, 1, &delivery));
    CHECK_BYTES(delivery.body, slice_text(l.body));
    journal_reader_close(reader);
    letter_stage(&l, STAGE_DELIVERED);
    r = post_one(&y.f, &l.posting);
    CHECK_OK(r->status);
    CHECK(proves(&y.f, arena, r->receipt, &proved));
    CHECK_BYTES(proved.note.origin, slice_text(NEXT));
    journal_result_free(r);
    /* Its sender is shown a receipt of each. */
    const struct journal_page page = {.party = key.from, .limit = 10, .key = &key};
    CHECK_OK(journal_reader_open(y.f.journal, &reader));
    CHECK_OK(journal_submissions(reader, arena, &page, &rows, &count));
    if (CHECK_U64(count, 1) && CHECK_U64(rows[0].receipts.count, 2)) {
        CHECK(proves(&y.f, arena, rows[0].receipts.at[0], &proved));
        CHECK_BYTES(proved.note.origin, slice_text(OLD));
        CHECK(proves(&y.f, arena, rows[0].receipts.at[1], &proved));
        CHECK_BYTES(proved.note.origin, slice_text(NEXT));
    }
    journal_reader_close(reader);
    arena_free(arena);
    fixture_end(&y.f);
}

static void nobody_goes_back_to_a_log_that_ended(void)
{
    struct years y;
    years_begin(&y);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    fixture_close(&y.f);
    y.f.settings.before = NULL;
    y.f.settings.origin = OLD;
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    CHECK(strstr(y.f.error, "holds the log " NEXT ", and the directory does not say that " OLD
                            " succeeds it") != NULL);
    y.f.settings.origin = LATER; /* nor on to one that the directory does not name */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    fixture_end(&y.f);
}

static void an_older_copy_of_the_journal_does_not_begin_the_next_log_twice(void)
{
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    years_copy(&y, "journal/journal.db", "older");
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    fixture_close(&y.f);
    years_copy(&y, "older", "journal/journal.db");
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "is an older copy") != NULL);
    y.f.settings.origin = OLD; /* nor is the log taken up again that it has */
    y.f.settings.before = NULL;
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    CHECK(strstr(y.f.error, "ended and " NEXT " succeeded it") != NULL);
    fixture_end(&y.f);
}

static void a_change_that_was_cut_off_goes_on(void)
{
    struct years y;
    struct lock *lock = NULL;
    years_begin(&y);
    years_post(&y, 1, 3);
    fixture_close(&y.f);
    const struct lock_state end = years_signed(&y, OLD);
    CHECK_OK(lock_open(y.f.lock, &lock));
    CHECK_OK(lock_succeed(lock, OLD, &end, NEXT));
    const struct lock_state more = {end.size + 1, end.root};
    CHECK_STATUS(lock_move(lock, OLD, &end, &more, (struct slice){NULL, 0}), FAIL(FORK));
    lock_close(lock);
    years_succeed(&y, OLD, LATER); /* that was not the one */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(FORK));
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 2, OLD);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    fixture_end(&y.f);
}

static void back_up(struct years *y, const char *folder)
{
    struct journal_reader *reader = NULL;
    struct backup backup;
    struct backup_fault fault;
    CHECK_OK(journal_reader_open(y->f.journal, &reader));
    if (!CHECK_OK(backup_make(reader, folder, NULL, &backup, &fault)))
        CHECK_TEXT(fault.text, "");
    journal_reader_close(reader);
}

static struct status restore(struct years *y, const char *folder, size_t row)
{
    struct vkey key;
    struct restore_outcome outcome;
    CHECK_OK(vkey_parse(y->rows[row].vkey, &key));
    const struct restore_order order = {.backup = folder, .log = &key, .now_ms = T0 + 20000};
    return journal_restore(&y->f.settings, &order, &outcome);
}

static void a_backup_of_the_log_that_is_written_is_restored_with_those_before(void)
{
    struct years y;
    char before[128], after[128];
    years_begin(&y);
    path_in(&y, "before", before);
    path_in(&y, "after", after);
    years_post(&y, 1, 3);
    back_up(&y, before);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 3, 5);
    back_up(&y, after);
    years_post(&y, 5, 7);
    years_close_rows(&y);
    fixture_close(&y.f);
    CHECK_STATUS(restore(&y, before, 1), REFUSE(CONSISTENCY)); /* it is of the former log */
    CHECK_OK(restore(&y, after, 1));
    CHECK_OK(fixture_open(&y.f, T0));
    check_proved(&y, 1, OLD);
    check_proved(&y, 4, NEXT);
    years_post(&y, 7, 9);
    fixture_close(&y.f);
    CHECK_U64(verified_size(&y, "log/log", 0), 4);
    CHECK(verified_size(&y, "log", 1) > 8);
    fixture_end(&y.f);
}

static size_t openings_of(struct years *y, const char *name, uint64_t from, uint64_t *ret_first)
{
    struct journal_reader *reader = NULL;
    struct buffer document = buffer_new(OPENINGS_MAX_BYTES);
    struct arena *arena = arena_new(4U << 20);
    struct opened_entry *rows = NULL;
    size_t count = 0;
    const struct openings_wanted wanted = {
        .log = slice_text(name), .from = from, .count = OPENINGS_MAX, .closed = true};
    CHECK_OK(journal_reader_open(y->f.journal, &reader));
    struct status s = journal_openings(reader, &wanted, &document);
    if (s.code != CODE_ABSENT && CHECK_OK(s))
        CHECK_OK(openings_parse(arena, buffer_slice(&document), &rows, &count));
    for (size_t i = 0; i < count; i++) {
        struct opened opened;
        CHECK_OK(opened_entry_read(arena, &rows[i], &opened));
    }
    *ret_first = count > 0 ? rows[0].index : UINT64_MAX;
    journal_reader_close(reader);
    arena_free(arena);
    buffer_done(&document);
    return count;
}

static void oversight_reads_a_log_that_ended_by_its_name(void)
{
    struct years y;
    uint64_t first;
    years_begin(&y);
    years_post(&y, 1, 4);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 4, 5);
    CHECK_U64(openings_of(&y, "log", 1, &first), 4);
    CHECK_U64(first, 1);
    CHECK_U64(openings_of(&y, "", 1, &first), 1);
    CHECK_U64(first, 1);
    CHECK_U64(openings_of(&y, "log", 5, &first), 0);
    CHECK_U64(openings_of(&y, "2027", 0, &first), 0); /* it has not ended */
    fixture_end(&y.f);
}

/* Its folder is called by what is behind the last slash. */
static void a_log_without_a_place_for_its_files_does_not_end(void)
{
    static const char *const names[] = {"gw1.xa.example/2027/log", "gw1.xa.example/2027"};
    struct years y;
    years_begin(&y);
    years_post(&y, 1, 4);
    fixture_close(&y.f);
    years_succeed(&y, OLD, names[0]); /* would want the same folder a year later */
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    CHECK(strstr(y.f.error, "cannot end") != NULL);
    years_succeed(&y, OLD, names[1]); /* nothing has changed: another one may follow */
    CHECK_OK(fixture_open(&y.f, T0));
    years_post(&y, 4, 5);
    fixture_close(&y.f);
    years_succeed(&y, names[1], OLD "s/2027");
    CHECK_STATUS(fixture_open(&y.f, T0), FAIL(CONFIG));
    years_succeed(&y, names[1], LATER);
    CHECK_OK(fixture_open(&y.f, T0));
    fixture_end(&y.f);
}

TESTS(journal_succession,
      {"a log without a place for its files does not end",
       a_log_without_a_place_for_its_files_does_not_end},
      {"a log goes on in the next and both stay whole",
       a_log_goes_on_in_the_next_and_both_stay_whole},
      {"what was accepted before is there and goes on after",
       what_was_accepted_before_is_there_and_goes_on_after},
      {"nobody goes back to a log that ended", nobody_goes_back_to_a_log_that_ended},
      {"an older copy of the journal does not begin the next log twice",
       an_older_copy_of_the_journal_does_not_begin_the_next_log_twice},
      {"a change that was cut off goes on", a_change_that_was_cut_off_goes_on},
      {"a backup of the log that is written is restored with those before",
       a_backup_of_the_log_that_is_written_is_restored_with_those_before},
      {"oversight reads a log that ended by its name",
       oversight_reads_a_log_that_ended_by_its_name})
