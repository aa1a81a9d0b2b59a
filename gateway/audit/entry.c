#include "audit/entry.h"

#include "message/shape.h"
#include "wire/names.h"

#define VERSION 1
#define MAX_HOP 2

/* Keys of the outer record. */
enum {
    OUTER_VERSION = 1,
    OUTER_KIND,
    OUTER_STAGE,
    OUTER_HOP,
    OUTER_GATEWAY,
    OUTER_ID,
    OUTER_FROM,
    OUTER_TO,
    OUTER_TYPE,
    OUTER_PURPOSE,
    OUTER_SEAL,
    OUTER_RELEASE,
    OUTER_RULEBOOK,
    OUTER_CODE,
};

#define ALWAYS_PAIRS  6 /* 1 to 5 and 13 */
#define MESSAGE_PAIRS 6 /* 6 to 11 */

static const char *const stages[] = {
    [STAGE_NONE] = "none",
    [STAGE_ACCEPTED] = "accepted",
    [STAGE_RELAYED] = "relayed",
    [STAGE_DELIVERED] = "delivered",
    [STAGE_RETRIEVED] = "retrieved",
    [STAGE_REJECTED] = "rejected",
    [STAGE_NOT_RELAYED] = "not-relayed",
    [STAGE_NOT_DELIVERED] = "not-delivered",
    [STAGE_NOT_RETRIEVED] = "not-retrieved",
};

static bool is_stage(uint64_t stage)
{
    return stage < sizeof stages / sizeof stages[0] && stages[stage] != NULL;
}

const char *stage_name(enum stage stage)
{
    return is_stage(stage) ? stages[stage] : stages[STAGE_NONE];
}

const char *entry_kind_name(enum entry_kind kind)
{
    static const char *const kinds[] = {
        [ENTRY_NONE] = "none",
        [ENTRY_DISCLOSURE] = "disclosure",
        [ENTRY_REQUEST] = "request",
        [ENTRY_CONSULTATION] = "consultation",
        [ENTRY_REFUSAL] = "refusal",
        [ENTRY_LAW] = "law",
        [ENTRY_KEY] = "key",
        [ENTRY_ERASURE] = "erasure",
        [ENTRY_CORRECTION] = "correction",
        [ENTRY_START_STOP] = "start-stop",
        [ENTRY_OPERATOR] = "operator",
        [ENTRY_AUDITOR] = "auditor",
        [ENTRY_HOLD] = "hold",
        [ENTRY_STAGE] = "stage",
    };
    return kinds[kind <= ENTRY_STAGE ? kind : ENTRY_NONE];
}

static void put_message(struct buffer *out, const struct outer *o)
{
    cbor_put_uint(out, OUTER_ID);
    cbor_put_bytes(out, o->id);
    cbor_put_uint(out, OUTER_FROM);
    cbor_put_text(out, o->from);
    cbor_put_uint(out, OUTER_TO);
    cbor_put_text(out, o->to);
    cbor_put_uint(out, OUTER_TYPE);
    cbor_put_text(out, o->type);
    cbor_put_uint(out, OUTER_PURPOSE);
    cbor_put_text(out, o->purpose);
    cbor_put_uint(out, OUTER_SEAL);
    cbor_put_bytes(out, o->seal);
}

void outer_write(struct buffer *out, const struct outer *o)
{
    bool about_message = o->id.length > 0;
    cbor_put_map(out, ALWAYS_PAIRS + (about_message ? MESSAGE_PAIRS : 0U) +
                          (o->release.length > 0) + (o->code.length > 0));
    cbor_put_uint(out, OUTER_VERSION);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, OUTER_KIND);
    cbor_put_uint(out, o->kind);
    cbor_put_uint(out, OUTER_STAGE);
    cbor_put_uint(out, o->stage);
    cbor_put_uint(out, OUTER_HOP);
    cbor_put_uint(out, o->hop);
    cbor_put_uint(out, OUTER_GATEWAY);
    cbor_put_text(out, o->gateway);
    if (about_message)
        put_message(out, o);
    if (o->release.length > 0) {
        cbor_put_uint(out, OUTER_RELEASE);
        cbor_put_bytes(out, o->release);
    }
    cbor_put_uint(out, OUTER_RULEBOOK);
    cbor_put_bytes(out, o->rulebook);
    if (o->code.length > 0) {
        cbor_put_uint(out, OUTER_CODE);
        cbor_put_text(out, o->code);
    }
}

static void message_read(struct cbor_cursor *c, struct outer *o)
{
    o->id = shape_uuid(c);
    shape_key(c, OUTER_FROM);
    o->from = shape_text(c, name_is_party);
    shape_key(c, OUTER_TO);
    o->to = shape_text(c, name_is_party);
    shape_key(c, OUTER_TYPE);
    o->type = shape_text(c, name_is_type);
    shape_key(c, OUTER_PURPOSE);
    o->purpose = shape_text(c, name_is_code);
    shape_key(c, OUTER_SEAL);
    o->seal = shape_hash(c);
}

static void outer_read(struct cbor_cursor *c, struct outer *o)
{
    shape_key(c, OUTER_VERSION);
    cbor_uint(c, VERSION, VERSION);
    shape_key(c, OUTER_KIND);
    o->kind = (enum entry_kind)cbor_uint(c, ENTRY_DISCLOSURE, ENTRY_STAGE);
    shape_key(c, OUTER_STAGE);
    uint64_t stage = cbor_uint(c, STAGE_NONE, STAGE_NOT_RETRIEVED);
    if (!is_stage(stage))
        cbor_fail(c);
    o->stage = (enum stage)stage;
    shape_key(c, OUTER_HOP);
    o->hop = cbor_uint(c, 0, MAX_HOP);
    shape_key(c, OUTER_GATEWAY);
    o->gateway = shape_text(c, name_is_gateway);
    bool about_message = cbor_key(c, OUTER_ID);
    if (about_message)
        message_read(c, o);
    if (about_message != (o->hop > 0))
        cbor_fail(c);
    if (cbor_key(c, OUTER_RELEASE))
        o->release = shape_hash(c);
    shape_key(c, OUTER_RULEBOOK);
    o->rulebook = shape_hash(c);
    if (cbor_key(c, OUTER_CODE))
        o->code = cbor_text(c, 0, SIZE_MAX);
}

struct status outer_parse(struct slice record, struct outer *ret_outer)
{
    struct outer o = {0};
    struct status s = cbor_scan(record);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(record);
    (void)cbor_map(&c, UINT64_MAX);
    outer_read(&c, &o);
    if (failed(s = shape_end(&c, REASON_OUTER_SHAPE)))
        return s;
    *ret_outer = o;
    return OK;
}

struct status entry_parse(struct slice entry, uint64_t *ret_time_ms, struct slice *ret_outer,
                          struct slice *ret_inner)
{
    if (entry.length != ENTRY_BYTES)
        return REFUSE(RECEIPT_ENTRY);
    struct status s = cbor_scan(entry);
    if (failed(s))
        return s;
    struct cbor_cursor c = cbor_over(entry);
    cbor_array(&c, 4, 4);
    cbor_uint(&c, VERSION, VERSION);
    uint64_t time_ms = shape_time(&c);
    struct slice outer = shape_hash(&c), inner = shape_hash(&c);
    if (!cbor_end(&c))
        return REFUSE(RECEIPT_ENTRY);
    *ret_time_ms = time_ms;
    *ret_outer = outer;
    *ret_inner = inner;
    return OK;
}
