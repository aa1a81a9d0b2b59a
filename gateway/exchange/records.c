#include "exchange/records.h"

#include "base/slices.h"
#include "exchange/grounds.h"
#include "exchange/pseudonym.h"

static const struct {
    enum entry_kind kind;
    enum stage stage;
    const char *op;
} kinds[] = {
    [POSTING_DISCLOSURE] = {ENTRY_DISCLOSURE, STAGE_ACCEPTED, "DISCLOSE"},
    [POSTING_HOLD] = {ENTRY_HOLD, STAGE_NONE, "HOLD"},
    [POSTING_REFUSAL] = {ENTRY_REFUSAL, STAGE_REJECTED, "DISCLOSE"},
    [POSTING_QUESTION] = {ENTRY_CONSULTATION, STAGE_NONE, "CONSULT"},
    [POSTING_READ] = {ENTRY_CONSULTATION, STAGE_NONE, "CONSULT"},
    [POSTING_STAGE] = {ENTRY_STAGE, STAGE_NONE, ""}, /* the journal says it by the stage */
};

static struct slice code_slice(enum refusal code)
{
    return slice_text(refusal_name(code));
}

static void write_outer(const struct disclosure *d, enum posting_kind kind, struct outer *o)
{
    *o = (struct outer){
        .kind = kinds[kind].kind,
        .stage = kinds[kind].stage,
        .gateway = d->judge->gateway,
        .rulebook = digest_slice(&d->judge->rulebook->digest),
        .code = code_slice(d->code),
    };
    if (d->envelope == NULL)
        return;
    const struct claims *c = &d->envelope->claims;
    o->hop = d->hop;
    if (kind == POSTING_DISCLOSURE && d->hop == HOP_SECOND)
        o->stage = STAGE_RELAYED;
    o->id = c->id;
    o->from = c->from;
    o->to = c->to;
    o->type = c->type;
    o->purpose = c->purpose;
    o->seal = digest_slice(&d->envelope->digest);
}

static struct status write_fields(struct arena *arena, const struct disclosure *d,
                                  struct inner *inner)
{
    size_t count = d->document->count;
    struct inner_field *fields = arena_array(arena, count, sizeof *fields);
    struct inner_count *silent = arena_array(arena, d->decision->silent_count, sizeof *silent);
    if (fields == NULL || silent == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct document_item *item = &d->document->items[i];
        const struct verdict *v = &d->decision->verdicts[i];
        fields[i] = (struct inner_field){
            .path = item->leaf.path,
            .category = slice_text(category_code(item->category)),
            .level = slice_text(level_name(v->level)),
            .rule = v->rule,
            .basis = v->basis,
        };
    }
    for (size_t i = 0; i < d->decision->silent_count; i++)
        silent[i] = (struct inner_count){
            .category = slice_text(category_code(d->decision->silent[i].category)),
            .count = d->decision->silent[i].count,
        };
    inner->fields = fields;
    inner->field_count = count;
    inner->silent = silent;
    inner->silent_count = d->decision->silent_count;
    return OK;
}

static struct pseudonym_case case_of(const struct disclosure *d)
{
    const struct claims *c = &d->envelope->claims;
    return (struct pseudonym_case){
        .from = c->from,
        .frame = claims_have(c, CLAIM_CASE_REF) ? c->case_ref : c->thread,
    };
}

static struct status write_subjects(struct arena *arena, const struct disclosure *d,
                                    struct inner *inner)
{
    const struct pseudonym_case of = case_of(d);
    struct slices all = {arena_array(arena, d->document->person_count, sizeof *all.at),
                         d->document->person_count};
    struct status s = all.at == NULL ? FAIL(MEMORY) : OK;
    for (size_t i = 0; i < all.count && !failed(s); i++)
        s = pseudonym_index(arena, d->judge->keyring, &of, d->document->persons[i].sid, &all.at[i]);
    if (failed(s))
        return s;
    size_t kept = 0;
    slices_sort(all);
    for (size_t i = 0; i < all.count; i++)
        if (kept == 0 || !slice_equal(all.at[kept - 1], all.at[i]))
            all.at[kept++] = all.at[i];
    inner->subjects = (struct slices){all.at, kept};
    return OK;
}

