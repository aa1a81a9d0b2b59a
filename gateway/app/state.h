#ifndef APP_STATE_H
#define APP_STATE_H

/*
 * What is judged by: our certificate, the CAs and their revocation lists, the rulebook. Read from
 * files as a whole or not at all, at the start and again at each reload, and never changed.
 */

#include "app/config.h"
#include "app/problems.h"
#include "exchange/snapshot.h"
#include "tls/context.h"

struct state {
    struct tls_context *context;
    struct snapshot *snapshot;
};

/**
 * Builds the state. Every problem found is reported; CONFIG if there was any.
 *
 * log_key   the directory must list it for our log; NULL: that is not checked
 * previous  the state in use, whose revocation lists must not be newer; NULL at the start
 */
struct status state_load(const struct config *config, const struct key *log_key,
                         const struct state *previous, struct problems *problems,
                         struct state **ret_state);

/** Prints what a good configuration leads to, for people: until when everything holds. */
void state_print(const char *path, const struct state *state);

/** NULL does nothing. */
void state_free(struct state *state);

/** Reports every file of the state that this process has no right to read: after giving up root,
 * none is there for a reload that only root may read. */
void state_readable(const struct config *config, struct problems *problems);

#endif
