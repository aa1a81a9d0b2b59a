#include "exchange/again.h"

#include "exchange/relay.h"
#include "message/field.h"
#include "message/seal.h"

#define LOCAL_PARTS   2U /* withheld fields, local values */
#define AGAIN_PARTS   3U /* and digests of the releases that were replaced */
#define DERIVED_PARTS 5U

/* An entry is made no longer than this after its judging: twice the window of claims_timely. */
#define ENTRY_LATE_MS 600000U

/* What is kept of a message: all of its fields, what hop 1 derived where that was another gateway,
 * and local values. */
struct record {
    struct body body;
    struct slice seal;
    struct slices released, withheld; /* fields */
    struct slices withheld_derived;
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

static bool is_derived(struct slice octets)
{
    if (failed(msgpack_scan(octets)))
        return false;
    struct mp_cursor c = mp_over(octets);
    return mp_array(&c, DERIVED_PARTS) == DERIVED_PARTS;
}

/* Both kinds lie in one list; each stays sorted by path. */
static void withheld_split(struct arena *arena, struct mp_cursor *c, struct record *r)
{
    struct slices all = mp_bytes_list(c, arena, UINT32_MAX, 0, FRAME_MAX_BYTES);
    r->withheld.at = arena_array(arena, all.count, sizeof *all.at);
    r->withheld_derived.at = arena_array(arena, all.count, sizeof *all.at);
    c->starved = c->starved || r->withheld.at == NULL || r->withheld_derived.at == NULL;
    for (size_t i = 0; !c->starved && i < all.count; i++) {
        struct slices *list = is_derived(all.at[i]) ? &r->withheld_derived : &r->withheld;
        list->at[list->count++] = all.at[i];
    }
}

static struct status local_read(struct arena *arena, struct slice octets, struct record *r)
{
    if (failed(msgpack_scan(octets)))
        return FAIL(STORE);
    struct mp_cursor c = mp_over(octets);
    uint32_t parts = mp_array(&c, AGAIN_PARTS);
    withheld_split(arena, &c, r);
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

/* Of a field or derived field; empty where it is none: contents_parse says so. */
static struct slice path_of(struct slice field)
{
    if (failed(msgpack_scan(field)))
        return (struct slice){NULL, 0};
    struct mp_cursor c = mp_over(field);
    (void)mp_array(&c, DERIVED_PARTS);
    mp_skip(&c);
    return mp_text(&c, PATH_MAX_BYTES);
}

/* Both lists are sorted by path. */
static struct status fields_join(struct arena *arena, struct slices released,
                                 struct slices withheld, struct slices *ret_fields)
{
    struct slices all = {arena_array(arena, released.count + withheld.count, sizeof *all.at), 0};
    if (all.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0, k = 0; i < released.count || k < withheld.count;) {
        bool is_released = k == withheld.count ||
                           (i < released.count &&
                            slice_compare(path_of(released.at[i]), path_of(withheld.at[k])) < 0);
        all.at[all.count++] = is_released ? released.at[i++] : withheld.at[k++];
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

/* But for the digests, which say the same of the same fields, and for the rulebook; a release of a
 * law that is not in force yet, after one was taken back, no peer would take. */
static struct status same_conditions(struct arena *arena, struct slice octets,
                                     const struct release *now, bool *ret_same)
{
    struct release before, after = *now;
    struct status s = release_parse(arena, octets, &before);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(STORE) : s;
    bool may_go = before.rulebook.law <= now->rulebook.law;
    after.rulebook = before.rulebook;
    after.digests = before.digests;
    after.time_ms = before.time_ms;
    after.number = before.number;
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    release_write(&b, &after);
    *ret_same = may_go && slice_equal(buffer_slice(&b), octets);
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
    const struct gateway_row *home = directory_home_at(directory, c->from, judge->at_ms);
    bool is_ours = home != NULL && slice_equal(home->id, judge->gateway);
    bool is_there = directory_home_at(directory, c->to, judge->at_ms) != NULL;
    return is_ours && is_there ? OK : REFUSE(ROUTE_UNKNOWN);
}

/* The sender may still seal with its certificate. */
static struct status judge_seal(struct arena *arena, const struct judge *judge,
                                const struct envelope *envelope)
{
    const struct verified *verified;
    const struct sealers sealers = {judge->rulebook->directory, judge->revoked};
    return seal_verify(arena, envelope, &sealers, judge->at_ms, &verified);
}

/* Fields and seal were sound when they came. */
static struct status store_fault(struct status s)
{
    return s.code == CODE_REFUSED ? FAIL(STORE) : s;
}

/* By the whole law: fields, local values, decoys and all are the sender's. */
static struct status judge_first(struct arena *arena, const struct judge *judge,
                                 const struct delivery *d, const struct record *record,
                                 struct judgement *j)
{
    struct slices fields;
    struct sound sound = {.locals = record->locals, .local_count = record->local_count};
    struct status s = fields_join(arena, record->released, record->withheld, &fields);
    if (failed(s) || failed(s = replaced_join(arena, record, d, &sound.replaced)))
        return s;
    if (failed(
            s = envelope_open(arena, record->seal, record->body.message.length, &sound.envelope)) ||
        failed(s = contents_parse(arena, &sound.envelope->claims, fields, (struct slices){NULL, 0},
                                  &sound.contents)))
        return store_fault(s);
    if (!failed(s = judge_homes(judge, &sound.envelope->claims)) &&
        !failed(s = judge_seal(arena, judge, sound.envelope)))
        return judge_sound(arena, judge, &sound, j);
    if (s.code != CODE_REFUSED)
        return s;
    *j = (struct judgement){.why = s, .code = reason_refusal(s.reason)};
    return OK;
}

/* What the peer brought, as it came. Of the message as a whole only the length is looked at. */
static struct status arrival_join(struct arena *arena, const struct record *r,
                                  struct deliver *ret_deliver)
{
    struct deliver d = {.message_raw = r->body.message,
                        .message.seal = r->seal,
                        .releases = r->body.releases,
                        .receipts = r->body.receipts};
    struct status s = fields_join(arena, r->released, r->withheld, &d.message.fields);
    if (!failed(s))
        s = fields_join(arena, r->body.derived, r->withheld_derived, &d.derived);
    if (!failed(s))
        *ret_deliver = d;
    return s;
}

/* By what hop 2 may still withhold. The peer is the one that made the release. */
static struct status judge_second(struct arena *arena, const struct judge *judge,
                                  const struct record *record, struct judgement *j)
{
    struct deliver deliver;
    struct release first;
    struct judge ingress = *judge;
    struct status s = release_parse(arena, record->body.releases.at[0], &first);
    if (failed(s))
        return store_fault(s);
    ingress.party = first.gateway;
    if (failed(s = arrival_join(arena, record, &deliver)) ||
        failed(s = judge_relayed(arena, &ingress, &deliver, j)))
        return s;
    j->posting.inner.actor = judge->party;
    return OK;
}

/* Whether a reader takes an entry of now about a message. Hop 1's was timely where this is hop 2.
 */
static struct status judge_time(struct arena *arena, const struct judge *judge,
                                const struct record *record)
{
    const struct envelope *envelope;
    struct status s = envelope_open(arena, record->seal, record->body.message.length, &envelope);
    if (failed(s))
        return store_fault(s);
    if (record->body.releases.count == 0)
        return claims_timely(&envelope->claims, judge->at_ms);
    return judge->at_ms < envelope->claims.expires_ms ? OK : REFUSE(CLAIMS_EXPIRED);
}

/* What is held goes nowhere as it is. */
static struct status judge_record(struct arena *arena, const struct judge *judge,
                                  const struct delivery *d, const struct record *record,
                                  struct judgement *j)
{
    struct status s = record->body.releases.count == 0 ? judge_first(arena, judge, d, record, j)
                                                       : judge_second(arena, judge, record, j);
    if (failed(s) || j->code != REFUSAL_NONE)
        return s;
    if (d->release.length > 0 &&
        (failed(s = stands(arena, d, record, &j->posting, &j->repeated)) || j->repeated))
        return s;
    s = judge_time(arena, judge, record);
    if (failed(s) && s.code != CODE_REFUSED)
        return s;
    if (failed(s)) {
        j->why = s;
        j->code = s.reason == REASON_CLAIMS_WINDOW ? REFUSAL_STALE : reason_refusal(s.reason);
    }
    return OK;
}

/* The entry is made after the judging, and no earlier than the one before it. Where that is later
 * than now, the log's clock was ahead, and nobody knows how far. */
static bool law_has_changed(const struct rulebook *rulebook, const struct delivery *d,
                            uint64_t now_ms)
{
    return !digest_equal(&rulebook->digest, digest_slice(&d->rulebook)) ||
           d->received_ms > now_ms ||
           rulebook_changed_ms(rulebook, now_ms) + ENTRY_LATE_MS > d->received_ms;
}

/* Which of its certificates it sealed with is looked at only then. */
static bool has_revoked(const struct snapshot *snapshot, const struct party *party)
{
    uint64_t since_ms;
    for (size_t i = 0; i < party->sealing.count; i++)
        if (revocations_have(snapshot_revoked(snapshot), party_state(party->id),
                             party->sealing.at[i].certificate, &since_ms))
            return true;
    return false;
}

bool again_is_due(const struct snapshot *snapshot, const struct delivery *d, uint64_t now_ms)
{
    const struct rulebook *rulebook = snapshot_rulebook(snapshot);
    const struct party *from = directory_party_at(rulebook->directory, d->key.from, now_ms);
    const struct party *to = directory_party_at(rulebook->directory, d->key.to, now_ms);
    return from == NULL || to == NULL || has_revoked(snapshot, from) ||
           law_has_changed(rulebook, d, now_ms);
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
    if (j.posting.kind == POSTING_DISCLOSURE && d->release.length == 0)
        j.posting.inner.op = slice_text("RELEASE"); /* what was held so far */
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
