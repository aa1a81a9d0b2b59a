#ifndef POLICY_DERIVE_H
#define POLICY_DERIVE_H

/*
 * What the gateway makes of withheld fields: an age group where demographic data are generalised,
 * the sender's own summary where the facts fall (R-GEN-07).
 */

#include "message/field.h"
#include "policy/weigh.h"

/** The derivations of one decision, as they are made. */
struct derivations {
    struct derivation *at; /* room for one per item, one per person and one more */
    size_t count;
};

/** Sorts them by path. */
void derivations_sort(struct derivations *derivations);

/** Whether, of sorted ones, one is made at this path, below it or above it. */
bool derivations_touch(const struct derivations *derivations, struct slice path);

/**
 * Of what is to be generalised: keeps sex, drops the rest, and derives the age group of a person
 * whose birth date is there. No other category can be generalised. The age group counts as the
 * field of that name: it is not derived where that field would be withheld, nor where a restriction
 * names the birth date and withholds it, or makes it silent in whatever way; what the rules oblige
 * to for it is added to ret_obligations. At hop 2 nothing is derived, and of what hop 1 derived age
 * groups are kept. MEMORY
 */
struct status derive_generalised(const struct weighing *weighing, struct verdict *verdicts,
                                 struct derivations *derivations, uint32_t *ret_obligations);

/**
 * Withholds the facts silently, with what they declare, unless every declared category would be in
 * clear for every declared subject; points to the releasable summary instead, if that is released.
 * At hop 2 they are withheld only where a declared category certainly is, and hop 1's pointer goes
 * with the summary. A subject listed more than once is declared in every listing. Facts that are
 * released carry what the rules oblige to for all that they declare: added to ret_obligations.
 * MEMORY
 */
struct status derive_together(const struct weighing *weighing, struct verdict *verdicts,
                              struct derivations *derivations, uint32_t *ret_obligations);

/**
 * What is shown, but neither in clear nor as "generalise" alone shows it: derives it from the
 * sender's own values, field by field (transform.h). To be called last. What has no such form, or
 * has come to hop 2 unchanged or in one that says more, is withheld silently. MEMORY
 */
struct status derive_transformed(struct facts *facts, struct verdict *verdicts,
                                 struct derivations *derivations);

#endif
