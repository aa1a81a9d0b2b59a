#include "policy/law_reading.h"

/*
 * condition = and ("or" and)*      and = atom ("and" atom)*
 * atom      = "(" condition ")" | "not" atom | test
 * test      = attribute "is" ["not"] (CODE | "one" "of" "(" CODE, ... ")" | "same" "as" attribute
 *             | "known")
 */

/* Where a condition is read: sign says what its truth does to what is released. */
struct condition_reading {
    struct law_reading *p;
    struct condition *condition;
    bool grants;
    unsigned depth;
};

static void add_step(struct condition_reading *c, struct step step)
{
    struct step *more =
        reading_more(&c->p->r, c->condition->steps, c->condition->count, sizeof *more);
    if (more == NULL)
        return;
    c->condition->steps = more;
    more[c->condition->count++] = step;
    if (c->condition->count > CONDITION_MAX_STEPS)
        lexer_error(&c->p->r.lexer, &c->p->r.lexer.token,
                    "the condition is too long; split the rule");
}

static bool same_codes(struct slices a, struct slices b)
{
    bool same = a.count == b.count;
    for (size_t i = 0; same && i < a.count; i++)
        same = slice_equal(a.at[i], b.at[i]);
    return same;
}

static bool same_test(const struct atom *a, const struct atom *b)
{
    return a->kind == b->kind && a->negated == b->negated && a->attribute == b->attribute &&
           a->other == b->other && same_codes(a->codes, b->codes);
}

/* Each test stands in the law once, however many rules ask it. */
static size_t intern_test(struct law_reading *p, const struct atom *test)
{
    struct law *law = p->law;
    for (size_t i = 0; i < law->atom_count; i++)
        if (same_test(&law->atoms[i], test))
            return i;
    struct atom *more = reading_more(&p->r, law->atoms, law->atom_count, sizeof *more);
    if (more == NULL)
        return 0;
    law->atoms = more;
    more[law->atom_count] = *test;
    return law->atom_count++;
}

static void add_code(struct law_reading *p, struct atom *test)
{
    struct slice code = attribute_code_expect(p, test->attribute);
    struct slice *more = reading_more(&p->r, test->codes.at, test->codes.count, sizeof *more);
    if (more == NULL)
        return;
    test->codes.at = more;
    more[test->codes.count++] = code;
}

static void parse_codes(struct law_reading *p, struct atom *test)
{
    lexer_expect(&p->r.lexer, "of");
    lexer_expect(&p->r.lexer, "(");
    do
        add_code(p, test);
    while (!p->r.lexer.failed && reading_comma(&p->r));
    lexer_expect(&p->r.lexer, ")");
}

/* What a sender leaves out must never widen what is released. */
static void parse_known(struct condition_reading *c, struct atom *test, const struct token *at)
{
    test->kind = ATOM_KNOWN;
    if (test->negated == c->grants)
        lexer_error(&c->p->r.lexer, at,
                    "\"is %sknown\" here would release more where less is known",
                    test->negated ? "not " : "");
}

static void parse_test(struct condition_reading *c)
{
    struct lexer *l = &c->p->r.lexer;
    struct atom test = {.attribute = attribute_expect(c->p)};
    lexer_expect(l, "is");
    test.negated = lexer_take(l, "not");
    struct token at = l->token;
    if (lexer_take(l, "one")) {
        parse_codes(c->p, &test);
    } else if (lexer_take(l, "same")) {
        lexer_expect(l, "as");
        test.kind = ATOM_SAME;
        test.other = attribute_expect(c->p);
    } else if (lexer_take(l, "known")) {
        parse_known(c, &test, &at);
    } else if (!l->failed) {
        add_code(c->p, &test);
    }
    if (!l->failed)
        add_step(c, (struct step){STEP_ATOM, intern_test(c->p, &test)});
}

static void parse_or(struct condition_reading *c);

static void parse_atom(struct condition_reading *c)
{
    struct lexer *l = &c->p->r.lexer;
    if (++c->depth > CONDITION_MAX_DEPTH)
        lexer_error(l, &l->token, "the condition is nested too deeply; split the rule");
    if (lexer_take(l, "(")) {
        parse_or(c);
        lexer_expect(l, ")");
    } else if (lexer_take(l, "not")) {
        c->grants = !c->grants;
        parse_atom(c);
        c->grants = !c->grants;
        add_step(c, (struct step){STEP_NOT, 0});
    } else if (!l->failed) {
        parse_test(c);
    }
    c->depth--;
}

static void parse_and(struct condition_reading *c)
{
    parse_atom(c);
    while (!c->p->r.lexer.failed && lexer_take(&c->p->r.lexer, "and")) {
        parse_atom(c);
        add_step(c, (struct step){STEP_AND, 0});
    }
}

static void parse_or(struct condition_reading *c)
{
    parse_and(c);
    while (!c->p->r.lexer.failed && lexer_take(&c->p->r.lexer, "or")) {
        parse_and(c);
        add_step(c, (struct step){STEP_OR, 0});
    }
}

struct condition condition_parse(struct law_reading *p, bool grants)
{
    struct condition condition = {0};
    struct condition_reading c = {.p = p, .condition = &condition, .grants = grants};
    parse_or(&c);
    return condition;
}
