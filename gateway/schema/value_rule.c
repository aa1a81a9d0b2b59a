#include "schema/value_rule.h"

#include <stdio.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "schema/identifier.h"
#include "wire/names.h"

#define TEXT_MAX_BYTES 32768
#define DEGREES_MAX    180000000 /* WGS 84 in millionths of a degree */

enum limits {
    LIMITS_NONE,
    LIMITS_BYTES, /* text 200 */
    LIMITS_RANGE, /* int 1 to 999, or int alone; digits 4 to 6 */
    LIMITS_LIST,  /* code purpose */
    LIMITS_ROLE,  /* the list "role" */
};

struct value_type {
    const char *name;
    enum value_kind kind;
    enum limits limits;
    enum prose prose;
    bool (*fits)(const struct value_rule *rule, const struct value *value); /* NULL: kind is all */
};

static bool fits_text(const struct value_rule *rule, const struct value *value)
{
    return value->octets.length <= rule->max;
}

static bool fits_code(const struct value_rule *rule, const struct value *value)
{
    return code_find(rule->list, value->octets) != NULL;
}

static bool fits_number(const struct value_rule *rule, const struct value *value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value->integer);
    return code_find(rule->list, slice_text(digits)) != NULL;
}

static bool fits_int(const struct value_rule *rule, const struct value *value)
{
    bool bounded = rule->max > 0;
    return !bounded || (value->integer >= 0 && (uint64_t)value->integer >= rule->min &&
                        (uint64_t)value->integer <= rule->max);
}

static bool fits_degrees(const struct value_rule *rule, const struct value *value)
{
    (void)rule;
    return value->integer >= -DEGREES_MAX && value->integer <= DEGREES_MAX;
}

static bool fits_date(const struct value_rule *rule, const struct value *value)
{
    uint64_t unix_ms;
    (void)rule;
    return date_read(value->octets, &unix_ms);
}

static bool fits_partial_date(const struct value_rule *rule, const struct value *value)
{
    (void)rule;
    return date_partial(value->octets);
}

static bool fits_instant(const struct value_rule *rule, const struct value *value)
{
    uint64_t unix_ms;
    (void)rule;
    return instant_read(value->octets, &unix_ms);
}

static bool fits_digits(const struct value_rule *rule, const struct value *value)
{
    return identifier_is_digits(value->octets, (size_t)rule->min, (size_t)rule->max);
}

static bool fits_party(const struct value_rule *rule, const struct value *value)
{
    return name_is_party(value->octets) && code_find(rule->list, party_role(value->octets)) != NULL;
}

/* The role in "XA-NGO-01" or "XA:NGO"; empty if it is neither. */
static struct slice recipient_role(struct slice text)
{
    bool general = name_is_state(slice_part(text, 0, 2)) && slice_find(text, ':') == 2;
    if (name_is_party(text))
        return party_role(text);
    return general ? slice_part(text, 3, SIZE_MAX) : (struct slice){NULL, 0};
}

static bool fits_recipient(const struct value_rule *rule, const struct value *value)
{
    return code_find(rule->list, recipient_role(value->octets)) != NULL;
}

#define FITS_IF(name, is)                                                                          \
    static bool fits_##name(const struct value_rule *rule, const struct value *value)              \
    {                                                                                              \
        (void)rule;                                                                                \
        return is(value->octets);                                                                  \
    }

FITS_IF(country, name_is_state)
FITS_IF(language, name_is_language)
FITS_IF(ref, name_is_ref)
FITS_IF(sid, identifier_is_sid)
FITS_IF(phone, identifier_is_phone)
FITS_IF(email, identifier_is_email)
FITS_IF(iban, identifier_is_iban)
FITS_IF(bic, identifier_is_bic)
FITS_IF(imei, identifier_is_imei)
FITS_IF(ip, identifier_is_ip)

static const struct value_type value_types[] = {
    /* clang-format off */
    {"text",         VALUE_TEXT, LIMITS_BYTES, PROSE_CODE, fits_text},
    {"code",         VALUE_TEXT, LIMITS_LIST,  PROSE_NONE, fits_code},
    {"number",       VALUE_INT,  LIMITS_LIST,  PROSE_NONE, fits_number},
    {"int",          VALUE_INT,  LIMITS_RANGE, PROSE_NONE, fits_int},
    {"degrees",      VALUE_INT,  LIMITS_NONE,  PROSE_NONE, fits_degrees},
    {"bool",         VALUE_BOOL, LIMITS_NONE,  PROSE_NONE, NULL},
    {"date",         VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_date},
    {"partial-date", VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_partial_date},
    {"instant",      VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_instant},
    {"country",      VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_country},
    {"language",     VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_language},
    {"sid",          VALUE_TEXT, LIMITS_NONE,  PROSE_NONE, fits_sid},
    {"party",        VALUE_TEXT, LIMITS_ROLE,  PROSE_NONE, fits_party},
    {"recipient",    VALUE_TEXT, LIMITS_ROLE,  PROSE_NONE, fits_recipient},
    {"ref",          VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_ref},
    {"digits",       VALUE_TEXT, LIMITS_RANGE, PROSE_CODE, fits_digits},
    {"phone",        VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_phone},
    {"email",        VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_email},
    {"iban",         VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_iban},
    {"bic",          VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_bic},
    {"imei",         VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_imei},
    {"ip",           VALUE_TEXT, LIMITS_NONE,  PROSE_CODE, fits_ip},
    /* clang-format on */
};

