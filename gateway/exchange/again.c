#include "exchange/again.h"

#include "message/field.h"
#include "message/seal.h"

#define LOCAL_PARTS   2U /* withheld fields, local values */
#define AGAIN_PARTS   3U /* and digests of the releases that were replaced */
#define DERIVED_PARTS 5U

/* What is kept of a message: the sender's fields, all of them, and its local values. */
struct record {
    struct body body;
    struct slice seal;
    struct slices released, withheld;
    struct local_value *locals;
    size_t local_count;
    struct slices replaced;
};

static void locals_read(struct mp_cursor *c, struct arena *arena, struct record *r)
{
    uint32_t count = mp_array(c, UINT16_MAX);
    r->locals = arena_array(arena, count, sizeof *r->locals);
    c->starved = c->starved || r->locals == NULL;
    for (; r->locals != NULL && r->local_count < count && mp_ok(c); r->local_count++) {
        struct local_value *local = &r->locals[r->local_count];
        mp_array_of(c, 2);
        local->path = mp_text(c, FRAME_MAX_BYTES);
        local->value = mp_value(c);
    }
}

static struct status local_read(struct arena *arena, struct slice octets, struct record *r)
{
    if (failed(msgpack_scan(octets)))
        return FAIL(STORE);
    struct mp_cursor c = mp_over(octets);
    uint32_t parts = mp_array(&c, AGAIN_PARTS);
    r->withheld = mp_bytes_list(&c, arena, UINT32_MAX, 0, FRAME_MAX_BYTES);
    locals_read(&c, arena, r);
    if (parts == AGAIN_PARTS)
        r->replaced = mp_bytes_list(&c, arena, UINT32_MAX, DIGEST_BYTES, DIGEST_BYTES);
    if (c.starved)
        return FAIL(MEMORY);
    return mp_end(&c) && parts >= LOCAL_PARTS ? OK : FAIL(STORE);
}

static struct status record_read(struct arena *arena, const struct delivery *d,
                                 const struct kept *kept, struct record *r)
{
    struct status s = body_parse(arena, d->body, &r->body);
    if (failed(s) || failed(s = local_read(arena, kept->local, r)))
        return s;
    struct mp_cursor c = mp_over(r->body.message);
    mp_array_of(&c, 2);
    r->seal = mp_bytes(&c, 0, SIZE_MAX);
    r->released = mp_bytes_list(&c, arena, UINT32_MAX, 0, FRAME_MAX_BYTES);
    if (c.starved)
        return FAIL(MEMORY);
    return mp_end(&c) ? OK : FAIL(STORE);
}

/* Empty where it is no field: contents_parse says so. */
static struct slice path_of(struct slice field)
{
    if (failed(msgpack_scan(field)))
        return (struct slice){NULL, 0};
    struct mp_cursor c = mp_over(field);
    mp_array_of(&c, 3);
    mp_skip(&c);
    return mp_text(&c, PATH_MAX_BYTES);
}

/* Both lists are sorted by path. */
static struct status fields_join(struct arena *arena, const struct record *r,
                                 struct slices *ret_fields)
{
    struct slices all = {arena_array(arena, r->released.count + r->withheld.count, sizeof *all.at),
                         0};
    if (all.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0, k = 0; i < r->released.count || k < r->withheld.count;) {
        bool is_released = k == r->withheld.count ||
                           (i < r->released.count && slice_compare(path_of(r->released.at[i]),
                                                                   path_of(r->withheld.at[k])) < 0);
        all.at[all.count++] = is_released ? r->released.at[i++] : r->withheld.at[k++];
    }
    *ret_fields = all;
    return OK;
}

/* The releases that were replaced before, and the one that would be now. */
static struct status replaced_join(struct arena *arena, const struct record *r,
                                   const struct delivery *d, struct slices *ret_replaced)
{
    struct slices all = {arena_array(arena, r->replaced.count + 1, sizeof *all.at), 0};
    struct digest digest = digest_of(SEPARATION_RELEASE, d->release);
    struct slice last = arena_copy(arena, digest_slice(&digest));
    if (all.at == NULL || last.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < r->replaced.count; i++)
        all.at[all.count++] = r->replaced.at[i];
    all.at[all.count++] = last;
    *ret_replaced = all;
    return OK;
}

/* ---- whether anything has changed ---- */

/* But for the salts, which are drawn anew. */
static bool same_derived(struct slice a, struct slice b)
{
    if (failed(msgpack_scan(a)) || failed(msgpack_scan(b)))
        return false;
    struct mp_cursor one = mp_over(a), two = mp_over(b);
    mp_array_of(&one, DERIVED_PARTS);
    mp_array_of(&two, DERIVED_PARTS);
    mp_skip(&one);
    mp_skip(&two);
    for (unsigned i = 1; i < DERIVED_PARTS; i++)
        if (!slice_equal(mp_skip(&one), mp_skip(&two)))
            return false;
    return mp_end(&one) && mp_end(&two);
}

