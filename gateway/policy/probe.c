#include "policy/probe.h"

static void mark(struct probe *p, const struct rule *also, bool *slots)
{
    for (size_t i = 0; i < SLOT_OF_LANE; i++)
        slots[i] = true;
    symbolic_mark(p->symbolic, p->group, also, slots);
    p->slots = slots;
    p->wishes = context_wishes(p->symbolic->context, slots);
}

/* The lowest rank above silence; of what is never stated, above that. */
static size_t telling_rank(const struct field_group *group, const uint8_t *rank)
{
    return group->discreet ? (size_t)rank[GRADE_STATED] + 1 : 1;
}

struct status probe_new(struct symbolic *symbolic, const struct field_group *group,
                        const struct rule *also, struct probe *ret_probe)
{
    const struct context *c = symbolic->context;
    const uint8_t *rank = symbolic->law->grades->rank[group->order[symbolic->index]];
    struct probe p = {.symbolic = symbolic, .group = group, .clear = rank[GRADE_CLEAR]};
    bool *slots = arena_array(c->arena, c->slot_count, sizeof *slots);
    if (slots == NULL)
        return FAIL(MEMORY);
    mark(&p, also, slots);
    p.telling = telling_rank(group, rank);
    for (size_t r = p.telling; r <= p.clear; r++)
        p.reaches[r] = symbolic_reaches(symbolic, group, r);
    if (search_starved(c->search))
        return FAIL(MEMORY);
    *ret_probe = p;
    return OK;
}

enum search_answer probe_ask(struct probe *p, const struct literals *lane, const uint32_t *literals,
                             size_t count)
{
    struct search *search = p->symbolic->context->search;
    p->asked.count = 0;
    for (size_t i = 0; lane != NULL && i < lane->count; i++)
        literals_add(search, &p->asked, lane->at[i]);
    for (size_t i = 0; i < count; i++)
        literals_add(search, &p->asked, literals[i]);
    return search_ask(search, &(struct search_question){
                                  .assumed = p->asked.at,
                                  .assumed_count = p->asked.count,
                                  .wishes = p->wishes.at,
                                  .wish_count = p->wishes.count,
                                  .steps = PROBE_STEPS,
                              });
}

enum search_answer probe_best(struct probe *p, const struct literals *lane, size_t floor,
                              size_t *ret_rank)
{
    for (size_t rank = p->clear; rank > floor && rank >= p->telling; rank--) {
        bool same = rank < p->clear && p->reaches[rank] == p->reaches[rank + 1];
        if (same || p->reaches[rank] == SEARCH_FALSE)
            continue;
        enum search_answer answer = probe_ask(p, lane, &p->reaches[rank], 1);
        *ret_rank = rank;
        if (answer != SEARCH_NONE)
            return answer;
    }
    return SEARCH_NONE;
}

size_t probe_rank_found(const struct probe *p)
{
    const struct search *search = p->symbolic->context->search;
    size_t best = 0;
    for (size_t rank = p->telling; rank <= p->clear; rank++)
        if (search_holds(search, p->reaches[rank]))
            best = rank;
    return best;
}

uint8_t probe_grade(const struct probe *p, size_t rank)
{
    const struct symbolic *m = p->symbolic;
    return m->law->grades->of_rank[p->group->order[m->index]][rank];
}
