#ifndef APP_SIGNATORIES_H
#define APP_SIGNATORIES_H

/* Those whose signatures the configuration asks for on the rulebook, with their certificates. On
 * the main thread. */

#include "app/config.h"
#include "app/problems.h"
#include "policy/signatures.h"

struct signatories;

/**
 * Reads the certificates. Every problem found is reported: a file that is no sealing certificate of
 * a party, fewer than two different authorities for the law.
 *
 * ret_signatories  one reference; NULL where the configuration asks for nobody
 *
 * CONFIG, MEMORY
 */
struct status signatories_load(const struct config *config, struct problems *problems,
                               struct signatories **ret_signatories);

/** One more reference; NULL stays NULL. */
struct signatories *signatories_hold(struct signatories *signatories);

/** One reference less; the last one frees. NULL does nothing. */
void signatories_drop(struct signatories *signatories);

/** NULL where nobody is asked for. */
const struct rulebook_authorities *signatories_all(const struct signatories *signatories);

#endif
