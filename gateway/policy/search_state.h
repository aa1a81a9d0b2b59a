#ifndef POLICY_SEARCH_STATE_H
#define POLICY_SEARCH_STATE_H

/* What search.c (what is said and asked), search_gates.c (what is made of it) and search_learn.c
 * (what follows from it) share. */

#include "policy/search.h"

/* A clause in the pool: its size, the next clause of both watched literals, then the literals. */
enum {
    CLAUSE_SIZE,
    CLAUSE_NEXT,
    CLAUSE_LITERALS = CLAUSE_NEXT + 2,
};

#define NO_CLAUSE 0U

struct words {
    uint32_t *at;
    size_t count, room;
};

/** A gate that was made: any of its inputs, which stand sorted in the pool of inputs. */
struct gate {
    uint32_t first, count, any;
};

struct search {
    struct arena *arena;
    bool starved;
    bool impossible; /* what was said contradicts itself */
    size_t variable_count;
    uint8_t *value;                    /* by literal: 1 holds */
    uint8_t *found;                    /* the same of the last values found */
    uint8_t *seen;                     /* by variable, while learning */
    uint32_t *level;                   /* by variable: after how many choices it got its value */
    uint32_t *reason;                  /* by variable: the clause that gave it */
    uint32_t *watch;                   /* by literal: the first clause that watches it */
    size_t room;                       /* variables that the arrays have room for */
    struct words pool;                 /* all clauses; the first word is unused */
    struct words trail;                /* literals that hold, in the order they came */
    struct words choices;              /* how long the trail was before each choice */
    struct words learnt;               /* the clause that is being learnt */
    struct words inputs;               /* of all gates */
    struct literals sorted, opposites; /* of the gate that is being made */
    struct gate *gates;                /* a table by hash; any is 0 where it is free */
    size_t gate_count, gate_room;
    size_t settled; /* of the trail: consequences are drawn */
    size_t steps;   /* left */
};

/** Makes a literal hold, for a reason. */
void search_set(struct search *s, uint32_t literal, uint32_t reason);

/** Adds a clause of at least two literals and watches the first two. NO_CLAUSE when starved. */
uint32_t search_add_clause(struct search *s, const uint32_t *literals, size_t count);

/** Draws all consequences; a clause of which nothing is left, or NO_CLAUSE. */
uint32_t search_propagate(struct search *s);

/** Learns from such a clause, takes choices back and goes on; false: it fails without choices. */
bool search_learn(struct search *s, uint32_t clause);

/** Takes back all but that many choices. */
void search_take_back(struct search *s, size_t choices);

/** Adds a word; a full arena starves the search. */
void words_add(struct search *s, struct words *words, uint32_t word);

#endif
