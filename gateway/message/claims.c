#include "message/claims.h"

#include "base/instant.h"
#include "message/shape.h"
#include "wire/names.h"

#define VERSION      1
#define SCHEMA_MAX   65535
#define BASES_MAX    8
#define HANDLING_MAX 4

/* What a reader works with; the cursor remembers the first thing that was wrong. */
struct parse {
    struct cbor_cursor c;
    struct arena *arena;
    struct claims *claims;
};

/* One claim: how it is read and written, and where it stands in struct claims. */
struct row {
    enum claim claim;
    bool required;
    void (*read)(struct parse *, void *member, const struct row *);
    void (*write)(struct buffer *, const void *member);
    size_t offset;
    bool (*pattern)(struct slice);
};

static bool is_urgency(struct slice s)
{
    return slice_is(s, "ROUTINE") || slice_is(s, "URGENT") || slice_is(s, "EMERGENCY");
}

static bool is_numbered(struct slice s, uint8_t letter, uint8_t last)
{
    return s.length == 2 && s.at[0] == letter && s.at[1] >= '0' && s.at[1] <= last;
}

static bool is_handling(struct slice s)
{
    return is_numbered(s, 'H', '3');
}

static bool is_tier(struct slice s)
{
    return is_numbered(s, 'T', '4');
}

static void read_version(struct parse *p, [[maybe_unused]] void *member,
                         [[maybe_unused]] const struct row *row)
{
    cbor_uint(&p->c, VERSION, VERSION);
}

static void read_uuid(struct parse *p, void *member, [[maybe_unused]] const struct row *row)
{
    *(struct slice *)member = shape_uuid(&p->c);
}

static void read_text(struct parse *p, void *member, const struct row *row)
{
    *(struct slice *)member = shape_text(&p->c, row->pattern);
}

static void read_schema(struct parse *p, void *member, [[maybe_unused]] const struct row *row)
{
    *(uint64_t *)member = cbor_uint(&p->c, 1, SCHEMA_MAX);
}

static void read_time(struct parse *p, void *member, [[maybe_unused]] const struct row *row)
{
    *(uint64_t *)member = shape_time(&p->c);
}

static void read_list(struct parse *p, void *member, const struct row *row)
{
    uint64_t max = row->claim == CLAIM_HANDLING ? HANDLING_MAX : BASES_MAX;
    struct slices list = shape_texts(&p->c, p->arena, 1, max, row->pattern);
    if (cbor_ok(&p->c) && !slices_differ(list))
        cbor_fail(&p->c);
    *(struct slices *)member = list;
}

static void read_bool(struct parse *p, void *member, [[maybe_unused]] const struct row *row)
{
    *(bool *)member = cbor_bool(&p->c);
}

static void read_transfer(struct parse *p, void *whole, const struct row *row)
{
    struct claims *claims = whole;
    cbor_array(&p->c, 2, 2);
    claims->tier = shape_text(&p->c, row->pattern);
    claims->transfer_basis = shape_text_or_null(&p->c, name_is_code);
}

static void read_digests(struct parse *p, void *member, [[maybe_unused]] const struct row *row)
{
    *(struct slices *)member = shape_hashes(&p->c, p->arena, UINT64_MAX);
}

static void write_version(struct buffer *out, [[maybe_unused]] const void *member)
{
    cbor_put_uint(out, VERSION);
}

static void write_bytes(struct buffer *out, const void *member)
{
    cbor_put_bytes(out, *(const struct slice *)member);
}

static void write_text(struct buffer *out, const void *member)
{
    cbor_put_text(out, *(const struct slice *)member);
}

static void write_uint(struct buffer *out, const void *member)
{
    cbor_put_uint(out, *(const uint64_t *)member);
}

static void write_bool(struct buffer *out, const void *member)
{
    cbor_put_bool(out, *(const bool *)member);
}

static void write_texts(struct buffer *out, const void *member)
{
    shape_put_texts(out, *(const struct slices *)member);
}

static void write_hashes(struct buffer *out, const void *member)
{
    shape_put_hashes(out, *(const struct slices *)member);
}

/* Two members of struct claims in one claim: its row has the offset of the whole. */
static void write_transfer(struct buffer *out, const void *whole)
{
    const struct claims *claims = whole;
    cbor_put_array(out, 2);
    cbor_put_text(out, claims->tier);
    shape_put_text_or_null(out, claims->transfer_basis);
}

#define UUID(claim, required, member)                                                              \
    {                                                                                              \
        claim, required, read_uuid, write_bytes, offsetof(struct claims, member), NULL             \
    }
#define TEXT(claim, required, member, pattern)                                                     \
    {                                                                                              \
        claim, required, read_text, write_text, offsetof(struct claims, member), pattern           \
    }
