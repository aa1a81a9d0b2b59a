#include "comity/crosscheck/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "wire/names.h"

/* ---- an entry ---- */

static bool tells_silence(const struct inner *inner)
{
    if (inner->silent_count > 0)
        return true;
    for (size_t i = 0; i < inner->field_count; i++)
        if (slice_is(inner->fields[i].level, "silent"))
            return true;
    return false;
}

/* What the sender's gateway decides by its own law may say what it withheld; nothing else may. */
static bool is_own_decision(const struct outer *outer)
{
    return outer->kind == ENTRY_DISCLOSURE || outer->kind == ENTRY_HOLD ||
           outer->kind == ENTRY_REFUSAL || outer->kind == ENTRY_REQUEST ||
           outer->kind == ENTRY_CONSULTATION;
}

static bool event_at_sender(const struct opened *opened, enum crosscheck_event *ret_event)
{
    const struct outer *outer = &opened->outer;
    bool decides = is_own_decision(outer);
    if (outer->hop == 2 || (!decides && opened->has_inner && tells_silence(&opened->inner)) ||
        (!decides && opened->has_closed && tells_silence(&opened->closed)))
        *ret_event = EVENT_REVEALING;
    else if (outer->kind == ENTRY_DISCLOSURE)
        *ret_event = EVENT_LET_GO;
    else if (outer->kind == ENTRY_HOLD || outer->kind == ENTRY_REFUSAL ||
             (outer->kind == ENTRY_STAGE &&
              (outer->stage == STAGE_NOT_RELAYED || outer->stage == STAGE_NOT_DELIVERED)))
        *ret_event = EVENT_STAYED;
    else
        return false;
    return true;
}

static bool event_at_recipient(const struct outer *outer, enum crosscheck_event *ret_event)
{
    if (outer->kind == ENTRY_STAGE && outer->stage == STAGE_RELAYED)
        *ret_event = EVENT_TAKEN_OVER;
    else if (outer->kind == ENTRY_DISCLOSURE)
        *ret_event = EVENT_PASSED_ON;
    else if (outer->kind == ENTRY_HOLD)
        *ret_event = EVENT_HELD;
    else if (outer->kind == ENTRY_REFUSAL)
        *ret_event = EVENT_REFUSED;
    else
        return false;
    return true;
}

bool crosscheck_fact_of(const struct opened *opened, uint64_t index, enum crosscheck_side side,
                        const char *state, const char *other, struct crosscheck_fact *ret_fact)
{
    const struct outer *outer = &opened->outer;
    struct crosscheck_fact f = {.side = side, .index = index, .time_ms = opened->time_ms};
    if (!opened->has_outer || outer->id.length != sizeof f.id || outer->hop == 0 ||
        !slice_copy_text(outer->from, f.from, sizeof f.from) ||
        !slice_copy_text(outer->to, f.to, sizeof f.to))
        return false;
    bool leaves =
        slice_is(party_state(outer->from), state) && slice_is(party_state(outer->to), other);
    bool arrives =
        slice_is(party_state(outer->from), other) && slice_is(party_state(outer->to), state);
    if (!(leaves && event_at_sender(opened, &f.event)) &&
        !(arrives && event_at_recipient(outer, &f.event)))
        return false;
    memcpy(f.id, outer->id.at, sizeof f.id);
    f.seal = digest_read(outer->seal);
    f.release = digest_read(outer->release);
    f.has_related = opened->has_inner && opened->inner.has_related;
    f.related = opened->inner.related;
    f.confidential = opened->has_inner && opened->inner.confidential;
    *ret_fact = f;
    return true;
}

/* ---- the facts of one message ---- */

static int by_message(const void *a, const void *b)
{
    const struct crosscheck_fact *one = a, *other = b;
    int order = memcmp(one->id, other->id, sizeof one->id);
    if (order == 0)
        order = strcmp(one->from, other->from);
    if (order == 0)
        order = strcmp(one->to, other->to);
    return order;
}

static int by_place(const void *a, const void *b)
{
    const struct crosscheck_fact *one = a, *other = b;
    int order = by_message(a, b);
    if (order == 0)
        order = (one->side > other->side) - (one->side < other->side);
    return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

void crosscheck_facts_sort(struct crosscheck_fact *facts, size_t count)
{
    if (count > 0)
        qsort(facts, count, sizeof *facts, by_place);
}

size_t crosscheck_facts_group(const struct crosscheck_fact *facts, size_t count)
{
    size_t group = 0;
    while (group < count && by_message(&facts[0], &facts[group]) == 0)
        group++;
    return group;
}

struct group {
    const struct crosscheck_fact *facts;
    size_t count;
    bool confidential;                          /* one of them says so of the message */
    size_t counts[EVENTS];                      /* of those that none replaces */
    const struct crosscheck_fact *last[EVENTS]; /* NULL: there is none */
};

/* A later decision takes the place of an earlier one in the same log. */
static bool is_replaced(const struct group *g, const struct crosscheck_fact *fact)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->facts[i].side == fact->side && g->facts[i].has_related &&
            g->facts[i].related == fact->index)
            return true;
    return false;
}

