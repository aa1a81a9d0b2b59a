#include "policy/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "policy/attribute.h"
#include "policy/conjunctions.h"
#include "policy/lanes.h"
#include "policy/list.h"

#define BITS 64

/* What is compiled: the law, its engine and the lists that still grow. */
struct compiling {
    struct law *law;
    struct engine *engine;
    size_t span_count, span_room, term_count, term_room;
    bool starved;
};

static void *make(struct compiling *c, size_t count, size_t size)
{
    void *made = arena_array(c->law->arena, count + 1, size);
    c->starved = c->starved || made == NULL;
    return made;
}

/* Tests of one attribute stand together, so that its values touch few words. */
static void number_atoms(struct compiling *c)
{
    struct law *law = c->law;
    uint32_t next = 0;
    for (size_t a = 0; a < law->attribute_count; a++) {
        struct sensor *sensor = &c->engine->sensors[a];
        uint32_t begin = next;
        for (size_t t = 0; t < law->atom_count; t++)
            if (law->atoms[t].attribute == a)
                c->engine->bits[t] = next++;
        sensor->first = begin / BITS;
        sensor->count = next == begin ? 0 : (next - 1) / BITS - sensor->first + 1;
        sensor->is = make(c, sensor->count, sizeof *sensor->is);
        sensor->known = make(c, sensor->count, sizeof *sensor->known);
    }
}

static void set_bit(uint64_t *words, uint32_t bit)
{
    words[bit / BITS] |= UINT64_C(1) << bit % BITS;
}

/* The masks of one test: where its attribute's codes set it, and whether it asks of a person. */
static void place_atom(struct compiling *c, size_t t)
{
    const struct law *law = c->law;
    struct engine *e = c->engine;
    const struct atom *atom = &law->atoms[t];
    struct sensor *sensor = &e->sensors[atom->attribute];
    uint32_t bit = e->bits[t], own = bit - sensor->first * BITS;
    if (law->attributes[atom->attribute].personal ||
        (atom->kind == ATOM_SAME && law->attributes[atom->other].personal))
        set_bit(e->personal, bit);
    if (atom->kind == ATOM_IS)
        set_bit(sensor->is, own);
    if (atom->kind == ATOM_KNOWN)
        set_bit(sensor->known, own);
    for (size_t i = 0; atom->kind == ATOM_IS && i < atom->codes.count; i++) {
        uint32_t code = interned_add(&e->codes, (uint32_t)atom->attribute, atom->codes.at[i]);
        if (code == INTERNED_NONE)
            return;
        if (e->hits[code] == NULL)
            e->hits[code] = make(c, sensor->count, sizeof **e->hits);
        if (e->hits[code] != NULL)
            set_bit(e->hits[code], own);
    }
    if (atom->negated)
        e->bits[t] += (uint32_t)(e->words * BITS);
}

static void place_atoms(struct compiling *c)
{
    size_t codes = 0;
    for (size_t t = 0; t < c->law->atom_count; t++)
        codes += c->law->atoms[t].codes.count;
    c->engine->hits = make(c, codes, sizeof *c->engine->hits);
    for (size_t t = 0; t < c->law->atom_count && !c->starved; t++)
        place_atom(c, t);
    c->starved = c->starved || c->engine->codes.starved;
}

static void find_source(struct compiling *c, size_t a)
{
    const struct attribute *attribute = &c->law->attributes[a];
    struct sensor *sensor = &c->engine->sensors[a];
    sensor->source = NO_SOURCE;
    sensor->fixed = attribute->kind->fixed;
    if (attribute->kind->codes != CODES_FIELD)
        return;
    sensor->source =
        interned_add(&c->engine->sources, attribute->personal ? SOURCE_OF_PERSON : SOURCE_OF_CASE,
                     attribute->member);
    sensor->closed = attribute->personal && member_is_closed(attribute->member);
}

