#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/field_table.h"

#define LEAVES_MAX 4096
#define VALUES_MAX 32

#define CONSENT_FIELDS 4

struct making {
    struct arena *arena;
    const struct sample_wanted *wanted;
    struct leaf *leaves;
    size_t count;
    struct value values[VALUES_MAX];
    size_t value_count;
    struct sample_field consent[CONSENT_FIELDS]; /* what makes a consent a living one */
};

static _Noreturn void stop(const char *what, struct slice which)
{
    fprintf(stderr, "sample: %s: %.*s\n", what, (int)which.length, (const char *)which.at);
    exit(1);
}

static struct value packed(struct making *m, struct buffer *b)
{
    struct slice raw = arena_copy(m->arena, buffer_slice(b));
    if (b->failed || raw.at == NULL)
        stop("no memory", slice_text(""));
    buffer_done(b);
    return value_read(raw);
}

static struct value text_value(struct making *m, const char *text)
{
    struct buffer b = buffer_new(4096);
    mp_put_text(&b, slice_text(text));
    return packed(m, &b);
}

static struct value int_value(struct making *m, int64_t number)
{
    struct buffer b = buffer_new(64);
    mp_put_int(&b, number);
    return packed(m, &b);
}

static struct value bool_value(struct making *m, bool truth)
{
    struct buffer b = buffer_new(64);
    mp_put_bool(&b, truth);
    return packed(m, &b);
}

/* An array of one, where the field is an array that is one leaf. */
static struct value arrayed(struct making *m, const struct entry *e, struct value value)
{
    if (e->declaration->value.array_max == 0 || e->rule.by_value)
        return value;
    struct buffer b = buffer_new(4096);
    mp_put_array(&b, 1);
    mp_put_raw(&b, value.raw);
    return packed(m, &b);
}

