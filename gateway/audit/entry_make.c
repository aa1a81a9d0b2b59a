#include "audit/entry.h"

#include "crypto/merkle.h"
#include "message/shape.h"

#define VERSION 1

#define INNER_ALWAYS_PAIRS 9 /* 1 to 6, 9, 12, 14 */
#define CLOSED_PAIRS       3

bool inner_is_closed(struct slice category)
{
    return slice_is(category, "ASY") || slice_is(category, "WIT");
}

static void put_fields(struct buffer *out, const struct inner *inner, bool closed)
{
    uint64_t count = 0;
    for (size_t i = 0; i < inner->field_count; i++)
        count += inner_is_closed(inner->fields[i].category) == closed;
    cbor_put_uint(out, INNER_FIELDS);
    cbor_put_array(out, count);
    for (size_t i = 0; i < inner->field_count; i++) {
        const struct inner_field *f = &inner->fields[i];
        if (inner_is_closed(f->category) != closed)
            continue;
        cbor_put_array(out, 5);
        cbor_put_text(out, f->path);
        cbor_put_text(out, f->category);
        cbor_put_text(out, f->level);
        cbor_put_text(out, f->rule);
        cbor_put_text(out, f->basis);
    }
}

static void put_silent(struct buffer *out, const struct inner *inner, bool closed)
{
    uint64_t count = 0;
    for (size_t i = 0; i < inner->silent_count; i++)
        count += inner_is_closed(inner->silent[i].category) == closed;
    cbor_put_uint(out, INNER_SILENT);
    cbor_put_array(out, count);
    for (size_t i = 0; i < inner->silent_count; i++) {
        if (inner_is_closed(inner->silent[i].category) != closed)
            continue;
        cbor_put_array(out, 2);
        cbor_put_text(out, inner->silent[i].category);
        cbor_put_uint(out, inner->silent[i].count);
    }
}

static void put_closed(struct buffer *out, const struct inner *inner)
{
    bool has_reason = inner->closed_justification.at != NULL;
    cbor_put_map(out, CLOSED_PAIRS + (has_reason ? 1U : 0U));
    cbor_put_uint(out, INNER_VERSION);
    cbor_put_uint(out, VERSION);
    put_fields(out, inner, true);
    put_silent(out, inner, true);
    if (has_reason) {
        cbor_put_uint(out, INNER_JUSTIFICATION);
        cbor_put_text(out, inner->closed_justification);
    }
}

static void put_actor(struct buffer *out, const struct inner *inner)
{
    cbor_put_uint(out, INNER_OP);
    cbor_put_text(out, inner->op);
    cbor_put_uint(out, INNER_ACTOR);
    cbor_put_array(out, 3);
    cbor_put_text(out, inner->actor);
    shape_put_text_or_null(out, inner->officer);
    shape_put_text_or_null(out, inner->function);
}

static void put_subjects(struct buffer *out, const struct inner *inner)
{
    cbor_put_uint(out, INNER_SUBJECTS);
    shape_put_hashes(out, inner->subjects);
    if (inner->case_pseudonym.at != NULL) {
        cbor_put_uint(out, INNER_CASE);
        cbor_put_bytes(out, inner->case_pseudonym);
    }
    if (inner->justification.at != NULL) {
        cbor_put_uint(out, INNER_JUSTIFICATION);
        cbor_put_text(out, inner->justification);
    }
}

static void put_grounds(struct buffer *out, const struct inner *inner)
{
    cbor_put_uint(out, INNER_LEGAL_BASIS);
    cbor_put_array(out, 2);
    shape_put_text_or_null(out, inner->instrument);
    shape_put_texts(out, inner->legal_basis);
    if (inner->tier.at != NULL) {
        cbor_put_uint(out, INNER_TRANSFER);
        cbor_put_array(out, 3);
        cbor_put_text(out, inner->tier);
        shape_put_text_or_null(out, inner->transfer_basis);
        shape_put_text_or_null(out, inner->transfer_by);
    }
    if (inner->ground.at != NULL) {
        cbor_put_uint(out, INNER_GROUND);
        cbor_put_text(out, inner->ground);
    }
}

