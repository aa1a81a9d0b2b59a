#include "audit/opening.h"

#include "message/shape.h"

#define ROW_HEADS_BYTES 48U /* of a row: array, index, entry and three openings, without octets */

static size_t opening_bytes(const struct opening *opening)
{
    return opening->key.length + opening->record.length;
}

size_t opened_entry_bytes(const struct opened_entry *row)
{
    return ROW_HEADS_BYTES + row->entry.length + opening_bytes(&row->outer) +
           opening_bytes(&row->inner) + opening_bytes(&row->closed);
}

static void put_opening(struct buffer *out, const struct opening *opening)
{
    if (!opening_is_there(opening)) {
        cbor_put_null(out);
        return;
    }
    cbor_put_array(out, 2);
    cbor_put_bytes(out, opening->key);
    cbor_put_bytes(out, opening->record);
}

void openings_write(struct buffer *out, const struct opened_entry *rows, size_t count)
{
    cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        cbor_put_array(out, 5);
        cbor_put_uint(out, rows[i].index);
        cbor_put_bytes(out, rows[i].entry);
        put_opening(out, &rows[i].outer);
        put_opening(out, &rows[i].inner);
        put_opening(out, &rows[i].closed);
    }
}

static struct opening opening_read(struct cbor_cursor *c, size_t max)
{
    struct opening o = {0};
    if (cbor_peek(c) == CBOR_NULL) {
        cbor_null(c);
        return o;
    }
    cbor_array(c, 2, 2);
    o.key = cbor_bytes(c, OPENING_KEY_BYTES, OPENING_KEY_BYTES);
    o.record = cbor_bytes(c, 1, max);
    return o;
}

static void row_read(struct cbor_cursor *c, struct opened_entry *row)
{
    cbor_array(c, 5, 5);
    row->index = shape_count(c);
    row->entry = cbor_bytes(c, ENTRY_BYTES, ENTRY_BYTES);
    row->outer = opening_read(c, OUTER_MAX_BYTES);
    row->inner = opening_read(c, INNER_MAX_BYTES);
    row->closed = opening_read(c, INNER_MAX_BYTES);
    if (opening_is_there(&row->closed) && !opening_is_there(&row->inner))
        cbor_fail(c);
}

struct status openings_parse(struct arena *arena, struct slice document,
                             struct opened_entry **ret_rows, size_t *ret_count)
{
    struct status s = document.length > OPENINGS_MAX_BYTES ? REFUSE(OPENINGS_SIZE) : OK;
    if (failed(s) || failed(s = cbor_scan(document)))
        return s;
    struct cbor_cursor c = cbor_over(document);
    size_t count = (size_t)cbor_array(&c, 0, OPENINGS_MAX);
    struct opened_entry *rows = shape_room(&c, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && cbor_ok(&c); i++) {
        row_read(&c, &rows[i]);
        if (i > 0 && rows[i].index != rows[i - 1].index + 1)
            cbor_fail(&c);
    }
    if (failed(s = shape_end(&c, REASON_OPENINGS_SHAPE)))
        return s;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

static bool commits(struct slice commitment, const struct opening *opening,
                    enum separation separation)
{
    const struct digest hmac = hmac_of(opening->key.at, separation, opening->record);
    return digest_equal(&hmac, commitment);
}

static struct status outer_open(struct slice commitment, const struct opening *opening,
                                struct opened *o)
{
    o->has_outer = opening_is_there(opening);
    if (!o->has_outer)
        return OK;
    return commits(commitment, opening, SEPARATION_OUTER) ? outer_parse(opening->record, &o->outer)
                                                          : REFUSE(OPENING_OUTER);
}

static struct status inner_open(struct arena *arena, struct slice commitment,
                                const struct opened_entry *row, struct opened *o)
{
    struct slice closed;
    o->has_inner = opening_is_there(&row->inner);
    o->has_closed = opening_is_there(&row->closed);
    if (!o->has_inner)
        return o->has_closed ? REFUSE(OPENING_CLOSED) : OK;
    if (!commits(commitment, &row->inner, SEPARATION_INNER))
        return REFUSE(OPENING_INNER);
    struct status s = inner_parse(arena, row->inner.record, &o->inner, &closed);
    if (failed(s) || !o->has_closed)
        return s;
    return commits(closed, &row->closed, SEPARATION_CLOSED)
               ? closed_parse(arena, row->closed.record, &o->closed)
               : REFUSE(OPENING_CLOSED);
}

struct status opened_entry_read(struct arena *arena, const struct opened_entry *row,
                                struct opened *ret_opened)
{
    struct opened o = {0};
    struct slice outer, inner;
    struct status s = entry_parse(row->entry, &o.time_ms, &outer, &inner);
    if (!failed(s))
        s = outer_open(outer, &row->outer, &o);
    if (!failed(s))
        s = inner_open(arena, inner, row, &o);
    if (!failed(s))
        *ret_opened = o;
    return s;
}
