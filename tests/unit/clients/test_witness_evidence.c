#include "support/check.h"

#include "crypto/merkle.h"

#include "witness_stand.h"

#include <stdio.h>
#include <string.h>

#define CLOSED "closed at 5 root \"PhGfHmmqIYuU97YrfYyKmvpcRPbOFFewKXQsGlDzbUc=\""

struct seen {
    size_t count;
    char kinds[8][8];
    uint64_t sizes[8]; /* that were shown */
};

/* A kept_visit. */
static bool see(void *owner, const struct kept_evidence *one)
{
    struct seen *seen = owner;
    struct note shown, cosigned;
    if (!CHECK(seen->count < 8) || !CHECK_OK(note_parse(one->shown, &shown)))
        return false;
    CHECK_U64(one->at_ms, WITNESS_BEGAN_MS);
    if (strcmp(one->kind, KEPT_CLOSED) == 0)
        CHECK_BYTES(one->cosigned, slice_text(CLOSED));
    else if (CHECK_OK(note_parse(one->cosigned, &cosigned)))
        CHECK(cosigned.line_count == 2);
    snprintf(seen->kinds[seen->count], sizeof seen->kinds[0], "%s", one->kind);
    seen->sizes[seen->count++] = shown.size;
    return true;
}

static struct seen evidence_of(struct stand *s)
{
    struct seen seen = {0};
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    struct status status = kept_evidence(s->kept, &origin, 0, see, &seen);
    CHECK_STATUS(status, seen.count == 0 ? FAIL(ABSENT) : OK);
    return seen;
}

static void check_conflict(struct stand *s, uint64_t old, uint64_t size, enum witness_conflict want,
                           bool is_new)
{
    struct kept_answer answer = stand_submit(s, old, size);
    CHECK(answer.verdict != WITNESS_GOOD);
    CHECK_U64(answer.conflict, want);
    CHECK(answer.is_new == is_new);
}

static void another_root_of_the_same_size_is_kept_as_evidence(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    CHECK_U64(evidence_of(&s).count, 0);
    witness_log_fork(&s.log, 6);
    check_conflict(&s, 8, 8, WITNESS_TWO_ROOTS, true);
    check_conflict(&s, 8, 8, WITNESS_TWO_ROOTS, false); /* nothing that was not known */
    stand_close(&s);
    CHECK_OK(stand_open(&s));
    struct seen seen = evidence_of(&s);
    CHECK_U64(seen.count, 1);
    CHECK_TEXT(seen.kinds[0], "root");
    CHECK_U64(seen.sizes[0], 8);
    stand_done(&s);
}

static void so_it_is_where_the_question_itself_is_refused(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    witness_log_fork(&s.log, 6);
    check_conflict(&s, 5, 8, WITNESS_TWO_ROOTS, true);  /* 409 */
    check_conflict(&s, 9, 8, WITNESS_TWO_ROOTS, false); /* 400 */
    stand_done(&s);
}

static void a_shorter_history_is_compared_with_what_was_cosigned_of_its_size(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 4, WITNESS_GOOD);
    stand_check(&s, 4, 6, WITNESS_GOOD);
    stand_check(&s, 6, 9, WITNESS_GOOD);
    witness_log_fork(&s.log, 5);
    check_conflict(&s, 4, 4, WITNESS_AGREES, false); /* as it was, only old */
    check_conflict(&s, 4, 6, WITNESS_TWO_ROOTS, true);
    CHECK_U64(evidence_of(&s).sizes[0], 6);
    stand_done(&s);
}

static void what_is_behind_and_was_not_cosigned_is_kept_for_others_to_compare(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 4, WITNESS_GOOD);
    stand_check(&s, 4, 9, WITNESS_GOOD);
    check_conflict(&s, 4, 4, WITNESS_AGREES, false); /* this was */
    witness_log_fork(&s.log, 5);
    check_conflict(&s, 4, 7, WITNESS_AGREES, true);
    check_conflict(&s, 9, 7, WITNESS_AGREES, false); /* the same again */
    struct seen seen = evidence_of(&s);
    CHECK_U64(seen.count, 1);
    CHECK_TEXT(seen.kinds[0], "behind");
    CHECK_U64(seen.sizes[0], 7);
    stand_done(&s);
}

