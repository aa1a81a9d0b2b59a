#include "exchange/disclosure.h"

#include <string.h>

#include "base/instant.h"
#include "exchange/records.h"

/* Octets to go out: the sender's own fields that were released, exactly as received. */
struct outgoing {
    struct slices fields, derived;
    struct digest *own; /* their digests in the release */
    size_t own_count;
};

static void choose_one(struct outgoing *out, struct slices *list, struct slice octets,
                       struct digest digest)
{
    list->at[list->count++] = octets;
    out->own[out->own_count++] = digest;
}

/* Fields and, at hop 2, what hop 1 derived: both stand in the document, which is sorted by path. */
static void choose_items(const struct disclosure *d, struct outgoing *out)
{
    size_t field = 0, derived = 0;
    for (size_t i = 0; i < d->document->count; i++) {
        bool released = d->decision->verdicts[i].released;
        if (d->document->items[i].derived) {
            const struct derived *made = &d->contents->derived[derived++];
            if (released)
                choose_one(out, &out->derived, made->octets, made->digest);
        } else {
            const struct field *own = &d->contents->fields[field++];
            if (released)
                choose_one(out, &out->fields, own->octets, field_released_digest(own));
        }
    }
}

static struct status derive_field(struct arena *arena, const struct disclosure *d,
                                  const struct derivation *from, struct outgoing *out)
{
    uint8_t salt[SALT_BYTES];
    struct buffer octets = buffer_new(FIELD_MAX_BYTES);
    struct status s = d->judge->entropy(salt, sizeof salt);
    if (failed(s))
        return s;
    const struct field_parts parts = {slice_over(salt, sizeof salt), from->path, from->value};
    derived_write(&octets, &parts, transform_find(from->transform),
                  &d->contents->fields[from->source].digest);
    struct slice kept = arena_copy(arena, buffer_slice(&octets));
    s = octets.failed || kept.at == NULL ? FAIL(MEMORY) : OK;
    buffer_done(&octets);
    if (failed(s))
        return s;
    choose_one(out, &out->derived, kept, digest_of(SEPARATION_DERIVED, kept));
    return OK;
}

static struct status choose(struct arena *arena, const struct disclosure *d, struct outgoing *out)
{
    size_t fields = d->contents->field_count, made = d->decision->derivation_count;
    size_t derived = d->contents->derived_count + made;
    out->fields.at = arena_array(arena, fields, sizeof *out->fields.at);
    out->derived.at = arena_array(arena, derived, sizeof *out->derived.at);
    out->own = arena_array(arena, fields + derived, sizeof *out->own);
    if (out->fields.at == NULL || out->derived.at == NULL || out->own == NULL)
        return FAIL(MEMORY);
    choose_items(d, out);
    struct status s = OK;
    for (size_t i = 0; i < made && !failed(s); i++)
        s = derive_field(arena, d, &d->decision->derivations[i], out);
    return s;
}

/* The entry of hop 1, and the checkpoint of its log that was verified. */
static void name_previous(const struct arrival *arrival, struct release *r)
{
    const struct proved *proved = &arrival->verified->receipts[0];
    r->previous_leaf = digest_slice(&proved->leaf);
    r->previous_size = proved->note.size;
    r->previous_root = digest_slice(&proved->note.root);
}

static struct status fill_release(struct arena *arena, const struct disclosure *d,
                                  const struct outgoing *out, struct release *r)
{
    const struct claims *c = &d->envelope->claims;
    /* More is derived than was withheld only by a law that is wrong: the list would not fit. */
    if (out->own_count > c->digests.count)
        return FAIL(CONFIG);
    size_t filler_bytes = (c->digests.count - out->own_count) * DIGEST_BYTES;
    uint8_t *fillers = arena_alloc(arena, filler_bytes);
    if (fillers == NULL)
        return FAIL(MEMORY);
    struct status s = d->judge->entropy(fillers, filler_bytes);
    if (failed(s))
        return s;
    *r = (struct release){
        .hop = d->hop,
        .gateway = d->judge->gateway,
        .id = c->id,
        .thread = c->thread,
        .from = c->from,
        .to = c->to,
        .purpose = c->purpose,
        .seal_digest = digest_slice(&d->envelope->digest),
        .rulebook = rulebook_version(d->judge->rulebook, c->from, c->to),
        .withheld = d->decision->withheld,
        .withheld_count = d->decision->withheld_count,
        .obligations = d->decision->obligations,
    };
    if (d->arrival != NULL)
        name_previous(d->arrival, r);
    return release_digests(arena, out->own, out->own_count, slice_over(fillers, filler_bytes),
                           c->digests.count, &r->digests);
}

