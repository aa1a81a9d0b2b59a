#include "audit/receipt.h"

#include "audit/ended.h"
#include "message/shape.h"

#define KEY_BYTES 32

static void opening_read(struct cbor_cursor *c, struct receipt *r)
{
    cbor_array(c, 2, 2);
    r->key = cbor_bytes(c, KEY_BYTES, KEY_BYTES);
    r->record = cbor_bytes(c, 0, SIZE_MAX);
}

static void receipt_read(struct cbor_cursor *c, struct arena *arena, struct receipt *r)
{
    shape_key(c, 1);
    r->entry = cbor_bytes(c, 0, SIZE_MAX);
    shape_key(c, 2);
    opening_read(c, r);
    shape_key(c, 3);
    r->index = shape_count(c);
    shape_key(c, 4);
    r->path = shape_hashes(c, arena, MERKLE_MAX_PATH);
    shape_key(c, 5);
    r->note = cbor_text(c, 0, SIZE_MAX);
    r->has_proof = cbor_key(c, 6);
    if (r->has_proof) {
        cbor_array(c, 2, 2);
        r->old_size = shape_count(c);
        r->proof = shape_hashes(c, arena, MERKLE_MAX_CONSISTENCY);
    }
}

struct status receipt_parse(struct arena *arena, struct slice octets, struct receipt *ret_receipt)
{
    struct receipt r = {0};
    struct status s;
    if (octets.length > RECEIPT_MAX_BYTES)
        return REFUSE(RECEIPT_SIZE);
    if (failed(s = cbor_scan(octets)))
        return s;
    struct cbor_cursor c = cbor_over(octets);
    (void)cbor_map(&c, UINT64_MAX);
    receipt_read(&c, arena, &r);
    if (failed(s = shape_end(&c, REASON_RECEIPT_SHAPE)))
        return s;
    *ret_receipt = r;
    return OK;
}

void receipt_write(struct buffer *out, const struct receipt *r)
{
    cbor_put_map(out, r->has_proof ? 6 : 5);
    cbor_put_uint(out, 1);
    cbor_put_bytes(out, r->entry);
    cbor_put_uint(out, 2);
    cbor_put_array(out, 2);
    cbor_put_bytes(out, r->key);
    cbor_put_bytes(out, r->record);
    cbor_put_uint(out, 3);
    cbor_put_uint(out, r->index);
    cbor_put_uint(out, 4);
    shape_put_hashes(out, r->path);
    cbor_put_uint(out, 5);
    cbor_put_text(out, r->note);
    if (r->has_proof) {
        cbor_put_uint(out, 6);
        cbor_put_array(out, 2);
        cbor_put_uint(out, r->old_size);
        shape_put_hashes(out, r->proof);
    }
}

/*
 * The gateway's log whose key signed the note. A log may have several rows while keys change; those
 * count that are in force at the time, and of a log that ended, where all of it is asked for, its
 * row at any time.
 */
static struct status log_find(const struct gateway_row *gateway, const struct note *note,
                              uint64_t time_ms, bool is_whole, const struct log_row **ret_log)
{
    struct status s = REFUSE(NOTE_ORIGIN);
    for (size_t i = 0; i < gateway->log_count; i++) {
        const struct log_row *log = &gateway->logs[i];
        struct vkey vkey;
        bool is_over = is_whole && log->is_closed;
        if (!slice_equal(log->origin, note->origin) ||
            (!is_over && (time_ms < log->from_ms || time_ms >= log->until_ms)))
            continue;
        s = vkey_parse(log->vkey, &vkey);
        if (!failed(s))
            s = note_verify(note, &vkey);
        if (!failed(s))
            s = log_end_allows(log, note->size, &note->root);
        if (!failed(s)) {
            *ret_log = log;
            return OK;
        }
    }
    return s;
}

struct status checkpoint_prove(struct slice text, const struct gateway_row *gateway, uint64_t at_ms,
                               struct note *ret_note, const struct log_row **ret_log)
{
    struct note note;
    struct status s = note_parse(text, &note);
    if (failed(s) || failed(s = log_find(gateway, &note, at_ms, true, ret_log)))
        return s;
    *ret_note = note;
    return OK;
}

/* The entry is in the tree, and the opening is its. */
static struct status entry_prove(const struct receipt *r, struct slice outer_hmac,
                                 struct proved *proved)
{
    proved->leaf = merkle_leaf(r->entry);
    if (!merkle_included(&proved->leaf, r->index, proved->note.size, r->path, &proved->note.root))
        return REFUSE(RECEIPT_INCLUSION);
    struct digest opened = hmac_of(r->key.at, SEPARATION_OUTER, r->record);
    if (!digest_equal(&opened, outer_hmac))
        return REFUSE(RECEIPT_OPENING);
    return outer_parse(r->record, &proved->outer);
}

struct status receipt_prove(struct arena *arena, struct slice octets,
                            const struct gateway_row *gateway, struct proved *ret_proved)
{
    struct proved proved = {0};
    struct slice outer_hmac, inner_hmac;
    struct status s = receipt_parse(arena, octets, &proved.receipt);
    if (failed(s))
        return s;
    const struct receipt *r = &proved.receipt;
    if (failed(s = entry_parse(r->entry, &proved.time_ms, &outer_hmac, &inner_hmac)))
        return s;
    if (failed(s = note_parse(r->note, &proved.note)))
        return s;
    if (failed(s = log_find(gateway, &proved.note, proved.time_ms, false, &proved.log)))
        return s;
    if (failed(s = entry_prove(r, outer_hmac, &proved)))
        return s;
    *ret_proved = proved;
    return OK;
}

struct status receipt_fits(const struct proved *proved, const struct receipt_wanted *wanted)
{
    const struct outer *outer = &proved->outer;
    const struct claims *claims = wanted->claims;
    if (outer->kind != wanted->kind || outer->stage != wanted->stage || outer->hop != wanted->hop)
        return REFUSE(RECEIPT_KIND);
    if (!slice_equal(outer->gateway, wanted->gateway->id))
        return REFUSE(RECEIPT_GATEWAY);
    if (!slice_equal(outer->id, claims->id) || !slice_equal(outer->from, claims->from) ||
        !slice_equal(outer->to, claims->to) || !slice_equal(outer->type, claims->type) ||
        !slice_equal(outer->purpose, claims->purpose))
        return REFUSE(RECEIPT_CLAIMS);
    return digest_equal(wanted->seal, outer->seal) ? OK : REFUSE(RECEIPT_SEAL);
}

struct status receipt_check(struct arena *arena, struct slice octets,
                            const struct receipt_wanted *wanted, struct proved *ret_proved)
{
    struct proved proved = {0};
    struct status s = receipt_prove(arena, octets, wanted->gateway, &proved);
    if (failed(s) || failed(s = receipt_fits(&proved, wanted)))
        return s;
    *ret_proved = proved;
    return OK;
}
