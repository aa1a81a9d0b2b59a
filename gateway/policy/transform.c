#include "policy/transform.h"

#include <stdio.h>

#include "base/encoding.h"
#include "policy/coarser.h"
#include "policy/scalars.h"

#define PSEUDONYM_BYTES  16U /* of the HMAC: 32 digits */
#define MASK_SIGNS       "****"
#define PACKED_MAX_BYTES 65536

/* Types whose values are numbers that somebody has given out. */
static bool is_masked(const char *type)
{
    static const char *const types[] = {"text", "ref", "digits", "phone", "iban", "imei"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

bool transform_fits(const struct grade *grade, size_t type)
{
    const char *name = value_type_name(type);
    if (grade->level == LEVEL_CLEAR)
        return true;
    if (!value_type_transforms(type))
        return false;
    if (grade->level == LEVEL_MASK)
        return is_masked(name);
    return grade->level != LEVEL_GENERALISE || grade->step.length == 0 ||
           coarser_of(grade->step, name) != NULL;
}

static bool is_alphanumeric(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= 'a' && octet <= 'z');
}

/* The end of a number, where at least as much of it stays hidden. How long it is does not show. */
static bool make_mask(const struct transforming *how, const struct value *in, struct shown *out)
{
    char end[MASK_MAX + 1] = "";
    size_t shown = how->grade->characters, count = 0;
    for (size_t i = in->octets.length; i-- > 0;) {
        if (in->octets.at[i] >= 0x80)
            return false;
        if (is_alphanumeric(in->octets.at[i]) && count++ < shown)
            end[shown - count] = (char)in->octets.at[i];
    }
    snprintf(out->text, sizeof out->text, MASK_SIGNS "%s", end);
    return in->kind == VALUE_TEXT && count >= 2 * shown;
}

/* What the pseudonym is made of: the same for a number and for the text that writes it. */
static struct slice identity_of(const struct value *in, char room[static 24])
{
    if (in->kind == VALUE_TEXT || in->kind == VALUE_BYTES)
        return in->octets;
    if (in->kind == VALUE_BOOL)
        return slice_text(in->boolean ? "true" : "false");
    if (in->kind != VALUE_INT)
        return (struct slice){NULL, 0};
    snprintf(room, 24, "%lld", (long long)in->integer);
    return slice_text(room);
}

static bool make_pseudonym(const struct transforming *how, const struct value *in,
                           struct shown *out)
{
    char room[24];
    struct slice identity = identity_of(in, room);
    if (how->pseudonym_key == NULL || identity.length == 0)
        return false;
    struct digest mac = hmac_plain(how->pseudonym_key, identity);
    hex_write(slice_over(mac.octets, PSEUDONYM_BYTES), out->text);
    return true;
}

static bool make_one(const struct transforming *how, const char *type, const struct value *in,
                     struct shown *out)
{
    if (how->grade->level == LEVEL_MASK)
        return make_mask(how, in, out);
    if (how->grade->level == LEVEL_PSEUDONYM)
        return make_pseudonym(how, in, out);
    const struct coarser *coarser = coarser_of(how->grade->step, type);
    return coarser != NULL && coarser->make(in, out);
}

/* Initials are of names, masks of numbers; narrative text has no coarser form. */
static bool is_of_its_kind(const struct transforming *how, const struct field_rule *rule,
                           size_t type)
{
    bool text = strcmp(value_type_name(type), "text") == 0;
    if (rule->prose == PROSE_FREE)
        return false;
    if (text && how->grade->level == LEVEL_MASK)
        return rule->leak == LEAK_NUMBER;
    return !text || how->grade->level != LEVEL_GENERALISE || rule->leak == LEAK_WORDS;
}

static void put_shown(struct buffer *packed, const struct shown *shown)
{
    if (shown->is_number)
        mp_put_int(packed, shown->number);
    else
        mp_put_text(packed, slice_text(shown->text));
}

/* False where some scalar has no such form: then nothing of the value is shown. */
static bool pack_all(const struct transforming *how, const char *type, const struct value *value,
                     struct buffer *packed)
{
    struct scalar_walk walk = scalars_of(value);
    size_t count = 0;
    if (value->kind == VALUE_ARRAY)
        mp_put_array(packed, value->count);
    for (struct value scalar; scalars_next(&walk, &scalar); count++) {
        struct shown shown = {.is_number = false};
        if (!make_one(how, type, &scalar, &shown))
            return false;
        put_shown(packed, &shown);
    }
    return count > 0;
}

struct status transform_value(const struct transforming *how, const struct field_rule *rule,
                              const struct value *value, struct slice *ret_packed)
{
    size_t type = field_rule_type(rule);
    struct slice none = {NULL, 0};
    *ret_packed = none;
    if (!transform_fits(how->grade, type) || !is_of_its_kind(how, rule, type))
        return OK;
    struct buffer packed = buffer_new(PACKED_MAX_BYTES);
    bool made = pack_all(how, value_type_name(type), value, &packed);
    struct slice copy =
        made && !packed.failed ? arena_copy(how->arena, buffer_slice(&packed)) : none;
    bool starved = made && copy.at == NULL;
    buffer_done(&packed);
    if (starved)
        return FAIL(MEMORY);
    *ret_packed = copy;
    return OK;
}

static bool is_masked_so(struct slice text, unsigned characters)
{
    size_t signs = sizeof MASK_SIGNS - 1;
    bool fits = slice_begins(text, slice_text(MASK_SIGNS)) && text.length - signs <= characters;
    for (size_t i = signs; fits && i < text.length; i++)
        fits = is_alphanumeric(text.at[i]);
    return fits;
}

static bool is_pseudonym(struct slice text)
{
    bool fits = text.length == 2UL * PSEUDONYM_BYTES;
    for (size_t i = 0; fits && i < text.length; i++)
        fits = (text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f');
    return fits;
}

/* Whether something shown at this grade could look so. */
static bool has_form(const struct grade *grade, const char *type, const struct value *shown)
{
    struct slice text = shown->kind == VALUE_TEXT ? shown->octets : (struct slice){NULL, 0};
    if (grade->level == LEVEL_MASK)
        return is_masked_so(text, grade->characters);
    if (grade->level == LEVEL_PSEUDONYM)
        return is_pseudonym(text);
    if (grade->step.length == 0)
        return slice_is(text, AGE_GROUP_CHILD) || slice_is(text, AGE_GROUP_ADULT);
    const struct coarser *coarser = coarser_of(grade->step, type);
    return coarser != NULL && coarser->is_made(shown);
}

static bool is_within(const struct grades *g, uint8_t grade, const struct field_rule *rule,
                      const struct value *shown)
{
    const char *type = value_type_name(field_rule_type(rule));
    size_t order = grades_order(g, rule);
    for (size_t rank = g->rank[order][GRADE_GENERALISE]; rank <= g->rank[order][grade]; rank++)
        if (has_form(&g->at[g->of_rank[order][rank]], type, shown))
            return true;
    return false;
}

bool transform_is_within(const struct grades *grades, uint8_t grade,
                         const struct document_item *item)
{
    struct scalar_walk walk = scalars_of(&item->leaf.value);
    size_t count = 0;
    if (item->leaf.value.kind == VALUE_NIL)
        return true;
    for (struct value shown; scalars_next(&walk, &shown); count++)
        if (!is_within(grades, grade, item->rule, &shown))
            return false;
    return count > 0;
}

static void withhold(struct verdict *v)
{
    v->level = LEVEL_SILENT;
    v->grade = GRADE_SILENT;
    v->released = false;
}

static const char *wire_name(enum level level)
{
    return transform_name(level == LEVEL_MASK        ? TRANSFORM_MASK
                          : level == LEVEL_PSEUDONYM ? TRANSFORM_PSEUDONYM
                                                     : TRANSFORM_GENERALISE);
}

static struct status derive_one(struct facts *f, size_t i, struct verdict *v, struct derivations *d)
{
    const struct document_item *item = &f->document->items[i];
    const struct transforming how = {.arena = f->arena,
                                     .grade = &f->question->rulebook->law->grades->at[v->grade],
                                     .pseudonym_key = f->question->pseudonym_key};
    struct slice packed;
    struct status s = transform_value(&how, item->rule, &item->leaf.value, &packed);
    if (failed(s))
        return s;
    if (packed.at == NULL)
        withhold(v);
    else
        d->at[d->count++] = (struct derivation){
            .path = item->leaf.path,
            .transform = slice_text(wire_name(how.grade->level)),
            .source = i,
            .value = packed,
        };
    return OK;
}

/* Where something is derived already nothing is shown: the facts are silent then, and there is no
 * age group beside one of the sender's that is shown. */
struct status derive_transformed(struct facts *f, struct verdict *verdicts, struct derivations *d)
{
    struct status s = OK;
    const struct grades *grades = f->question->rulebook->law->grades;
    for (size_t i = 0; i < f->document->count && !failed(s); i++) {
        const struct document_item *item = &f->document->items[i];
        struct verdict *v = &verdicts[i];
        if (v->grade < GRADE_FIRST)
            continue;
        v->released = f->relayed && item->derived && transform_is_within(grades, v->grade, item);
        if (f->relayed && !v->released)
            withhold(v);
        else if (!f->relayed)
            s = derive_one(f, i, v, d);
    }
    return s;
}
