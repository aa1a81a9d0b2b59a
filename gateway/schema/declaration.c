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

bool line_at(const struct lexer *l)
{
    for (size_t i = 0; i < LINES; i++)
        if (lexer_at(l, line_words[i]))
            return true;
    return false;
}

const struct line *line_find(const struct lines *all, struct slice name)
{
    for (size_t i = 0; i < all->count; i++)
        if (slice_equal(all->at[i].name, name))
            return &all->at[i];
    return NULL;
}

const char *const *line_names(struct reading *r, const struct lines *all)
{
    const char **names = arena_array(r->arena, all->count, sizeof *names);
    for (size_t i = 0; names != NULL && i < all->count; i++)
        names[i] = reading_text(r, all->at[i].name);
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

static struct slice parse_name(struct reading *r, const struct lines *all)
{
    struct token at = r->lexer.token;
    struct slice name = lexer_word(&r->lexer, "the name of a field");
    if (!r->lexer.failed && !is_dotted(name))
        lexer_error(&r->lexer, &at,
                    "\"%.*s\" is no field name: lower-case letters, digits and _, "
                    "with dots between",
                    (int)name.length, (const char *)name.at);
    if (!r->lexer.failed && line_find(all, name) != NULL)
        lexer_error(&r->lexer, &at, "\"%.*s\" is there already", (int)name.length,
                    (const char *)name.at);
    return name;
}

static void parse_condition(struct reading *r, struct line_condition *named)
{
    static const struct {
        const char *word;
        enum asked asked;
    } claims[] = {
        {"claim.purpose", ASKED_OF_PURPOSE},
        {"claim.urgency", ASKED_OF_URGENCY},
        {"claim.instrument", ASKED_OF_INSTRUMENT},
    };
    struct condition *c = &named->condition;
    named->named.field = r->lexer.token;
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
        codes[c->codes.count++] = lexer_word(&r->lexer, "a code");
    } while (reading_comma(r));
}

static void parse_required(struct reading *r, struct line *line)
{
    line->declaration.requirement = REQUIRED_AS_COMPLETE;
    if (lexer_take(&r->lexer, "as")) {
        lexer_expect(&r->lexer, "reason");
        line->declaration.requirement = REQUIRED_AS_REASON;
    }
    if (lexer_take(&r->lexer, "when"))
        parse_condition(r, &line->required_when);
}

static void parse_only(struct reading *r, struct line *line)
{
    lexer_expect(&r->lexer, "when");
    parse_condition(r, &line->only_when);
}

static void parse_leak(struct reading *r, struct line *line)
{
    if (lexer_take(&r->lexer, "words"))
        line->leak = LEAK_WORDS;
    else if (lexer_take(&r->lexer, "number"))
        line->leak = LEAK_NUMBER;
    else
        lexer_unexpected(&r->lexer, "\"words\" or \"number\"", NULL, 0);
}

static void parse_free(struct reading *r, struct line *line)
{
    if (!value_rule_is_text(&line->declaration.value))
        lexer_error(&r->lexer, &r->lexer.token, "only a text can be free text");
    line->prose = PROSE_FREE;
}

static void parse_by_value(struct reading *r, struct line *line)
{
    if (line->declaration.value.array_max == 0)
        lexer_error(&r->lexer, &r->lexer.token, "only an array can be sealed value by value");
    line->by_value = true;
}

static void parse_local(struct reading *r, struct line *line)
{
    (void)r;
    line->local = true;
}

static const struct {
    const char *word;
    void (*parse)(struct reading *r, struct line *line);
} clauses[] = {
    {"required", parse_required}, {"only", parse_only},   {"leak", parse_leak},
    {"free", parse_free},         {"local", parse_local}, {"value-by-value", parse_by_value},
};

static bool parse_clause(struct reading *r, struct line *line)
{
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++)
        if (lexer_take(&r->lexer, clauses[i].word)) {
            clauses[i].parse(r, line);
            return true;
        }
    return false;
}

static void parse_sources(struct reading *r, struct line *line)
{
    while (lexer_take(&r->lexer, "or")) {
        lexer_expect(&r->lexer, "as");
        struct named_line source = {.field = r->lexer.token};
        lexer_word(&r->lexer, "the field whose code gives the category");
        if (line->declaration.source_count == CATEGORY_SOURCES)
            lexer_error(&r->lexer, &source.field, "the category depends on too many fields");
        if (r->lexer.failed)
            return;
        line->sources[line->declaration.source_count++] = source;
    }
}

static void parse_field(struct reading *r, const struct vocabulary *v, struct line *line)
{
    line->declaration.value = value_rule_parse(r, v);
    line->category = category_expect(r);
    if (r->lexer.failed)
        return;
    line->prose = value_rule_prose(&line->declaration.value);
    parse_sources(r, line);
    while (parse_clause(r, line))
        ;
}

static void parse_list(struct reading *r, struct line *line)
{
    lexer_expect(&r->lexer, "up");
    lexer_expect(&r->lexer, "to");
    line->declaration.max = (unsigned)lexer_number(&r->lexer, LIST_MAX, "the most elements");
    if (lexer_take(&r->lexer, "required"))
        parse_required(r, line);
}

void line_parse(struct reading *r, const struct vocabulary *v, struct lines *all)
{
    struct line line = {0};
    for (size_t i = 0; i < LINES; i++)
        if (lexer_at(&r->lexer, line_words[i]))
            line.declared = line_kinds[i];
    lexer_next(&r->lexer);
    line.at = r->lexer.token;
    line.name = parse_name(r, all);
    if (line.declared == DECLARED_FIELD)
        parse_field(r, v, &line);
    else if (line.declared != DECLARED_PERSON)
        parse_list(r, &line);
    struct line *at = reading_more(r, all->at, all->count, sizeof line);
    if (at == NULL)
        return;
    all->at = at;
    at[all->count++] = line;
}
