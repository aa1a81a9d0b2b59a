#include "policy/coarser.h"
#include "policy/law_reading.h"
#include "policy/levels.h"
#include "policy/transform.h"

#define STEPS_MAX 16

size_t grades_order(const struct grades *grades, const struct field_rule *field)
{
    size_t type = field_rule_type(field);
    return type < VALUE_TYPES_MAX ? grades->order_of[type] : 0;
}

static void order_put(struct grades *g, size_t order, uint8_t rank, uint8_t grade)
{
    g->rank[order][grade] = rank;
    g->of_rank[order][rank] = grade;
}

/* The ranks that every order has below what it declares. */
static void order_begin(struct grades *g, size_t order)
{
    order_put(g, order, GRADE_SILENT, GRADE_SILENT);
    order_put(g, order, GRADE_STATED, GRADE_STATED);
    order_put(g, order, GRADE_GENERALISE, GRADE_GENERALISE);
}

struct grades *grades_new(struct arena *arena)
{
    static const struct grade basic[GRADE_FIRST] = {
        [GRADE_SILENT] = {.level = LEVEL_SILENT},
        [GRADE_STATED] = {.level = LEVEL_STATED},
        [GRADE_GENERALISE] = {.level = LEVEL_GENERALISE},
        [GRADE_CLEAR] = {.level = LEVEL_CLEAR},
    };
    struct grades *g = arena_alloc(arena, sizeof *g);
    if (g == NULL)
        return NULL;
    for (g->count = 0; g->count < GRADE_FIRST; g->count++)
        g->at[g->count] = basic[g->count];
    g->order_count = 1;
    order_begin(g, 0);
    order_put(g, 0, GRADE_CLEAR, GRADE_CLEAR);
    return g;
}

bool grade_equal(const struct grade *a, const struct grade *b)
{
    return a->level == b->level && a->characters == b->characters && slice_equal(a->step, b->step);
}

static uint8_t intern_grade(struct law_reading *p, const struct token *at,
                            const struct grade *grade)
{
    struct grades *g = p->law->grades;
    for (size_t i = 0; i < g->count; i++)
        if (grade_equal(&g->at[i], grade))
            return (uint8_t)i;
    if (g->count == GRADE_MAX) {
        lexer_error(&p->r.lexer, at, "the law names more than %d levels", GRADE_MAX);
        return GRADE_SILENT;
    }
    g->at[g->count] = *grade;
    return (uint8_t)g->count++;
}

static void parse_step(struct law_reading *p, struct grade *grade)
{
    const char *names[STEPS_MAX];
    size_t count = 0;
    for (const char *name; count < STEPS_MAX && (name = coarser_name(count)) != NULL;)
        names[count++] = name;
    grade->step = word_expect_among(p, names, count, "how far to generalise");
}

uint8_t grade_parse(struct law_reading *p)
{
    struct lexer *l = &p->r.lexer;
    struct token at = l->token;
    struct grade grade = {.level = level_find(at.text)};
    if (at.kind != TOKEN_WORD || grade.level == LEVEL_SILENT) {
        const char *names[LEVELS];
        size_t count = levels_of_release(names);
        lexer_unexpected(l, "a level (clear, mask, generalise, pseudonym, stated)", names, count);
        return GRADE_SILENT;
    }
    lexer_next(l);
    if (grade.level == LEVEL_GENERALISE && lexer_take(l, "to"))
        parse_step(p, &grade);
    struct token number = l->token;
    if (grade.level == LEVEL_MASK) {
        grade.characters =
            (unsigned)lexer_number(l, MASK_MAX, "how many characters at the end stay");
        if (!l->failed && grade.characters == 0)
            lexer_error(l, &number, "a mask that leaves nothing is \"stated\"");
    }
    return l->failed ? (uint8_t)GRADE_SILENT : intern_grade(p, &at, &grade);
}

static size_t value_type_expect(struct law_reading *p)
{
    const char *names[VALUE_TYPES_MAX];
    size_t count = 0;
    for (const char *name; (name = value_type_name(count)) != NULL;)
        names[count++] = name;
    struct slice word = word_expect_among(p, names, count, "a type of value");
    for (size_t t = 0; t < count; t++)
        if (slice_is(word, names[t]))
            return t;
    return VALUE_TYPES_MAX;
}

static void parse_types(struct law_reading *p, size_t order)
{
    struct grades *g = p->law->grades;
    do {
        struct token at = p->r.lexer.token;
        size_t type = value_type_expect(p);
        if (p->r.lexer.failed)
            return;
        if (g->order_of[type] != 0)
            lexer_error(&p->r.lexer, &at, "the type %s has an order already",
                        value_type_name(type));
        g->order_of[type] = (uint8_t)order;
    } while (!p->r.lexer.failed && reading_comma(&p->r));
}

