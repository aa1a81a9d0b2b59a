#include "libcomity/records.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES         64
#define RECORD_ARENA_BYTES (32U << 20) /* for what one record says */

/* Who sees the records of a walk. */
struct walk {
    submission_visit *submission;
    message_visit *message;
    void *owner;
};

static struct status put_record(struct archive *archive, enum archive_kind kind, struct slice name,
                                struct buffer *record)
{
    struct status s =
        record->failed ? FAIL(MEMORY) : archive_put(archive, kind, name, buffer_slice(record));
    buffer_done(record);
    return s;
}

/* A record's octets in the arena. What we wrote and authenticated is well formed, unless it was
 * written by another version: STORE. */
static struct status get_record(struct archive *archive, struct arena *arena,
                                enum archive_kind kind, struct slice name, struct slice *ret_record)
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

static struct status finish(const struct mp_cursor *c)
{
    return mp_end(c) ? OK : FAIL(STORE);
}

static bool open_list(struct slice record, uint32_t count, struct mp_cursor *ret_c)
{
    if (failed(msgpack_scan(record)))
        return false;
    *ret_c = mp_over(record);
    mp_array_of(ret_c, count);
    return true;
}

/* ---- own messages ---- */

struct status record_submission(struct archive *archive, struct slice id,
                                const struct submit *submit)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    struct frame f = {.kind = FRAME_SUBMIT, .number = 1, .as.submit = *submit};
    frame_write(&b, &f);
    return put_record(archive, ARCHIVE_SUBMISSION, id, &b);
}

static struct status parse_submission(struct arena *arena, struct slice record,
                                      struct submit *ret_submit)
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
    struct status s = get_record(archive, arena, ARCHIVE_SUBMISSION, id, &record);
    return failed(s) ? s : parse_submission(arena, record, ret_submit);
}

static struct status visit_submission(void *owner, struct slice record)
{
    const struct walk *walk = owner;
    struct submit submit;
    struct arena *arena = arena_new(RECORD_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : parse_submission(arena, record, &submit);
    if (!failed(s))
        s = walk->submission(walk->owner, arena, &submit);
    arena_free(arena);
    return s;
}

struct status submissions_each(struct archive *archive, submission_visit *visit, void *owner)
{
    struct walk walk = {.submission = visit, .owner = owner};
    return archive_each(archive, ARCHIVE_SUBMISSION, visit_submission, &walk);
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
    return put_record(archive, ARCHIVE_ANSWER, id, &b);
}

struct status answer_load(struct archive *archive, struct arena *arena, struct slice id,
                          struct sent_answer *ret_answer)
{
    struct slice record;
    struct mp_cursor c;
    struct sent_answer a = {0};
    char code[32] = "";
    struct status s = get_record(archive, arena, ARCHIVE_ANSWER, id, &record);
    if (failed(s))
        return s;
    if (!open_list(record, 7, &c) ||
        !slice_copy_text(mp_text(&c, sizeof code - 1), code, sizeof code))
        return FAIL(STORE);
    a.code = refusal_find(code);
    a.stage = (enum stage)mp_uint(&c, STAGE_NOT_RETRIEVED);
    a.report.present = mp_bool(&c);
    a.report.released = mp_uint(&c, COUNT_MAX);
    a.report.transformed = mp_uint(&c, COUNT_MAX);
    a.report.withheld = mp_uint(&c, COUNT_MAX);
    a.proved = mp_bool(&c);
    s = finish(&c);
    if (!failed(s))
        *ret_answer = a;
    return s;
}

/* An id with something behind it, as the name of a record. */
static struct slice longer_name(uint8_t room[static NAME_BYTES], struct slice id, struct slice tail)
{
    size_t length = 0;
    const struct slice pieces[] = {id, tail};
    for (size_t i = 0; i < 2; i++) {
        struct slice piece = slice_part(pieces[i], 0, NAME_BYTES - length);
        if (piece.length > 0)
            memcpy(room + length, piece.at, piece.length);
        length += piece.length;
    }
    return slice_over(room, length);
}

struct status record_receipt(struct archive *archive, struct slice id, enum stage stage,
                             struct slice receipt)
{
    uint8_t room[NAME_BYTES];
    return archive_put(archive, ARCHIVE_RECEIPT,
                       longer_name(room, id, slice_text(stage_name(stage))), receipt);
}

static bool is_known(struct archive *archive, enum archive_kind kind, struct slice name)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    bool known = !failed(archive_get(archive, kind, name, &b));
    buffer_done(&b);
    return known;
}

bool receipt_known(struct archive *archive, struct slice id, enum stage stage)
{
    uint8_t room[NAME_BYTES];
    return is_known(archive, ARCHIVE_RECEIPT, longer_name(room, id, slice_text(stage_name(stage))));
}

/* ---- received messages ---- */

struct status record_message(struct archive *archive, const struct kept_message *m)
{
    uint8_t room[NAME_BYTES];
    struct slice name = longer_name(room, m->key.id, m->key.from);
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX), sender = buffer_new(256);
    mp_put_array(&b, 6);
    mp_put_text(&b, m->key.from);
    mp_put_bytes(&b, m->key.id);
    mp_put_text(&b, m->key.to);
    mp_put_uint(&b, m->received_ms);
    mp_put_bytes(&b, m->row);
    mp_put_bytes(&b, m->certificate);
    struct status s = put_record(archive, ARCHIVE_MESSAGE, name, &b);
    /* the first one of this id keeps it: another sender cannot hide a message behind its own */
    if (!failed(s) && archive_get(archive, ARCHIVE_SENDER, m->key.id, &sender).code == CODE_ABSENT)
        s = archive_put(archive, ARCHIVE_SENDER, m->key.id, m->key.from);
    buffer_done(&sender);
    return s;
}

