#include "policy/search_state.h"

#include "policy/list.h"

void words_add(struct search *s, struct words *words, uint32_t word)
{
    uint32_t *at = list_grow(s->arena, words->at, words->count, &words->room, sizeof *at);
    if (at == NULL) {
        s->starved = true;
        return;
    }
    words->at = at;
    at[words->count++] = word;
}

void search_set(struct search *s, uint32_t literal, uint32_t reason)
{
    uint32_t variable = literal >> 1;
    s->value[literal] = 1;
    s->level[variable] = (uint32_t)s->choices.count;
    s->reason[variable] = reason;
    words_add(s, &s->trail, literal);
}

uint32_t search_add_clause(struct search *s, const uint32_t *literals, size_t count)
{
    uint32_t clause = (uint32_t)s->pool.count;
    words_add(s, &s->pool, (uint32_t)count);
    for (size_t i = 0; i < 2; i++)
        words_add(s, &s->pool, s->watch[literals[i]]);
    for (size_t i = 0; i < count; i++)
        words_add(s, &s->pool, literals[i]);
    if (s->starved)
        return NO_CLAUSE;
    s->watch[literals[0]] = s->watch[literals[1]] = clause;
    return clause;
}

/* Moves a watch from a literal that failed to one that has not; false if there is none. */
static bool watch_another(struct search *s, uint32_t *clause, size_t which, uint32_t *link)
{
    uint32_t *literals = clause + CLAUSE_LITERALS;
    for (size_t i = 2; i < clause[CLAUSE_SIZE]; i++) {
        uint32_t literal = literals[i];
        if (s->value[SEARCH_NOT(literal)] != 0)
            continue;
        uint32_t at = *link;
        *link = clause[CLAUSE_NEXT + which];
        literals[i] = literals[which];
        literals[which] = literal;
        clause[CLAUSE_NEXT + which] = s->watch[literal];
        s->watch[literal] = at;
        return true;
    }
    return false;
}

/* All clauses that watch a literal which does not hold any more. */
static uint32_t settle(struct search *s, uint32_t failed_literal)
{
    for (uint32_t *link = &s->watch[failed_literal]; *link != NO_CLAUSE;) {
        uint32_t *clause = s->pool.at + *link;
        size_t which = clause[CLAUSE_LITERALS + 1] == failed_literal;
        uint32_t other = clause[CLAUSE_LITERALS + 1 - which];
        if (s->value[other] == 0 && watch_another(s, clause, which, link))
            continue;
        if (s->value[SEARCH_NOT(other)] != 0)
            return *link;
        if (s->value[other] == 0)
            search_set(s, other, *link);
        link = &clause[CLAUSE_NEXT + which];
    }
    return NO_CLAUSE;
}

uint32_t search_propagate(struct search *s)
{
    while (s->settled < s->trail.count && !s->starved) {
        uint32_t clause = settle(s, SEARCH_NOT(s->trail.at[s->settled++]));
        if (s->steps > 0)
            s->steps--;
        if (clause != NO_CLAUSE)
            return clause;
    }
    return NO_CLAUSE;
}

void search_take_back(struct search *s, size_t choices)
{
    if (choices >= s->choices.count)
        return;
    size_t kept = s->choices.at[choices];
    for (size_t i = kept; i < s->trail.count; i++)
        s->value[s->trail.at[i]] = 0;
    s->trail.count = s->settled = kept;
    s->choices.count = choices;
}

/* Notes the literals of a clause: those of earlier choices are learnt, the rest is looked into. */
static size_t note_clause(struct search *s, const uint32_t *clause, uint32_t except)
{
    size_t now = 0;
    for (size_t i = 0; i < clause[CLAUSE_SIZE]; i++) {
        uint32_t literal = clause[CLAUSE_LITERALS + i], variable = literal >> 1;
        if (literal == except || s->seen[variable] != 0 || s->level[variable] == 0)
            continue;
        s->seen[variable] = 1;
        if (s->level[variable] == s->choices.count)
            now++;
        else
            words_add(s, &s->learnt, literal);
    }
    return now;
}

/* Puts the literal that was set last before all but the first, and gives how many choices stay. */
static size_t last_choice(struct search *s)
{
    size_t last = 1;
    for (size_t i = 1; i < s->learnt.count; i++)
        if (s->level[s->learnt.at[i] >> 1] > s->level[s->learnt.at[last] >> 1])
            last = i;
    if (s->learnt.count < 2)
        return 0;
    uint32_t literal = s->learnt.at[last];
    s->learnt.at[last] = s->learnt.at[1];
    s->learnt.at[1] = literal;
    return s->level[literal >> 1];
}

/* Back along the trail to the one literal of the last choice from which the failure follows. */
static uint32_t find_cause(struct search *s, uint32_t clause)
{
    uint32_t literal = SEARCH_TRUE;
    size_t at = s->trail.count;
    size_t open = note_clause(s, s->pool.at + clause, UINT32_MAX);
    do {
        do
            literal = s->trail.at[--at];
        while (s->seen[literal >> 1] == 0);
        s->seen[literal >> 1] = 0;
        if (--open > 0)
            open += note_clause(s, s->pool.at + s->reason[literal >> 1], literal);
    } while (open > 0);
    return literal;
}

bool search_learn(struct search *s, uint32_t clause)
{
    if (s->choices.count == 0)
        return false;
    s->learnt.count = 0;
    words_add(s, &s->learnt, SEARCH_TRUE);
    if (s->starved)
        return false;
    s->learnt.at[0] = SEARCH_NOT(find_cause(s, clause));
    for (size_t i = 1; i < s->learnt.count; i++)
        s->seen[s->learnt.at[i] >> 1] = 0;
    search_take_back(s, last_choice(s));
    uint32_t reason = NO_CLAUSE;
    if (s->learnt.count > 1)
        reason = search_add_clause(s, s->learnt.at, s->learnt.count);
    if (!s->starved)
        search_set(s, s->learnt.at[0], reason);
    return !s->starved;
}