#define TYPES (sizeof value_types / sizeof value_types[0])

_Static_assert(TYPES < VALUE_TYPES_MAX, "every type of value has a number");

const char *value_type_name(size_t type)
{
    return type < TYPES ? value_types[type].name : NULL;
}

bool value_type_transforms(size_t type)
{
    return type < TYPES && value_types[type].limits != LIMITS_LIST &&
           value_types[type].kind != VALUE_BOOL;
}

size_t value_rule_type(const struct value_rule *rule)
{
    return (size_t)(rule->type - value_types);
}

static const struct value_type *type_expect(struct reading *r)
{
    const char *names[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        names[i] = value_types[i].name;
        if (lexer_take(&r->lexer, names[i]))
            return &value_types[i];
    }
    lexer_unexpected(&r->lexer, "a type of value", names, TYPES);
    return NULL;
}

static void parse_range(struct reading *r, struct value_rule *rule)
{
    bool given = r->lexer.token.kind == TOKEN_NUMBER;
    if (!given && rule->type->kind == VALUE_INT)
        return; /* any integer */
    struct token at = r->lexer.token;
    rule->min = lexer_number(&r->lexer, INT64_MAX, "the least value");
    lexer_expect(&r->lexer, "to");
    rule->max = lexer_number(&r->lexer, INT64_MAX, "the greatest value");
    if (!r->lexer.failed && (rule->max == 0 || rule->max < rule->min))
        lexer_error(&r->lexer, &at, "the limits are not a range");
}

static void parse_limits(struct reading *r, const struct vocabulary *v, struct value_rule *rule)
{
    switch (rule->type->limits) {
    case LIMITS_NONE:
        break;
    case LIMITS_BYTES:
        rule->max = lexer_number(&r->lexer, TEXT_MAX_BYTES, "the longest text in octets");
        break;
    case LIMITS_RANGE:
        parse_range(r, rule);
        break;
    case LIMITS_LIST:
        rule->list = vocabulary_expect(r, v);
        break;
    case LIMITS_ROLE:
        rule->list = vocabulary_list(v, slice_text("role"));
        if (rule->list == NULL)
            lexer_error(&r->lexer, &r->lexer.token, "the vocabulary has no list \"role\"");
        break;
    }
}

struct value_rule value_rule_parse(struct reading *r, const struct vocabulary *v)
{
    struct value_rule rule = {0};
    if (lexer_take(&r->lexer, "up")) {
        lexer_expect(&r->lexer, "to");
        rule.array_max = (unsigned)lexer_number(&r->lexer, ARRAY_MAX, "the most elements");
        if (!r->lexer.failed && rule.array_max == 0)
            lexer_error(&r->lexer, &r->lexer.token, "an array that is always empty says nothing");
    }
    rule.type = type_expect(r);
    if (rule.type != NULL)
        parse_limits(r, v, &rule);
    return rule;
}

bool value_element_fits(const struct value_rule *rule, const struct value *element)
{
    return element->kind == rule->type->kind &&
           (rule->type->fits == NULL || rule->type->fits(rule, element));
}

bool value_fits(const struct value_rule *rule, const struct value *value)
{
    if (rule->array_max == 0)
        return value_element_fits(rule, value);
    if (value->kind != VALUE_ARRAY)
        return false;
    struct mp_cursor c = mp_over(value->raw);
    uint32_t count = mp_array(&c, rule->array_max);
    for (uint32_t i = 0; i < count && mp_ok(&c); i++) {
        struct value element = mp_value(&c);
        if (!value_element_fits(rule, &element))
            return false;
    }
    return mp_end(&c);
}

bool value_rule_is_coded(const struct value_rule *rule)
{
    return rule->list != NULL;
}

enum prose value_rule_prose(const struct value_rule *rule)
{
    return rule->type->prose;
}

bool value_rule_is_text(const struct value_rule *rule)
{
    return rule->type->limits == LIMITS_BYTES;
}

static enum category element_category(const struct value_rule *rule, const struct value *element)
{
    struct slice text = element->octets;
    if (rule->type->limits == LIMITS_ROLE)
        text = recipient_role(text);
    const struct code_row *code = element->kind == VALUE_TEXT ? code_find(rule->list, text) : NULL;
    return code == NULL ? CATEGORY_NONE : code->category;
}

enum category value_category(const struct value_rule *rule, const struct value *value)
{
    enum category strictest = CATEGORY_NONE;
    if (value->kind != VALUE_ARRAY)
        return element_category(rule, value);
    struct mp_cursor c = mp_over(value->raw);
    for (uint32_t left = mp_array(&c, ARRAY_MAX); left > 0 && mp_ok(&c); left--) {
        struct value element = mp_value(&c);
        enum category category = element_category(rule, &element);
        strictest = category > strictest ? category : strictest;
    }
    return strictest;
}

bool value_is_blank(const struct value *value)
{
    if (value->kind == VALUE_ARRAY)
        return value->count == 0;
    if (value->kind != VALUE_TEXT)
        return value->kind == VALUE_EMPTY_MAP || value->kind == VALUE_NIL;
    for (size_t i = 0; i < value->octets.length; i++)
        if (value->octets.at[i] > ' ')
            return false;
    return true;
}