static struct status parse_message(struct slice record, struct kept_message *ret_message)
{
    struct mp_cursor c;
    struct kept_message m = {0};
    if (!open_list(record, 6, &c))
        return FAIL(STORE);
    m.key.from = mp_text(&c, ARCHIVE_RECORD_MAX);
    m.key.id = mp_bytes(&c, UUID_BYTES, UUID_BYTES);
    m.key.to = mp_text(&c, ARCHIVE_RECORD_MAX);
    m.received_ms = mp_uint(&c, COUNT_MAX);
    m.row = mp_bytes(&c, 0, ARCHIVE_RECORD_MAX);
    m.certificate = mp_bytes(&c, 0, ARCHIVE_RECORD_MAX);
    struct status s = finish(&c);
    if (!failed(s))
        *ret_message = m;
    return s;
}

struct status message_load(struct archive *archive, struct arena *arena, struct slice id,
                           struct kept_message *ret_message)
{
    uint8_t room[NAME_BYTES];
    struct slice sender, record;
    struct status s = get_record(archive, arena, ARCHIVE_SENDER, id, &sender);
    if (!failed(s))
        s = get_record(archive, arena, ARCHIVE_MESSAGE, longer_name(room, id, sender), &record);
    return failed(s) ? s : parse_message(record, ret_message);
}

static struct status visit_message(void *owner, struct slice record)
{
    const struct walk *walk = owner;
    struct kept_message message;
    struct arena *arena = arena_new(RECORD_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : parse_message(record, &message);
    if (!failed(s))
        s = walk->message(walk->owner, arena, &message);
    arena_free(arena);
    return s;
}

struct status messages_each(struct archive *archive, message_visit *visit, void *owner)
{
    struct walk walk = {.message = visit, .owner = owner};
    return archive_each(archive, ARCHIVE_MESSAGE, visit_message, &walk);
}

struct status record_reply(struct archive *archive, struct slice id, struct slice reply)
{
    return archive_put(archive, ARCHIVE_REPLY, id, reply);
}

bool reply_known(struct archive *archive, struct slice id)
{
    return is_known(archive, ARCHIVE_REPLY, id);
}

/* ---- logs ---- */

/* The checkpoint lives in the record. */
static struct status parse_checkpoint(struct slice record, struct known_checkpoint *ret_checkpoint)
{
    struct mp_cursor c;
    struct known_checkpoint k;
    if (!open_list(record, 3, &c))
        return FAIL(STORE);
    k.origin = mp_text(&c, ARCHIVE_RECORD_MAX);
    k.size = mp_uint(&c, COUNT_MAX);
    k.root = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    struct status s = finish(&c);
    if (!failed(s))
        *ret_checkpoint = k;
    return s;
}

/* What is kept by now, which may be another process's. */
static struct status compare_kept(struct archive *archive,
                                  const struct known_checkpoint *checkpoint, bool *ret_newer)
{
    struct known_checkpoint kept;
    struct buffer b = buffer_new(1024);
    struct status s = archive_get(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
    bool absent = s.code == CODE_ABSENT;
    if (!failed(s))
        s = parse_checkpoint(buffer_slice(&b), &kept);
    if (!failed(s) && kept.size == checkpoint->size && !slice_equal(kept.root, checkpoint->root))
        s = FAIL(FORK);
    if (!failed(s) || absent)
        *ret_newer = absent || kept.size < checkpoint->size;
    buffer_done(&b);
    return absent ? OK : s;
}

struct status record_checkpoint(struct archive *archive, const struct known_checkpoint *checkpoint)
{
    bool newer;
    struct status s = compare_kept(archive, checkpoint, &newer);
    if (failed(s) || !newer)
        return s;
    struct buffer b = buffer_new(1024);
    mp_put_array(&b, 3);
    mp_put_text(&b, checkpoint->origin);
    mp_put_uint(&b, checkpoint->size);
    mp_put_bytes(&b, checkpoint->root);
    return put_record(archive, ARCHIVE_CHECKPOINT, checkpoint->origin, &b);
}

struct listing {
    struct arena *arena;
    struct known_checkpoint *at;
    size_t count;
};

static struct status list_checkpoint(void *owner, struct slice octets)
{
    struct listing *l = owner;
    struct slice record = arena_copy(l->arena, octets);
    if (record.at == NULL)
        return FAIL(MEMORY);
    return l->count == HELLO_LIST_MAX ? FAIL(STORE) : parse_checkpoint(record, &l->at[l->count++]);
}

static int by_origin(const void *a, const void *b)
{
    return slice_compare(((const struct known_checkpoint *)a)->origin,
                         ((const struct known_checkpoint *)b)->origin);
}

struct status checkpoints_load(struct archive *archive, struct arena *arena,
                               struct known_checkpoint **ret_checkpoints, size_t *ret_count)
{
    struct listing l = {arena, arena_array(arena, HELLO_LIST_MAX, sizeof *l.at), 0};
    if (l.at == NULL)
        return FAIL(MEMORY);
    struct status s = archive_each(archive, ARCHIVE_CHECKPOINT, list_checkpoint, &l);
    if (failed(s))
        return s;
    qsort(l.at, l.count, sizeof *l.at, by_origin);
    *ret_checkpoints = l.at;
    *ret_count = l.count;
    return OK;
}
