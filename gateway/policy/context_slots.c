#include "policy/context_slots.h"

#include "policy/attribute.h"
#include "policy/list.h"
#include "schema/field_kind.h"

/* What the gateway reads for an attribute that is no field (attribute.c, person.c), and the one
 * field that every person has. */
static const struct slot_kind {
    const char *name;
    bool many, may_open, may_part, may_none;
    enum rest rest;
    const char *ordinary;
} kinds[] = {
    {"message.confidential", false, false, false, false, REST_CODE, "false"},
    {"message.handling", true, true, false, false, REST_UNKNOWN, NULL},
    {"message.instrument", false, true, false, false, REST_UNKNOWN, NULL},
    {"message.owner", false, true, false, false, REST_UNKNOWN, NULL},
    {"message.tier", false, false, false, false, REST_CODE, NULL},
    {"message.transfer_basis", false, true, false, false, REST_UNKNOWN, NULL},
    {"message.type", false, false, false, false, REST_CODE, NULL},
    {"message.urgency", false, false, false, false, REST_CODE, "ROUTINE"},
    {"person.cat", false, false, false, false, REST_CODE, NULL},
    {"person.child", false, true, false, false, REST_UNKNOWN, NULL},
    {"person.consented", true, true, true, false, REST_UNKNOWN, NULL},
    {"person.hidden_risk", true, true, true, true, REST_NONE, NULL},
    {"person.necessity", true, false, false, true, REST_NONE, NULL},
    {"person.officials", true, true, true, true, REST_NONE, NULL},
    {"person.protected_class", false, false, false, false, REST_CODE, NULL},
    {"person.risk_state", true, true, true, true, REST_UNKNOWN, NULL},
    {"purpose", false, false, false, false, REST_CODE, NULL},
    {"recipient", false, false, false, false, REST_CODE, NULL},
    {"recipient.role", false, false, false, false, REST_CODE, NULL},
    {"recipient.state", false, false, false, false, REST_CODE, NULL},
    {"sender", false, false, false, false, REST_CODE, NULL},
    {"sender.role", false, false, false, false, REST_CODE, NULL},
    {"sender.state", false, false, false, false, REST_CODE, NULL},
};

static const char *const lane_names[SLOT_OF_LANE] = {
    [SLOT_TYPE] = "message.type",
    [SLOT_PURPOSE] = "purpose",
    [SLOT_SENDER] = "sender",
    [SLOT_SENDER_STATE] = "sender.state",
    [SLOT_SENDER_ROLE] = "sender.role",
    [SLOT_RECIPIENT] = "recipient",
    [SLOT_RECIPIENT_STATE] = "recipient.state",
    [SLOT_RECIPIENT_ROLE] = "recipient.role",
    [SLOT_INSTRUMENT] = "message.instrument",
};

