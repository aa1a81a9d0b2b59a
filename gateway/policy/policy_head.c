#include "base/instant.h"
#include "policy/law_reading.h"

bool policy_head_at(const struct lexer *l)
{
    return lexer_at(l, "policy") || lexer_at(l, "agreement");
}

static bool is_named(const struct slices *states, struct slice state)
{
    for (size_t i = 0; i < states->count; i++)
        if (slice_equal(states->at[i], state))
            return true;
    return false;
}

/* An agreement of one State, or of a State with itself, would bind nobody. */
static void parse_between(struct law_reading *p, struct slices *between)
{
    struct lexer *l = &p->r.lexer;
    struct token at;
    lexer_expect(l, "between");
    do {
        at = l->token;
        struct slice state = state_expect(p);
        if (!l->failed && is_named(between, state))
            lexer_error(l, &at, "the agreement names the State %.*s twice", (int)state.length,
                        (const char *)state.at);
        struct slice *more = reading_more(&p->r, between->at, between->count, sizeof *more);
        if (more == NULL)
            return;
        between->at = more;
        more[between->count++] = state;
    } while (reading_comma(&p->r));
    if (!l->failed && between->count < 2)
        lexer_error(l, &at, "an agreement is between two States or more");
}

/* "checked" and the day stand beside the citation that was compared with its source. */
static void parse_checked(struct law_reading *p, struct checked *checked)
{
    struct token at = p->r.lexer.token;
    checked->by = reading_copy(
        &p->r, lexer_string(&p->r.lexer, "who has checked the basis, in quotation marks"));
    if (!p->r.lexer.failed && checked->by.length == 0)
        lexer_error(&p->r.lexer, &at, "nobody is named who has checked the basis");
    checked->at_ms = lexer_date(&p->r.lexer, "the day on which the basis was checked");
}

void basis_parse(struct law_reading *p, struct slice *basis, struct checked *checked)
{
    struct token at = p->r.lexer.token;
    *basis = reading_copy(&p->r, lexer_string(&p->r.lexer, "the legal basis in quotation marks"));
    if (!p->r.lexer.failed && basis->length == 0)
        lexer_error(&p->r.lexer, &at, "the basis is empty");
    if (lexer_take(&p->r.lexer, "checked"))
        parse_checked(p, checked);
}

static void parse_force(struct law_reading *p, struct policy *policy)
{
    struct lexer *l = &p->r.lexer;
    lexer_expect(l, "in");
    lexer_expect(l, "force");
    policy->from_ms = lexer_date(l, "the first day in force");
    lexer_expect(l, "until");
    struct token at = l->token;
    policy->until_ms = lexer_date(l, "the last day in force") + MS_PER_DAY;
    if (!l->failed && policy->until_ms <= policy->from_ms)
        lexer_error(l, &at, "the last day in force is before the first");
}

void policy_head_parse(struct law_reading *p)
{
    struct lexer *l = &p->r.lexer;
    struct policy policy = {.file = reading_copy(&p->r, l->file)};
    bool agreement = lexer_take(l, "agreement");
    if (!agreement)
        lexer_expect(l, "policy");
    policy.title =
        reading_copy(&p->r, lexer_string(l, agreement ? "the agreement's title in quotation marks"
                                                      : "the policy's title in quotation marks"));
    if (agreement)
        parse_between(p, &policy.between);
    lexer_expect(l, "version");
    policy.version = lexer_number(l, INT64_MAX, "the policy's version");
    lexer_expect(l, "authority");
    policy.authority =
        reading_copy(&p->r, lexer_string(l, "the authority that made it, in quotation marks"));
    lexer_expect(l, "basis");
    basis_parse(p, &policy.basis, &policy.checked);
    parse_force(p, &policy);
    struct policy *more = reading_more(&p->r, p->law->policies, p->law->policy_count, sizeof *more);
    if (more == NULL)
        return;
    p->law->policies = more;
    more[p->law->policy_count++] = policy;
}
