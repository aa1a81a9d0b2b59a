/* One rule as an article. */

#include <stdio.h>

#include "base/instant.h"
#include "comity/policy/print.h"
#include "policy/obligations.h"

#define SENTENCE_MAX_BYTES (1UL << 20)

void print_phrase(struct buffer *out, const char *phrase, const struct slice words[static 2])
{
    size_t used = 0;
    for (const char *at = phrase; *at != '\0'; at++) {
        if (at[0] != '{') {
            buffer_u8(out, (uint8_t)*at);
            continue;
        }
        buffer_put(out, words[used]);
        used = 1;
        at++; /* the other bracket */
    }
}

static void put(struct buffer *out, enum language language, enum phrase phrase, struct slice word)
{
    print_phrase(out, phrase_in(language, phrase), (struct slice[2]){word});
}

static void separate(struct buffer *out, bool *begun)
{
    if (*begun)
        buffer_text(out, ", ");
    *begun = true;
}

/* ---- levels and citations ---- */

void print_level(struct buffer *out, const struct law *law, uint8_t number, enum language language)
{
    char count[16];
    const struct grade *grade = &law->grades->at[number];
    bool counted = grade->characters > 0;
    snprintf(count, sizeof count, "%u", grade->characters);
    struct slice parameter = counted ? slice_text(count) : grade->step;
    print_phrase(out, level_in(language, grade->level, parameter.length > 0),
                 (struct slice[2]){parameter});
}

void print_basis(struct buffer *out, struct slice basis, const struct checked *checked,
                 enum language language)
{
    char day[INSTANT_TEXT_BYTES];
    put(out, language, PHRASE_BASIS, basis);
    buffer_text(out, " ");
    if (checked->by.length == 0) {
        buffer_text(out, phrase_in(language, PHRASE_NOT_CHECKED));
        return;
    }
    date_write(checked->at_ms, day);
    const struct slice words[] = {checked->by, slice_text(day)};
    print_phrase(out, phrase_in(language, PHRASE_CHECKED), words);
}

/* ---- conditions ---- */

static void put_codes(struct buffer *out, const struct slices *codes)
{
    bool begun = false;
    for (size_t i = 0; i < codes->count; i++) {
        separate(out, &begun);
        buffer_put(out, codes->at[i]);
    }
}

/* Several stand in brackets, so that their end is seen. */
static void put_operand_codes(struct buffer *out, const struct slices *codes)
{
    buffer_text(out, codes->count > 1 ? "(" : "");
    put_codes(out, codes);
    buffer_text(out, codes->count > 1 ? ")" : "");
}

static void put_test(struct buffer *out, const struct law *law, const struct atom *atom,
                     enum language language)
{
    static const enum phrase tests[][2] = {
        [ATOM_IS] = {PHRASE_IS, PHRASE_IS_NOT},
        [ATOM_SAME] = {PHRASE_SAME, PHRASE_NOT_SAME},
        [ATOM_KNOWN] = {PHRASE_KNOWN, PHRASE_NOT_KNOWN},
    };
    static const enum phrase among[] = {PHRASE_AMONG, PHRASE_NOT_AMONG};
    struct buffer operand = buffer_new(SENTENCE_MAX_BYTES);
    bool several = atom->kind == ATOM_IS && atom->codes.count > 1;
    enum phrase phrase = several ? among[atom->negated] : tests[atom->kind][atom->negated];
    if (atom->kind == ATOM_SAME)
        buffer_put(&operand, law->attributes[atom->other].name);
    else if (atom->kind == ATOM_IS)
        put_operand_codes(&operand, &atom->codes);
    const struct slice words[] = {law->attributes[atom->attribute].name, buffer_slice(&operand)};
    print_phrase(out, phrase_in(language, phrase), words);
    out->failed = out->failed || operand.failed;
    buffer_done(&operand);
}

/* Where the operands of a step begin: each step takes those just before it. */
static size_t begin_of(const struct condition *c, size_t step)
{
    size_t wanted = 1;
    for (;; step--) {
        if (c->steps[step].kind == STEP_AND || c->steps[step].kind == STEP_OR)
            wanted++;
        else if (c->steps[step].kind == STEP_ATOM)
            wanted--;
        if (wanted == 0)
            return step;
    }
}

static void put_step(struct buffer *out, const struct law *law, const struct condition *c,
                     size_t step, enum language language);

/* An "or" inside of an "and" stands in brackets. */
static void put_operand(struct buffer *out, const struct law *law, const struct condition *c,
                        const size_t steps[static 2], enum language language)
{
    size_t around = steps[0], step = steps[1];
    bool bracketed = c->steps[around].kind == STEP_AND && c->steps[step].kind == STEP_OR;
    buffer_text(out, bracketed ? "(" : "");
    put_step(out, law, c, step, language);
    buffer_text(out, bracketed ? ")" : "");
}

static void put_negation(struct buffer *out, const struct law *law, const struct condition *c,
                         size_t step, enum language language)
{
    struct buffer inner = buffer_new(SENTENCE_MAX_BYTES);
    put_step(&inner, law, c, step - 1, language);
    put(out, language, PHRASE_NOT, buffer_slice(&inner));
    out->failed = out->failed || inner.failed;
    buffer_done(&inner);
}

