#ifndef APP_FORCE_H
#define APP_FORCE_H

/* Whether a rulebook may come into force after those that were, at the start and at each reload. */

#include "app/proof.h"
#include "exchange/snapshot.h"

#define FORCE_WHY_BYTES PROOF_WHY_BYTES

/**
 * Its numbers only rise (rising.h); what was said of logs that ended stays (closings.h); of objects
 * that were not in force yet the signatures hold now, while one that was stays, and what is judged
 * by it waits, once they have ended; and what a law or States that were not in force yet guarantee
 * is proved (proof.h).
 *
 * kept      what is kept; empty: nothing was in force yet
 * signers   who has to sign, to say who of them is revoked; NULL: nobody has to
 * ret_kept  what is to be kept from now on; lives in the arena
 * why       a sentence where it is refused
 *
 * REFUSED object.old, object.closing, object.validity, law.broken;  STORE: what is kept is damaged;
 * FULL: it would be too much;  MEMORY
 */
struct status force_judge(struct arena *arena, struct slice kept, const struct snapshot *snapshot,
                          const struct rulebook_authorities *signers, uint64_t at_ms,
                          struct slice *ret_kept, char why[static FORCE_WHY_BYTES]);

#endif
