#include "policy/law_reading.h"

#include <stdlib.h>

#include "policy/engine.h"

#define LAW_FOLDER    "law/rules/"
#define LEVELS_FILE   "law/levels"
#define LAW_MAX_BYTES (64UL << 20)

bool pattern_covers(struct slice pattern, struct slice name)
{
    bool all_below = pattern.length > 0 && pattern.at[pattern.length - 1] == '*';
    return all_below ? slice_begins(name, slice_part(pattern, 0, pattern.length - 1))
                     : slice_equal(pattern, name);
}

bool pattern_covers_field(struct slice pattern, const struct field_rule *field)
{
    static const char person[] = "person.";
    if (!slice_begins(pattern, slice_text(person)))
        return pattern_covers(pattern, field->name);
    return field->in_person && pattern_covers(slice_part(pattern, sizeof person - 1, SIZE_MAX),
                                              slice_part(field->name, field->member, SIZE_MAX));
}

bool rule_names_field(const struct law *law, const struct rule *rule,
                      const struct field_rule *field)
{
    if (rule->uncarried && field->in_person && !field->carried)
        return true;
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (pattern_covers_field(law->patterns[rule->patterns[i]], field))
            return true;
    return false;
}

bool atom_is_personal(const struct law *law, const struct atom *atom)
{
    return law->attributes[atom->attribute].personal ||
           (atom->kind == ATOM_SAME && law->attributes[atom->other].personal);
}

bool party_pattern_fits(const struct party_pattern *pattern, struct slice party)
{
    return (pattern->id.length == 0 || slice_equal(pattern->id, party)) &&
           (pattern->state.length == 0 || slice_equal(pattern->state, party_state(party))) &&
           (pattern->role.length == 0 || slice_equal(pattern->role, party_role(party)));
}

bool rule_in_force(const struct rule *rule, uint64_t at_ms)
{
    return at_ms >= rule->from_ms && at_ms < rule->until_ms;
}

bool rule_restricts(const struct rule *rule)
{
    return rule->kind == RULE_LIMIT || rule->kind == RULE_FORBID;
}

static void parse_policy(struct law_reading *p)
{
    static const char *const words[] = {"permit", "limit",     "forbid", "hold",
                                        "refuse", "guarantee", "end"};
    policy_head_parse(p);
    while (!p->r.lexer.failed && rule_at(&p->r.lexer))
        rule_parse(p);
    if (!lexer_take(&p->r.lexer, "end"))
        lexer_unexpected(&p->r.lexer,
                         "a rule (permit, limit, forbid, hold, refuse, guarantee) or \"end\"",
                         words, sizeof words / sizeof words[0]);
}

static void parse_policies(struct law_reading *p)
{
    static const char *const words[] = {"policy", "agreement"};
    while (!p->r.lexer.failed && p->r.lexer.token.kind != TOKEN_END)
        if (policy_head_at(&p->r.lexer))
            parse_policy(p);
        else
            lexer_unexpected(&p->r.lexer, "\"policy\" or \"agreement\"", words, 2);
}

static struct status parse_file(struct law_reading *p, const struct text_file *file,
                                void (*parse)(struct law_reading *p), struct text_error *reterr)
{
    p->r = (struct reading){.lexer = lexer_over(file->path, file->text, reterr),
                            .arena = p->law->arena};
    parse(p);
    return reading_status(&p->r);
}

/* The orders of levels come first, wherever their file stands: rules are checked against them. */
static struct status parse_files(struct law_reading *p, const struct text_files *files,
                                 struct text_error *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (slice_is(files->at[i].path, LEVELS_FILE))
            s = parse_file(p, &files->at[i], orders_parse, reterr);
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (slice_begins(files->at[i].path, slice_text(LAW_FOLDER)))
            s = parse_file(p, &files->at[i], parse_policies, reterr);
    return s;
}

/* Rules stand in an order of their own, so that neither files nor lines decide anything. */
static int rule_order(const void *a, const void *b)
{
    const struct rule *one = a, *other = b;
    int order = slice_compare(one->title, other->title);
    if (order == 0)
        order = slice_compare(one->basis, other->basis);
    return order;
}

static void sort_rules(struct rule *rules, size_t count)
{
    if (count > 1)
        qsort(rules, count, sizeof *rules, rule_order);
}

static struct law *law_new(void)
{
    struct arena *arena = arena_new(LAW_MAX_BYTES);
    struct law *law = arena == NULL ? NULL : arena_alloc(arena, sizeof *law);
    if (law == NULL) {
        arena_free(arena);
        return NULL;
    }
    law->arena = arena;
    law->grades = grades_new(arena);
    if (law->grades == NULL) {
        arena_free(arena);
        return NULL;
    }
    return law;
}

struct status law_parse(const struct text_files *files, const struct law_names *names,
                        struct law **ret_law, struct text_error *reterr)
{
    struct law *law = law_new();
    struct status s = law == NULL ? FAIL(MEMORY) : OK;
    struct law_reading p = {.names = names, .law = law};
    if (!failed(s)) {
        p.tests.arena = law->arena;
        s = parse_files(&p, files, reterr);
    }
    if (!failed(s)) {
        sort_rules(law->rules, law->rule_count);
        sort_rules(law->guarantees, law->guarantee_count);
        s = law_compile(law, names, reterr);
    }
    if (failed(s)) {
        law_free(law);
        return s;
    }
    *ret_law = law;
    return OK;
}

void law_free(struct law *law)
{
    if (law == NULL)
        return;
    engine_free(law->engine);
    arena_free(law->arena);
}