static void put_step(struct buffer *out, const struct law *law, const struct condition *c,
                     size_t step, enum language language)
{
    if (c->steps[step].kind == STEP_ATOM) {
        put_test(out, law, &law->atoms[c->steps[step].test], language);
    } else if (c->steps[step].kind == STEP_NOT) {
        put_negation(out, law, c, step, language);
    } else {
        bool both = c->steps[step].kind == STEP_AND;
        put_operand(out, law, c, (size_t[]){step, begin_of(c, step - 1) - 1}, language);
        buffer_text(out, phrase_in(language, both ? PHRASE_AND : PHRASE_OR));
        put_operand(out, law, c, (size_t[]){step, step - 1}, language);
    }
}

static void put_condition(struct buffer *out, const struct law *law, const struct condition *c,
                          enum phrase phrase, enum language language)
{
    struct buffer text = buffer_new(SENTENCE_MAX_BYTES);
    if (c->count == 0)
        return;
    put_step(&text, law, c, c->count - 1, language);
    buffer_text(out, " ");
    put(out, language, phrase, buffer_slice(&text));
    out->failed = out->failed || text.failed;
    buffer_done(&text);
}

/* ---- whom it is about ---- */

static void put_pattern(struct buffer *out, const struct party_pattern *p)
{
    if (p->id.length > 0) {
        buffer_put(out, p->id);
        return;
    }
    buffer_put(out, p->state.length > 0 ? p->state : slice_text("*"));
    buffer_text(out, ".");
    buffer_put(out, p->role.length > 0 ? p->role : slice_text("*"));
}

static void put_parties(struct buffer *out, const struct party_pattern *at, size_t count)
{
    bool begun = false;
    for (size_t i = 0; i < count; i++) {
        separate(out, &begun);
        put_pattern(out, &at[i]);
    }
}

static void put_scope(struct buffer *out, const struct rule *rule, enum language language)
{
    struct buffer words = buffer_new(SENTENCE_MAX_BYTES), scope = buffer_new(SENTENCE_MAX_BYTES);
    if (rule->from_count > 0) {
        put_parties(&words, rule->from, rule->from_count);
        put(&scope, language, PHRASE_FROM, buffer_slice(&words));
        buffer_clear(&words);
    }
    if (rule->to_count > 0) {
        put_parties(&words, rule->to, rule->to_count);
        put(&scope, language, PHRASE_TO, buffer_slice(&words));
        buffer_clear(&words);
    }
    if (rule->purposes.count > 0) {
        put_codes(&words, &rule->purposes);
        put(&scope, language, PHRASE_PURPOSE, buffer_slice(&words));
    }
    put(out, language, buffer_slice(&scope).length > 0 ? PHRASE_MESSAGES : PHRASE_ALL_MESSAGES,
        buffer_slice(&scope));
    out->failed = out->failed || words.failed || scope.failed;
    buffer_done(&words);
    buffer_done(&scope);
}

/* ---- what it is about ---- */

static void put_categories(struct buffer *out, const struct rule *rule, enum language language,
                           bool *begun)
{
    for (size_t c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++) {
        bool field = (rule->categories >> c & 1U) != 0, declared = (rule->declared >> c & 1U) != 0;
        if (field || declared)
            separate(out, begun);
        if (field)
            buffer_print(out, "tag.%s", category_tag((enum category)c));
        else if (declared)
            put(out, language, PHRASE_DECLARED, slice_text(category_tag((enum category)c)));
    }
}

static void put_fields(struct buffer *out, const struct law *law, const struct rule *rule,
                       enum language language)
{
    bool begun = rule->categories == ALL_CATEGORIES;
    if (begun)
        buffer_text(out, phrase_in(language, PHRASE_EVERYTHING));
    else
        put_categories(out, rule, language, &begun);
    for (size_t i = 0; i < rule->pattern_count; i++) {
        separate(out, &begun);
        buffer_put(out, law->patterns[rule->patterns[i]]);
    }
    if (rule->uncarried) {
        separate(out, &begun);
        buffer_text(out, phrase_in(language, PHRASE_UNCARRIED));
    }
}

static void put_effect(struct buffer *out, const struct law *law, const struct rule *rule,
                       enum language language)
{
    struct buffer how = buffer_new(SENTENCE_MAX_BYTES), what = buffer_new(SENTENCE_MAX_BYTES);
    if (rule->kind == RULE_HOLD || rule->kind == RULE_REFUSE)
        buffer_text(&how, refusal_name(rule->code));
    else
        print_level(&how, law, rule->grade, language);
    put_fields(&what, law, rule, language);
    const struct slice words[] = {buffer_slice(&how), buffer_slice(&what)};
    buffer_text(out, " ");
    print_phrase(out, effect_in(language, rule->kind, rule->whole), words);
    out->failed = out->failed || how.failed || what.failed;
    buffer_done(&how);
    buffer_done(&what);
}

static void put_obligations(struct buffer *out, const struct rule *rule, enum language language)
{
    const char *names[OBLIGATIONS_MAX];
    struct buffer list = buffer_new(SENTENCE_MAX_BYTES);
    size_t count = obligation_names(names);
    bool begun = false;
    for (size_t i = 0; i < count; i++) {
        if ((rule->obligations >> i & 1U) == 0)
            continue;
        separate(&list, &begun);
        buffer_text(&list, names[i]);
    }
    if (begun) {
        buffer_text(out, " ");
        put(out, language, PHRASE_REQUIRE, buffer_slice(&list));
    }
    out->failed = out->failed || list.failed;
    buffer_done(&list);
}

void print_rule(struct buffer *out, const struct law *law, const struct rule *rule,
                enum language language)
{
    put_scope(out, rule, language);
    put_condition(out, law, &rule->when, PHRASE_WHEN, language);
    put_condition(out, law, &rule->unless, PHRASE_UNLESS, language);
    put_effect(out, law, rule, language);
    put_obligations(out, rule, language);
}
