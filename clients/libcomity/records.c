#include "libcomity/record_parts.h"

#include <stdio.h>
#include <string.h>

struct walk {
    submission_visit *visit;
    void *owner;
};

struct status record_put(struct archive *archive, enum archive_kind kind, struct slice name,
                         struct buffer *record)
{
    struct status s =
        record->failed ? FAIL(MEMORY) : archive_put(archive, kind, name, buffer_slice(record));
    buffer_done(record);
    return s;
}

struct status record_get(struct archive *archive, struct arena *arena, enum archive_kind kind,
                         struct slice name, struct slice *ret_record)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    struct status s = archive_get(archive, kind, name, &b);
    if (!failed(s)) {
        *ret_record = arena_copy(arena, buffer_slice(&b));
        s = ret_record->at == NULL ? FAIL(MEMORY) : OK;
    }
    buffer_done(&b);
    return s;
}

struct status record_end(const struct mp_cursor *c)
{
    return mp_end(c) ? OK : FAIL(STORE);
}

bool record_open(struct slice record, uint32_t count, struct mp_cursor *ret_c)
{
    if (failed(msgpack_scan(record)))
        return false;
    *ret_c = mp_over(record);
    mp_array_of(ret_c, count);
    return true;
}

struct status record_submission(struct archive *archive, struct slice id,
                                const struct submit *submit)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    struct frame f = {.kind = FRAME_SUBMIT, .number = 1, .as.submit = *submit};
    frame_write(&b, &f);
    return record_put(archive, ARCHIVE_SUBMISSION, id, &b);
}

struct status submission_parse(struct arena *arena, struct slice record, struct submit *ret_submit)
{
    struct frame f;
    struct status s = frame_parse(arena, slice_part(record, FRAME_HEAD_BYTES, SIZE_MAX), &f);
    if (s.code == CODE_REFUSED || (!failed(s) && f.kind != FRAME_SUBMIT))
        return FAIL(STORE);
    if (!failed(s))
        *ret_submit = f.as.submit;
    return s;
}

struct status submission_load(struct archive *archive, struct arena *arena, struct slice id,
                              struct submit *ret_submit)
{
    struct slice record;
    struct status s = record_get(archive, arena, ARCHIVE_SUBMISSION, id, &record);
    return failed(s) ? s : submission_parse(arena, record, ret_submit);
}

static struct status visit_submission(void *owner, struct slice record)
{
    const struct walk *walk = owner;
    struct submit submit;
    struct arena *arena = arena_new(RECORD_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : submission_parse(arena, record, &submit);
    if (!failed(s))
        s = walk->visit(walk->owner, arena, &submit);
    arena_free(arena);
    return s;
}

struct status submissions_each(struct archive *archive, submission_visit *visit, void *owner,
                               size_t *unsound)
{
    struct walk walk = {visit, owner};
    return archive_each(archive, ARCHIVE_SUBMISSION, visit_submission, &walk, unsound);
}

struct status record_answer(struct archive *archive, struct slice id,
                            const struct sent_answer *answer)
{
    struct buffer b = buffer_new(256);
    mp_put_array(&b, 7);
    mp_put_text(&b, slice_text(refusal_name(answer->code)));
    mp_put_uint(&b, answer->stage);
    mp_put_bool(&b, answer->report.present);
    mp_put_uint(&b, answer->report.released);
    mp_put_uint(&b, answer->report.transformed);
    mp_put_uint(&b, answer->report.withheld);
    mp_put_bool(&b, answer->proved);
    return record_put(archive, ARCHIVE_ANSWER, id, &b);
}

struct status answer_load(struct archive *archive, struct arena *arena, struct slice id,
                          struct sent_answer *ret_answer)
{
    struct slice record;
    struct mp_cursor c;
    struct sent_answer a = {0};
    char code[32] = "";
    struct status s = record_get(archive, arena, ARCHIVE_ANSWER, id, &record);
    if (failed(s))
        return s;
    if (!record_open(record, 7, &c) ||
        !slice_copy_text(mp_text(&c, sizeof code - 1), code, sizeof code))
        return FAIL(STORE);
    a.code = refusal_find(code);
    a.stage = (enum stage)mp_uint(&c, STAGE_NOT_RETRIEVED);
    a.report.present = mp_bool(&c);
    a.report.released = mp_uint(&c, COUNT_MAX);
    a.report.transformed = mp_uint(&c, COUNT_MAX);
    a.report.withheld = mp_uint(&c, COUNT_MAX);
    a.proved = mp_bool(&c);
    s = record_end(&c);
    if (!failed(s))
        *ret_answer = a;
    return s;
}

struct slice record_name(uint8_t room[static RECORD_NAME_BYTES], struct slice id, struct slice tail)
{
    size_t length = 0;
    const struct slice pieces[] = {id, tail};
    for (size_t i = 0; i < 2; i++) {
        struct slice piece = slice_part(pieces[i], 0, RECORD_NAME_BYTES - length);
        if (piece.length > 0)
            memcpy(room + length, piece.at, piece.length);
        length += piece.length;
    }
    return slice_over(room, length);
}

/* The own gateway's are named by the stage alone. */
struct slice receipt_name(uint8_t room[static RECORD_NAME_BYTES], const struct receipt_place *place)
{
    char tail[RECORD_NAME_BYTES];
    snprintf(tail, sizeof tail, "%s%s", stage_name(place->stage), place->hop == 2 ? " 2" : "");
    return record_name(room, place->id, slice_text(tail));
}

struct status record_receipt(struct archive *archive, const struct receipt_place *place,
                             struct slice receipt)
{
    uint8_t room[RECORD_NAME_BYTES];
    return archive_put(archive, ARCHIVE_RECEIPT, receipt_name(room, place), receipt);
}

struct status receipt_load(struct archive *archive, struct arena *arena,
                           const struct receipt_place *place, struct slice *ret_receipt)
{
    uint8_t room[RECORD_NAME_BYTES];
    return record_get(archive, arena, ARCHIVE_RECEIPT, receipt_name(room, place), ret_receipt);
}

bool receipt_known(struct archive *archive, const struct receipt_place *place)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    bool known = !failed(archive_get(archive, ARCHIVE_RECEIPT, receipt_name(room, place), &b));
    buffer_done(&b);
    return known;
}
