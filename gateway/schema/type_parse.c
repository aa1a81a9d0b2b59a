#include "schema/type.h"

#define PAD_MIN 16
#define PAD_MAX 4096

/* Claims by the numbers they have in a seal (PROTOCOL.md, claims). */
static const char *const claim_names[] = {
    [1] = "version",     [2] = "id",           [3] = "thread",        [4] = "reply_to",
    [5] = "type",        [6] = "schema",       [7] = "from",          [8] = "to",
    [9] = "created",     [10] = "expires",     [11] = "case_ref",     [12] = "their_ref",
    [13] = "instrument", [14] = "legal_basis", [15] = "purpose",      [16] = "urgency",
    [17] = "deadline",   [18] = "handling",    [19] = "confidential", [20] = "lang",
    [21] = "owner",      [22] = "transfer",    [23] = "retain_until",
};

#define CLAIMS (sizeof claim_names / sizeof claim_names[0])

struct type_text {
    struct reading *r;
    const struct schema *schema;
    struct message_type *type;
    struct lines fields;
    struct slices carried, together;
    struct slice summary;
    struct token carries_at, together_at;
};

static struct slices parse_codes(struct type_text *t, const char *list)
{
    const struct code_list *codes = vocabulary_list(&t->schema->vocabulary, slice_text(list));
    if (codes != NULL)
        return codes_expect(t->r, codes);
    lexer_error(&t->r->lexer, &t->r->lexer.token, "the vocabulary has no list \"%s\"", list);
    return (struct slices){0};
}

static void parse_pad(struct type_text *t)
{
    struct token at = t->r->lexer.token;
    uint64_t pad = lexer_number(&t->r->lexer, PAD_MAX, "how many digests a seal has at least");
    if (!t->r->lexer.failed && (pad < PAD_MIN || (pad & (pad - 1)) != 0))
        lexer_error(&t->r->lexer, &at, "the pad is a power of two from 16 to 4096");
    t->type->pad = (unsigned)pad;
}

static void parse_route(struct type_text *t)
{
    struct message_type *type = t->type;
    struct route route = {.from = parse_codes(t, "role")};
    lexer_expect(&t->r->lexer, "to");
    route.to = parse_codes(t, "role");
    if (lexer_take(&t->r->lexer, "under"))
        route.instruments = parse_codes(t, "instrument");
    struct route *routes = reading_more(t->r, type->routes, type->route_count, sizeof route);
    if (routes == NULL)
        return;
    type->routes = routes;
    routes[type->route_count++] = route;
}

static void parse_purpose(struct type_text *t)
{
    t->type->purposes = parse_codes(t, "purpose");
}

static void parse_claims(struct type_text *t)
{
    do {
        unsigned number = 1;
        while (number < CLAIMS && !lexer_take(&t->r->lexer, claim_names[number]))
            number++;
        if (number == CLAIMS)
            lexer_unexpected(&t->r->lexer, "a claim", claim_names + 1, CLAIMS - 1);
        else
            t->type->claims |= 1U << number;
    } while (reading_comma(t->r));
}

static struct slices parse_words(struct type_text *t, const char *expected)
{
    struct slices words = {0};
    do {
        struct slice *at = reading_more(t->r, words.at, words.count, sizeof *at);
        if (at == NULL)
            return (struct slices){0};
        words.at = at;
        at[words.count++] = lexer_word(&t->r->lexer, expected);
    } while (reading_comma(t->r));
    return words;
}

static void parse_carries(struct type_text *t)
{
    t->carries_at = t->r->lexer.token;
    t->carried = parse_words(t, "a member of the person object");
}

static void parse_together(struct type_text *t)
{
    t->together_at = t->r->lexer.token;
    t->together = parse_words(t, "a field");
    lexer_expect(&t->r->lexer, "or");
    t->summary = lexer_word(&t->r->lexer, "the field that replaces them");
}

static const struct {
    const char *word;
    void (*parse)(struct type_text *t);
} lines[] = {
    {"pad", parse_pad},       {"from", parse_route},      {"purpose", parse_purpose},
    {"claims", parse_claims}, {"carries", parse_carries}, {"together", parse_together},
};

#define LINES (sizeof lines / sizeof lines[0])

static void parse_line(struct type_text *t)
{
    static const char *const words[] = {"pad",      "from",  "purpose", "claims",  "carries",
                                        "together", "field", "list",    "persons", "person"};
    for (size_t i = 0; i < LINES; i++)
        if (lexer_take(&t->r->lexer, lines[i].word)) {
            lines[i].parse(t);
            return;
        }
    if (line_at(&t->r->lexer))
        line_parse(t->r, &t->schema->vocabulary, &t->fields);
    else
        lexer_unexpected(&t->r->lexer, "a line of a message type", words,
                         sizeof words / sizeof words[0]);
}

