#ifndef APP_PROOF_H
#define APP_PROOF_H

/* A law's guarantees, proved before it comes into force. A law that was in force is not proved
 * again at each start and reload: the proof covers all later days. */

#include "policy/rulebook.h"

#define PROOF_WHY_BYTES 1000

/**
 * why  a sentence where one is violated, with its counter-example: names and codes alone
 *
 * REFUSED law.broken;  MEMORY
 */
struct status proof_judge(const struct rulebook *rulebook, uint64_t at_ms,
                          char why[static PROOF_WHY_BYTES]);

#endif
