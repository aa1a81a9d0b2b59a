#include "policy/lint.h"

#include "base/instant.h"
#include "policy/list.h"
#include "schema/field_kind.h"

bool lint_add(struct arena *arena, struct lint_findings *findings,
              const struct lint_finding *finding)
{
    struct lint_finding *at =
        list_grow(arena, findings->at, findings->count, &findings->room, sizeof *at);
    if (at == NULL)
        return false;
    findings->at = at;
    at[findings->count++] = *finding;
    return finding->sentence != NULL;
}

struct linting {
    struct arena *arena;
    const struct rulebook *rulebook;
    uint64_t at_ms;
    struct lint_findings *findings;
};

/* What stands in many places is told once. */
static bool is_told(const struct linting *l, const char *code, struct slice subject)
{
    for (size_t i = 0; i < l->findings->count; i++)
        if (strcmp(l->findings->at[i].code, code) == 0 &&
            slice_equal(l->findings->at[i].subject, subject))
            return true;
    return false;
}

static bool add_rule(struct linting *l, const struct rule *rule, const char *code,
                     const char *sentence)
{
    return lint_add(l->arena, l->findings,
                    &(struct lint_finding){code, rule, rule->title, sentence});
}

static bool check_dates(struct linting *l, const struct rule *rule)
{
    if (l->at_ms >= rule->until_ms)
        return add_rule(l, rule, "out-of-force", "its policy is no longer in force");
    if (l->at_ms < rule->from_ms)
        return add_rule(l, rule, "out-of-force", "its policy is not in force yet");
    if (rule->until_ms - l->at_ms <= LINT_SOON_DAYS * MS_PER_DAY)
        return add_rule(
            l, rule, "ends-soon",
            arena_print(l->arena, "its policy goes out of force within %d days", LINT_SOON_DAYS));
    return true;
}

static bool has_party(const struct directory *d, const struct party_pattern *pattern)
{
    for (size_t i = 0; i < d->party_count; i++)
        if (party_pattern_fits(pattern, d->parties[i].id))
            return true;
    return false;
}

/* A pattern that no party fits is told once, with the first rule that has it. */
static bool add_pattern(struct linting *l, const struct rule *rule, const char *clause,
                        const struct party_pattern *p)
{
    struct slice state = p->state.length > 0 ? p->state : slice_text("*");
    struct slice role = p->role.length > 0 ? p->role : slice_text("*");
    char *name = p->id.length > 0
                     ? arena_text(l->arena, p->id)
                     : arena_print(l->arena, "%.*s.%.*s", (int)state.length, (const char *)state.at,
                                   (int)role.length, (const char *)role.at);
    if (name == NULL)
        return false;
    if (is_told(l, "no-party", slice_text(name)))
        return true;
    return lint_add(
        l->arena, l->findings,
        &(struct lint_finding){
            "no-party", rule, slice_text(name),
            arena_print(l->arena, "the directory has no such party; \"%.*s\" names it after %s",
                        (int)rule->title.length, (const char *)rule->title.at, clause)});
}

static bool check_patterns(struct linting *l, const struct rule *rule, const char *clause,
                           const struct party_pattern *patterns, size_t count)
{
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++)
        if (!has_party(l->rulebook->directory, &patterns[i]))
            fits = add_pattern(l, rule, clause, &patterns[i]);
    return fits;
}

static bool check_rules(struct linting *l)
{
    const struct law *law = l->rulebook->law;
    bool fits = true;
    for (size_t r = 0; r < law->rule_count && fits; r++) {
        const struct rule *rule = &law->rules[r];
        fits = check_dates(l, rule) &&
               check_patterns(l, rule, "from", rule->from, rule->from_count) &&
               check_patterns(l, rule, "to", rule->to, rule->to_count);
    }
    return fits;
}

static bool takes_away(const struct rule *rule)
{
    return rule_restricts(rule) && rule->level < LEVEL_CLEAR;
}

/* Whether a rule in force decides about a field; a refusal of everything is about no field. */
static bool is_handled(const struct linting *l, const struct field_rule *field,
                       enum category category)
{
    const struct law *law = l->rulebook->law;
    for (size_t r = 0; r < law->rule_count; r++) {
        const struct rule *rule = &law->rules[r];
        bool decides = rule->kind == RULE_PERMIT || takes_away(rule) ||
                       (rule->kind == RULE_REFUSE && !rule->whole);
        if (decides && rule_in_force(rule, l->at_ms) &&
            rule_covers_field(law, rule, field, category))
            return true;
    }
    for (size_t g = 0; g < law->guarantee_count; g++)
        if (rule_in_force(&law->guarantees[g], l->at_ms) &&
            rule_covers_field(law, &law->guarantees[g], field, category))
            return true;
    return false;
}

