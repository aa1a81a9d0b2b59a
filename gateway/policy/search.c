#include "policy/search.h"

#include "policy/search_state.h"

#define ROOM_FIRST 256

/* A copy of an array with room for more. */
static void *grown(struct search *s, const void *at, size_t count, size_t room, size_t size)
{
    void *more = arena_array(s->arena, room, size);
    if (more == NULL)
        s->starved = true;
    else if (count > 0)
        memcpy(more, at, count * size);
    return more;
}

static void grow(struct search *s)
{
    size_t n = s->variable_count, room = s->room == 0 ? ROOM_FIRST : 2 * s->room;
    uint8_t *value = grown(s, s->value, 2 * n, 2 * room, sizeof *value);
    uint8_t *found = grown(s, s->found, 2 * n, 2 * room, sizeof *found);
    uint8_t *seen = grown(s, s->seen, n, room, sizeof *seen);
    uint32_t *level = grown(s, s->level, n, room, sizeof *level);
    uint32_t *reason = grown(s, s->reason, n, room, sizeof *reason);
    uint32_t *watch = grown(s, s->watch, 2 * n, 2 * room, sizeof *watch);
    if (s->starved)
        return;
    s->value = value;
    s->found = found;
    s->seen = seen;
    s->level = level;
    s->reason = reason;
    s->watch = watch;
    s->room = room;
}

struct search *search_new(struct arena *arena)
{
    struct search *s = arena_alloc(arena, sizeof *s);
    if (s == NULL)
        return NULL;
    s->arena = arena;
    words_add(s, &s->pool, 0);
    if (!s->starved && search_variable(s) == SEARCH_TRUE)
        search_say_one(s, SEARCH_TRUE);
    return s->starved ? NULL : s;
}

bool search_starved(const struct search *s)
{
    return s->starved;
}

uint32_t search_variable(struct search *s)
{
    if (s->variable_count == s->room)
        grow(s);
    return s->starved ? SEARCH_FALSE : 2 * (uint32_t)s->variable_count++;
}

static bool has(const struct words *words, uint32_t word)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->at[i] == word)
            return true;
    return false;
}

/* Before any choice: what fails already is left out, and what holds already need not be said. */
void search_say(struct search *s, const uint32_t *literals, size_t count)
{
    search_take_back(s, 0);
    s->learnt.count = 0;
    for (size_t i = 0; i < count && !s->starved; i++) {
        if (s->value[literals[i]] != 0 || has(&s->learnt, SEARCH_NOT(literals[i])))
            return;
        if (s->value[SEARCH_NOT(literals[i])] == 0 && !has(&s->learnt, literals[i]))
            words_add(s, &s->learnt, literals[i]);
    }
    if (s->starved)
        return;
    if (s->learnt.count > 1)
        search_add_clause(s, s->learnt.at, s->learnt.count);
    else if (s->learnt.count == 1)
        search_set(s, s->learnt.at[0], NO_CLAUSE);
    else
        s->impossible = true;
}

void search_say_one(struct search *s, uint32_t literal)
{
    search_say(s, &literal, 1);
}

void search_say_two(struct search *s, uint32_t a, uint32_t b)
{
    search_say(s, (const uint32_t[]){a, b}, 2);
}

/* The next literal to choose; SEARCH_TRUE if there is nothing left, SEARCH_FALSE if an assumption
 * fails. An assumption that holds already is chosen too, so that each has its place. */
static uint32_t next_choice(const struct search *s, const struct search_question *q, size_t *wish)
{
    if (s->choices.count < q->assumed_count) {
        uint32_t literal = q->assumed[s->choices.count];
        return s->value[SEARCH_NOT(literal)] != 0 ? SEARCH_FALSE : literal;
    }
    for (; *wish < q->wish_count; (*wish)++) {
        uint32_t literal = q->wishes[*wish];
        if (s->value[literal] == 0 && s->value[SEARCH_NOT(literal)] == 0)
            return literal;
    }
    return SEARCH_TRUE;
}

static void choose(struct search *s, uint32_t literal)
{
    words_add(s, &s->choices, (uint32_t)s->trail.count);
    if (!s->starved && s->value[literal] == 0)
        search_set(s, literal, NO_CLAUSE);
}

static enum search_answer find(struct search *s, const struct search_question *q)
{
    size_t wish = 0;
    while (!s->starved && s->steps > 0) {
        uint32_t clause = search_propagate(s);
        if (clause != NO_CLAUSE) {
            wish = 0;
            if (search_learn(s, clause))
                continue;
            s->impossible = !s->starved;
            return s->starved ? SEARCH_UNDECIDED : SEARCH_NONE;
        }
        bool assumed = s->choices.count < q->assumed_count;
        uint32_t literal = next_choice(s, q, &wish);
        if (literal == SEARCH_FALSE)
            return SEARCH_NONE;
        if (literal == SEARCH_TRUE && !assumed)
            return SEARCH_FOUND;
        choose(s, literal);
    }
    return SEARCH_UNDECIDED;
}

enum search_answer search_ask(struct search *s, const struct search_question *question)
{
    search_take_back(s, 0);
    if (s->impossible)
        return SEARCH_NONE;
    s->steps = question->steps;
    enum search_answer answer = find(s, question);
    if (s->starved)
        return SEARCH_UNDECIDED;
    if (answer == SEARCH_FOUND)
        memcpy(s->found, s->value, 2 * s->variable_count);
    return answer;
}

bool search_holds(const struct search *s, uint32_t literal)
{
    return s->found[literal] != 0;
}
