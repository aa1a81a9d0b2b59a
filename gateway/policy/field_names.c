#include "policy/law_reading.h"

/* Fields and attributes as policies name them, looked up in every message type and in LOCAL. */

typedef bool rule_matcher(const struct field_rule *rule, struct slice name);

static bool is_member(const struct field_rule *rule, struct slice member)
{
    static const char persons[] = "persons.";
    return slice_begins(rule->name, slice_text(persons)) &&
           slice_equal(slice_part(rule->name, sizeof persons - 1, SIZE_MAX), member);
}

static bool is_case_field(const struct field_rule *rule, struct slice name)
{
    return !rule->in_person && slice_equal(rule->name, name);
}

static bool is_under_pattern(const struct field_rule *rule, struct slice pattern)
{
    return pattern_covers(pattern, rule->name);
}

/* Calls once for every rule of every type and of LOCAL, until one is taken. */
static const struct field_rule *find_rule(const struct schema *schema, rule_matcher *fits,
                                          struct slice name)
{
    for (size_t t = 0; t < schema_type_count(schema); t++) {
        const struct message_type *type = schema_type_at(schema, t);
        for (size_t i = 0; i < type_rule_count(type); i++)
            if (fits(type_rule_at(type, i), name))
                return type_rule_at(type, i);
    }
    for (size_t i = 0; i < schema_local_count(schema); i++)
        if (fits(schema_local_at(schema, i), name))
            return schema_local_at(schema, i);
    return NULL;
}

/* The name of a field as a policy writes it, with what goes before the member of a person. */
struct field_name {
    const char *prefix; /* "person." or "case." or "" */
    rule_matcher *fits;
    struct slice rest;
};

static struct field_name field_name_of(struct slice word, const char *outside)
{
    static const char person[] = "person.";
    if (slice_begins(word, slice_text(person)))
        return (struct field_name){person, is_member,
                                   slice_part(word, sizeof person - 1, SIZE_MAX)};
    return (struct field_name){outside, is_case_field,
                               slice_part(word, slice_text(outside).length, SIZE_MAX)};
}

/* Names that could have been meant: all fields, written with the prefix. */
struct names {
    struct law_reading *p;
    const char **at;
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    const char **more = reading_more(&n->p->r, n->at, n->count, sizeof *more);
    if (more == NULL || name == NULL)
        return;
    n->at = more;
    more[n->count++] = name;
}

static void add_rule_name(struct names *n, const struct field_rule *rule, const char *case_prefix)
{
    static const char persons[] = "persons.";
    struct slice name = rule->name;
    bool member = slice_begins(name, slice_text(persons));
    if (member)
        name = slice_part(name, sizeof persons - 1, SIZE_MAX);
    add_name(n, arena_print(n->p->r.arena, "%s%.*s", member ? "person." : case_prefix,
                            (int)name.length, (const char *)name.at));
}

static void unknown_field(struct names *n, const struct token *at, const char *case_prefix,
                          const char *expected)
{
    const struct schema *schema = n->p->names->schema;
    for (size_t t = 0; t < schema_type_count(schema) && !n->p->r.lexer.failed; t++)
        for (size_t i = 0; i < type_rule_count(schema_type_at(schema, t)); i++)
            add_rule_name(n, type_rule_at(schema_type_at(schema, t), i), case_prefix);
    for (size_t i = 0; i < schema_local_count(schema); i++)
        add_rule_name(n, schema_local_at(schema, i), case_prefix);
    lexer_unknown(&n->p->r.lexer, at, expected, n->at, n->count);
}

static void unknown_attribute(struct law_reading *p, const struct token *at)
{
    struct names n = {.p = p};
    for (size_t i = 0; i < attribute_kind_count; i++)
        if (attribute_kinds[i].codes != CODES_FIELD)
            add_name(&n, attribute_kinds[i].name);
    unknown_field(&n, at, "case.", "an attribute of sender, recipient, message, person or case");
}

