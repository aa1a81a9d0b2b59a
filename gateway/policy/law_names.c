#include "policy/law_reading.h"

/* Names that were not found are told with the nearest known one; they are collected only then. */
struct suggestions {
    struct law_reading *p;
    const char **at;
    size_t count;
};

static void suggest(struct suggestions *s, struct slice name)
{
    const char **more = reading_more(&s->p->r, s->at, s->count, sizeof *more);
    if (more == NULL)
        return;
    s->at = more;
    more[s->count++] = reading_text(&s->p->r, name);
}

static void unknown(struct suggestions *s, const char *expected)
{
    lexer_unexpected(&s->p->r.lexer, expected, s->at, s->count);
}

static bool is_value_token(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER || token->kind == TOKEN_STRING;
}

/* Passes the token and gives a copy of what it says. */
static struct slice take(struct law_reading *p)
{
    return reading_copy(&p->r, lexer_next(&p->r.lexer).text);
}

static bool is_among(const char *const *names, size_t count, struct slice word)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, names[i]))
            return true;
    return false;
}

struct slice word_expect_among(struct law_reading *p, const char *const *names, size_t count,
                               const char *expected)
{
    if (is_value_token(&p->r.lexer.token) && is_among(names, count, p->r.lexer.token.text))
        return take(p);
    lexer_unexpected(&p->r.lexer, expected, names, count);
    return (struct slice){NULL, 0};
}

struct slice word_expect(struct law_reading *p, const char *expected)
{
    if (is_value_token(&p->r.lexer.token))
        return take(p);
    lexer_unexpected(&p->r.lexer, expected, NULL, 0);
    return (struct slice){NULL, 0};
}

struct slice list_code_expect(struct law_reading *p, const char *list)
{
    char *expected = arena_print(p->r.arena, "a code of the list %s", list);
    size_t count = 0;
    const char *const *codes = schema_codes(p->names->schema, list, &count);
    return word_expect_among(p, codes, codes == NULL ? 0 : count,
                             expected == NULL ? list : expected);
}

struct slice state_expect(struct law_reading *p)
{
    const struct directory *d = p->names->directory;
    if (p->r.lexer.token.kind == TOKEN_WORD && directory_state(d, p->r.lexer.token.text) != NULL)
        return take(p);
    struct suggestions s = {.p = p};
    for (size_t i = 0; i < d->state_count; i++)
        suggest(&s, d->states[i].id);
    unknown(&s, "a State of the directory");
    return (struct slice){NULL, 0};
}

struct slice party_expect(struct law_reading *p)
{
    const struct directory *d = p->names->directory;
    if (p->r.lexer.token.kind == TOKEN_WORD && directory_party(d, p->r.lexer.token.text) != NULL)
        return take(p);
    struct suggestions s = {.p = p};
    for (size_t i = 0; i < d->party_count; i++)
        suggest(&s, d->parties[i].id);
    unknown(&s, "a party of the directory");
    return (struct slice){NULL, 0};
}

struct slice type_expect(struct law_reading *p)
{
    const struct schema *schema = p->names->schema;
    if (p->r.lexer.token.kind == TOKEN_WORD && schema_newest(schema, p->r.lexer.token.text) != NULL)
        return take(p);
    struct suggestions s = {.p = p};
    for (size_t i = 0; i < schema_type_count(schema); i++)
        suggest(&s, type_name(schema_type_at(schema, i)));
    unknown(&s, "a message type");
    return (struct slice){NULL, 0};
}

static bool role_is_known(const struct law_reading *p, struct slice role)
{
    return schema_has_code(p->names->schema, "role", role);
}

/* "*.CA", "XC.*", "XC.CA": a State or any, a dot, a role or any. */
static bool read_pattern(const struct law_reading *p, struct slice word, struct party_pattern *ret)
{
    size_t dot = slice_find(word, '.');
    struct slice state = slice_part(word, 0, dot), role = slice_part(word, dot + 1, SIZE_MAX);
    if (dot == word.length)
        return false;
    if (!slice_is(state, "*"))
        ret->state = state;
    if (!slice_is(role, "*"))
        ret->role = role;
    return (ret->state.length == 0 || directory_state(p->names->directory, state) != NULL) &&
           (ret->role.length == 0 || role_is_known(p, role));
}

struct party_pattern party_pattern_expect(struct law_reading *p)
{
    struct party_pattern pattern = {0};
    struct slice word = p->r.lexer.token.text;
    if (p->r.lexer.token.kind != TOKEN_WORD || slice_find(word, '.') == word.length) {
        if (!lexer_take(&p->r.lexer, "*"))
            pattern.id = party_expect(p);
        return pattern;
    }
    if (!read_pattern(p, word, &pattern)) {
        size_t count = 0;
        const char *const *roles = schema_codes(p->names->schema, "role", &count);
        struct suggestions s = {.p = p};
        for (size_t i = 0; roles != NULL && i < count; i++)
            suggest(&s, slice_text(arena_print(p->r.arena, "*.%s", roles[i])));
        unknown(&s, "parties such as XC-CA-01, XC.*, *.CA or * of known States and roles");
        return pattern;
    }
    pattern.state = reading_copy(&p->r, pattern.state);
    pattern.role = reading_copy(&p->r, pattern.role);
    lexer_next(&p->r.lexer);
    return pattern;
}

enum refusal refusal_expect(struct law_reading *p)
{
    const char *names[REFUSAL_COUNT];
    char name[32];
    enum refusal code = REFUSAL_NONE;
    for (unsigned r = 1; r < REFUSAL_COUNT; r++)
        names[r - 1] = refusal_name((enum refusal)r);
    if (p->r.lexer.token.kind == TOKEN_WORD &&
        slice_copy_text(p->r.lexer.token.text, name, sizeof name))
        code = refusal_find(name);
    if (code == REFUSAL_NONE)
        lexer_unexpected(&p->r.lexer, "a refusal code", names, REFUSAL_COUNT - 1);
    lexer_next(&p->r.lexer);
    return code;
}
