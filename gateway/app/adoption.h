#ifndef APP_ADOPTION_H
#define APP_ADOPTION_H

/*
 * What becomes of objects that peers have: revocation lists are believed by their CA's signature
 * and taken into use at once, objects of the rulebook are kept as offers until an operator
 * accepts them. On the main thread.
 */

#include "app/arrivals.h"
#include "app/state.h"
#include "exchange/rate.h"

/** Where it is kept and said. */
struct adoption_settings {
    const char *journal; /* folder */
    const struct diagnostics *diagnostics;
};

struct adoption;

/** Both settings outlive it. NULL when memory is out. */
struct adoption *adoption_new(const struct adoption_settings *settings);

/** NULL does nothing. */
void adoption_free(struct adoption *adoption);

/** Judges an object by the state in use and keeps it. */
void adoption_take(struct adoption *adoption, const struct state *state,
                   const struct arrival *arrival, struct moment now);

/** Whether lists were kept that are not in use yet: reload_lists is due. */
bool adoption_waits(const struct adoption *adoption);

/** A reload has taken the lists that were kept. */
void adoption_done(struct adoption *adoption);

/** Another state is in use: what it has already is offered no longer. */
void adoption_renewed(struct adoption *adoption, const struct state *state, struct moment now);

#endif