static bool is_granted(const struct linting *l, const struct field_rule *field)
{
    const struct law *law = l->rulebook->law;
    for (size_t r = 0; r < law->rule_count; r++)
        if (law->rules[r].kind == RULE_PERMIT && law->rules[r].level == LEVEL_CLEAR &&
            rule_in_force(&law->rules[r], l->at_ms) &&
            rule_covers_field(law, &law->rules[r], field, field->category))
            return true;
    return false;
}

static bool is_limited(const struct linting *l, const struct field_rule *field)
{
    const struct law *law = l->rulebook->law;
    for (size_t r = 0; r < law->rule_count; r++)
        if (takes_away(&law->rules[r]) && rule_in_force(&law->rules[r], l->at_ms) &&
            rule_covers_field(law, &law->rules[r], field, field->category))
            return true;
    return false;
}

/* Free text that says of whom and what it speaks stands or falls with that (R-GEN-07). */
static bool declares(const struct message_type *type, const struct field_rule *field)
{
    const struct together *t = type_together(type);
    return t != NULL && (slice_equal(t->text, field->name) || slice_equal(t->summary, field->name));
}

static bool add_field(struct linting *l, const char *code, struct slice subject,
                      const char *sentence)
{
    return is_told(l, code, subject) ||
           lint_add(l->arena, l->findings, &(struct lint_finding){code, NULL, subject, sentence});
}

static bool check_field(struct linting *l, const struct message_type *type,
                        const struct field_rule *field)
{
    bool fits = true;
    uint32_t categories = field_rule_categories(field);
    for (unsigned c = CATEGORY_NONE + 1; c < CATEGORY_COUNT && fits; c++)
        if ((categories >> c & 1U) != 0 && !is_handled(l, field, (enum category)c))
            fits = add_field(l, "unhandled", field->name,
                             arena_print(l->arena,
                                         "no rule mentions it as tag.%s: it needs a permit, or a "
                                         "forbid that says never",
                                         category_tag((enum category)c)));
    if (fits && field->prose == PROSE_FREE && field->category != CATEGORY_MET &&
        !declares(type, field) && is_granted(l, field) && !is_limited(l, field))
        fits = add_field(l, "free-text", field->name,
                         "free text that can go in clear to anybody who is granted its category; "
                         "it declares no subjects and no restriction covers it");
    return fits;
}

static bool check_fields(struct linting *l)
{
    const struct schema *schema = l->rulebook->schema;
    bool fits = true;
    for (size_t t = 0; t < schema_type_count(schema) && fits; t++) {
        const struct message_type *type = schema_type_at(schema, t);
        for (size_t i = 0; i < type_rule_count(type) && fits; i++)
            if (field_rule_is_field(type_rule_at(type, i)))
                fits = check_field(l, type, type_rule_at(type, i));
    }
    return fits;
}

/* Rules for all categories at once protect none of them in particular. */
static bool names_category(const struct rule *rule, unsigned category)
{
    return rule->categories != ALL_CATEGORIES && (rule->categories >> category & 1U) != 0;
}

static bool is_category_open(const struct linting *l, unsigned category)
{
    const struct law *law = l->rulebook->law;
    bool granted = false;
    for (size_t r = 0; r < law->rule_count; r++) {
        const struct rule *rule = &law->rules[r];
        if (!rule_in_force(rule, l->at_ms) || !names_category(rule, category))
            continue;
        if (takes_away(rule) || rule->kind == RULE_REFUSE)
            return false;
        granted = granted || (rule->kind == RULE_PERMIT && rule->level == LEVEL_CLEAR);
    }
    for (size_t g = 0; g < law->guarantee_count; g++)
        if (names_category(&law->guarantees[g], category))
            return false;
    return granted;
}

/* Metadata is what every recipient needs. */
static bool check_categories(struct linting *l)
{
    bool fits = true;
    for (unsigned c = CATEGORY_MET + 1; c < CATEGORY_COUNT && fits; c++) {
        char *tag = NULL;
        if (!is_category_open(l, c))
            continue;
        tag = arena_print(l->arena, "tag.%s", category_tag((enum category)c));
        fits = tag != NULL && add_field(l, "unrestricted", slice_text(tag),
                                        "is granted in clear, and no restriction or guarantee "
                                        "speaks of it");
    }
    return fits;
}

struct status lint_law(struct arena *arena, const struct rulebook *rulebook, uint64_t at_ms,
                       struct lint_findings *ret_findings)
{
    struct lint_findings findings = {0};
    struct linting l = {arena, rulebook, at_ms, &findings};
    if (!check_rules(&l))
        return FAIL(MEMORY);
    struct status s = lint_rules(arena, rulebook, at_ms, &findings);
    if (failed(s))
        return s;
    if (!check_fields(&l) || !check_categories(&l))
        return FAIL(MEMORY);
    *ret_findings = findings;
    return OK;
}