static size_t intern_attribute(struct law_reading *p, const struct attribute *attribute)
{
    struct law *law = p->law;
    for (size_t i = 0; i < law->attribute_count; i++)
        if (slice_equal(law->attributes[i].name, attribute->name))
            return i;
    struct attribute *more =
        reading_more(&p->r, law->attributes, law->attribute_count, sizeof *more);
    if (more == NULL)
        return 0;
    law->attributes = more;
    more[law->attribute_count] = *attribute;
    return law->attribute_count++;
}

size_t attribute_expect(struct law_reading *p)
{
    struct token at = p->r.lexer.token;
    struct attribute attribute = {.name =
                                      reading_copy(&p->r, lexer_word(&p->r.lexer, "an attribute"))};
    if (p->r.lexer.failed)
        return 0;
    attribute.kind = attribute_kind_of(attribute.name);
    if (attribute.kind != NULL && attribute.kind->codes == CODES_FIELD) {
        struct field_name name = field_name_of(attribute.name, "case.");
        attribute.member = name.rest;
        attribute.rule = find_rule(p->names->schema, name.fits, name.rest);
    }
    if (attribute.kind == NULL || (attribute.member.length > 0 && attribute.rule == NULL)) {
        unknown_attribute(p, &at);
        return 0;
    }
    attribute.personal = attribute.kind->personal;
    return intern_attribute(p, &attribute);
}

/* A field that holds no codes of a list may hold anything that can be written here. */
static struct slice field_code_expect(struct law_reading *p, const struct attribute *attribute)
{
    size_t count = 0;
    const char *const *codes = field_rule_codes(attribute->rule, &count);
    if (codes != NULL)
        return word_expect_among(p, codes, count, "a code that the field can have");
    return word_expect(p, "a value of the field");
}

struct slice attribute_code_expect(struct law_reading *p, size_t attribute)
{
    static const char *const truths[] = {"false", "true"};
    static const char *const classes[] = {CLASS_OTHER, CLASS_PROTECTED};
    if (p->r.lexer.failed)
        return (struct slice){NULL, 0};
    const struct attribute *a = &p->law->attributes[attribute];
    switch (a->kind->codes) {
    case CODES_LIST:
        return list_code_expect(p, a->kind->list);
    case CODES_STATE:
        return state_expect(p);
    case CODES_ROLE:
        return list_code_expect(p, "role");
    case CODES_PARTY:
        return party_expect(p);
    case CODES_TYPE:
        return type_expect(p);
    case CODES_TRUTH:
        return word_expect_among(p, truths, 2, "\"true\" or \"false\"");
    case CODES_CLASS:
        return word_expect_among(p, classes, 2, "a protected class");
    case CODES_FIELD:
        return field_code_expect(p, a);
    }
    return (struct slice){NULL, 0};
}

static size_t intern_pattern(struct law_reading *p, struct slice word)
{
    struct law *law = p->law;
    for (size_t i = 0; i < law->pattern_count; i++)
        if (slice_equal(law->patterns[i], word))
            return i;
    struct slice *more = reading_more(&p->r, law->patterns, law->pattern_count, sizeof *more);
    if (more == NULL)
        return 0;
    law->patterns = more;
    more[law->pattern_count] = reading_copy(&p->r, word);
    return law->pattern_count++;
}

size_t pattern_expect(struct law_reading *p)
{
    static const char person[] = "person.";
    struct token at = lexer_next(&p->r.lexer);
    struct slice pattern = at.text;
    bool member = slice_begins(pattern, slice_text(person));
    if (p->r.lexer.failed)
        return 0;
    if (member) /* the person object is the same wherever it stands */
        pattern = slice_text(arena_print(p->r.arena, "persons.%.*s",
                                         (int)(pattern.length - (sizeof person - 1)),
                                         (const char *)pattern.at + sizeof person - 1));
    if (at.kind == TOKEN_WORD && find_rule(p->names->schema, is_under_pattern, pattern) != NULL)
        return intern_pattern(p, at.text);
    struct names n = {.p = p};
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++)
        add_name(&n, arena_print(p->r.arena, "tag.%s", category_tag((enum category)c)));
    unknown_field(&n, &at, "", "tag.<category>, a field, \"uncarried\" or *");
    return 0;
}
