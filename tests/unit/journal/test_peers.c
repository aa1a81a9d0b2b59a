#include "foreign.h"
#include "watch.h"

#include <stdio.h>

#include "base/file.h"

/* Checkpoints of foreign logs. */

struct scene {
    struct desk d;
    struct foreign_log log, other; /* which differs from leaf 20 on */
};

static void scene_begin(struct scene *s)
{
    desk_begin(&s->d);
    foreign_log_make(&s->log, FOREIGN_LEAVES);
    foreign_log_make(&s->other, 20);
}

static void scene_end(struct scene *s)
{
    desk_end(&s->d);
}

static struct status keep(struct scene *s, const struct peer_checkpoint *checkpoint)
{
    const struct posting p = {.kind = POSTING_CHECKPOINT, .at_ms = T0, .peer = *checkpoint};
    return post_status(&s->d.f, &p);
}

static struct status keep_between(struct scene *s, const struct foreign_log *log, uint64_t old_size,
                                  uint64_t size)
{
    struct foreign_checkpoint c;
    foreign_checkpoint(log, old_size, size, &c);
    return keep(s, &c.checkpoint);
}

static uint64_t last_size(struct scene *s)
{
    struct peer_checkpoint last = {0};
    struct status status =
        journal_peer_checkpoint(s->d.reader, s->d.a, slice_text(FOREIGN_ORIGIN), &last);
    CHECK(!failed(status) || status.code == CODE_ABSENT);
    return last.size;
}

static size_t steps(struct scene *s, uint64_t old_size, size_t limit,
                    struct peer_checkpoint **ret_rows)
{
    size_t count = 99;
    CHECK_OK(journal_peer_steps(s->d.reader, s->d.a, slice_text(FOREIGN_ORIGIN), old_size, limit,
                                ret_rows, &count));
    return count;
}

static bool has_fork(struct scene *s, struct peer_fork *ret_fork)
{
    struct status status =
        journal_peer_fork(s->d.reader, s->d.a, slice_text(FOREIGN_ORIGIN), ret_fork);
    CHECK(!failed(status) || status.code == CODE_ABSENT);
    return !failed(status);
}

static void checkpoints_are_kept_step_by_step(void)
{
    struct scene s;
    struct peer_checkpoint last, *rows;
    struct foreign_checkpoint c;
    scene_begin(&s);
    CHECK_STATUS(journal_peer_checkpoint(s.d.reader, s.d.a, slice_text(FOREIGN_ORIGIN), &last),
                 FAIL(ABSENT));
    CHECK_OK(keep_between(&s, &s.log, 0, 7));
    CHECK_OK(keep_between(&s, &s.log, 7, 19));
    CHECK_OK(keep_between(&s, &s.log, 19, 19)); /* again */
    CHECK_OK(keep_between(&s, &s.log, 0, 7));   /* one from before */
    CHECK_OK(keep_between(&s, &s.log, 19, 33));
    foreign_checkpoint(&s.log, 19, 33, &c);
    CHECK_OK(journal_peer_checkpoint(s.d.reader, s.d.a, slice_text(FOREIGN_ORIGIN), &last));
    CHECK_U64(last.size, 33);
    CHECK_U64(last.old_size, 19);
    CHECK_BYTES(last.note, c.checkpoint.note);
    CHECK_BYTES(last.origin, slice_text(FOREIGN_ORIGIN));
    if (CHECK_U64(steps(&s, 0, 10, &rows), 3)) {
        CHECK_U64(rows[0].size, 7);
        CHECK_U64(rows[0].path.count, 0);
        for (size_t i = 1; i < 3; i++) {
            CHECK_U64(rows[i].old_size, rows[i - 1].size);
            CHECK(merkle_consistent(rows[i].old_size, rows[i].size, &rows[i - 1].root,
                                    &rows[i].root, rows[i].path));
        }
        CHECK_U64(rows[2].size, 33);
    }
    scene_end(&s);
}

static void steps_are_told_from_any_of_them_and_in_pages(void)
{
    struct scene s;
    struct peer_checkpoint *rows;
    size_t count = 99;
    const struct slice origin = slice_text(FOREIGN_ORIGIN);
    scene_begin(&s);
    CHECK_STATUS(journal_peer_steps(s.d.reader, s.d.a, origin, 0, 10, &rows, &count), FAIL(ABSENT));
    for (uint64_t size = 1; size <= 12; size++)
        CHECK_OK(keep_between(&s, &s.log, size - 1, size));
    CHECK_U64(steps(&s, 0, 5, &rows), 5);
    CHECK_U64(steps(&s, 5, 1000, &rows), 7);
    CHECK_U64(rows[0].old_size, 5);
    CHECK_U64(steps(&s, 12, 5, &rows), 0);
    CHECK_STATUS(journal_peer_steps(s.d.reader, s.d.a, origin, 13, 10, &rows, &count),
                 FAIL(ABSENT));
    CHECK_STATUS(journal_peer_steps(s.d.reader, s.d.a, slice_text("gw1.xd.example/log"), 0, 10,
                                    &rows, &count),
                 FAIL(ABSENT));
    scene_end(&s);
}

