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
    struct derivation *at; /* room for one per person and one more */
    size_t count;
};

/**
 * Of what is to be generalised: keeps sex, drops the rest, and derives the age group of a person
 * whose birth date is there. No other category can be generalised. At hop 2 nothing is derived, and
 * what hop 1 derived is kept. MEMORY
 */
struct status derive_generalised(struct facts *facts, struct verdict *verdicts,
                                 struct derivations *derivations);

/**
 * Withholds the facts silently, with what they declare, unless every declared category would be in
 * clear for every declared subject; points to the releasable summary instead, if that is released.
 * At hop 2 they are withheld only where a declared category certainly is, and hop 1's pointer goes
 * with the summary. MEMORY
 */
struct status derive_together(const struct weighing *weighing, struct verdict *verdicts,
                              struct derivations *derivations);

#endif
