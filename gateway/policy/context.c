#include "policy/context.h"

#include "policy/context_slots.h"

uint32_t context_has(const struct context *c, size_t index, struct slice code)
{
    const struct slot *slot = &c->slots[index];
    for (size_t i = 0; i < slot->code_count; i++)
        if (slice_equal(slot->codes[i], code))
            return slot->has[i];
    return SEARCH_FALSE;
}

uint32_t context_domestic(struct context *c)
{
    const struct slot *sender = &c->slots[SLOT_SENDER_STATE];
    struct literals same = {0};
    for (size_t i = 0; i < sender->code_count; i++)
        literals_add(c->search, &same,
                     search_both(c->search, sender->has[i],
                                 context_has(c, SLOT_RECIPIENT_STATE, sender->codes[i])));
    return search_any(c->search, same.at, same.count);
}

/* One code at most, and none where the slot is open. */
static void say_single(struct search *s, const struct slot *slot)
{
    for (size_t i = 0; i < slot->code_count; i++) {
        search_say_two(s, SEARCH_NOT(slot->open), SEARCH_NOT(slot->has[i]));
        for (size_t k = 0; k < i; k++)
            search_say_two(s, SEARCH_NOT(slot->has[i]), SEARCH_NOT(slot->has[k]));
    }
}

/* It has a code, or it is open, or this holds. */
static void say_some(struct search *s, const struct slot *slot, uint32_t unless)
{
    struct literals some = {0};
    for (size_t i = 0; i < slot->code_count; i++)
        literals_add(s, &some, slot->has[i]);
    literals_add(s, &some, slot->open);
    literals_add(s, &some, unless);
    if (!search_starved(s))
        search_say(s, some.at, some.count);
}

static struct status make_slot(struct context *c, struct slot *slot)
{
    if (slot->fixed)
        return OK;
    slot->has = arena_array(c->arena, slot->code_count + 1, sizeof *slot->has);
    if (slot->has == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < slot->code_count; i++)
        slot->has[i] = search_variable(c->search);
    if (slot->may_open)
        slot->open = search_variable(c->search);
    if (!slot->many)
        say_single(c->search, slot);
    for (size_t i = 0; slot->many && !slot->may_part && i < slot->code_count; i++)
        search_say_two(c->search, SEARCH_NOT(slot->open), SEARCH_NOT(slot->has[i]));
    if (!slot->may_none)
        say_some(c->search, slot, SEARCH_FALSE);
    return OK;
}

/* A party has the State and the role that its name says. */
static void say_party(struct context *c, size_t party)
{
    const struct slot *slot = &c->slots[party];
    for (size_t i = 0; i < slot->code_count; i++) {
        struct slice id = slot->codes[i];
        if (!name_is_party(id))
            continue;
        search_say_two(c->search, SEARCH_NOT(slot->has[i]),
                       context_has(c, party + 1, party_state(id)));
        search_say_two(c->search, SEARCH_NOT(slot->has[i]),
                       context_has(c, party + 2, party_role(id)));
    }
}

/* Which instruments let a role send the type to another. */
static void say_route(struct context *c, size_t from, size_t to)
{
    const struct slot *sender = &c->slots[SLOT_SENDER_ROLE];
    const struct slot *recipient = &c->slots[SLOT_RECIPIENT_ROLE];
    const struct slot *instrument = &c->slots[SLOT_INSTRUMENT];
    const struct message_type *type = c->question.lane.type;
    const struct slice none = {NULL, 0};
    struct literals allowed = {0};
    if (type_allows_route(type, sender->codes[from], recipient->codes[to], none))
        return;
    literals_add(c->search, &allowed, SEARCH_NOT(sender->has[from]));
    literals_add(c->search, &allowed, SEARCH_NOT(recipient->has[to]));
    for (size_t i = 0; i < instrument->code_count; i++)
        if (type_allows_route(type, sender->codes[from], recipient->codes[to],
                              instrument->codes[i]))
            literals_add(c->search, &allowed, instrument->has[i]);
    if (!search_starved(c->search))
        search_say(c->search, allowed.at, allowed.count);
}

static void say_lane(struct context *c)
{
    const struct lane_scope *lane = &c->question.lane;
    say_party(c, SLOT_SENDER);
    say_party(c, SLOT_RECIPIENT);
    if (c->question.any_route)
        return;
    for (size_t from = 0; from < c->slots[SLOT_SENDER_ROLE].code_count; from++)
        for (size_t to = 0; to < c->slots[SLOT_RECIPIENT_ROLE].code_count; to++)
            say_route(c, from, to);
    if (lane->purpose.length > 0 && !type_allows_purpose(lane->type, lane->purpose))
        search_say_one(c->search, SEARCH_FALSE);
}

/* A sender cannot claim a better tier than the States' registry gives. */
static void say_tier(struct context *c, const struct slot *slot)
{
    const struct directory *d = c->question.rulebook->directory;
    const struct slot *from = &c->slots[SLOT_SENDER_STATE], *to = &c->slots[SLOT_RECIPIENT_STATE];
    if (!from->fixed || !to->fixed)
        return;
    struct slice registered = directory_tier(d, from->codes[0], to->codes[0]);
    for (size_t i = 0; i < slot->code_count; i++)
        if (slice_compare(slot->codes[i], registered) < 0)
            search_say_one(c->search, SEARCH_NOT(slot->has[i]));
}