/* As the first thing that a log shows: an empty tree with the root of another. */
static void where_nothing_was_cosigned_nothing_is_contradicted(void)
{
    struct stand s;
    struct buffer note = buffer_new(NOTE_MAX_BYTES), text = buffer_new(WITNESS_MAX_BYTES);
    struct buffer line = buffer_new(NOTE_MAX_BYTES);
    struct kept_answer answer = {0};
    stand_make(&s);
    CHECK_OK(note_sign(s.log.key, WITNESS_ORIGIN, 0, &s.log.leaves[0], &note));
    CHECK_OK(witness_request_write(0, (struct slices){NULL, 0}, buffer_slice(&note), &text));
    CHECK_OK(stand_ask(&s, buffer_slice(&text), &line, &answer));
    CHECK_U64(answer.verdict, WITNESS_UNPROVED);
    CHECK_U64(answer.conflict, WITNESS_AGREES);
    CHECK_U64(evidence_of(&s).count, 0);
    buffer_done(&note);
    buffer_done(&text);
    buffer_done(&line);
    stand_done(&s);
}

static void what_its_own_proof_does_not_lead_to_is_kept_as_evidence(void)
{
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    witness_log_fork(&s.log, 6);
    check_conflict(&s, 8, 9, WITNESS_UNLED, true);
    check_conflict(&s, 8, 9, WITNESS_UNLED, false);
    check_conflict(&s, 7, 9, WITNESS_AGREES, false); /* 409: the proof was of another question */
    struct seen seen = evidence_of(&s);
    CHECK_U64(seen.count, 1);
    CHECK_TEXT(seen.kinds[0], "proof");
    CHECK_U64(seen.sizes[0], 9);
    stand_done(&s);
}

static void what_the_logs_key_has_not_signed_is_no_evidence(void)
{
    struct stand s;
    struct buffer text = buffer_new(WITNESS_MAX_BYTES), line = buffer_new(NOTE_MAX_BYTES);
    struct kept_answer answer = {0};
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    witness_log_fork(&s.log, 6);
    witness_log_request(&s.log, 8, 8, &text);
    s.log.vkey.key[0] ^= 1;
    CHECK_OK(stand_ask(&s, buffer_slice(&text), &line, &answer));
    CHECK_U64(answer.verdict, WITNESS_UNSIGNED);
    CHECK_U64(answer.conflict, WITNESS_AGREES);
    CHECK_U64(evidence_of(&s).count, 0);
    buffer_done(&text);
    buffer_done(&line);
    stand_done(&s);
}

/* The directory says that the log ended at 5 entries, with the root that it has. */
static void stand_close_log(struct stand *s)
{
    s->row.is_closed = true;
    s->row.closed_size = 5;
    s->row.closed_root = merkle_root_of(s->log.leaves, 5);
}

static struct kept_answer past_end(struct stand *s, uint64_t old, uint64_t size, bool is_new)
{
    struct kept_answer answer = stand_submit(s, old, size);
    CHECK(answer.is_past_end);
    CHECK(answer.is_new == is_new);
    return answer;
}

static void what_is_signed_beyond_the_end_of_a_log_is_kept_as_evidence(void)
{
    struct stand s;
    stand_make(&s);
    stand_close_log(&s);
    stand_check(&s, 0, 4, WITNESS_GOOD);
    CHECK_U64(past_end(&s, 4, 6, true).verdict, WITNESS_UNPROVED);
    CHECK_U64(past_end(&s, 4, 6, false).verdict, WITNESS_UNPROVED);
    CHECK_U64(past_end(&s, 3, 7, true).verdict, WITNESS_ELSEWHERE);
    stand_check(&s, 4, 5, WITNESS_GOOD); /* the end itself */
    stand_check_shown(&s, 5);
    struct seen seen = evidence_of(&s);
    CHECK_U64(seen.count, 2);
    CHECK_TEXT(seen.kinds[0], "closed");
    CHECK_U64(seen.sizes[0], 6);
    CHECK_U64(seen.sizes[1], 7);
    stand_done(&s);
}

/* Where it contradicts what was cosigned, too, that is evidence of its own. */
static void another_root_at_the_end_of_a_log_is_kept_as_evidence(void)
{
    struct stand s;
    stand_make(&s);
    stand_close_log(&s);
    witness_log_fork(&s.log, 2);
    CHECK_U64(past_end(&s, 0, 5, true).verdict, WITNESS_UNPROVED);
    CHECK_U64(evidence_of(&s).count, 1);
    stand_check(&s, 0, 4, WITNESS_GOOD);
    witness_log_fork(&s.log, 3);
    struct kept_answer answer = past_end(&s, 4, 5, true);
    CHECK_U64(answer.conflict, WITNESS_UNLED);
    CHECK_U64(answer.verdict, WITNESS_UNPROVED);
    struct seen seen = evidence_of(&s);
    CHECK_U64(seen.count, 3);
    CHECK_TEXT(seen.kinds[0], "closed");
    CHECK_TEXT(seen.kinds[1], "proof");
    CHECK_TEXT(seen.kinds[2], "closed");
    stand_done(&s);
}

