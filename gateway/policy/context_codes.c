#include "policy/attribute.h"
#include "policy/context_slots.h"
#include "policy/list.h"

#define STATES_NAMED 3

/* Which codes each slot can have: those that rules mention, and some that stand for all others. */

static size_t code_at(const struct slot *slot, struct slice code)
{
    size_t i = 0;
    while (i < slot->code_count && !slice_equal(slot->codes[i], code))
        i++;
    return i;
}

bool slot_add(struct context *c, size_t index, struct slice code)
{
    struct slot *slot = &c->slots[index];
    if (slot->fixed || code.length == 0 || code_is_unknown(code) ||
        code_at(slot, code) < slot->code_count)
        return true;
    struct slice *at =
        list_grow(c->arena, slot->codes, slot->code_count, &slot->code_room, sizeof *at);
    if (at == NULL)
        return false;
    slot->codes = at;
    at[slot->code_count++] = code;
    return true;
}

bool slot_fix(struct context *c, size_t index, struct slice code)
{
    uint32_t *has = arena_array(c->arena, 1, sizeof *has);
    if (has == NULL || !slot_add(c, index, code))
        return false;
    has[0] = SEARCH_TRUE;
    c->slots[index].has = has;
    c->slots[index].fixed = true;
    c->slots[index].may_open = false;
    return true;
}

static bool add_patterns(struct context *c, size_t party, const struct party_pattern *patterns,
                         size_t count)
{
    bool fits = true;
    for (size_t i = 0; i < count && fits; i++) {
        struct slice id = patterns[i].id;
        fits = slot_add(c, party, id) && slot_add(c, party + 1, patterns[i].state) &&
               slot_add(c, party + 2, patterns[i].role);
    }
    return fits;
}

static bool add_rules(struct context *c, const struct law *law, const struct rule *rules,
                      size_t count)
{
    bool fits = true;
    for (size_t r = 0; r < count && fits; r++) {
        const struct rule *rule = &rules[r];
        fits = add_patterns(c, SLOT_SENDER, rule->from, rule->from_count) &&
               add_patterns(c, SLOT_RECIPIENT, rule->to, rule->to_count);
        struct slices between = law->policies[rule->policy].between;
        for (size_t i = 0; i < between.count && fits; i++)
            fits = slot_add(c, SLOT_SENDER_STATE, between.at[i]) &&
                   slot_add(c, SLOT_RECIPIENT_STATE, between.at[i]);
    }
    return fits;
}

/* Some of the directory's States, so that examples can name them. */
static bool add_states(struct context *c)
{
    const struct directory *d = c->question.rulebook->directory;
    bool fits = true;
    for (size_t i = 0; i < d->state_count && i < STATES_NAMED && fits; i++)
        fits = slot_add(c, SLOT_SENDER_STATE, d->states[i].id) &&
               slot_add(c, SLOT_RECIPIENT_STATE, d->states[i].id);
    return fits;
}

/* A party that is mentioned brings its State and its role. */
static bool add_parties(struct context *c, size_t party)
{
    const struct slot *slot = &c->slots[party];
    bool fits = true;
    for (size_t i = 0; i < slot->code_count && fits; i++)
        fits = slot_add(c, party + 1, party_state(slot->codes[i])) &&
               slot_add(c, party + 2, party_role(slot->codes[i]));
    return fits;
}

static bool add_atoms(struct context *c, size_t law_index)
{
    const struct law *law = c->question.laws[law_index];
    bool fits = true;
    for (size_t t = 0; t < law->atom_count && fits; t++)
        for (size_t i = 0; i < law->atoms[t].codes.count && fits; i++)
            fits = slot_add(c, c->slot_of[law_index][law->atoms[t].attribute],
                            law->atoms[t].codes.at[i]);
    return fits;
}

/* All codes of a vocabulary's list. */
static bool add_list(struct context *c, size_t slot, const char *list)
{
    size_t count = 0;
    const char *const *codes = schema_codes(c->question.rulebook->schema, list, &count);
    bool fits = true;
    for (size_t i = 0; codes != NULL && i < count && fits; i++)
        fits = slot_add(c, slot, slice_text(codes[i]));
    return fits;
}

/* Leaves only those codes that a test lets pass. */
static void keep(struct slot *slot, bool (*passes)(const struct context *c, struct slice code),
                 const struct context *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < slot->code_count && !slot->fixed; i++)
        if (passes(c, slot->codes[i]))
            slot->codes[kept++] = slot->codes[i];
    if (!slot->fixed)
        slot->code_count = kept;
}

static bool type_has_purpose(const struct context *c, struct slice code)
{
    return c->question.any_route || type_allows_purpose(c->question.lane.type, code);
}

/* Roles and purposes are told apart by the type, so they are all here; instruments by its routes.
 */
static bool add_lists(struct context *c)
{
    bool fits = add_list(c, SLOT_SENDER_ROLE, "role") && add_list(c, SLOT_RECIPIENT_ROLE, "role") &&
                add_list(c, SLOT_PURPOSE, "purpose") && add_list(c, SLOT_INSTRUMENT, "instrument");
    keep(&c->slots[SLOT_PURPOSE], type_has_purpose, c);
    return fits;
}

static void join_families(struct context *c, size_t one, size_t other)
{
    size_t from = c->slots[one].family, to = c->slots[other].family;
    for (size_t i = 0; i < c->slot_count; i++)
        if (c->slots[i].family == from)
            c->slots[i].family = to;
}

static bool copy_codes(struct context *c, size_t to, const struct slot *from)
{
    bool fits = true;
    for (size_t i = 0; i < from->code_count && fits; i++)
        fits = slot_add(c, to, from->codes[i]);
    return fits;
}

