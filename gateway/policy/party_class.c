#include "policy/party_class.h"

/* Whether a rule names the party itself, in from and to or in a condition. */
static bool names_party(const struct law *law, struct slice id)
{
    for (size_t r = 0; r < law->rule_count; r++) {
        const struct rule *rule = &law->rules[r];
        for (size_t i = 0; i < rule->from_count; i++)
            if (slice_equal(rule->from[i].id, id))
                return true;
        for (size_t i = 0; i < rule->to_count; i++)
            if (slice_equal(rule->to[i].id, id))
                return true;
    }
    for (size_t t = 0; t < law->atom_count; t++)
        for (size_t i = 0; i < law->atoms[t].codes.count; i++)
            if (slice_equal(law->atoms[t].codes.at[i], id))
                return true;
    return false;
}

static bool is_named(const struct law *const *laws, size_t count, struct slice id)
{
    bool named = false;
    for (size_t i = 0; i < count && !named; i++)
        named = names_party(laws[i], id);
    return named;
}

/* The class of parties of the same State and role of which none is named; else a new one. */
static struct party_class *class_of(struct party_classes *classes, const struct party *party,
                                    bool named)
{
    for (size_t i = 0; i < classes->count && !named; i++) {
        struct party_class *at = &classes->at[i];
        if (at->count > 0 && slice_equal(at->pattern.state, party_state(party->id)) &&
            slice_equal(at->pattern.role, party_role(party->id)))
            return at;
    }
    struct party_class *made = &classes->at[classes->count++];
    made->pattern =
        (struct party_pattern){party_state(party->id), party_role(party->id), party->id};
    return made;
}

struct status party_classes_of(struct arena *arena, const struct directory *directory,
                               const struct law *const *laws, size_t law_count, uint64_t at_ms,
                               struct party_classes *ret_classes)
{
    struct party_classes classes = {
        .at = arena_array(arena, directory->party_count + 1, sizeof *classes.at)};
    if (classes.at == NULL)
        return FAIL(MEMORY);
    for (size_t named = 0; named < 2; named++)
        for (size_t p = 0; p < directory->party_count; p++) {
            const struct party *party = &directory->parties[p];
            if (at_ms < party->from_ms || at_ms >= party->until_ms ||
                is_named(laws, law_count, party->id) != (named == 1))
                continue;
            struct party_class *at = class_of(&classes, party, named == 1);
            if (at->parties == NULL)
                at->parties = arena_array(arena, directory->party_count, sizeof *at->parties);
            if (at->parties == NULL)
                return FAIL(MEMORY);
            at->parties[at->count++] = party;
        }
    *ret_classes = classes;
    return OK;
}