static void parse_head(struct type_text *t)
{
    struct reading *r = t->r;
    lexer_expect(&r->lexer, "message");
    struct token at = r->lexer.token;
    t->type->name = reading_copy(r, lexer_word(&r->lexer, "the name of the type"));
    if (!r->lexer.failed && !name_is_type(t->type->name))
        lexer_error(&r->lexer, &at, "no name of a type: lower-case words and digits between dots");
    lexer_expect(&r->lexer, "schema");
    t->type->version = lexer_number(&r->lexer, UINT16_MAX, "the schema's version");
    t->type->pad = 64;
}

/* Whether one of the person object's lines begins with this member. */
static bool has_member(const struct schema *schema, struct slice member)
{
    const struct entry *e = field_table_at(&schema->locals, member);
    return e != NULL && e->segments == 1;
}

static void check_carried(struct type_text *t)
{
    for (size_t i = 0; i < t->carried.count && !t->r->lexer.failed; i++)
        if (!has_member(t->schema, t->carried.at[i]))
            lexer_error(&t->r->lexer, &t->carries_at, "a person has no member \"%.*s\"",
                        (int)t->carried.at[i].length, (const char *)t->carried.at[i].at);
}

static void check_field(struct type_text *t, struct slice name)
{
    if (t->r->lexer.failed || line_find(&t->fields, name) != NULL)
        return;
    struct token at = t->together_at;
    at.text = name;
    const char *const *names = line_names(t->r, &t->fields);
    lexer_unknown(&t->r->lexer, &at, "a field of this text", names, names ? t->fields.count : 0);
}

static void finish_together(struct type_text *t)
{
    if (t->summary.length == 0 || t->r->lexer.failed)
        return;
    if (t->together.count != 3)
        lexer_error(&t->r->lexer, &t->together_at,
                    "together stand a text, its subjects and its categories");
    for (size_t i = 0; i < t->together.count; i++)
        check_field(t, t->together.at[i]);
    check_field(t, t->summary);
    if (t->r->lexer.failed)
        return;
    t->type->is_together = true;
    t->type->together = (struct together){.text = reading_copy(t->r, t->together.at[0]),
                                          .subjects = reading_copy(t->r, t->together.at[1]),
                                          .cats = reading_copy(t->r, t->together.at[2]),
                                          .summary = reading_copy(t->r, t->summary)};
}

void type_parse(struct reading *r, struct schema *schema, struct message_type *type)
{
    struct type_text t = {.r = r, .schema = schema, .type = type};
    struct token head = r->lexer.token;
    parse_head(&t);
    while (!r->lexer.failed && r->lexer.token.kind != TOKEN_END)
        parse_line(&t);
    if (!r->lexer.failed && (type->version == 0 || type->route_count == 0 ||
                             type->purposes.count == 0 || t.fields.count == 0))
        lexer_error(&r->lexer, &head,
                    "a message type has a schema of 1 or more, a route, a purpose and a field");
    lines_resolve(r, &t.fields, &schema->vocabulary);
    check_carried(&t);
    finish_together(&t);
    lines_declare(r, &t.fields);
    if (r->lexer.failed)
        return;
    type->routes = reading_keep(r, type->routes, type->route_count, sizeof *type->routes);
    struct field_source source = {.fields = &t.fields,
                                  .person = schema->has_person ? &schema->person : NULL,
                                  .carried = t.carried,
                                  .arena = schema->tables};
    type->locals = &schema->locals;
    field_table_build(r, &source, &type->table);
}

static bool requires(const struct lines *person, const char *name)
{
    const struct line *line = line_find(person, slice_text(name));
    return line != NULL && line->declaration.requirement == REQUIRED_AS_COMPLETE && !line->local &&
           line->required_when.condition.asked == ASKED_OF_NOTHING &&
           line->declaration.value.array_max == 0;
}

void person_parse(struct reading *r, const struct vocabulary *v, struct lines *person)
{
    struct token head = r->lexer.token;
    lexer_expect(&r->lexer, "object");
    lexer_expect(&r->lexer, "person");
    while (!r->lexer.failed && r->lexer.token.kind != TOKEN_END) {
        bool nested = lexer_at(&r->lexer, "persons") || lexer_at(&r->lexer, "person");
        if (nested || !line_at(&r->lexer)) {
            static const char *const words[] = {"field", "list"};
            lexer_unexpected(&r->lexer, "a field or list of the person object", words, 2);
        }
        line_parse(r, v, person);
    }
    if (!r->lexer.failed && (!requires(person, "sid") || !requires(person, "cat")))
        lexer_error(&r->lexer, &head, "a person has a required sid and a required cat (R-LED-02)");
    lines_resolve(r, person, v);
}