/* A level of an order must be one at which each of its types can be shown. */
static void check_level(struct law_reading *p, const struct token *at, size_t order, uint8_t grade)
{
    const struct grades *g = p->law->grades;
    if (grade == GRADE_STATED || grade == GRADE_GENERALISE)
        lexer_error(&p->r.lexer, at, "every order has the level \"%s\", below all that it names",
                    level_name(g->at[grade].level));
    else if (g->rank[order][grade] != 0)
        lexer_error(&p->r.lexer, at, "the order names the level twice");
    for (size_t t = 0; t < VALUE_TYPES_MAX && !p->r.lexer.failed; t++)
        if (g->order_of[t] == order && !transform_fits(&g->at[grade], t))
            lexer_error(&p->r.lexer, at, "a value of the type %s cannot be shown so",
                        value_type_name(t));
}

/* Levels stand from the most telling to the least; ranks count from the least. */
static void parse_levels(struct law_reading *p, size_t order)
{
    struct grades *g = p->law->grades;
    uint8_t levels[GRADE_MAX];
    size_t count = 0;
    if (!lexer_at(&p->r.lexer, "clear"))
        lexer_unexpected(&p->r.lexer, "\"clear\", the first level of every order", NULL, 0);
    do {
        struct token at = p->r.lexer.token;
        uint8_t grade = grade_parse(p);
        if (p->r.lexer.failed)
            return;
        check_level(p, &at, order, grade);
        g->rank[order][grade] = 1;
        levels[count++] = grade;
    } while (!p->r.lexer.failed && reading_comma(&p->r));
    for (size_t i = 0; i < count; i++)
        order_put(g, order, (uint8_t)(GRADE_GENERALISE + count - i), levels[i]);
}

void orders_parse(struct law_reading *p)
{
    struct grades *g = p->law->grades;
    while (!p->r.lexer.failed && p->r.lexer.token.kind != TOKEN_END) {
        struct token at = p->r.lexer.token;
        if (!lexer_take(&p->r.lexer, "order"))
            lexer_unexpected(&p->r.lexer, "\"order\"", (const char *const[]){"order"}, 1);
        if (!p->r.lexer.failed && g->order_count == ORDER_MAX)
            lexer_error(&p->r.lexer, &at, "the law declares more than %d orders", ORDER_MAX - 1);
        if (p->r.lexer.failed)
            return;
        size_t order = g->order_count++;
        order_begin(g, order);
        parse_types(p, order);
        parse_levels(p, order);
    }
}

/* How many of the fields that a pattern names have the grade in their order, and how many not. */
struct fitting {
    size_t with, without;
};

static struct fitting fitting_of(const struct law_reading *p, struct slice pattern, uint8_t grade)
{
    struct fitting f = {0, 0};
    const struct schema *schema = p->names->schema;
    for (size_t t = 0; t < schema_type_count(schema); t++) {
        const struct message_type *type = schema_type_at(schema, t);
        for (size_t i = 0; i < type_rule_count(type); i++) {
            const struct field_rule *field = type_rule_at(type, i);
            if (field_rule_type(field) == VALUE_TYPES_MAX || !pattern_covers_field(pattern, field))
                continue;
            size_t order = grades_order(p->law->grades, field);
            if (p->law->grades->rank[order][grade] != 0)
                f.with++;
            else
                f.without++;
        }
    }
    return f;
}

/* A field that is named must have the level; of "contact.*" at least one of those below it. */
void rule_check_grade(struct law_reading *p, const struct rule *rule)
{
    const struct grade *grade = &p->law->grades->at[rule->grade];
    for (size_t i = 0; i < rule->pattern_count && rule->grade >= GRADE_FIRST; i++) {
        struct slice pattern = p->law->patterns[rule->patterns[i]];
        struct fitting f = fitting_of(p, pattern, rule->grade);
        bool all = pattern.at[pattern.length - 1] == '*';
        if (all ? f.with == 0 : f.without > 0)
            lexer_error(&p->r.lexer, &p->pattern_at[i],
                        "%.*s has no level \"%s%s%.*s\"; see the orders in law/levels",
                        (int)pattern.length, (const char *)pattern.at, level_name(grade->level),
                        grade->step.length > 0 ? " to " : "", (int)grade->step.length,
                        (const char *)grade->step.at);
    }
}
