#ifndef POLICY_SEARCH_H
#define POLICY_SEARCH_H

/*
 * Whether truth values can be found that fit everything that was said. Variables are numbered as
 * they are made; a literal is 2 * variable, or that + 1 for its negation. What is said once stays;
 * each question adds assumptions of its own. Exact: SEARCH_FOUND comes with the values, SEARCH_NONE
 * is a proof, and a question that takes more than its steps is SEARCH_UNDECIDED.
 *
 * The method is DPLL with propagation and learnt clauses (J. Marques-Silva, K. Sakallah: GRASP,
 * 1996).
 */

#include "base/arena.h"

#define SEARCH_TRUE  0U
#define SEARCH_FALSE 1U

/** The opposite of a literal. */
#define SEARCH_NOT(literal) ((literal) ^ 1U)

enum search_answer {
    SEARCH_UNDECIDED, /* zero: nothing is known */
    SEARCH_NONE,
    SEARCH_FOUND,
};

struct search;

/** Lives in the arena. NULL when the arena is full. */
struct search *search_new(struct arena *arena);

/** Whether the arena was full at some time; no answer counts then. */
bool search_starved(const struct search *search);

/** A new variable, as its literal. SEARCH_FALSE when the arena is full. */
uint32_t search_variable(struct search *search);

/** Says that at least one of the literals holds. */
void search_say(struct search *search, const uint32_t *literals, size_t count);
void search_say_one(struct search *search, uint32_t literal);
void search_say_two(struct search *search, uint32_t a, uint32_t b);

/** A literal that holds where all of the literals hold, and nowhere else; or any of them. What was
 * asked for before gives the literal of then, so that laws that say the same are seen to. */
uint32_t search_all(struct search *search, const uint32_t *literals, size_t count);
uint32_t search_any(struct search *search, const uint32_t *literals, size_t count);
uint32_t search_both(struct search *search, uint32_t a, uint32_t b);
uint32_t search_either(struct search *search, uint32_t a, uint32_t b);

/** Literals as a list that grows in the arena. */
struct literals {
    uint32_t *at;
    size_t count, room;
};

/** Adds one; a full arena starves the search. */
void literals_add(struct search *search, struct literals *list, uint32_t literal);

struct search_question {
    const uint32_t *assumed; /* what must hold */
    size_t assumed_count;
    const uint32_t *wishes; /* tried first, in this order; the answer is SEARCH_FOUND as soon as all
                               of their variables have values that fit, so they must determine the
                               rest */
    size_t wish_count;
    size_t steps; /* the most values to give or take back */
};

/** Asks. Afterwards search_holds tells the values of SEARCH_FOUND. */
enum search_answer search_ask(struct search *search, const struct search_question *question);

/** Whether a literal holds in the values found last. */
bool search_holds(const struct search *search, uint32_t literal);

#endif