static void what_others_sign_beyond_the_end_of_a_log_is_no_evidence(void)
{
    struct stand s;
    stand_make(&s);
    stand_close_log(&s);
    s.log.vkey.key[0] ^= 1;
    struct kept_answer answer = stand_submit(&s, 0, 6);
    CHECK_U64(answer.verdict, WITNESS_UNSIGNED);
    CHECK(!answer.is_past_end);
    CHECK_U64(evidence_of(&s).count, 0);
    stand_done(&s);
}

/* A kept_visit. */
static bool count(void *owner, const struct kept_evidence *one)
{
    (void)one;
    (*(size_t *)owner)++;
    return true;
}

static void evidence_has_a_bound_of_its_own_for_each_kind(void)
{
    struct stand s;
    struct digest origin = digest_plain(slice_text(WITNESS_ORIGIN));
    size_t kept = 0;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    witness_log_fork(&s.log, 6);
    for (uint64_t i = 0; i < KEPT_EVIDENCE; i++)
        check_conflict(&s, 8, 9 + i, WITNESS_UNLED, true);
    check_conflict(&s, 8, 9 + KEPT_EVIDENCE, WITNESS_UNLED, false);
    CHECK_OK(kept_evidence(s.kept, &origin, 0, count, &kept));
    CHECK_U64(kept, KEPT_EVIDENCE);
    check_conflict(&s, 7, 7, WITNESS_AGREES, true);    /* behind */
    check_conflict(&s, 8, 8, WITNESS_TWO_ROOTS, true); /* what convicts */
    stand_done(&s);
}

static void of_each_log_the_newest_checkpoints_are_kept_and_others_before_them(void)
{
    const uint64_t older = KEPT_OLDER + 16;
    uint64_t missing = 0, last_missing = 0;
    struct stand s;
    stand_make(&s);
    for (uint64_t size = 1; size <= older + KEPT_CHECKPOINTS; size++)
        stand_check(&s, size - 1, size, WITNESS_GOOD);
    witness_log_fork(&s.log, 0);
    check_conflict(&s, 0, older + 1, WITNESS_TWO_ROOTS, true);
    for (uint64_t size = 1; size <= older; size++) {
        if (stand_submit(&s, 0, size).conflict == WITNESS_TWO_ROOTS)
            continue;
        CHECK(last_missing == 0 || size > last_missing + 1); /* they are spread */
        last_missing = size;
        missing++;
    }
    CHECK_U64(missing, 16);
    stand_done(&s);
}

TESTS(witness_evidence,
      {"another root of the same size is kept as evidence",
       another_root_of_the_same_size_is_kept_as_evidence},
      {"so it is where the question itself is refused",
       so_it_is_where_the_question_itself_is_refused},
      {"a shorter history is compared with what was cosigned of its size",
       a_shorter_history_is_compared_with_what_was_cosigned_of_its_size},
      {"what its own proof does not lead to is kept as evidence",
       what_its_own_proof_does_not_lead_to_is_kept_as_evidence},
      {"what the log's key has not signed is no evidence",
       what_the_logs_key_has_not_signed_is_no_evidence},
      {"what is behind and was not cosigned is kept for others to compare",
       what_is_behind_and_was_not_cosigned_is_kept_for_others_to_compare},
      {"where nothing was cosigned nothing is contradicted",
       where_nothing_was_cosigned_nothing_is_contradicted},
      {"what is signed beyond the end of a log is kept as evidence",
       what_is_signed_beyond_the_end_of_a_log_is_kept_as_evidence},
      {"another root at the end of a log is kept as evidence",
       another_root_at_the_end_of_a_log_is_kept_as_evidence},
      {"what others sign beyond the end of a log is no evidence",
       what_others_sign_beyond_the_end_of_a_log_is_no_evidence},
      {"evidence has a bound of its own for each kind",
       evidence_has_a_bound_of_its_own_for_each_kind},
      {"of each log the newest checkpoints are kept, and others before them",
       of_each_log_the_newest_checkpoints_are_kept_and_others_before_them})