static bool same_fields(const struct body *a, const struct body *b)
{
    if (!slice_equal(a->message, b->message) || a->derived.count != b->derived.count)
        return false;
    for (size_t i = 0; i < a->derived.count; i++)
        if (!same_derived(a->derived.at[i], b->derived.at[i]))
            return false;
    return true;
}

/* But for the digests, which say the same of the same fields, and the rest of the rulebook. */
static struct status same_conditions(struct arena *arena, struct slice octets,
                                     const struct release *now, bool *ret_same)
{
    struct release before, after = *now;
    struct status s = release_parse(arena, octets, &before);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s;
    bool same_law = before.rulebook.law == now->rulebook.law;
    after.rulebook = before.rulebook;
    after.digests = before.digests;
    after.time_ms = before.time_ms;
    after.number = before.number;
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    release_write(&b, &after);
    *ret_same = same_law && slice_equal(buffer_slice(&b), octets);
    s = b.failed ? FAIL(MEMORY) : OK;
    buffer_done(&b);
    return s;
}

static struct status stands(struct arena *arena, const struct delivery *d,
                            const struct record *record, const struct posting *p, bool *ret_stands)
{
    struct body now;
    bool same = false;
    struct status s = body_parse(arena, p->message.body, &now);
    if (!failed(s))
        s = same_conditions(arena, d->release, &p->release, &same);
    if (!failed(s))
        *ret_stands =
            same && slice_equal(p->message.box, d->box) && same_fields(&now, &record->body);
    return s;
}

/* ---- judging ---- */

/* Both are still known, and we are still the sender's home. */
static struct status judge_homes(const struct judge *judge, const struct claims *c)
{
    const struct directory *directory = judge->rulebook->directory;
    const struct gateway_row *home = directory_home(directory, c->from);
    bool is_ours = home != NULL && slice_equal(home->id, judge->gateway);
    return is_ours && directory_home(directory, c->to) != NULL ? OK : REFUSE(ROUTE_UNKNOWN);
}

/* Fields and seal were sound when they came. */
static struct status store_fault(struct status s)
{
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

static struct status judge_record(struct arena *arena, const struct judge *judge,
                                  const struct delivery *d, const struct record *record,
                                  struct judgement *j)
{
    struct slices fields;
    struct sound sound = {.locals = record->locals, .local_count = record->local_count};
    struct status s = fields_join(arena, record, &fields);
    if (failed(s) || failed(s = replaced_join(arena, record, d, &sound.replaced)))
        return s;
    if (failed(
            s = envelope_open(arena, record->seal, record->body.message.length, &sound.envelope)) ||
        failed(s = contents_parse(arena, &sound.envelope->claims, fields, (struct slices){NULL, 0},
                                  &sound.contents)))
        return store_fault(s);
    const struct claims *claims = &sound.envelope->claims;
    if (failed(s = judge_homes(judge, claims))) {
        *j = (struct judgement){.why = s, .code = reason_refusal(s.reason)};
        return OK;
    }
    if (failed(s = judge_sound(arena, judge, &sound, j)) || j->code != REFUSAL_NONE)
        return s;
    if (failed(s = stands(arena, d, record, &j->posting, &j->repeated)) || j->repeated)
        return s;
    if (failed(s = claims_timely(claims, judge->at_ms))) {
        j->why = s;
        j->code = s.reason == REASON_CLAIMS_WINDOW ? REFUSAL_STALE : reason_refusal(s.reason);
    }
    return OK;
}

struct status judge_again(struct arena *arena, const struct judge *judge, const struct delivery *d,
                          const struct kept *kept, struct judgement *ret_judgement)
{
    struct judgement j = {0};
    struct record record = {0};
    struct status s = record_read(arena, d, kept, &record);
    if (!failed(s))
        s = judge_record(arena, judge, d, &record, &j);
    if (failed(s))
        return s;
    j.posting.inner.has_related = true;
    j.posting.inner.related = kept->entry;
    *ret_judgement = j;
    return OK;
}

struct status again_replaced(struct arena *arena, const struct kept *kept, struct slice digest,
                             bool *ret_replaced)
{
    struct record record = {0};
    struct status s = local_read(arena, kept->local, &record);
    *ret_replaced = false;
    for (size_t i = 0; !failed(s) && i < record.replaced.count; i++)
        *ret_replaced = *ret_replaced || slice_equal(record.replaced.at[i], digest);
    return s;
}