static void find_sources(struct compiling *c)
{
    static const char *const members[] = {
#define X(name, text) text,
        MEMBER_SOURCES(X)
#undef X
    };
    struct engine *e = c->engine;
    for (size_t m = 0; m < MEMBER_SOURCE_COUNT; m++)
        interned_add(&e->sources, SOURCE_OF_PERSON, slice_text(members[m]));
    for (size_t a = 0; !c->starved && a < c->law->attribute_count; a++)
        find_source(c, a);
    c->starved = c->starved || e->sources.starved;
}

static void compile_tests(struct compiling *c)
{
    struct engine *e = c->engine;
    e->words = c->law->atom_count / BITS + 1;
    e->bits = make(c, c->law->atom_count, sizeof *e->bits);
    e->sensors = make(c, c->law->attribute_count, sizeof *e->sensors);
    e->personal = make(c, e->words, sizeof *e->personal);
    if (!c->starved)
        number_atoms(c);
    if (!c->starved)
        place_atoms(c);
    if (!c->starved)
        find_sources(c);
}

static struct term *term_of(struct compiling *c, const struct span *span, uint32_t word)
{
    struct engine *e = c->engine;
    for (size_t i = span->first; i < c->term_count; i++)
        if (e->terms[i].word == word)
            return &e->terms[i];
    struct term *at = list_grow(c->law->arena, e->terms, c->term_count, &c->term_room, sizeof *at);
    if (at == NULL)
        return NULL;
    e->terms = at;
    at[c->term_count] = (struct term){.word = word};
    return &at[c->term_count++];
}

static void add_conjunction(struct compiling *c, const struct conjunctions *of,
                            struct conjunction one)
{
    struct engine *e = c->engine;
    struct span *at =
        list_grow(c->law->arena, e->conjunctions, c->span_count, &c->span_room, sizeof *at);
    struct span span = {(uint32_t)c->term_count, 0};
    for (size_t b = 0; at != NULL && b < of->atom_count; b++) {
        uint64_t own = UINT64_C(1) << b;
        uint32_t bit = e->bits[of->atoms[b]];
        struct term *term =
            ((one.must | one.never) & own) == 0 ? NULL : term_of(c, &span, bit / BITS);
        if (term != NULL && (one.must & own) != 0)
            term->must |= UINT64_C(1) << bit % BITS;
        if (term != NULL && (one.never & own) != 0)
            term->never |= UINT64_C(1) << bit % BITS;
        c->starved = c->starved || (term == NULL && ((one.must | one.never) & own) != 0);
    }
    c->starved = c->starved || at == NULL;
    if (c->starved)
        return;
    span.count = (uint32_t)c->term_count - span.first;
    e->conjunctions = at;
    at[c->span_count++] = span;
}

static struct status too_many(const struct law *law, const struct rule *rule,
                              struct text_error *reterr)
{
    struct slice file = law->policies[rule->policy].file, title = slice_part(rule->title, 0, 100);
    *reterr = (struct text_error){.line = (unsigned)rule->line, .column = 1};
    snprintf(reterr->file, sizeof reterr->file, "%.*s", (int)file.length, (const char *)file.at);
    snprintf(reterr->message, sizeof reterr->message,
             "the condition of \"%.*s\" has more than %d alternatives; split this rule",
             (int)title.length, (const char *)title.at, CONJUNCTIONS_MAX);
    return FAIL(CONFIG);
}

static struct status compile_rules(struct compiling *c, struct text_error *reterr)
{
    struct engine *e = c->engine;
    e->rules = make(c, c->law->rule_count, sizeof *e->rules);
    for (size_t r = 0; r < c->law->rule_count && !c->starved; r++) {
        struct conjunctions conjunctions;
        if (!conjunctions_of(&c->law->rules[r], &conjunctions))
            return too_many(c->law, &c->law->rules[r], reterr);
        e->rules[r].first = (uint32_t)c->span_count;
        for (size_t i = 0; i < conjunctions.count; i++)
            add_conjunction(c, &conjunctions, conjunctions.at[i]);
        e->rules[r].count = (uint32_t)c->span_count - e->rules[r].first;
    }
    return c->starved ? FAIL(MEMORY) : OK;
}

static void add_parties(struct compiling *c, const struct party_pattern *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (patterns[i].id.length > 0)
            interned_add(&c->engine->parties, 0, patterns[i].id);
}

