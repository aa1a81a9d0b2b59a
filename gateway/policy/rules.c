#include "policy/law_reading.h"

#include "policy/levels.h"
#include "policy/obligations.h"

#define KIND(kind) (1U << RULE_##kind)
#define GRANTING   KIND(PERMIT)
#define CAPPING    (KIND(LIMIT) | KIND(FORBID))
#define STOPPING   (KIND(HOLD) | KIND(REFUSE))
#define ANY_KIND   (GRANTING | CAPPING | STOPPING)

static const char *const kind_words[] = {
    [RULE_NONE] = "",         [RULE_PERMIT] = "permit", [RULE_LIMIT] = "limit",
    [RULE_FORBID] = "forbid", [RULE_HOLD] = "hold",     [RULE_REFUSE] = "refuse",
};

#define KIND_COUNT (sizeof kind_words / sizeof kind_words[0])

static enum rule_kind kind_at(const struct lexer *l)
{
    for (size_t k = RULE_PERMIT; k < KIND_COUNT; k++)
        if (lexer_at(l, kind_words[k]))
            return (enum rule_kind)k;
    return RULE_NONE;
}

bool rule_at(const struct lexer *l)
{
    return kind_at(l) != RULE_NONE;
}

static void parse_parties(struct law_reading *p, struct party_pattern **at, size_t *count)
{
    do {
        struct party_pattern pattern = party_pattern_expect(p);
        struct party_pattern *more = reading_more(&p->r, *at, *count, sizeof *more);
        if (more == NULL)
            return;
        *at = more;
        more[(*count)++] = pattern;
    } while (reading_comma(&p->r));
}

static void parse_from(struct law_reading *p, struct rule *rule)
{
    parse_parties(p, &rule->from, &rule->from_count);
}

static void parse_to(struct law_reading *p, struct rule *rule)
{
    parse_parties(p, &rule->to, &rule->to_count);
}

static void parse_purpose(struct law_reading *p, struct rule *rule)
{
    do {
        struct slice code = list_code_expect(p, "purpose");
        struct slice *more =
            reading_more(&p->r, rule->purposes.at, rule->purposes.count, sizeof *more);
        if (more == NULL)
            return;
        rule->purposes.at = more;
        more[rule->purposes.count++] = code;
    } while (reading_comma(&p->r));
}

/* "tag.identity" covers fields of the category, and the category as free text declares it. */
static bool parse_tag(struct law_reading *p, struct rule *rule, struct slice word)
{
    static const char tag[] = "tag.", declared[] = "declared.";
    bool field = slice_begins(word, slice_text(tag));
    size_t prefix = field ? sizeof tag - 1 : sizeof declared - 1;
    if (!field && !slice_begins(word, slice_text(declared)))
        return false;
    enum category category = category_by_tag(slice_part(word, prefix, SIZE_MAX));
    if (category == CATEGORY_NONE)
        return false;
    rule->declared |= 1U << category;
    if (field)
        rule->categories |= 1U << category;
    lexer_next(&p->r.lexer);
    return true;
}

static void parse_pattern(struct law_reading *p, struct rule *rule)
{
    size_t pattern = pattern_expect(p);
    size_t *more = reading_more(&p->r, rule->patterns, rule->pattern_count, sizeof *more);
    if (more == NULL)
        return;
    rule->patterns = more;
    more[rule->pattern_count++] = pattern;
}

static void parse_fields(struct law_reading *p, struct rule *rule)
{
    do {
        struct slice word = p->r.lexer.token.text;
        if (lexer_take(&p->r.lexer, "*"))
            rule->categories = rule->declared = ALL_CATEGORIES;
        else if (lexer_take(&p->r.lexer, "uncarried"))
            rule->uncarried = true;
        else if (p->r.lexer.token.kind != TOKEN_WORD || !parse_tag(p, rule, word))
            parse_pattern(p, rule);
    } while (!p->r.lexer.failed && reading_comma(&p->r));
}

static void parse_when(struct law_reading *p, struct rule *rule)
{
    rule->when = condition_parse(p, rule->kind == RULE_PERMIT);
}

static void parse_unless(struct law_reading *p, struct rule *rule)
{
    rule->unless = condition_parse(p, rule->kind != RULE_PERMIT);
}

static void parse_release(struct law_reading *p, struct rule *rule)
{
    struct token at = p->r.lexer.token;
    if (lexer_take(&p->r.lexer, "at")) {
        lexer_expect(&p->r.lexer, "most");
        at = p->r.lexer.token;
    }
    const char *names[LEVELS];
    size_t count = levels_of_release(names);
    rule->level = level_find(at.text);
    if (at.kind != TOKEN_WORD || rule->level == LEVEL_SILENT)
        lexer_unexpected(&p->r.lexer, "a level (clear, generalise, stated)", names, count);
    lexer_next(&p->r.lexer);
}

static void parse_notice(struct law_reading *p, struct rule *rule)
{
    static const char *const notices[] = {"stated", "silent"};
    if (lexer_take(&p->r.lexer, "stated"))
        rule->level = LEVEL_STATED;
    else if (!lexer_take(&p->r.lexer, "silent"))
        lexer_unexpected(&p->r.lexer, "\"stated\" or \"silent\"", notices, 2);
}