#define TIME(claim, required, member)                                                              \
    {                                                                                              \
        claim, required, read_time, write_uint, offsetof(struct claims, member), NULL              \
    }
#define LIST(claim, member, pattern)                                                               \
    {                                                                                              \
        claim, false, read_list, write_texts, offsetof(struct claims, member), pattern             \
    }

static const struct row rows[] = {
    {CLAIM_VERSION, true, read_version, write_version, 0, NULL},
    UUID(CLAIM_ID, true, id),
    UUID(CLAIM_THREAD, true, thread),
    UUID(CLAIM_REPLY_TO, false, reply_to),
    TEXT(CLAIM_TYPE, true, type, name_is_type),
    {CLAIM_SCHEMA, true, read_schema, write_uint, offsetof(struct claims, schema), NULL},
    TEXT(CLAIM_FROM, true, from, name_is_party),
    TEXT(CLAIM_TO, true, to, name_is_party),
    TIME(CLAIM_CREATED, true, created_ms),
    TIME(CLAIM_EXPIRES, true, expires_ms),
    TEXT(CLAIM_CASE_REF, false, case_ref, name_is_ref),
    TEXT(CLAIM_THEIR_REF, false, their_ref, name_is_ref),
    TEXT(CLAIM_INSTRUMENT, false, instrument, name_is_code),
    LIST(CLAIM_LEGAL_BASIS, legal_basis, name_is_basis),
    TEXT(CLAIM_PURPOSE, true, purpose, name_is_code),
    TEXT(CLAIM_URGENCY, false, urgency, is_urgency),
    TIME(CLAIM_DEADLINE, false, deadline_ms),
    LIST(CLAIM_HANDLING, handling, is_handling),
    {CLAIM_CONFIDENTIAL, false, read_bool, write_bool, offsetof(struct claims, confidential), NULL},
    TEXT(CLAIM_LANG, false, lang, name_is_language),
    TEXT(CLAIM_OWNER, false, owner, name_is_state),
    {CLAIM_TRANSFER, false, read_transfer, write_transfer, 0, is_tier},
    TIME(CLAIM_RETAIN_UNTIL, true, retain_until_ms),
    {CLAIM_DIGESTS, true, read_digests, write_hashes, offsetof(struct claims, digests), NULL},
};

#define ROWS (sizeof rows / sizeof rows[0])

static void read_row(struct parse *p, const struct row *row)
{
    if (!cbor_key(&p->c, row->claim)) {
        if (row->required)
            cbor_fail(&p->c);
        return;
    }
    p->claims->present |= 1U << row->claim;
    row->read(p, (char *)p->claims + row->offset, row);
}

static bool retention_fits(const struct claims *c)
{
    uint64_t created_date = c->created_ms - c->created_ms % MS_PER_DAY;
    return c->retain_until_ms % MS_PER_DAY == 0 && c->retain_until_ms >= created_date;
}

static bool count_allowed(size_t count)
{
    return count >= DIGESTS_MIN && count <= DIGESTS_MAX && (count & (count - 1)) == 0;
}

struct status claims_parse(struct arena *arena, struct slice payload, struct claims *ret_claims)
{
    struct claims claims = {0};
    struct status s = cbor_scan(payload);
    if (failed(s))
        return s;

    struct parse p = {cbor_over(payload), arena, &claims};
    (void)cbor_map(&p.c, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        read_row(&p, &rows[i]);
    if (failed(s = shape_end(&p.c, REASON_CLAIMS_SHAPE)))
        return s;
    if (!retention_fits(&claims))
        return REFUSE(CLAIMS_SHAPE);
    if (claims.expires_ms <= claims.created_ms ||
        claims.expires_ms - claims.created_ms > CLAIMS_MAX_LIFE_MS)
        return REFUSE(CLAIMS_TIME);
    if (!count_allowed(claims.digests.count) || !slices_ascending(claims.digests))
        return REFUSE(CLAIMS_DIGESTS);
    *ret_claims = claims;
    return OK;
}

static bool is_written(const struct claims *claims, const struct row *row)
{
    return row->required || claims_have(claims, row->claim);
}

void claims_write(struct buffer *out, const struct claims *claims)
{
    uint64_t pairs = 0;
    for (size_t i = 0; i < ROWS; i++)
        pairs += is_written(claims, &rows[i]);
    cbor_put_map(out, pairs);
    for (size_t i = 0; i < ROWS; i++) {
        if (!is_written(claims, &rows[i]))
            continue;
        cbor_put_uint(out, rows[i].claim);
        rows[i].write(out, (const char *)claims + rows[i].offset);
    }
}