static struct status keep_buffer(struct arena *arena, struct buffer *b, struct slice *ret_octets)
{
    struct slice kept = arena_copy(arena, buffer_slice(b));
    bool good = !b->failed && kept.at != NULL;
    buffer_done(b);
    if (!good)
        return FAIL(MEMORY);
    *ret_octets = kept;
    return OK;
}

/* The message as it goes on: the seal and the fields that were chosen. */
static struct status write_message(struct arena *arena, const struct disclosure *d,
                                   const struct outgoing *out, struct slice *ret_message)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    mp_put_array(&b, 2);
    mp_put_bytes(&b, d->envelope->octets);
    mp_put_array(&b, out->fields.count);
    for (size_t i = 0; i < out->fields.count; i++)
        mp_put_bytes(&b, out->fields.at[i]);
    return keep_buffer(arena, &b, ret_message);
}

/* What a DELIVER carries, less this hop's release and receipt. */
static struct status write_body(struct arena *arena, const struct disclosure *d,
                                const struct outgoing *out, struct slice *ret_body)
{
    struct body body = {.derived = out->derived};
    struct status s = write_message(arena, d, out, &body.message);
    if (failed(s))
        return s;
    if (d->arrival != NULL) {
        body.releases = d->arrival->deliver->releases;
        body.receipts = d->arrival->deliver->receipts;
    }
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    body_write(&b, &body);
    return keep_buffer(arena, &b, ret_body);
}

/* What was withheld, in the order of the paths. */
static void put_withheld(struct buffer *b, const struct disclosure *d)
{
    size_t kept = 0, field = 0, derived = 0;
    for (size_t i = 0; i < d->document->count; i++)
        kept += !d->decision->verdicts[i].released;
    mp_put_array(b, kept);
    for (size_t i = 0; i < d->document->count; i++) {
        struct slice octets = d->document->items[i].derived ? d->contents->derived[derived++].octets
                                                            : d->contents->fields[field++].octets;
        if (!d->decision->verdicts[i].released)
            mp_put_bytes(b, octets);
    }
}

/* [what was withheld, local values], and digests of the releases that were replaced, if any: what
 * stays at home, for deciding again and for lifting a hold. */
static struct status write_local(struct arena *arena, const struct disclosure *d,
                                 struct slice *ret_local)
{
    struct buffer b = buffer_new(FRAME_MAX_BYTES);
    mp_put_array(&b, d->replaced.count > 0 ? 3 : 2);
    put_withheld(&b, d);
    mp_put_array(&b, d->local_count);
    for (size_t i = 0; i < d->local_count; i++) {
        mp_put_array(&b, 2);
        mp_put_text(&b, d->locals[i].path);
        mp_put_raw(&b, d->locals[i].value.raw);
    }
    if (d->replaced.count > 0)
        mp_put_array(&b, d->replaced.count);
    for (size_t i = 0; i < d->replaced.count; i++)
        mp_put_bytes(&b, d->replaced.at[i]);
    return keep_buffer(arena, &b, ret_local);
}

static struct status write_inbox(struct arena *arena, const struct claims *c,
                                 struct slice *ret_inbox)
{
    struct buffer b = buffer_new(4096);
    mp_put_array(&b, 4);
    mp_put_text_or_nil(&b, claims_have(c, CLAIM_URGENCY) ? c->urgency : (struct slice){0});
    if (claims_have(c, CLAIM_DEADLINE))
        mp_put_uint(&b, c->deadline_ms);
    else
        mp_put_nil(&b);
    mp_put_array(&b, c->handling.count);
    for (size_t i = 0; i < c->handling.count; i++)
        mp_put_text(&b, c->handling.at[i]);
    mp_put_text_or_nil(&b, claims_have(c, CLAIM_CASE_REF) ? c->case_ref : (struct slice){0});
    return keep_buffer(arena, &b, ret_inbox);
}