/* A code of the list; one without a category of its own where the field takes its from there. */
static bool code_value(struct making *m, const struct entry *e, struct value *ret)
{
    size_t count = 0;
    const char *const *codes = field_rule_codes(&e->rule, &count);
    for (size_t i = 0; codes != NULL && i < 2 * count; i++) {
        const char *code = codes[(m->wanted->code + i) % count];
        struct value value = text_value(m, code);
        if (value_element_fits(&e->declaration->value, &value) &&
            (i >= count || value_category(&e->declaration->value, &value) == CATEGORY_NONE)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* Values of every type, the first that fits is taken. */
static void make_values(struct making *m)
{
    const struct sample_wanted *w = m->wanted;
    const char *const texts[] = {
        w->country,
        w->dob,
        "2026-09-07T07:40:00Z",
        "eng",
        "REF-1",
        w->to,
        "XA-CA-01",
        "XA:NRM",
        "+999551200481",
        "a@b.example",
        "XC71CRLB0000000047110815",
        "CRLBXCA1",
        "350000001234562",
        "192.0.2.1",
        "02042",
        "001010123456789",
        "12345678901234567890",
        "123",
    };
    static const int64_t numbers[] = {1, 0, 2026};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        m->values[m->value_count++] = text_value(m, texts[i]);
    m->values[m->value_count++] = bool_value(m, w->code % 2 == 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        m->values[m->value_count++] = int_value(m, numbers[i]);
}

static bool first_fitting(struct making *m, const struct entry *e, struct value *ret)
{
    for (size_t i = 0; i < m->value_count; i++)
        if (value_element_fits(&e->declaration->value, &m->values[i])) {
            *ret = m->values[i];
            return true;
        }
    return false;
}

static bool name_ends(struct slice name, const char *with)
{
    struct slice ending = slice_text(with);
    size_t before = name.length - ending.length;
    return name.length >= ending.length &&
           slice_equal(slice_part(name, before, SIZE_MAX), ending) &&
           (before == 0 || name.at[before - 1] == '.');
}

static const struct sample_field *fixed_field(const struct making *m, const struct entry *e)
{
    for (size_t i = 0; i < SAMPLE_FIXED && m->wanted->fixed[i].name != NULL; i++)
        if (name_ends(e->rule.name, m->wanted->fixed[i].name))
            return &m->wanted->fixed[i];
    for (size_t i = 0; i < CONSENT_FIELDS && m->wanted->consented && e->rule.in_person; i++)
        if (name_ends(e->rule.name, m->consent[i].name))
            return &m->consent[i];
    return NULL;
}

/* "true" and "false" stand for the truth values where the field has them. */
static bool fixed_value(struct making *m, const struct entry *e, const char *text,
                        struct value *ret)
{
    struct value value = text_value(m, text);
    if (!value_element_fits(&e->declaration->value, &value))
        value = bool_value(m, strcmp(text, "true") == 0);
    bool is_truth = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
    if (!value_element_fits(&e->declaration->value, &value) ||
        (value.kind == VALUE_BOOL && !is_truth))
        return false;
    *ret = value;
    return true;
}

static struct slice path_in(struct making *m, const struct entry *e, unsigned element)
{
    struct buffer b = buffer_new(PATH_MAX_BYTES + 1);
    for (size_t i = 0; i < e->pattern.length; i++)
        if (e->pattern.at[i] == '~')
            buffer_print(&b, "~%016x", element);
        else
            buffer_u8(&b, e->pattern.at[i]);
    struct slice path = arena_copy(m->arena, buffer_slice(&b));
    if (b.failed)
        stop("a path is too long", e->pattern);
    buffer_done(&b);
    return path;
}

static void add(struct making *m, struct slice path, struct value value)
{
    if (m->count == LEAVES_MAX)
        stop("too many fields", path);
    m->leaves[m->count++] = (struct leaf){path, value};
}

static bool is_wanted(const struct making *m, const struct entry *e)
{
    size_t codes = 0;
    if (e->kind != ENTRY_FIELD || slice_begins(e->rule.name, slice_text("necessity")))
        return false;
    return !m->wanted->bare || e->rule.in_person || field_rule_codes(&e->rule, &codes) != NULL;
}

/* The members that say who it is. */
static const char *member_text(const struct entry *e, unsigned element)
{
    if (e->member == MEMBER_SID)
        return element == 1 ? SAMPLE_VICTIM : SAMPLE_SUSPECT;
    return element == 1 ? "VICTIM" : "SUSPECT";
}

static struct value all_categories(struct making *m, bool with_asylum)
{
    static const char *const cats[] = {"ASY", "MET", "DEM", "ID",  "CON", "LOC",
                                       "PLC", "CHD", "HLT", "SPC", "BIO", "FIN",
                                       "COM", "CRM", "VIC", "OPS", "EVD", "PRV"};
    size_t first = with_asylum ? 0 : 1, count = sizeof cats / sizeof cats[0];
    struct buffer b = buffer_new(1024);
    mp_put_array(&b, (uint32_t)(count - first));
    for (size_t i = first; i < count; i++)
        mp_put_text(&b, slice_text(cats[i]));
    return packed(m, &b);
}

/* Element 1 is the case's and the victim's, element 2 the suspect's. */
static void add_field(struct making *m, const struct entry *e, unsigned element)
{
    struct value value;
    const struct sample_field *fixed = fixed_field(m, e);
    if (fixed != NULL && fixed->text == NULL)
        return;
    if (m->wanted->consented && e->rule.in_person && name_ends(e->rule.name, "consent.cats")) {
        bool home = strncmp(m->wanted->from, m->wanted->to, 2) == 0;
        add(m, path_in(m, e, element), all_categories(m, home));
        return;
    }
    if (e->member != MEMBER_OTHER)
        value = text_value(m, member_text(e, element));
    else if ((fixed == NULL || !fixed_value(m, e, fixed->text, &value)) &&
             !code_value(m, e, &value) && !first_fitting(m, e, &value))
        stop("no value fits", e->rule.name);
    add(m, path_in(m, e, element), arrayed(m, e, value));
}

static void add_necessity(struct making *m, unsigned element)
{
    char *at = arena_print(m->arena, "necessity/~%016x", element);
    add(m, slice_text(arena_print(m->arena, "%s/cats", at)), all_categories(m, false));
    add(m, slice_text(arena_print(m->arena, "%s/sid", at)),
        text_value(m, element == 1 ? SAMPLE_VICTIM : SAMPLE_SUSPECT));
    add(m, slice_text(arena_print(m->arena, "%s/text", at)), text_value(m, "for the hearing"));
}

static int leaf_order(const void *a, const void *b)
{
    return slice_compare(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

static void make_leaves(struct making *m)
{
    const struct message_type *type = m->wanted->type;
    for (size_t i = 0; i < type_rule_count(type); i++) {
        const struct entry *e = (const struct entry *)(const void *)type_rule_at(type, i);
        if (!is_wanted(m, e))
            continue;
        add_field(m, e, 1);
        if (e->rule.in_person && path_segment(e->pattern, 1).at[0] == '~')
            add_field(m, e, 2);
    }
    if (m->wanted->necessity && type_field(type, slice_text("necessity")) != NULL)
        for (unsigned element = 1; element <= 2; element++)
            add_necessity(m, element);
    qsort(m->leaves, m->count, sizeof *m->leaves, leaf_order);
}

static struct slice text_or(const char *text, const char *otherwise)
{
    return slice_text(text == NULL ? otherwise : text);
}

static const struct claims *claims_of(struct arena *arena, const struct sample_wanted *w)
{
    struct slice *handling = arena_array(arena, 1, sizeof *handling);
    struct slice from = slice_text(w->from);
    struct claims *claims = arena_alloc(arena, sizeof *claims);
    if (handling == NULL || claims == NULL)
        stop("no memory", from);
    *handling = text_or(w->handling, "H0");
    *claims = (struct claims){
        .type = type_name(w->type),
        .schema = type_version(w->type),
        .from = from,
        .to = slice_text(w->to),
        .created_ms = COMPOSE_CREATED,
        .expires_ms = COMPOSE_CREATED + 86400000ULL,
        .case_ref = slice_text("PA-2026-0417"),
        .instrument = text_or(w->instrument, "UNTOC18"),
        .purpose = slice_text(w->purpose),
        .urgency = text_or(w->urgency, ""),
        .handling = {handling, handling->length > 0 ? 1 : 0},
        .owner = w->owner == NULL ? party_state(from) : slice_text(w->owner),
        .tier = text_or(w->tier, "T0"),
        .transfer_basis = w->basis == NULL ? (struct slice){NULL, 0} : slice_text(w->basis),
        .retain_until_ms = 1801440000000ULL, /* 2027-02-01 */
    };
    return claims;
}

struct sample sample_of(const struct rulebook *rulebook, const struct sample_wanted *wanted)
{
    struct sample s = {.arena = arena_new(16UL << 20)};
    struct sample_wanted w = *wanted;
    struct slice path = {NULL, 0};
    char state[3] = {wanted->from[0], wanted->from[1], '\0'};
    w.country = w.country == NULL ? state : w.country;
    w.dob = w.dob == NULL ? "1990-01-31" : w.dob;
    struct making m = {.arena = s.arena,
                       .wanted = &w,
                       .consent = {{"consent.scope", w.purpose},
                                   {"consent.recipients", w.to},
                                   {"consent.until", "2030-12-31"},
                                   {"consent.withdrawn", NULL}}};
    m.leaves = arena_array(s.arena, LEAVES_MAX, sizeof *m.leaves);
    bool *derived = arena_array(s.arena, LEAVES_MAX, sizeof *derived);
    if (m.leaves == NULL || derived == NULL)
        stop("no memory", path);
    make_values(&m);
    make_leaves(&m);
    s.claims = claims_of(s.arena, &w);
    const struct remains remains = {m.leaves, derived, m.count};
    if (failed(document_judge_remains(s.arena, w.type, &remains, &s.document, &path)))
        stop("is no field of the type", path);
    s.question = (struct question){
        .rulebook = rulebook, .claims = s.claims, .document = s.document, .at_ms = COMPOSE_CREATED};
    return s;
}

void sample_free(struct sample *sample)
{
    arena_free(sample->arena);
}
