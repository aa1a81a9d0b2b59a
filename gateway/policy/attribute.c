#include "policy/attribute.h"

#include "policy/consent.h"
#include "policy/engine.h"

static void add_present(struct facts *f, struct codes *ret, struct slice code)
{
    if (code.length > 0)
        codes_add(f, ret, code);
}

/* Codes of the claims and of both parties; what a claim leaves out is UNKNOWN. */
#define CLAIM_READER(name, code)                                                                   \
    static void read_##name(struct facts *f, const struct attribute *a, size_t person,             \
                            struct codes *ret)                                                     \
    {                                                                                              \
        (void)a, (void)person;                                                                     \
        const struct claims *claims = f->question->claims;                                         \
        add_present(f, ret, code);                                                                 \
    }

CLAIM_READER(sender, claims->from)
CLAIM_READER(sender_state, party_state(claims->from))
CLAIM_READER(sender_role, party_role(claims->from))
CLAIM_READER(recipient, claims->to)
CLAIM_READER(recipient_state, party_state(claims->to))
CLAIM_READER(recipient_role, party_role(claims->to))
CLAIM_READER(type, claims->type)
CLAIM_READER(purpose, claims->purpose)
CLAIM_READER(instrument, claims->instrument)
CLAIM_READER(owner, claims->owner)
CLAIM_READER(transfer_basis, claims->transfer_basis)
CLAIM_READER(urgency, claims->urgency.length > 0 ? claims->urgency : slice_text("ROUTINE"))
CLAIM_READER(confidential, slice_text(claims->confidential ? "true" : "false"))

static void read_handling(struct facts *f, const struct attribute *a, size_t person,
                          struct codes *ret)
{
    (void)a, (void)person;
    for (size_t i = 0; i < f->question->claims->handling.count; i++)
        codes_add(f, ret, f->question->claims->handling.at[i]);
}

/* A sender cannot claim a better tier than the States' registry gives: the stricter one counts. */
static void read_tier(struct facts *f, const struct attribute *a, size_t person, struct codes *ret)
{
    (void)a, (void)person;
    const struct claims *claims = f->question->claims;
    struct slice registered = directory_tier(f->question->rulebook->directory,
                                             party_state(claims->from), party_state(claims->to));
    codes_add(f, ret, slice_compare(claims->tier, registered) > 0 ? claims->tier : registered);
}

static uint32_t attribute_source(const struct facts *f, const struct attribute *a)
{
    const struct law *law = f->question->rulebook->law;
    return law->engine->sensors[a - law->attributes].source;
}

static void read_case(struct facts *f, const struct attribute *a, size_t person, struct codes *ret)
{
    (void)person;
    codes_add_source(f, ret, NO_PERSON, attribute_source(f, a));
}

/* The protection record is closed: what it does not say is not so. All else may be so unsaid. */
bool member_is_closed(struct slice member)
{
    static const char *const blocks[] = {"asylum", "loc", "migration", "risk", "witness"};
    struct slice block = slice_part(member, 0, slice_find(member, '.'));
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (slice_is(block, blocks[i]))
            return true;
    return false;
}

static void read_member(struct facts *f, const struct attribute *a, size_t person,
                        struct codes *ret)
{
    codes_add_source(f, ret, person, attribute_source(f, a));
    ret->known = ret->known || member_is_closed(a->member);
}

const struct attribute_kind attribute_kinds[] = {
    {"message.confidential", false, false, CODES_TRUTH, NULL, read_confidential},
    {"message.handling", false, false, CODES_LIST, "handling", read_handling},
    {"message.instrument", false, false, CODES_LIST, "instrument", read_instrument},
    {"message.owner", false, false, CODES_STATE, NULL, read_owner},
    {"message.purpose", false, true, CODES_LIST, "purpose", read_purpose},
    {"message.tier", false, false, CODES_LIST, "transfer_tier", read_tier},
    {"message.transfer_basis", false, false, CODES_LIST, "transfer_basis", read_transfer_basis},
    {"message.type", false, true, CODES_TYPE, NULL, read_type},
    {"message.urgency", false, false, CODES_LIST, "urgency", read_urgency},
    {"person.child", true, false, CODES_TRUTH, NULL, person_read_child},
    {"person.consented", true, false, CODES_LIST, "category", consent_read_consented},
    {"person.hidden_risk", true, false, CODES_STATE, NULL, person_read_hidden_risk},
    {"person.necessity", true, false, CODES_LIST, "category", person_read_necessity},
    {"person.officials", true, false, CODES_STATE, NULL, person_read_officials},
    {"person.protected_class", true, false, CODES_CLASS, NULL, person_read_class},
    {"person.risk_state", true, false, CODES_STATE, NULL, person_read_risk_state},
    {"purpose", false, true, CODES_LIST, "purpose", read_purpose},
    {"recipient", false, true, CODES_PARTY, NULL, read_recipient},
    {"recipient.role", false, true, CODES_ROLE, NULL, read_recipient_role},
    {"recipient.state", false, true, CODES_STATE, NULL, read_recipient_state},
    {"sender", false, true, CODES_PARTY, NULL, read_sender},
    {"sender.role", false, true, CODES_ROLE, NULL, read_sender_role},
    {"sender.state", false, true, CODES_STATE, NULL, read_sender_state},
    {"case.", false, false, CODES_FIELD, NULL, read_case},
    {"person.", true, false, CODES_FIELD, NULL, read_member},
};

const size_t attribute_kind_count = sizeof attribute_kinds / sizeof attribute_kinds[0];

const struct attribute_kind *attribute_kind_of(struct slice name)
{
    for (size_t i = 0; i < attribute_kind_count; i++) {
        const struct attribute_kind *kind = &attribute_kinds[i];
        struct slice known = slice_text(kind->name);
        bool of_fields = kind->name[known.length - 1] == '.';
        if (of_fields ? slice_begins(name, known) && name.length > known.length
                      : slice_equal(name, known))
            return kind;
    }
    return NULL;
}