/* Parties are told apart by State and role, and by name where some rule asks for it. */
static void compile_parties(struct compiling *c)
{
    const struct law *law = c->law;
    for (size_t r = 0; r < law->rule_count; r++) {
        add_parties(c, law->rules[r].from, law->rules[r].from_count);
        add_parties(c, law->rules[r].to, law->rules[r].to_count);
    }
    for (size_t t = 0; t < law->atom_count; t++)
        for (size_t i = 0; i < law->atoms[t].codes.count; i++)
            if (law->attributes[law->atoms[t].attribute].kind->codes == CODES_PARTY)
                interned_add(&c->engine->parties, 0, law->atoms[t].codes.at[i]);
    c->starved = c->starved || c->engine->parties.starved;
}

uint32_t engine_source(const struct engine *engine, uint32_t key, struct slice name)
{
    return interned_find(&engine->sources, key, name);
}

static bool plan_type(const struct law *law, const struct message_type *type, struct arena *arena,
                      struct type_plan *ret)
{
    struct type_plan plan = {.type = type, .count = type_rule_count(type)};
    plan.sources = arena_array(arena, plan.count + 1, sizeof *plan.sources);
    plan.orders = arena_array(arena, plan.count + 1, sizeof *plan.orders);
    if (plan.sources == NULL || plan.orders == NULL)
        return false;
    for (size_t i = 0; i < plan.count; i++) {
        const struct field_rule *field = type_rule_at(type, i);
        plan.sources[i] =
            engine_source(law->engine, field->in_person ? SOURCE_OF_PERSON : SOURCE_OF_CASE,
                          slice_part(field->name, field->member, SIZE_MAX));
        plan.orders[i] = (uint8_t)grades_order(law->grades, field);
        plan.orders_used |= 1U << plan.orders[i];
    }
    *ret = plan;
    return true;
}

static int type_order(const void *a, const void *b)
{
    uintptr_t one = (uintptr_t)((const struct type_plan *)a)->type;
    uintptr_t other = (uintptr_t)((const struct type_plan *)b)->type;
    return (one > other) - (one < other);
}

static void compile_types(struct compiling *c, const struct schema *schema)
{
    struct engine *e = c->engine;
    e->types = make(c, schema_type_count(schema), sizeof *e->types);
    for (size_t t = 0; !c->starved && t < schema_type_count(schema); t++)
        c->starved = !plan_type(c->law, schema_type_at(schema, t), c->law->arena,
                                &e->types[e->type_count++]);
    if (!c->starved && e->type_count > 1)
        qsort(e->types, e->type_count, sizeof *e->types, type_order);
}

const struct type_plan *engine_type(const struct law *law, const struct message_type *type,
                                    struct arena *arena)
{
    const struct engine *e = law->engine;
    const struct type_plan key = {.type = type};
    const struct type_plan *found =
        e->type_count == 0 ? NULL
                           : bsearch(&key, e->types, e->type_count, sizeof *e->types, type_order);
    if (found != NULL)
        return found;
    struct type_plan *plan = arena_alloc(arena, sizeof *plan);
    return plan == NULL || !plan_type(law, type, arena, plan) ? NULL : plan;
}

struct status law_compile(struct law *law, const struct law_names *names, struct text_error *reterr)
{
    struct engine *engine = arena_alloc(law->arena, sizeof *engine);
    struct compiling c = {.law = law, .engine = engine};
    if (engine == NULL)
        return FAIL(MEMORY);
    engine->codes.arena = engine->sources.arena = engine->parties.arena = law->arena;
    compile_tests(&c);
    if (c.starved)
        return FAIL(MEMORY);
    struct status s = compile_rules(&c, reterr);
    if (failed(s))
        return s;
    law->engine = engine;
    compile_parties(&c);
    compile_types(&c, names->schema);
    if (c.starved)
        return FAIL(MEMORY);
    return lanes_new(&engine->lanes);
}

void engine_free(struct engine *engine)
{
    if (engine != NULL)
        lanes_free(engine->lanes);
}
