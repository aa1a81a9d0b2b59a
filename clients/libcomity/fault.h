#ifndef LIBCOMITY_FAULT_H
#define LIBCOMITY_FAULT_H

/* Faults of the library, and what exit code each refusal code has. */

#include "base/status.h"
#include "libcomity/comity.h"

/** What to do about a refusal, a sentence without its full stop; "" where there is none. */
const char *refusal_advice(enum refusal refusal);

/** The exit code of a refusal code on the wire; COMITY_FAILED for REFUSAL_NONE. */
enum comity_exit exit_of(enum refusal refusal);

/**
 * Fills the fault and gives s back. The code is that of the refusal, else the status's in capitals;
 * format as printf says what failed, on which object and why.
 */
[[gnu::format(printf, 3, 4)]] struct status fault_set(struct comity_fault *reterr, struct status s,
                                                      const char *format, ...);

/** The user's document or arguments are wrong: fills the fault with this refusal code. CONFIG */
[[gnu::format(printf, 3, 4)]] struct status
fault_input(struct comity_fault *reterr, enum refusal refusal, const char *format, ...);

/** Something received does not verify: exit 9, or 10 or 11 where it is stale or forked. */
[[gnu::format(printf, 3, 4)]] struct status fault_verify(struct comity_fault *reterr,
                                                         struct status s, const char *format, ...);

/** Adds what to do next. */
[[gnu::format(printf, 2, 3)]] void fault_hint(struct comity_fault *reterr, const char *format, ...);

/** The exit code of a finished call: COMITY_DONE with an empty fault, or that of the fault, filled
 * if it is not yet. */
enum comity_exit fault_exit(struct comity_fault *reterr, struct status s);

#endif