/* Slots that are compared with one that is fixed only need to know its code. */
static bool relate(struct context *c, size_t one, size_t other)
{
    if (c->slots[one].fixed || c->slots[other].fixed)
        return copy_codes(c, one, &c->slots[other]) && copy_codes(c, other, &c->slots[one]);
    join_families(c, one, other);
    return true;
}

static bool relate_all(struct context *c)
{
    bool fits = relate(c, SLOT_SENDER_STATE, SLOT_RECIPIENT_STATE);
    for (size_t l = 0; l < c->question.law_count && fits; l++) {
        const struct law *law = c->question.laws[l];
        for (size_t t = 0; t < law->atom_count && fits; t++)
            if (law->atoms[t].kind == ATOM_SAME)
                fits = relate(c, c->slot_of[l][law->atoms[t].attribute],
                              c->slot_of[l][law->atoms[t].other]);
    }
    return fits;
}

/*
 * How many codes that nobody mentions must be told apart in a family: one for each slot, which
 * stands for what it has first or alone, and one for each pair of sets that are compared, which
 * stands for what only they share.
 */
static size_t others_of(const struct context *c, size_t family)
{
    size_t count = 0;
    for (size_t i = 0; i < c->slot_count; i++)
        count += c->slots[i].family == family;
    for (size_t l = 0; l < c->question.law_count; l++) {
        const struct law *law = c->question.laws[l];
        for (size_t t = 0; t < law->atom_count; t++) {
            const struct slot *slot = &c->slots[c->slot_of[l][law->atoms[t].attribute]];
            count += law->atoms[t].kind == ATOM_SAME && slot->family == family && !slot->fixed;
        }
    }
    return count;
}

/* The codes that there are; NULL where there is no end of them. */
static const char *const *all_codes(const struct context *c, const struct slot *slot,
                                    size_t *ret_count)
{
    static const char *const truths[] = {"false", "true"};
    static const char *const classes[] = {CLASS_OTHER, CLASS_PROTECTED};
    const char *type = slot->field == NULL ? NULL : value_type_name(field_rule_type(slot->field));
    if (slot->kind->codes == CODES_TRUTH || (type != NULL && strcmp(type, "bool") == 0)) {
        *ret_count = sizeof truths / sizeof truths[0];
        return truths;
    }
    if (slot->kind->codes == CODES_CLASS) {
        *ret_count = sizeof classes / sizeof classes[0];
        return classes;
    }
    if (slot->kind->codes == CODES_LIST || slot->kind->codes == CODES_ROLE)
        return schema_codes(c->question.rulebook->schema,
                            slot->kind->codes == CODES_ROLE ? "role" : slot->kind->list, ret_count);
    bool coded = type != NULL && (strcmp(type, "code") == 0 || strcmp(type, "number") == 0);
    return coded ? field_rule_codes(slot->field, ret_count) : NULL;
}

static const char *other_noun(const struct slot *slot)
{
    bool state = slot->kind->codes == CODES_STATE ||
                 (slot->field != NULL &&
                  strcmp(value_type_name(field_rule_type(slot->field)), "country") == 0);
    return state ? "another State" : slot->kind->codes == CODES_PARTY ? "another party" : "another";
}

/* Real ones where the vocabulary has them, names that say so where there is no end of them. */
static bool add_others(struct context *c, size_t index, size_t wanted)
{
    size_t there = 0, all = 0;
    const char *const *codes = all_codes(c, &c->slots[index], &all);
    bool fits = true;
    for (size_t i = 0; codes != NULL && i < all && there < wanted && fits; i++) {
        size_t before = c->slots[index].code_count;
        fits = slot_add(c, index, slice_text(codes[i]));
        there += c->slots[index].code_count > before;
    }
    for (size_t i = 0; codes == NULL && i < wanted && fits; i++) {
        const char *noun = other_noun(&c->slots[index]);
        char *name = i == 0 ? arena_print(c->arena, "%s", noun)
                            : arena_print(c->arena, "%s (%zu)", noun, i + 1);
        fits = name != NULL && slot_add(c, index, slice_text(name));
    }
    return fits;
}

/* A family shares its codes, those that stand for others too. */
static bool share_family(struct context *c, size_t family)
{
    size_t first = SIZE_MAX, wanted = others_of(c, family);
    bool fits = true;
    for (size_t i = 0; i < c->slot_count && fits; i++) {
        if (c->slots[i].family != family || c->slots[i].fixed)
            continue;
        if (first == SIZE_MAX)
            first = i;
        else
            fits = copy_codes(c, first, &c->slots[i]);
    }
    if (first == SIZE_MAX)
        return fits;
    bool fits_others = fits && add_others(c, first, wanted);
    for (size_t i = first + 1; i < c->slot_count && fits_others; i++)
        if (c->slots[i].family == family)
            fits_others = copy_codes(c, i, &c->slots[first]);
    return fits_others;
}

struct status slots_fill(struct context *c)
{
    bool fits = add_lists(c);
    for (size_t l = 0; l < c->question.law_count && fits; l++) {
        const struct law *law = c->question.laws[l];
        fits = add_atoms(c, l) && add_rules(c, law, law->rules, law->rule_count) &&
               add_rules(c, law, law->guarantees, law->guarantee_count);
    }
    fits = fits && add_parties(c, SLOT_SENDER) && add_parties(c, SLOT_RECIPIENT) && add_states(c) &&
           relate_all(c);
    for (size_t family = 0; family < c->slot_count && fits; family++)
        fits = share_family(c, family);
    keep(&c->slots[SLOT_PURPOSE], type_has_purpose, c);
    return fits ? OK : FAIL(MEMORY);
}