static void group_count(struct group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct crosscheck_fact *f = &g->facts[i];
        g->confidential = g->confidential || f->confidential;
        if (is_replaced(g, f))
            continue;
        g->counts[f->event]++;
        g->last[f->event] = f;
    }
}

/* The release that was taken over may be one that was replaced since. */
static bool was_let_go(const struct group *g, const struct crosscheck_fact *taken)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct crosscheck_fact *f = &g->facts[i];
        if (f->event == EVENT_LET_GO && digest_equal(&f->seal, digest_slice(&taken->seal)) &&
            (taken->event != EVENT_TAKEN_OVER ||
             digest_equal(&f->release, digest_slice(&taken->release))))
            return true;
    }
    return false;
}

static const struct crosscheck_fact *find_twice(const struct group *g)
{
    static const enum crosscheck_event once[] = {EVENT_LET_GO, EVENT_TAKEN_OVER, EVENT_PASSED_ON};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        if (g->counts[once[i]] > 1)
            return g->last[once[i]];
    return NULL;
}

static const struct crosscheck_fact *find_other_seal(const struct group *g)
{
    for (size_t i = 0; i < g->count; i++)
        if ((g->facts[i].event == EVENT_TAKEN_OVER || g->facts[i].event == EVENT_PASSED_ON) &&
            !was_let_go(g, &g->facts[i]))
            return &g->facts[i];
    return NULL;
}

/* Nothing of it in the log that should have it. */
static enum crosscheck_outcome judge_absence(const struct group *g,
                                             const struct crosscheck_fact *fact,
                                             const struct crosscheck_end ends[static 2],
                                             enum crosscheck_outcome otherwise)
{
    const struct crosscheck_end *end = &ends[fact->side == SIDE_HERE ? SIDE_OTHER : SIDE_HERE];
    if (g->confidential && end->unopened > 0)
        return PAIR_UNSEEN;
    return fact->time_ms > end->time_ms ? PAIR_WAITING : otherwise;
}

/* A decision that was replaced was one, too. */
static const struct crosscheck_fact *first_of(const struct group *g, enum crosscheck_event event)
{
    for (size_t i = 0; i < g->count; i++)
        if (g->facts[i].event == event)
            return &g->facts[i];
    return NULL;
}

static enum crosscheck_outcome judge_way(const struct group *g,
                                         const struct crosscheck_end ends[static 2],
                                         const struct crosscheck_fact **ret_shown)
{
    const struct crosscheck_fact *gone = first_of(g, EVENT_LET_GO);
    const struct crosscheck_fact *taken = first_of(g, EVENT_TAKEN_OVER);
    if (taken == NULL)
        taken = first_of(g, EVENT_PASSED_ON);
    if (gone == NULL && taken == NULL)
        return PAIR_REFUSED;
    *ret_shown = gone != NULL ? gone : taken;
    if (gone == NULL)
        return judge_absence(g, taken, ends, PAIR_NOT_LET_GO);
    if (taken == NULL)
        return g->counts[EVENT_REFUSED] + g->counts[EVENT_STAYED] > 0
                   ? PAIR_REFUSED
                   : judge_absence(g, gone, ends, PAIR_NOT_TAKEN);
    const struct crosscheck_fact *odd = find_other_seal(g);
    *ret_shown = odd != NULL ? odd : taken;
    if (odd != NULL)
        return PAIR_OTHER_SEAL;
    bool decided =
        g->counts[EVENT_PASSED_ON] + g->counts[EVENT_HELD] + g->counts[EVENT_REFUSED] > 0;
    return decided ? PAIR_AGREES : PAIR_UNDECIDED;
}

enum crosscheck_outcome crosscheck_pair(const struct crosscheck_fact *facts, size_t count,
                                        const struct crosscheck_end ends[static 2],
                                        const struct crosscheck_fact **ret_shown)
{
    struct group g = {.facts = facts, .count = count};
    group_count(&g);
    *ret_shown = &facts[0];
    if (g.counts[EVENT_REVEALING] > 0) {
        *ret_shown = g.last[EVENT_REVEALING];
        return PAIR_REVEALED;
    }
    const struct crosscheck_fact *twice = find_twice(&g);
    if (twice != NULL) {
        *ret_shown = twice;
        return PAIR_TWICE;
    }
    return judge_way(&g, ends, ret_shown);
}