static uint64_t inner_pairs(const struct inner *inner)
{
    const bool optional[] = {inner->case_pseudonym.at != NULL,
                             inner->justification.at != NULL,
                             inner->tier.at != NULL,
                             inner->ground.at != NULL,
                             inner->has_related,
                             inner->confidential};
    uint64_t pairs = INNER_ALWAYS_PAIRS;
    for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++)
        pairs += optional[i];
    return pairs;
}

static void put_inner(struct buffer *out, const struct inner *inner, const struct digest *closed)
{
    cbor_put_map(out, inner_pairs(inner));
    cbor_put_uint(out, INNER_VERSION);
    cbor_put_uint(out, VERSION);
    put_actor(out, inner);
    put_fields(out, inner, false);
    put_silent(out, inner, false);
    put_subjects(out, inner);
    put_grounds(out, inner);
    cbor_put_uint(out, INNER_APPROVALS);
    shape_put_hashes(out, inner->approvals);
    if (inner->has_related) {
        cbor_put_uint(out, INNER_RELATED);
        cbor_put_uint(out, inner->related);
    }
    cbor_put_uint(out, INNER_CLOSED);
    cbor_put_bytes(out, digest_slice(closed));
    if (inner->confidential) {
        cbor_put_uint(out, INNER_CONFIDENTIAL);
        cbor_put_bool(out, true);
    }
}

static void put_entry(struct buffer *out, uint64_t time_ms, const struct digest *outer,
                      const struct digest *inner)
{
    cbor_put_array(out, 4);
    cbor_put_uint(out, VERSION);
    cbor_put_uint(out, time_ms);
    cbor_put_bytes(out, digest_slice(outer));
    cbor_put_bytes(out, digest_slice(inner));
}

/* Moves what was written into the arena; at == NULL if any of it failed. */
static struct slice kept(struct arena *arena, struct buffer *b)
{
    struct slice copy = b->failed ? (struct slice){NULL, 0} : arena_copy(arena, buffer_slice(b));
    buffer_done(b);
    return copy;
}

static struct slice closed_made(struct arena *arena, const struct inner *inner)
{
    struct buffer b = buffer_new(INNER_MAX_BYTES);
    put_closed(&b, inner);
    return kept(arena, &b);
}

static struct slice inner_made(struct arena *arena, const struct inner *inner,
                               const struct digest *closed)
{
    struct buffer b = buffer_new(INNER_MAX_BYTES);
    put_inner(&b, inner, closed);
    return kept(arena, &b);
}

static struct slice outer_made(struct arena *arena, const struct outer *outer)
{
    struct buffer b = buffer_new(OUTER_MAX_BYTES);
    outer_write(&b, outer);
    return kept(arena, &b);
}

struct status entry_make(struct arena *arena, uint64_t time_ms, const struct outer *outer,
                         const struct inner *inner, const struct entry_keys *keys,
                         struct entry_records *ret_records)
{
    struct entry_records r = {.closed = closed_made(arena, inner)};
    if (r.closed.at == NULL)
        return FAIL(MEMORY);
    struct digest closed = hmac_of(keys->closed, SEPARATION_CLOSED, r.closed);
    r.inner = inner_made(arena, inner, &closed);
    r.outer = outer_made(arena, outer);
    if (r.inner.at == NULL || r.outer.at == NULL)
        return FAIL(MEMORY);

    struct digest outer_hmac = hmac_of(keys->outer, SEPARATION_OUTER, r.outer);
    struct digest inner_hmac = hmac_of(keys->inner, SEPARATION_INNER, r.inner);
    struct buffer entry = buffer_new(ENTRY_BYTES);
    put_entry(&entry, time_ms, &outer_hmac, &inner_hmac);
    r.entry = kept(arena, &entry);
    if (r.entry.at == NULL)
        return FAIL(MEMORY);
    r.leaf = merkle_leaf(r.entry);
    *ret_records = r;
    return OK;
}