static const struct slot_kind *kind_of(struct slice name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (slice_is(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* The protection record is closed: what it does not say is not so. */
static bool is_record(struct slice member)
{
    static const char *const blocks[] = {"asylum", "loc", "migration", "risk", "witness"};
    struct slice block = slice_part(member, 0, slice_find(member, '.'));
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (slice_is(block, blocks[i]))
            return true;
    return false;
}

static bool reads(const struct attribute *a, const struct field_rule *rule)
{
    size_t before = rule->name.length - a->member.length;
    return rule->in_person == a->personal && rule->name.length >= a->member.length &&
           slice_equal(slice_part(rule->name, before, SIZE_MAX), a->member) &&
           field_rule_is_field(rule) && before == (a->personal ? rule->member : 0);
}

/* The field of this message type that an attribute reads. */
static const struct field_rule *field_of(const struct context *c, const struct attribute *a)
{
    const struct message_type *type = c->question.lane.type;
    for (size_t i = 0; i < type_rule_count(type); i++)
        if (reads(a, type_rule_at(type, i)))
            return type_rule_at(type, i);
    return a->personal ? a->rule : NULL;
}

static void make_field(const struct context *c, const struct attribute *a, struct slot *slot)
{
    bool record = a->personal && is_record(a->member);
    slot->field = field_of(c, a);
    if (slot->field != NULL && kind_of(slot->name) != NULL)
        return;
    slot->may_open = true;
    if (slot->field == NULL) {
        slot->fixed = true; /* the type has no such field: it is never known */
        slot->open = SEARCH_TRUE;
        return;
    }
    slot->many = field_rule_is_many(slot->field);
    slot->may_part = slot->many;
    slot->may_none = slot->many || record;
    slot->rest = record ? REST_NONE : REST_UNKNOWN;
    slot->open = SEARCH_FALSE;
}

static struct slot *slot_new(struct context *c, struct slice name)
{
    struct slot *at = list_grow(c->arena, c->slots, c->slot_count, &c->slot_room, sizeof *c->slots);
    if (at == NULL)
        return NULL;
    c->slots = at;
    at += c->slot_count;
    *at = (struct slot){
        .name = name,
        .kind = attribute_kind_of(name),
        .open = SEARCH_FALSE,
        .family = c->slot_count++,
    };
    const struct slot_kind *kind = kind_of(name);
    if (kind != NULL) {
        at->many = kind->many;
        at->may_open = kind->may_open;
        at->may_part = kind->may_part;
        at->may_none = kind->may_none;
        at->rest = kind->rest;
        at->ordinary = slice_text(kind->ordinary);
    }
    return at;
}

static size_t slot_at(const struct context *c, struct slice name)
{
    size_t i = 0;
    if (slice_is(name, "message.purpose"))
        return SLOT_PURPOSE;
    while (i < c->slot_count && !slice_equal(c->slots[i].name, name))
        i++;
    return i;
}

static struct status make_attributes(struct context *c, size_t law_index)
{
    const struct law *law = c->question.laws[law_index];
    size_t *slot_of = arena_array(c->arena, law->attribute_count + 1, sizeof *slot_of);
    if (slot_of == NULL)
        return FAIL(MEMORY);
    for (size_t a = 0; a < law->attribute_count; a++) {
        const struct attribute *attribute = &law->attributes[a];
        slot_of[a] = slot_at(c, attribute->name);
        if (slot_of[a] < c->slot_count)
            continue;
        struct slot *slot = slot_new(c, attribute->name);
        if (slot == NULL)
            return FAIL(MEMORY);
        slot->personal = attribute->personal;
        if (attribute->member.length > 0)
            make_field(c, attribute, slot);
    }
    c->slot_of[law_index] = slot_of;
    return OK;
}

static bool fix_party(struct context *c, size_t party, const struct party_pattern *pattern)
{
    const struct slice fixed[] = {pattern->id, pattern->state, pattern->role};
    const struct slice of_id[] = {pattern->id, party_state(pattern->id), party_role(pattern->id)};
    for (size_t i = 0; i < 3; i++) {
        struct slice code = pattern->id.length > 0 ? of_id[i] : fixed[i];
        if (code.length > 0 && !slot_fix(c, party + i, code))
            return false;
    }
    return true;
}

struct status slots_make(struct context *c)
{
    const struct lane_scope *lane = &c->question.lane;
    for (size_t i = 0; i < SLOT_OF_LANE; i++)
        if (slot_new(c, slice_text(lane_names[i])) == NULL)
            return FAIL(MEMORY);
    if (!slot_fix(c, SLOT_TYPE, type_name(lane->type)) ||
        (lane->purpose.length > 0 && !slot_fix(c, SLOT_PURPOSE, lane->purpose)) ||
        !fix_party(c, SLOT_SENDER, &lane->from) || !fix_party(c, SLOT_RECIPIENT, &lane->to))
        return FAIL(MEMORY);
    for (size_t i = 0; i < c->question.law_count; i++) {
        struct status s = make_attributes(c, i);
        if (failed(s))
            return s;
    }
    return OK;
}
