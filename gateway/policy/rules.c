#include "policy/law_reading.h"

#include "policy/obligations.h"

#define KIND(kind) (1U << RULE_##kind)
#define GRANTING   KIND(PERMIT)
#define CAPPING    (KIND(LIMIT) | KIND(FORBID))
#define STOPPING   (KIND(HOLD) | KIND(REFUSE))
#define PROVED     KIND(GUARANTEE)
#define ANY_KIND   (GRANTING | CAPPING | STOPPING | PROVED)

static const char *const kind_words[] = {
    [RULE_NONE] = "",
    [RULE_PERMIT] = "permit",
    [RULE_LIMIT] = "limit",
    [RULE_FORBID] = "forbid",
    [RULE_HOLD] = "hold",
    [RULE_REFUSE] = "refuse",
    [RULE_GUARANTEE] = "guarantee",
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
    struct token at = p->r.lexer.token;
    size_t pattern = pattern_expect(p);
    size_t *more = reading_more(&p->r, rule->patterns, rule->pattern_count, sizeof *more);
    struct token *places = reading_more(&p->r, p->pattern_at, rule->pattern_count, sizeof *places);
    if (more == NULL || places == NULL)
        return;
    rule->patterns = more;
    p->pattern_at = places;
    places[rule->pattern_count] = at;
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

static void set_grade(const struct law_reading *p, struct rule *rule, uint8_t grade)
{
    rule->grade = grade;
    rule->level = p->law->grades->at[grade].level;
}

static void parse_release(struct law_reading *p, struct rule *rule)
{
    if (lexer_take(&p->r.lexer, "at"))
        lexer_expect(&p->r.lexer, "most");
    set_grade(p, rule, grade_parse(p));
}

static void parse_notice(struct law_reading *p, struct rule *rule)
{
    static const char *const notices[] = {"stated", "silent"};
    if (lexer_take(&p->r.lexer, "stated"))
        set_grade(p, rule, GRADE_STATED);
    else if (!lexer_take(&p->r.lexer, "silent"))
        lexer_unexpected(&p->r.lexer, "\"stated\" or \"silent\"", notices, 2);
}

static void parse_code(struct law_reading *p, struct rule *rule)
{
    rule->code = refusal_expect(p);
}

static void parse_basis(struct law_reading *p, struct rule *rule)
{
    basis_parse(p, &rule->basis, &rule->checked);
}

static void parse_require(struct law_reading *p, struct rule *rule)
{
    const char *names[OBLIGATIONS_MAX];
    size_t count = obligation_names(names);
    do {
        struct token at = p->r.lexer.token;
        struct slice name = word_expect_among(p, names, count, "an obligation");
        for (size_t i = 0; i < count && !p->r.lexer.failed; i++) {
            if (!slice_is(name, names[i]))
                continue;
            rule->obligations |= 1U << i;
            if (obligation_is_precondition(i) && rule->kind != RULE_PERMIT)
                lexer_error(&p->r.lexer, &at, "only a permit can require \"%s\"", names[i]);
        }
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
    {"fields", ANY_KIND, GRANTING | PROVED, parse_fields},
    {"when", ANY_KIND, 0, parse_when},
    {"unless", ANY_KIND, 0, parse_unless},
    {"release", GRANTING | KIND(LIMIT) | PROVED, KIND(LIMIT), parse_release},
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

/* What is granted or left where no clause says it. */
static uint8_t grade_of_kind(enum rule_kind kind)
{
    static const uint8_t grades[] = {
        [RULE_PERMIT] = GRADE_CLEAR,
        [RULE_GUARANTEE] = GRADE_STATED,
    };
    return grades[kind];
}

static struct rule rule_begin(struct law_reading *p, struct token *ret_title)
{
    struct lexer *l = &p->r.lexer;
    const struct policy *policy = &p->law->policies[p->law->policy_count - 1];
    struct rule rule = {.kind = kind_at(l),
                        .policy = p->law->policy_count - 1,
                        .from_ms = policy->from_ms,
                        .until_ms = policy->until_ms};
    lexer_next(l);
    *ret_title = l->token;
    rule.line = l->token.line;
    rule.title = reading_copy(&p->r, lexer_string(l, "the rule's title in quotation marks"));
    if (rule.kind == RULE_GUARANTEE)
        lexer_expect(l, "never");
    set_grade(p, &rule, grade_of_kind(rule.kind));
    p->pattern_at = NULL;
    return rule;
}

/* Guarantees stand apart: they decide nothing. */
static void add_rule(struct law_reading *p, const struct rule *rule)
{
    struct law *law = p->law;
    bool apart = rule->kind == RULE_GUARANTEE;
    struct rule **rules = apart ? &law->guarantees : &law->rules;
    size_t *count = apart ? &law->guarantee_count : &law->rule_count;
    struct rule *more = reading_more(&p->r, *rules, *count, sizeof *more);
    if (more == NULL)
        return;
    *rules = more;
    more[(*count)++] = *rule;
}

void rule_parse(struct law_reading *p)
{
    unsigned seen = 0;
    struct token title;
    struct rule rule = rule_begin(p, &title);
    while (!p->r.lexer.failed && parse_clause(p, &rule, &seen))
        ;
    check_rule(p, &rule, &title, seen);
    if (!p->r.lexer.failed)
        rule_check_grade(p, &rule);
    rule.whole = (seen & clause_bit(parse_fields)) == 0;
    if (rule.whole)
        rule.categories = rule.declared = ALL_CATEGORIES;
    add_rule(p, &rule);
}
