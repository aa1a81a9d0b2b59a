#include "support/check.h"

#include "audit/lookup.h"

#include <string.h>

static const uint8_t thread[16] = {[6] = 0x40, [8] = 0x80};
static const uint8_t hash[32] = {1};

static void check_lookup(const struct lookup *l)
{
    struct lookup read;
    struct buffer b = buffer_new(LOOKUP_MAX_BYTES);
    lookup_write(&b, l);
    if (CHECK_OK(lookup_parse(buffer_slice(&b), &read))) {
        CHECK_BYTES(read.from, l->from);
        CHECK_BYTES(read.frame, l->frame);
        CHECK(read.is_thread == l->is_thread);
        CHECK_BYTES(read.sid, l->sid);
        CHECK((read.sid.at == NULL) == (l->sid.at == NULL));
    }
    for (size_t i = 0; i < b.length; i++)
        CHECK(failed(lookup_parse(slice_over(b.at, i), &read)));
    buffer_done(&b);
}

static void a_question_is_read_as_it_was_written(void)
{
    const struct slice from = slice_text("XA-CA-01");
    check_lookup(&(struct lookup){from, slice_text("XA/2026-17"), false, slice_text("S-1")});
    check_lookup(&(struct lookup){from, slice_text("XA/2026-17"), false, {NULL, 0}});
    check_lookup(&(struct lookup){from, slice_over(thread, 16), true, slice_text("S-1")});
}

static void check_refused(const struct lookup *l)
{
    struct lookup read;
    struct buffer b = buffer_new(LOOKUP_MAX_BYTES);
    lookup_write(&b, l);
    CHECK_STATUS(lookup_parse(buffer_slice(&b), &read), REFUSE(LOOKUP_SHAPE));
    buffer_done(&b);
}

static void what_is_no_question_is_refused(void)
{
    char sid[LOOKUP_SID_BYTES + 2];
    memset(sid, 'S', sizeof sid);
    const struct slice from = slice_text("XA-CA-01"), frame = slice_text("XA/2026-17");
    check_refused(&(struct lookup){slice_text("xa"), frame, false, {NULL, 0}});
    check_refused(&(struct lookup){from, slice_text("no ref"), false, {NULL, 0}});
    check_refused(&(struct lookup){from, slice_over(hash, 16), true, {NULL, 0}});
    check_refused(&(struct lookup){from, frame, false, slice_over(sid, 0)});
    check_refused(&(struct lookup){from, frame, false, slice_over(sid, LOOKUP_SID_BYTES + 1)});
}

static void an_answer_is_read_as_it_was_written(void)
{
    struct looked_up read;
    const struct slice of = slice_over(hash, sizeof hash);
    const struct looked_up answers[] = {{of, of}, {of, {NULL, 0}}, {{NULL, 0}, {NULL, 0}}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct buffer b = buffer_new(LOOKUP_MAX_BYTES);
        looked_up_write(&b, &answers[i]);
        CHECK_OK(looked_up_parse(buffer_slice(&b), &read));
        CHECK_BYTES(read.of_case, answers[i].of_case);
        CHECK_BYTES(read.of_subject, answers[i].of_subject);
        CHECK(failed(looked_up_parse(slice_over(b.at, b.length - 1), &read)));
        buffer_done(&b);
    }
    CHECK_STATUS(looked_up_parse(hex("8241aaf6"), &read), REFUSE(LOOKUP_SHAPE));
    CHECK_STATUS(looked_up_parse(hex("83f6f6f6"), &read), REFUSE(LOOKUP_SHAPE));
}

TESTS(audit_lookup, {"a question is read as it was written", a_question_is_read_as_it_was_written},
      {"what is no question is refused", what_is_no_question_is_refused},
      {"an answer is read as it was written", an_answer_is_read_as_it_was_written})