/* No State is a risk inside the sender's own; abroad, who has no citizenship may be of any. */
static void say_risk(struct context *c, const struct slot *slot, bool hidden)
{
    uint32_t domestic = context_domestic(c);
    for (size_t i = 0; i < slot->code_count; i++)
        search_say_two(c->search, SEARCH_NOT(domestic), SEARCH_NOT(slot->has[i]));
    search_say_two(c->search, SEARCH_NOT(domestic), SEARCH_NOT(slot->open));
    if (!hidden)
        say_some(c->search, slot, domestic);
}

static void say_computed(struct context *c)
{
    for (size_t i = 0; i < c->slot_count; i++) {
        const struct slot *slot = &c->slots[i];
        if (slice_is(slot->name, "message.tier"))
            say_tier(c, slot);
        if (slice_is(slot->name, "person.consented"))
            search_say_one(c->search, slot->open); /* there may always be another consent */
        if (slice_is(slot->name, "person.risk_state"))
            say_risk(c, slot, false);
        if (slice_is(slot->name, "person.hidden_risk"))
            say_risk(c, slot, true);
    }
}

struct status context_new(struct arena *arena, const struct context_question *question,
                          struct context **ret_context)
{
    struct status s;
    struct context *c = arena_alloc(arena, sizeof *c);
    struct search *search = search_new(arena);
    if (c == NULL || search == NULL)
        return FAIL(MEMORY);
    *c = (struct context){.arena = arena, .search = search, .question = *question};
    if (failed(s = slots_make(c)) || failed(s = slots_fill(c)))
        return s;
    for (size_t i = 0; i < c->slot_count; i++)
        if (failed(s = make_slot(c, &c->slots[i])))
            return s;
    say_lane(c);
    say_computed(c);
    if (search_starved(search))
        return FAIL(MEMORY);
    *ret_context = c;
    return OK;
}

static struct judgement judge_is(struct context *c, size_t slot, struct slices codes)
{
    struct literals any = {0};
    for (size_t i = 0; i < codes.count; i++)
        literals_add(c->search, &any, context_has(c, slot, codes.at[i]));
    uint32_t surely = search_any(c->search, any.at, any.count);
    return (struct judgement){surely, search_either(c->search, surely, c->slots[slot].open)};
}

/* Known to have none. */
static uint32_t is_empty(struct context *c, const struct slot *slot)
{
    struct literals some = {0};
    for (size_t i = 0; i < slot->code_count; i++)
        literals_add(c->search, &some, slot->has[i]);
    literals_add(c->search, &some, slot->open);
    return SEARCH_NOT(search_any(c->search, some.at, some.count));
}

static struct judgement judge_same(struct context *c, size_t one, size_t other)
{
    const struct slot *a = &c->slots[one], *b = &c->slots[other];
    struct search *s = c->search;
    struct literals common = {0};
    for (size_t i = 0; i < a->code_count; i++)
        literals_add(s, &common, search_both(s, a->has[i], context_has(c, other, a->codes[i])));
    uint32_t surely = search_any(s, common.at, common.count);
    const uint32_t settled[] = {is_empty(c, a), is_empty(c, b),
                                search_both(s, SEARCH_NOT(a->open), SEARCH_NOT(b->open))};
    uint32_t unknown = SEARCH_NOT(search_any(s, settled, sizeof settled / sizeof settled[0]));
    return (struct judgement){surely, search_either(s, surely, unknown)};
}

struct judgement context_judge(struct context *c, const struct law *law, size_t law_index,
                               size_t atom)
{
    const struct atom *a = &law->atoms[atom];
    const size_t *slot_of = c->slot_of[law_index];
    struct judgement j = {SEARCH_FALSE, SEARCH_TRUE};
    switch (a->kind) {
    case ATOM_IS:
        j = judge_is(c, slot_of[a->attribute], a->codes);
        break;
    case ATOM_SAME:
        j = judge_same(c, slot_of[a->attribute], slot_of[a->other]);
        break;
    case ATOM_KNOWN:
        j.surely = j.possibly = SEARCH_NOT(c->slots[slot_of[a->attribute]].open);
        break;
    }
    return a->negated ? (struct judgement){SEARCH_NOT(j.possibly), SEARCH_NOT(j.surely)} : j;
}

/* The code of an open slot that stands for all that no rule names. */
static uint32_t has_other(const struct context *c, size_t index)
{
    const struct slot *slot = &c->slots[index];
    for (size_t i = 0; i < slot->code_count; i++)
        if (slice_find(slot->codes[i], ' ') < slot->codes[i].length)
            return slot->has[i];
    return SEARCH_FALSE;
}

void context_add_party(struct context *c, size_t party, const struct party_pattern *pattern,
                       struct literals *list)
{
    const struct slice codes[] = {pattern->id, pattern->state, pattern->role};
    for (size_t i = 0; i < 3; i++) {
        if (codes[i].length == 0)
            continue;
        uint32_t has = context_has(c, party + i, codes[i]);
        if (has == SEARCH_FALSE)
            has = has_other(c, party + i);
        literals_add(c->search, list, has);
    }
}