static void a_step_that_does_not_begin_at_the_last_is_not_kept(void)
{
    struct scene s;
    struct peer_checkpoint *rows;
    struct peer_fork fork;
    scene_begin(&s);
    CHECK_OK(keep_between(&s, &s.log, 0, 7));
    CHECK_STATUS(keep_between(&s, &s.log, 9, 19), FAIL(ABSENT)); /* 9 was never kept */
    CHECK_STATUS(keep_between(&s, &s.log, 19, 19), FAIL(ABSENT));
    CHECK_OK(keep_between(&s, &s.log, 7, 19));
    CHECK_STATUS(keep_between(&s, &s.log, 7, 33), FAIL(ABSENT)); /* of a link that came late */
    CHECK_OK(keep_between(&s, &s.log, 19, 33));
    CHECK(!has_fork(&s, &fork));
    CHECK_U64(last_size(&s), 33);
    CHECK_U64(steps(&s, 7, 10, &rows), 2);
    scene_end(&s);
}

struct fork_case {
    uint64_t old_size, size; /* of the other history */
    bool has_proof;          /* that the other log gives; otherwise none */
    uint64_t kept;           /* size in the note that it contradicts */
};

static const struct fork_case forks[] = {
    {33, 33, true, 33},  /* the same size */
    {19, 25, false, 33}, /* smaller, from nowhere */
    {0, 19, false, 19},  /* a size from before: leaf 10 is another */
    {33, 50, true, 33},  /* larger; its proof begins at another tree */
    {33, 50, false, 33}, /* larger, and the proof is missing */
    {19, 25, true, 19},
};

static void check_fork(const struct fork_case *c)
{
    struct scene s;
    struct foreign_checkpoint given, kept;
    struct peer_fork fork;
    scene_begin(&s);
    foreign_log_make(&s.other, 10);
    CHECK_OK(keep_between(&s, &s.log, 0, 19));
    CHECK_OK(keep_between(&s, &s.log, 19, 33));
    CHECK(!has_fork(&s, &fork));
    foreign_checkpoint(&s.other, c->old_size, c->size, &given);
    if (!c->has_proof) {
        given.checkpoint.path.count = 0;
        given.checkpoint.old_size = c->size > 33 ? 33 : 0;
    }
    foreign_checkpoint(&s.log, 0, c->kept, &kept);
    CHECK_STATUS(keep(&s, &given.checkpoint), REFUSE(CHECKPOINT_FORK));
    CHECK_U64(last_size(&s), 33);
    if (CHECK(has_fork(&s, &fork))) {
        CHECK_BYTES(fork.kept, kept.checkpoint.note);
        CHECK_BYTES(fork.given, given.checkpoint.note);
    }
    desk_again(&s.d);
    CHECK(has_fork(&s, &fork));
    CHECK_U64(last_size(&s), 33);
    scene_end(&s);
}

static void a_fork_is_refused_and_both_notes_are_kept(void)
{
    for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++)
        check_fork(&forks[i]);
}

static void a_smaller_one_that_is_proved_is_no_fork(void)
{
    struct scene s;
    struct peer_fork fork;
    struct peer_checkpoint *rows;
    scene_begin(&s);
    CHECK_OK(keep_between(&s, &s.log, 0, 7));
    CHECK_OK(keep_between(&s, &s.log, 7, 33));
    CHECK_OK(keep_between(&s, &s.log, 7, 19)); /* of a link that came late */
    CHECK_U64(last_size(&s), 33);
    CHECK(!has_fork(&s, &fork));
    if (CHECK_U64(steps(&s, 0, 10, &rows), 2))
        CHECK_U64(rows[1].size, 33);
    scene_end(&s);
}

