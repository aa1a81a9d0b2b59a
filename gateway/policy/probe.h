#ifndef POLICY_PROBE_H
#define POLICY_PROBE_H

/*
 * Questions about one group of fields under one law: can it reach this rank, what is the best it
 * reaches, and an example. Made once per group and asked many times.
 */

#include "policy/symbolic.h"

/** What one search may take; then its answer is undecided, never a guess. */
#define PROBE_STEPS 2000000U

struct probe {
    struct symbolic *symbolic;
    const struct field_group *group;
    const bool *slots;               /* that the level of the group depends on */
    struct literals wishes, asked;   /* asked: of the question at hand */
    size_t clear;                    /* the highest rank */
    size_t telling;                  /* the lowest rank that lets anything through or is stated */
    uint32_t reaches[GRADE_MAX + 1]; /* by rank, from telling to clear; SEARCH_TRUE below */
};

/** A probe of a group; also: a guarantee whose condition matters too, or NULL. MEMORY */
struct status probe_new(struct symbolic *symbolic, const struct field_group *group,
                        const struct rule *also, struct probe *ret_probe);

/** Whether the literals can hold together, with what a lane adds, if that is not NULL. */
enum search_answer probe_ask(struct probe *probe, const struct literals *lane,
                             const uint32_t *literals, size_t count);

/** Asks for ranks from the highest down to those above a floor. SEARCH_FOUND with the rank, which
 * is then the best; SEARCH_UNDECIDED with the rank at which nothing could be said. */
enum search_answer probe_best(struct probe *probe, const struct literals *lane, size_t floor,
                              size_t *ret_rank);

/** The rank in the values found last; 0: nothing. */
size_t probe_rank_found(const struct probe *probe);

/** The grade of a rank of the group. */
uint8_t probe_grade(const struct probe *probe, size_t rank);

#endif
