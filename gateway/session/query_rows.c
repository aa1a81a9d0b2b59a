/* The rows of ANSWER, by what was asked. */

#include "session/query_parts.h"

#include <string.h>

#include "base/instant.h"

/* An ANSWER as a whole has been scanned, so only shapes are left to be judged here. */
struct status query_finish(const struct mp_cursor *c)
{
    if (c->starved)
        return FAIL(MEMORY);
    return mp_end(c) ? OK : REFUSE(FRAME_SHAPE);
}

struct message_key query_key_read(struct mp_cursor *c)
{
    struct message_key key = {0};
    mp_array_of(c, 3);
    key.from = mp_text(c, FRAME_MAX_BYTES);
    key.id = mp_bytes(c, UUID_BYTES, UUID_BYTES);
    key.to = mp_text(c, FRAME_MAX_BYTES);
    return key;
}

void query_key_put(struct buffer *b, const struct message_key *key)
{
    mp_put_array(b, 3);
    mp_put_text(b, key->from);
    mp_put_bytes(b, key->id);
    mp_put_text(b, key->to);
}

static void list_put(struct buffer *b, struct slices list,
                     void (*put)(struct buffer *, struct slice))
{
    mp_put_array(b, list.count);
    for (size_t i = 0; i < list.count; i++)
        put(b, list.at[i]);
}

static struct slices texts_read(struct mp_cursor *c, struct arena *a, uint32_t max)
{
    uint32_t count = mp_array(c, max);
    struct slices list = {0};
    if (!mp_ok(c) || count == 0)
        return list;
    list.at = arena_array(a, count, sizeof *list.at);
    if (list.at == NULL) {
        c->starved = true;
        mp_fail(c);
        return list;
    }
    for (list.count = 0; list.count < count; list.count++)
        list.at[list.count] = mp_text(c, FRAME_MAX_BYTES);
    return list;
}

struct status inbox_row_parse(struct arena *a, struct slice row, struct inbox_row *ret_row)
{
    struct inbox_row r;
    memset(&r, 0, sizeof r);
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 9);
    r.key = query_key_read(&c);
    r.thread = mp_bytes(&c, UUID_BYTES, UUID_BYTES);
    r.type = mp_text(&c, FRAME_MAX_BYTES);
    r.stage = mp_uint(&c, COUNT_MAX);
    r.received_ms = mp_uint(&c, INSTANT_MAX);
    r.urgency = mp_text_or_nil(&c, FRAME_MAX_BYTES);
    if (mp_peek(&c) == VALUE_NIL)
        mp_skip(&c);
    else
        r.deadline_ms = mp_uint(&c, INSTANT_MAX);
    r.handling = texts_read(&c, a, 4);
    r.case_ref = mp_text_or_nil(&c, FRAME_MAX_BYTES);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_row = r;
    return s;
}

void inbox_row_write(struct buffer *b, const struct inbox_row *row)
{
    mp_put_array(b, 9);
    query_key_put(b, &row->key);
    mp_put_bytes(b, row->thread);
    mp_put_text(b, row->type);
    mp_put_uint(b, row->stage);
    mp_put_uint(b, row->received_ms);
    mp_put_text_or_nil(b, row->urgency);
    if (row->deadline_ms == 0)
        mp_put_nil(b);
    else
        mp_put_uint(b, row->deadline_ms);
    list_put(b, row->handling, mp_put_text);
    mp_put_text_or_nil(b, row->case_ref);
}

static struct slices octets_read(struct mp_cursor *c, struct arena *a, uint32_t min, uint32_t max)
{
    struct slices list = mp_bytes_list(c, a, max, 0, FRAME_MAX_BYTES);
    if (list.count < min)
        mp_fail(c);
    return list;
}

struct status fetch_row_parse(struct arena *a, struct slice row, struct deliver *ret_deliver)
{
    struct deliver d;
    memset(&d, 0, sizeof d);
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 4);
    struct slice from = c.r.left;
    mp_array_of(&c, 2);
    d.message.seal = mp_bytes(&c, 0, FRAME_MAX_BYTES);
    d.message.fields = octets_read(&c, a, 0, FIELDS_MAX);
    d.message_raw = slice_part(from, 0, from.length - c.r.left.length);
    d.derived = octets_read(&c, a, 0, FIELDS_MAX);
    d.releases = octets_read(&c, a, 1, HOPS_MAX);
    d.receipts = octets_read(&c, a, 1, HOPS_MAX);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_deliver = d;
    return s;
}

