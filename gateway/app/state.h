#ifndef APP_STATE_H
#define APP_STATE_H

/*
 * What is judged by: our certificate, the CAs and their revocation lists, the rulebook. Read from
 * files as a whole or not at all, at the start and again at each reload, and never changed. Where
 * only revocation lists are new the next state has the rulebook of this one.
 */

#include "app/config.h"
#include "app/problems.h"
#include "app/signatories.h"
#include "exchange/snapshot.h"
#include "tls/context.h"

#define RULEBOOK_MAX_BYTES (64U << 20) /* of a folder that is read */

struct state {
    struct tls_context *context;
    struct snapshot *snapshot;
    struct signatories *signatories;     /* who had to sign the rulebook; NULL: nobody */
    char candidate_wrong[PROBLEM_BYTES]; /* why what the configuration names is none; "": it is */
};

/**
 * Builds the state. Every problem found is reported; CONFIG if there was any. The rulebook must be
 * signed as the configuration asks for: REFUSED with the reason where it is not, of which a gateway
 * that works makes an entry. Whether signatures that have ended are in the way depends on what was
 * in force: force.h.
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

/**
 * Reads a folder and gives the rulebook; reports why there is none: NULL. Part of state_load.
 *
 * arena  for the files; NULL: memory is out
 */
struct rulebook *state_rulebook(const char *path, struct problems *problems, struct arena *arena,
                                struct text_files *ret_files);

/**
 * Gives the snapshot the candidate that the configuration names, which nobody has to have signed.
 * Where that is no rulebook the snapshot has none, and candidate_wrong says why: it stops nothing.
 * Its counts go on where neither it nor the rulebook in force has changed. Part of state_load.
 */
void state_candidate(const struct config *config, const struct state *previous,
                     struct state *state);

/** Who is revoked by the lists in use, for seals and for those who sign the rulebook. MEMORY */
struct status state_revocations(struct arena *arena, const struct tls_context *context,
                                struct revocations **ret_revocations);

/** Who has to sign the rulebook, and who of them is revoked by the lists in use; borrowed from the
 * state. False: nobody has to. */
bool state_authorities(const struct state *state, struct rulebook_authorities *ret_authorities);

/**
 * Notes in a rulebook that is shared until when its signatures hold by these lists, judged by the
 * signatures that its objects have. Part of state_load_lists.
 *
 * ret_again  see rulebook_again
 *
 * REFUSED, MEMORY
 */
struct status state_endorse_again(const struct snapshot *snapshot,
                                  const struct rulebook_authorities *authorities, uint64_t at_ms,
                                  struct rulebook **ret_again, struct text_error *reterr);

/** Prints what a good configuration leads to, for people: until when everything holds. */
void state_print(const char *path, const struct state *state);

/** NULL does nothing. */
void state_free(struct state *state);

/** Reports every file of the state that this process has no right to read: after giving up root,
 * none is there for a reload that only root may read. */
void state_readable(const struct config *config, struct problems *problems);

#endif