static void evidence_is_bounded_and_its_first_stays(void)
{
    struct scene s;
    struct foreign_checkpoint given;
    struct peer_fork fork = {0};
    scene_begin(&s);
    CHECK_OK(keep_between(&s, &s.log, 0, 30));
    for (uint64_t size = 21; size <= 50; size++)
        if (size != 30)
            CHECK_STATUS(keep_between(&s, &s.other, size < 30 ? 0 : 30, size),
                         REFUSE(CHECKPOINT_FORK));
    foreign_checkpoint(&s.other, 0, 21, &given);
    CHECK(has_fork(&s, &fork));
    CHECK_BYTES(fork.given, given.checkpoint.note);
    journal_reader_close(s.d.reader);
    s.d.reader = NULL;
    fixture_close(&s.d.f); /* all is in one file then */
    char path[200];
    struct buffer text = buffer_new(64U << 20);
    snprintf(path, sizeof path, "%s/journal.db", s.d.f.path);
    CHECK_OK(file_read(path, &text));
    size_t notes = 0;
    for (size_t i = 0; i + 8 <= text.length; i++)
        notes += slice_equal(slice_over(text.at + i, 8), slice_text("\nsigned\n"));
    CHECK_U64(notes, 1 + 2 * 16);
    buffer_done(&text);
    scene_end(&s);
}

static void a_checkpoint_comes_with_what_it_was_in(void)
{
    struct scene s;
    struct letter l;
    struct foreign_checkpoint c;
    scene_begin(&s);
    letter_in(&l, 1);
    foreign_checkpoint(&s.log, 0, 7, &c);
    l.posting.peer = c.checkpoint;
    CHECK_OK(post_status(&s.d.f, &l.posting));
    CHECK_U64(last_size(&s), 7);
    letter_in(&l, 2);
    letter_turn(&l, POSTING_REFUSAL, "E_SCHEMA");
    foreign_checkpoint(&s.log, 7, 9, &c);
    l.posting.peer = c.checkpoint;
    CHECK_OK(post_status(&s.d.f, &l.posting));
    CHECK_U64(last_size(&s), 9);
    letter_out(&l, 3);
    CHECK_OK(post_status(&s.d.f, &l.posting));
    letter_remote(&l, STAGE_RELAYED, "a receipt");
    foreign_checkpoint(&s.log, 9, 12, &c);
    l.posting.peer = c.checkpoint;
    CHECK_OK(post_status(&s.d.f, &l.posting));
    CHECK_U64(last_size(&s), 12);
    letter_in(&l, 1); /* another message under a key that is known is refused */
    l.seal[31] ^= 1;
    foreign_checkpoint(&s.log, 12, 15, &c);
    l.posting.peer = c.checkpoint;
    CHECK_STATUS(post_status(&s.d.f, &l.posting), REFUSE(REPLAY_OTHER));
    CHECK_U64(last_size(&s), 15);
    scene_end(&s);
}

/* What else is in its batch goes on. */
static void nothing_is_kept_of_a_letter_that_came_with_a_fork(void)
{
    struct scene s;
    struct gate gate;
    struct collector c;
    struct letter bad, good;
    struct seen seen;
    struct foreign_checkpoint given;
    scene_begin(&s);
    collector_make(&c);
    CHECK_OK(keep_between(&s, &s.log, 0, 33));
    letter_in(&bad, 1);
    foreign_checkpoint(&s.other, 33, 33, &given);
    bad.posting.peer = given.checkpoint;
    letter_in(&good, 2);
    bad.posting.owner = good.posting.owner = &c;
    gate_shut(&gate, &s.d.f);
    CHECK_OK(journal_post(s.d.f.journal, &bad.posting, collector_done));
    CHECK_OK(journal_post(s.d.f.journal, &good.posting, collector_done));
    gate_open(&gate);
    struct journal_result *results = collector_take(&c, 2);
    CHECK_STATUS(results->status, REFUSE(CHECKPOINT_FORK));
    CHECK_U64(results->receipt.length, 0);
    CHECK_OK(results->next->status);
    CHECK_U64(results->next->index, 2); /* after start and the gate's */
    results_free(results);
    const struct message_key key = letter_key(&bad);
    CHECK_STATUS(journal_seen(s.d.reader, s.d.a, &key, 0, &seen), FAIL(ABSENT));
    collector_free(&c);
    scene_end(&s);
}

TESTS(journal_peers, {"checkpoints are kept step by step", checkpoints_are_kept_step_by_step},
      {"steps are told from any of them and in pages",
       steps_are_told_from_any_of_them_and_in_pages},
      {"a step that does not begin at the last is not kept",
       a_step_that_does_not_begin_at_the_last_is_not_kept},
      {"a fork is refused and both notes are kept", a_fork_is_refused_and_both_notes_are_kept},
      {"a smaller one that is proved is no fork", a_smaller_one_that_is_proved_is_no_fork},
      {"evidence is bounded and its first stays", evidence_is_bounded_and_its_first_stays},
      {"a checkpoint comes with what it was in", a_checkpoint_comes_with_what_it_was_in},
      {"nothing is kept of a letter that came with a fork",
       nothing_is_kept_of_a_letter_that_came_with_a_fork})