void fetch_row_write(struct buffer *b, const struct deliver *deliver)
{
    mp_put_array(b, 4);
    mp_put_array(b, 2);
    mp_put_bytes(b, deliver->message.seal);
    list_put(b, deliver->message.fields, mp_put_bytes);
    list_put(b, deliver->derived, mp_put_bytes);
    list_put(b, deliver->releases, mp_put_bytes);
    list_put(b, deliver->receipts, mp_put_bytes);
}

struct status status_row_parse(struct arena *a, struct slice row, struct status_row *ret_row)
{
    struct status_row r;
    memset(&r, 0, sizeof r);
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 4);
    r.key = query_key_read(&c);
    r.stage = mp_uint(&c, COUNT_MAX);
    r.code = mp_text_or_nil(&c, FRAME_MAX_BYTES);
    r.receipts = octets_read(&c, a, 0, STATUS_MAX_RECEIPTS);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_row = r;
    return s;
}

void status_row_write(struct buffer *b, const struct status_row *row)
{
    mp_put_array(b, 4);
    query_key_put(b, &row->key);
    mp_put_uint(b, row->stage);
    mp_put_text_or_nil(b, row->code);
    list_put(b, row->receipts, mp_put_bytes);
}

struct status checkpoint_row_parse(struct slice row, struct slice *ret_note)
{
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 1);
    struct slice note = mp_text(&c, FRAME_MAX_BYTES);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_note = note;
    return s;
}

void checkpoint_row_write(struct buffer *b, struct slice note)
{
    mp_put_array(b, 1);
    mp_put_text(b, note);
}

struct status consistency_row_parse(struct arena *a, struct slice row, struct slices *ret_path)
{
    struct mp_cursor c = mp_over(row);
    struct slices path = mp_bytes_list(&c, a, PROOF_MAX, DIGEST_BYTES, DIGEST_BYTES);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_path = path;
    return s;
}

void consistency_row_write(struct buffer *b, struct slices path)
{
    list_put(b, path, mp_put_bytes);
}

struct status steps_row_parse(struct arena *a, struct slice row, struct steps_row *ret_row)
{
    struct steps_row r;
    memset(&r, 0, sizeof r);
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 4);
    r.old_size = mp_uint(&c, COUNT_MAX);
    r.size = mp_uint(&c, COUNT_MAX);
    r.root = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    r.path = mp_bytes_list(&c, a, PROOF_MAX, DIGEST_BYTES, DIGEST_BYTES);
    if (r.old_size >= r.size)
        mp_fail(&c);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_row = r;
    return s;
}

void steps_row_write(struct buffer *b, const struct steps_row *row)
{
    mp_put_array(b, 4);
    mp_put_uint(b, row->old_size);
    mp_put_uint(b, row->size);
    mp_put_bytes(b, row->root);
    list_put(b, row->path, mp_put_bytes);
}

struct status cose_row_parse(struct slice row, struct slice *ret_receipt)
{
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 1);
    struct slice receipt = mp_bytes(&c, 1, FRAME_MAX_BYTES);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_receipt = receipt;
    return s;
}

void cose_row_write(struct buffer *b, struct slice receipt)
{
    mp_put_array(b, 1);
    mp_put_bytes(b, receipt);
}

struct status rulebook_row_parse(struct slice row, struct rulebook_row *ret_row)
{
    struct rulebook_row r;
    memset(&r, 0, sizeof r);
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 4);
    r.number = mp_uint(&c, COUNT_MAX);
    r.digest = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    r.octets = mp_bytes(&c, 0, RULEBOOK_CHUNK_BYTES);
    r.length = mp_uint(&c, COUNT_MAX);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_row = r;
    return s;
}

void rulebook_row_write(struct buffer *b, const struct rulebook_row *row)
{
    mp_put_array(b, 4);
    mp_put_uint(b, row->number);
    mp_put_bytes(b, row->digest);
    mp_put_bytes(b, row->octets);
    mp_put_uint(b, row->length);
}

struct status versions_row_parse(struct slice row, struct versions_row *ret_row)
{
    struct versions_row r;
    struct mp_cursor c = mp_over(row);
    mp_array_of(&c, 3);
    r.name = mp_text(&c, FRAME_MAX_BYTES);
    r.number = mp_uint(&c, COUNT_MAX);
    r.digest = mp_bytes(&c, DIGEST_BYTES, DIGEST_BYTES);
    struct status s = query_finish(&c);
    if (!failed(s))
        *ret_row = r;
    return s;
}

void versions_row_write(struct buffer *b, const struct versions_row *row)
{
    mp_put_array(b, 3);
    mp_put_text(b, row->name);
    mp_put_uint(b, row->number);
    mp_put_bytes(b, row->digest);
}
