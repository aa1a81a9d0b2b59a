#ifndef APP_STATE_H
#define APP_STATE_H

/*
 * Everything that the daemon reads at its start, before it gives up privileges: keys, certificates,
 * rulebook, listeners. Built as a whole or not at all; --check-config builds and drops it.
 */

#include "app/config.h"
#include "crypto/secret.h"
#include "exchange/snapshot.h"
#include "tls/context.h"

struct state {
    struct tls_context *context;
    struct key *log_key;
    struct keyring *keyring;
    struct snapshot *snapshot;
    int *listeners; /* per worker one for each address */
    unsigned listener_count, worker_count;
};

/** Where problems are reported: one sentence each, all of them, not the first only. */
typedef void state_problem(void *owner, const char *sentence);

/**
 * Builds the state. Every problem found is reported; CONFIG if there was any.
 */
struct status state_load(const struct config *config, state_problem *problem, void *owner,
                         struct state **ret_state);

/** Closes and frees all that has not been taken over (listeners set to NULL). */
void state_free(struct state *state);

/** Reads a rulebook folder. CONFIG with a sentence in error */
struct status rulebook_load(const char *path, struct rulebook **ret_rulebook,
                            char error[static CONFIG_ERROR_BYTES]);

#endif
