#include "policy/law_reading.h"

#define TEST_MAX_BYTES (32UL << 20) /* more than any file can hold */

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

static void put_number(struct buffer *b, uint64_t number)
{
    buffer_put(b, slice_over(&number, sizeof number));
}

/* Two tests are one where these octets are. */
static void write_test(struct buffer *b, const struct atom *test)
{
    put_number(b, test->kind);
    put_number(b, test->negated);
    put_number(b, test->attribute);
    put_number(b, test->other);
    for (size_t i = 0; i < test->codes.count; i++) {
        put_number(b, test->codes.at[i].length);
        buffer_put(b, test->codes.at[i]);
    }
}

static bool add_test(struct law_reading *p, struct slice octets, const struct atom *test)
{
    struct law *law = p->law;
    const struct slice kept = arena_copy(law->arena, octets);
    struct atom *more = reading_more(&p->r, law->atoms, law->atom_count, sizeof *more);
    if (more == NULL)
        return false;
    law->atoms = more;
    if (kept.at == NULL || interned_add(&p->tests, 0, kept) != law->atom_count)
        return false;
    more[law->atom_count++] = *test;
    return true;
}

/* Each test stands in the law once, however many rules ask it. */
static size_t intern_test(struct law_reading *p, const struct atom *test)
{
    struct buffer b = buffer_new(TEST_MAX_BYTES);
    write_test(&b, test);
    size_t at = interned_find(&p->tests, 0, buffer_slice(&b));
    if (at == INTERNED_NONE) {
        at = p->law->atom_count;
        if (b.failed || !add_test(p, buffer_slice(&b), test)) {
            reading_starve(&p->r);
            at = 0;
        }
    }
    buffer_done(&b);
    return at;
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
