#include "policy/interned.h"
#include "policy/list.h"
#include "policy/search_state.h"

#define GATES_FIRST 256

void literals_add(struct search *s, struct literals *list, uint32_t literal)
{
    uint32_t *at = list_grow(s->arena, list->at, list->count, &list->room, sizeof *at);
    if (at == NULL) {
        s->starved = true;
        return;
    }
    list->at = at;
    at[list->count++] = literal;
}

/* Where a literal is in a sorted list, or would be. */
static size_t place_of(const struct literals *list, uint32_t literal)
{
    size_t low = 0;
    for (size_t high = list->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (list->at[middle] < literal)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The literals sorted, without those that say nothing; true if some decide alone. */
static bool condense(struct search *s, const uint32_t *literals, size_t count)
{
    struct literals *ret = &s->sorted;
    ret->count = 0;
    for (size_t i = 0; i < count && !s->starved; i++) {
        uint32_t literal = literals[i];
        size_t at = place_of(ret, literal);
        if (literal == SEARCH_TRUE || (at < ret->count && ret->at[at] == SEARCH_NOT(literal)) ||
            (at > 0 && ret->at[at - 1] == SEARCH_NOT(literal)))
            return true;
        if (literal == SEARCH_FALSE || (at < ret->count && ret->at[at] == literal))
            continue;
        literals_add(s, ret, literal);
        for (size_t k = ret->count - 1; k > at && !s->starved; k--)
            ret->at[k] = ret->at[k - 1];
        if (!s->starved)
            ret->at[at] = literal;
    }
    return false;
}

static struct gate *gate_at(const struct search *s, struct gate *gates, size_t room,
                            const uint32_t *inputs, size_t count)
{
    size_t bytes = count * sizeof *inputs;
    size_t at = (size_t)octets_hash(0, slice_over(inputs, bytes)) & (room - 1);
    while (gates[at].any != 0 &&
           (gates[at].count != count || memcmp(s->inputs.at + gates[at].first, inputs, bytes) != 0))
        at = (at + 1) & (room - 1);
    return &gates[at];
}

static void grow_gates(struct search *s)
{
    size_t room = s->gate_room == 0 ? GATES_FIRST : 2 * s->gate_room;
    struct gate *gates = arena_array(s->arena, room, sizeof *gates);
    if (gates == NULL) {
        s->starved = true;
        return;
    }
    for (size_t i = 0; i < s->gate_room; i++) {
        const struct gate *old = &s->gates[i];
        if (old->any != 0)
            *gate_at(s, gates, room, s->inputs.at + old->first, old->count) = *old;
    }
    s->gates = gates;
    s->gate_room = room;
}

/* A new gate, with what makes its literal hold where one of the inputs does and nowhere else. */
static uint32_t gate_new(struct search *s, struct gate *gate, struct literals *inputs)
{
    uint32_t any = search_variable(s);
    *gate = (struct gate){(uint32_t)s->inputs.count, (uint32_t)inputs->count, any};
    s->gate_count++;
    for (size_t i = 0; i < inputs->count && !s->starved; i++) {
        words_add(s, &s->inputs, inputs->at[i]);
        search_say_two(s, any, SEARCH_NOT(inputs->at[i]));
    }
    literals_add(s, inputs, SEARCH_NOT(any));
    if (!s->starved)
        search_say(s, inputs->at, inputs->count);
    return any;
}

uint32_t search_any(struct search *s, const uint32_t *literals, size_t count)
{
    struct literals *inputs = &s->sorted;
    if (condense(s, literals, count))
        return SEARCH_TRUE;
    if (inputs->count <= 1 || s->starved)
        return inputs->count == 1 ? inputs->at[0] : SEARCH_FALSE;
    if (2 * s->gate_count >= s->gate_room)
        grow_gates(s);
    if (s->starved)
        return SEARCH_FALSE;
    struct gate *gate = gate_at(s, s->gates, s->gate_room, inputs->at, inputs->count);
    return gate->any != 0 ? gate->any : gate_new(s, gate, inputs);
}

uint32_t search_all(struct search *s, const uint32_t *literals, size_t count)
{
    s->opposites.count = 0;
    for (size_t i = 0; i < count && !s->starved; i++)
        literals_add(s, &s->opposites, SEARCH_NOT(literals[i]));
    if (s->starved)
        return SEARCH_FALSE;
    return SEARCH_NOT(search_any(s, s->opposites.at, s->opposites.count));
}

uint32_t search_both(struct search *s, uint32_t a, uint32_t b)
{
    return search_all(s, (const uint32_t[]){a, b}, 2);
}

uint32_t search_either(struct search *s, uint32_t a, uint32_t b)
{
    return search_any(s, (const uint32_t[]){a, b}, 2);
}
