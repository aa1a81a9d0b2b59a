#include "exchange/judge_claims.h"

static struct status judge_parties(const struct judge *judge, const struct message_type *type,
                                   const struct claims *c)
{
    const struct directory *directory = judge->rulebook->directory;
    const struct state_row *there = directory_state(directory, party_state(c->to));
    if (directory_home_at(directory, c->to, judge->at_ms) == NULL)
        return REFUSE(ROUTE_UNKNOWN);
    if (!type_allows_route(type, party_role(c->from), party_role(c->to), c->instrument))
        return REFUSE(TYPE_ROLE);
    if (!type_allows_purpose(type, c->purpose))
        return REFUSE(TYPE_PURPOSE);
    if (c->lang.length == 0 || there == NULL || there->language_count == 0)
        return OK;
    for (size_t i = 0; i < there->language_count; i++)
        if (slice_equal(there->languages[i], c->lang))
            return OK;
    return REFUSE(TYPE_LANGUAGE);
}

static struct status judge_required(const struct message_type *type, const struct claims *c,
                                    struct slice *ret_detail)
{
    static const struct {
        enum claim claim;
        const char *name;
    } names[] = {
        {CLAIM_CASE_REF, "case_ref"},
        {CLAIM_THEIR_REF, "their_ref"},
        {CLAIM_REPLY_TO, "reply_to"},
        {CLAIM_INSTRUMENT, "instrument"},
        {CLAIM_LEGAL_BASIS, "legal_basis"},
        {CLAIM_URGENCY, "urgency"},
        {CLAIM_DEADLINE, "urgency.deadline"},
        {CLAIM_HANDLING, "handling"},
        {CLAIM_CONFIDENTIAL, "confidential"},
        {CLAIM_LANG, "lang"},
        {CLAIM_OWNER, "owner"},
        {CLAIM_TRANSFER, "transfer"},
    };
    uint32_t missing = type_required_claims(type) & ~c->present;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((missing >> names[i].claim & 1U) != 0) {
            *ret_detail = slice_text(names[i].name);
            return REFUSE(TYPE_INCOMPLETE);
        }
    return missing == 0 ? OK : REFUSE(TYPE_INCOMPLETE);
}

static struct status judge_codes(const struct schema *schema, const struct claims *c,
                                 struct slice *ret_detail)
{
    const struct {
        const char *list;
        struct slice code;
    } rows[] = {
        {"instrument", c->instrument},
        {"purpose", c->purpose},
        {"transfer_basis", c->transfer_basis},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code.length > 0 && !schema_has_code(schema, rows[i].list, rows[i].code)) {
            *ret_detail = slice_text(rows[i].list);
            return REFUSE(TYPE_VALUE);
        }
    for (size_t i = 0; i < c->legal_basis.count; i++) {
        struct slice basis = c->legal_basis.at[i];
        struct slice instrument = slice_part(basis, 0, slice_find(basis, ' '));
        if (!schema_has_code(schema, "instrument", instrument)) {
            *ret_detail = slice_text("legal_basis");
            return REFUSE(TYPE_VALUE);
        }
    }
    return OK;
}

struct status claims_judge(const struct judge *judge, const struct message_type *type,
                           const struct claims *claims, struct slice *ret_detail)
{
    struct status s = judge_parties(judge, type, claims);
    if (!failed(s))
        s = judge_required(type, claims, ret_detail);
    return failed(s) ? s : judge_codes(judge->rulebook->schema, claims, ret_detail);
}