/* A sender cannot claim a better tier than the States' registry gives: the stricter one counts. */
static void write_transfer(const struct disclosure *d, struct inner *inner)
{
    const struct claims *c = &d->envelope->claims;
    const struct slice from = party_state(c->from), to = party_state(c->to);
    const struct slice registered = directory_tier(d->judge->rulebook->directory, from, to);
    bool claimed = claims_have(c, CLAIM_TRANSFER);
    if (!claimed && slice_equal(from, to))
        return;
    inner->tier = claimed && slice_compare(c->tier, registered) > 0 ? c->tier : registered;
    inner->transfer_basis = claimed ? c->transfer_basis : (struct slice){0};
    inner->transfer_by = inner->officer;
}

static void write_claims(const struct disclosure *d, struct inner *inner)
{
    const struct claims *c = &d->envelope->claims;
    inner->instrument = claims_have(c, CLAIM_INSTRUMENT) ? c->instrument : (struct slice){0};
    inner->legal_basis = c->legal_basis;
    inner->confidential = c->confidential;
    write_transfer(d, inner);
}

static struct status write_actor(const struct judge *j, enum posting_kind kind, struct posting *p)
{
    p->inner.op = slice_text(kinds[kind].op);
    p->inner.actor = j->party;
    p->inner.officer = j->officer.length == 0 ? (struct slice){0} : j->officer;
    return j->entropy(&p->keys, sizeof p->keys);
}

/* A rule that holds a message, or one that refuses a message with such fields, may tell of
 * somebody's asylum or protection: it is for the data-protection authority alone. */
static bool may_tell(const struct disclosure *d)
{
    bool may = d->decision->outcome != OUTCOME_HOLD;
    for (size_t i = 0; may && i < d->document->count; i++)
        may = !inner_is_closed(slice_text(category_code(d->document->items[i].category)));
    return may;
}

/* Why, where the law was asked: the rule that said no, else what the message itself refers to. */
static struct status write_reasons(struct arena *arena, const struct disclosure *d,
                                   struct inner *inner)
{
    struct status s = OK;
    if (d->code != REFUSAL_NONE && d->decision->rule.length > 0)
        *(may_tell(d) ? &inner->justification : &inner->closed_justification) = d->decision->rule;
    else
        s = grounds_reasons(arena, d->document, &inner->justification);
    inner->ground = grounds_code(d->document);
    return s;
}

struct status records_write(struct arena *arena, const struct disclosure *d, enum posting_kind kind,
                            struct posting *p)
{
    struct status s = write_actor(d->judge, kind, p);
    write_outer(d, kind, &p->outer);
    p->inner.approvals = d->approvals;
    /* It names a field, which may be one of somebody's asylum. */
    p->inner.closed_justification = d->detail.length == 0 ? (struct slice){0} : d->detail;
    if (!failed(s) && d->envelope != NULL) {
        const struct pseudonym_case of = case_of(d);
        write_claims(d, &p->inner);
        p->thread = d->envelope->claims.thread;
        s = pseudonym_of_case(arena, d->judge->keyring, &of, &p->inner.case_pseudonym);
    }
    if (failed(s) || d->decision == NULL || d->document == NULL)
        return s;
    if (failed(s = write_reasons(arena, d, &p->inner)) ||
        failed(s = write_fields(arena, d, &p->inner)))
        return s;
    return write_subjects(arena, d, &p->inner);
}

struct status records_write_refusal(const struct judge *judge, struct status why, struct posting *p)
{
    p->outer = (struct outer){
        .kind = ENTRY_REFUSAL,
        .stage = STAGE_REJECTED,
        .gateway = judge->gateway,
        .rulebook = digest_slice(&judge->rulebook->digest),
        .code = code_slice(reason_refusal(why.reason)),
    };
    p->inner.justification = slice_text(reason_name(why.reason));
    return write_actor(judge, POSTING_REFUSAL, p);
}

struct status records_write_stage(const struct judge *judge, struct posting *p)
{
    p->outer = (struct outer){
        .kind = ENTRY_STAGE,
        .hop = HOP_FIRST,
        .gateway = judge->gateway,
        .rulebook = digest_slice(&judge->rulebook->digest),
    };
    struct status s = write_actor(judge, POSTING_STAGE, p);
    if (p->stage >= STAGE_REJECTED) { /* nobody has taken it: the gateway gives it up */
        p->inner.actor = judge->gateway;
        p->inner.officer = (struct slice){0};
    }
    return s;
}