static void parse_code(struct law_reading *p, struct rule *rule)
{
    const char *names[REFUSAL_COUNT];
    char name[32];
    for (unsigned r = 1; r < REFUSAL_COUNT; r++)
        names[r - 1] = refusal_name((enum refusal)r);
    if (p->r.lexer.token.kind == TOKEN_WORD &&
        slice_copy_text(p->r.lexer.token.text, name, sizeof name))
        rule->code = refusal_find(name);
    if (rule->code == REFUSAL_NONE)
        lexer_unexpected(&p->r.lexer, "a refusal code", names, REFUSAL_COUNT - 1);
    lexer_next(&p->r.lexer);
}

static void parse_basis(struct law_reading *p, struct rule *rule)
{
    struct token at = p->r.lexer.token;
    rule->basis =
        reading_copy(&p->r, lexer_string(&p->r.lexer, "the legal basis in quotation marks"));
    if (!p->r.lexer.failed && rule->basis.length == 0)
        lexer_error(&p->r.lexer, &at, "the basis is empty");
}

static void parse_require(struct law_reading *p, struct rule *rule)
{
    size_t count = 0;
    const char *const *names = obligation_names(&count);
    do {
        struct slice name = word_expect_among(p, names, count, "an obligation");
        for (size_t i = 0; i < count; i++)
            if (slice_is(name, names[i]))
                rule->obligations |= 1U << i;
    } while (!p->r.lexer.failed && reading_comma(&p->r));
}

static const struct clause {
    const char *word;
    unsigned kinds; /* of rules that may have it */
    unsigned needs; /* of rules that must have it */
    void (*parse)(struct law_reading *p, struct rule *rule);
} clauses[] = {
    {"from", ANY_KIND, 0, parse_from},
    {"to", ANY_KIND, 0, parse_to},
    {"purpose", ANY_KIND, 0, parse_purpose},
    {"fields", ANY_KIND, GRANTING, parse_fields},
    {"when", ANY_KIND, 0, parse_when},
    {"unless", ANY_KIND, 0, parse_unless},
    {"release", GRANTING | KIND(LIMIT), KIND(LIMIT), parse_release},
    {"require", GRANTING | KIND(LIMIT), 0, parse_require},
    {"notice", KIND(FORBID), 0, parse_notice},
    {"code", STOPPING, STOPPING, parse_code},
    {"basis", ANY_KIND, ANY_KIND, parse_basis},
};

#define CLAUSE_COUNT (sizeof clauses / sizeof clauses[0])

static unsigned clause_bit(void (*parse)(struct law_reading *, struct rule *))
{
    size_t c = 0;
    while (clauses[c].parse != parse)
        c++;
    return 1U << c;
}

static bool parse_clause(struct law_reading *p, struct rule *rule, unsigned *seen)
{
    struct token at = p->r.lexer.token;
    for (size_t c = 0; c < CLAUSE_COUNT; c++) {
        if (!lexer_take(&p->r.lexer, clauses[c].word))
            continue;
        if ((clauses[c].kinds >> rule->kind & 1U) == 0)
            lexer_error(&p->r.lexer, &at, "a rule of the kind \"%s\" has no clause \"%s\"",
                        kind_words[rule->kind], clauses[c].word);
        else if ((*seen >> c & 1U) != 0)
            lexer_error(&p->r.lexer, &at, "the rule has the clause \"%s\" twice", clauses[c].word);
        else
            clauses[c].parse(p, rule);
        *seen |= 1U << c;
        return true;
    }
    return false;
}

/* What a rule lacks is told at its title, unless a misspelt clause follows it. */
static void check_rule(struct law_reading *p, const struct rule *rule, const struct token *title,
                       unsigned seen)
{
    const char *names[CLAUSE_COUNT];
    for (size_t c = 0; c < CLAUSE_COUNT; c++)
        names[c] = clauses[c].word;
    if (!rule_at(&p->r.lexer) && !lexer_at(&p->r.lexer, "end"))
        lexer_unexpected(&p->r.lexer, "a clause, a rule or \"end\"", names, CLAUSE_COUNT);
    for (size_t c = 0; c < CLAUSE_COUNT && !p->r.lexer.failed; c++)
        if ((clauses[c].needs >> rule->kind & 1U) != 0 && (seen >> c & 1U) == 0)
            lexer_error(&p->r.lexer, title, "the rule \"%.*s\" has no clause \"%s\"",
                        (int)rule->title.length, (const char *)rule->title.at, clauses[c].word);
}

void rule_parse(struct law_reading *p)
{
    unsigned seen = 0;
    struct rule rule = {
        .kind = kind_at(&p->r.lexer), .from_ms = p->from_ms, .until_ms = p->until_ms};
    lexer_next(&p->r.lexer);
    struct token title = p->r.lexer.token;
    rule.title =
        reading_copy(&p->r, lexer_string(&p->r.lexer, "the rule's title in quotation marks"));
    rule.level = rule.kind == RULE_PERMIT ? LEVEL_CLEAR : LEVEL_SILENT;
    while (!p->r.lexer.failed && parse_clause(p, &rule, &seen))
        ;
    check_rule(p, &rule, &title, seen);
    rule.whole = (seen & clause_bit(parse_fields)) == 0;
    if (rule.whole)
        rule.categories = rule.declared = ALL_CATEGORIES;
    struct rule *more = reading_more(&p->r, p->law->rules, p->law->rule_count, sizeof *more);
    if (more == NULL)
        return;
    p->law->rules = more;
    more[p->law->rule_count++] = rule;
}
