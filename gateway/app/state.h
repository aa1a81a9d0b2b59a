#ifndef APP_STATE_H
#define APP_STATE_H

/*
 * What is judged by: our certificate, the CAs and their revocation lists, the rulebook. Read from
 * files as a whole or not at all, at the start and again at each reload, and never changed. Where
 * only revocation lists are new the next state has the rulebook of this one.
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

/**
 * Builds the state in use anew with the certificate, CAs and revocation lists that lie there now;
 * its rulebook is shared. Nothing else is read. Every problem found is reported; CONFIG if there
 * was any.
 *
 * config  in use
 */
struct status state_load_lists(const struct config *config, const struct state *previous,
                               struct problems *problems, struct state **ret_state);

/**
 * Makes what is handed to others: the objects of the rulebook, and the revocation lists of each
 * State. Part of state_load.
 *
 * CONFIG, FULL  as objects_new;  MEMORY
 */
struct status state_objects(struct arena *arena, const struct text_files *files,
                            const struct rulebook *rulebook, const struct tls_context *context,
                            struct objects **ret_objects);

/** The same with the folders of other objects, which need no files then. MEMORY */
struct status state_objects_renew(struct arena *arena, const struct objects *of,
                                  const struct tls_context *context, struct objects **ret_objects);

/** Prints what a good configuration leads to, for people: until when everything holds. */
void state_print(const char *path, const struct state *state);

/** NULL does nothing. */
void state_free(struct state *state);

/** Reports every file of the state that this process has no right to read: after giving up root,
 * none is there for a reload that only root may read. */
void state_readable(const struct config *config, struct problems *problems);

#endif
