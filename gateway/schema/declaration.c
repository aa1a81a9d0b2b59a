#include "schema/declaration.h"

#include "schema/identifier.h"
#include "wire/names.h"

#define LIST_MAX 512

static const char *const line_words[] = {"field", "list", "persons", "person"};
static const enum declared line_kinds[] = {DECLARED_FIELD, DECLARED_LIST, DECLARED_PERSONS,
                                           DECLARED_PERSON};

#define LINES (sizeof line_words / sizeof line_words[0])

bool dotted_next(struct slice *rest, struct slice *ret_segment)
{
    size_t end = slice_find(*rest, '.');
    *ret_segment = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return ret_segment->length > 0;
}

bool declaration_at(const struct lexer *l)
{
    for (size_t i = 0; i < LINES; i++)
        if (lexer_at(l, line_words[i]))
            return true;
    return false;
}

const struct declaration *declaration_find(const struct declarations *all, struct slice name)
{
    for (size_t i = 0; i < all->count; i++)
        if (slice_equal(all->at[i].name, name))
            return &all->at[i];
    return NULL;
}

const char *const *declaration_names(struct reading *r, const struct declarations *all)
{
    const char **names = arena_array(r->arena, all->count, sizeof *names);
    for (size_t i = 0; names != NULL && i < all->count; i++)
        names[i] = (const char *)all->at[i].name.at;
    return names;
}

/* "contact.phones": each part a segment of a path. */
static bool is_dotted(struct slice name)
{
    struct slice segment;
    bool more = name.length > 0;
    while (more) {
        more = slice_find(name, '.') < name.length;
        if (!dotted_next(&name, &segment) || !name_is_path(segment))
            return false;
    }
    return true;
}

static struct slice parse_name(struct reading *r, const struct declarations *all)
{
    struct token at = r->lexer.token;
    struct slice name = lexer_word(&r->lexer, "the name of a field");
    if (!r->lexer.failed && !is_dotted(name))
        lexer_error(&r->lexer, &at,
                    "\"%.*s\" is no field name: lower-case letters, digits and _, "
                    "with dots between",
                    (int)name.length, (const char *)name.at);
    if (!r->lexer.failed && declaration_find(all, name) != NULL)
        lexer_error(&r->lexer, &at, "\"%.*s\" is there already", (int)name.length,
                    (const char *)name.at);
    return reading_copy(r, name);
}

static void parse_condition(struct reading *r, struct condition *c)
{
    static const struct {
        const char *word;
        enum asked asked;
    } claims[] = {
        {"claim.purpose", ASKED_OF_PURPOSE},
        {"claim.urgency", ASKED_OF_URGENCY},
        {"claim.instrument", ASKED_OF_INSTRUMENT},
    };
    c->field = r->lexer.token;
    c->asked = ASKED_OF_FIELD;
    struct slice name = lexer_word(&r->lexer, "the field or claim that the condition asks");
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        if (slice_is(name, claims[i].word))
            c->asked = claims[i].asked;
    lexer_expect(&r->lexer, "is");
    c->negated = lexer_take(&r->lexer, "not");
    do {
        struct slice *codes = reading_more(r, c->codes.at, c->codes.count, sizeof *codes);
        if (codes == NULL)
            return;
        c->codes.at = codes;
        codes[c->codes.count++] = reading_copy(r, lexer_word(&r->lexer, "a code"));
    } while (reading_comma(r));
}

static void parse_required(struct reading *r, struct declaration *d)
{
    d->requirement = REQUIRED_AS_COMPLETE;
    if (lexer_take(&r->lexer, "as")) {
        lexer_expect(&r->lexer, "reason");
        d->requirement = REQUIRED_AS_REASON;
    }
    if (lexer_take(&r->lexer, "when"))
        parse_condition(r, &d->required_when);
}

static void parse_only(struct reading *r, struct declaration *d)
{
    lexer_expect(&r->lexer, "when");
    parse_condition(r, &d->only_when);
}

static void parse_leak(struct reading *r, struct declaration *d)
{
    if (lexer_take(&r->lexer, "words"))
        d->leak = LEAK_WORDS;
    else if (lexer_take(&r->lexer, "number"))
        d->leak = LEAK_NUMBER;
    else
        lexer_unexpected(&r->lexer, "\"words\" or \"number\"", NULL, 0);
}

static void parse_free(struct reading *r, struct declaration *d)
{
    if (!value_rule_is_text(&d->value))
        lexer_error(&r->lexer, &r->lexer.token, "only a text can be free text");
    d->prose = PROSE_FREE;
}

static void parse_by_value(struct reading *r, struct declaration *d)
{
    if (d->value.array_max == 0)
        lexer_error(&r->lexer, &r->lexer.token, "only an array can be sealed value by value");
    d->by_value = true;
}

static void parse_local(struct reading *r, struct declaration *d)
{
    (void)r;
    d->local = true;
}

static const struct {
    const char *word;
    void (*parse)(struct reading *r, struct declaration *d);
} clauses[] = {
    {"required", parse_required}, {"only", parse_only},   {"leak", parse_leak},
    {"free", parse_free},         {"local", parse_local}, {"value-by-value", parse_by_value},
};

static bool parse_clause(struct reading *r, struct declaration *d)
{
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
        if (lexer_take(&r->lexer, clauses[i].word)) {
            clauses[i].parse(r, d);
            return true;
        }
    return false;
}

static void parse_sources(struct reading *r, struct declaration *d)
{
    while (lexer_take(&r->lexer, "or")) {
        lexer_expect(&r->lexer, "as");
        struct category_source source = {.field = r->lexer.token};
        lexer_word(&r->lexer, "the field whose code gives the category");
        if (d->source_count == CATEGORY_SOURCES)
            lexer_error(&r->lexer, &source.field, "the category depends on too many fields");
        if (r->lexer.failed)
            return;
        d->sources[d->source_count++] = source;
    }
}

static void parse_field(struct reading *r, const struct vocabulary *v, struct declaration *d)
{
    d->value = value_rule_parse(r, v);
    d->category = category_expect(r);
    if (r->lexer.failed)
        return;
    d->prose = value_rule_prose(&d->value);
    parse_sources(r, d);
    while (parse_clause(r, d))
        ;
}

static void parse_list(struct reading *r, struct declaration *d)
{
    lexer_expect(&r->lexer, "up");
    lexer_expect(&r->lexer, "to");
    d->max = (unsigned)lexer_number(&r->lexer, LIST_MAX, "the most elements");
    if (lexer_take(&r->lexer, "required"))
        parse_required(r, d);
}

void declaration_parse(struct reading *r, const struct vocabulary *v, struct declarations *all)
{
    struct declaration d = {0};
    for (size_t i = 0; i < LINES; i++)
        if (lexer_at(&r->lexer, line_words[i]))
            d.declared = line_kinds[i];
    lexer_next(&r->lexer);
    d.at = r->lexer.token;
    d.name = parse_name(r, all);
    if (d.declared == DECLARED_FIELD)
        parse_field(r, v, &d);
    else if (d.declared != DECLARED_PERSON)
        parse_list(r, &d);
    struct declaration *at = reading_more(r, all->at, all->count, sizeof d);
    if (at == NULL)
        return;
    all->at = at;
    at[all->count++] = d;
}