/* Where it lies: with its recipient, or on its way to the gateway where that is at home. */
static struct slice box_of(const struct disclosure *d)
{
    struct slice to = d->envelope->claims.to;
    const struct gateway_row *home = directory_home(d->judge->rulebook->directory, to);
    return home == NULL || slice_equal(home->id, d->judge->gateway) ? to : home->id;
}

static struct status fill_message(struct arena *arena, const struct disclosure *d,
                                  const struct outgoing *out, struct posting_message *m)
{
    const struct claims *c = &d->envelope->claims;
    *m = (struct posting_message){
        .seal_digest = digest_slice(&d->envelope->digest),
        .id = c->id,
        .thread = c->thread,
        .from = c->from,
        .to = c->to,
        .type = c->type,
        .created_ms = c->created_ms,
        .expires_ms = c->expires_ms,
        .retain_ms = claims_have(c, CLAIM_RETAIN_UNTIL) ? c->retain_until_ms + MS_PER_DAY : 0,
        .box = box_of(d),
        .origin = d->arrival == NULL ? c->from : d->judge->party,
    };
    struct status s;
    if (failed(s = write_body(arena, d, out, &m->body)) ||
        failed(s = write_local(arena, d, &m->local)))
        return s;
    return write_inbox(arena, c, &m->inbox);
}

/*
 * What is answered under its key from now on: only what was sound and meant. Anybody can write
 * another's name on an envelope, and a dry run leaves no more than its entry.
 */
static bool takes_key(const struct disclosure *d)
{
    return d->contents != NULL && !d->dry;
}

/* An entry alone; or refusal where the law was not asked or said no; hold; else disclosure. */
static enum posting_kind kind_of(const struct disclosure *d)
{
    if (!takes_key(d))
        return POSTING_QUESTION;
    if (d->decision == NULL || d->decision->outcome == OUTCOME_REFUSE)
        return POSTING_REFUSAL;
    return d->decision->outcome == OUTCOME_HOLD ? POSTING_HOLD : POSTING_DISCLOSURE;
}

/* What the entry says: also one that stands alone says that something was refused. */
static enum posting_kind record_of(const struct disclosure *d, enum posting_kind kind)
{
    return kind == POSTING_QUESTION && d->code != REFUSAL_NONE ? POSTING_REFUSAL : kind;
}

/* The entry that answers the peer, the same for a message that is held and one that goes on. */
static struct status fill_relayed(struct arena *arena, const struct disclosure *d,
                                  struct relayed *relayed)
{
    struct digest release = digest_of(SEPARATION_RELEASE, d->arrival->deliver->releases.at[0]);
    relayed->release = arena_copy(arena, digest_slice(&release));
    return relayed->release.at == NULL ? FAIL(MEMORY)
                                       : d->judge->entropy(&relayed->keys, sizeof relayed->keys);
}

static struct status fill_sending(struct arena *arena, const struct disclosure *d,
                                  struct posting *p)
{
    struct outgoing out = {0};
    struct status s = choose(arena, d, &out);
    if (!failed(s) && p->kind == POSTING_DISCLOSURE)
        s = fill_release(arena, d, &out, &p->release);
    if (!failed(s) && d->arrival != NULL)
        s = fill_relayed(arena, d, &p->relayed);
    return failed(s) ? s : fill_message(arena, d, &out, &p->message);
}

struct status disclosure_posting(struct arena *arena, const struct disclosure *d,
                                 struct posting *ret_posting)
{
    struct posting p = {.kind = kind_of(d), .at_ms = d->judge->at_ms};
    struct status s = records_write(arena, d, record_of(d, p.kind), &p);
    if (failed(s))
        return s;
    if (p.kind == POSTING_DISCLOSURE || p.kind == POSTING_HOLD)
        s = fill_sending(arena, d, &p);
    if (!failed(s))
        *ret_posting = p;
    return s;
}
