#ifndef WITNESS_SIGNER_H
#define WITNESS_SIGNER_H

/*
 * The key that cosigns, and the marker beside its file: it says that the key is new, and once the
 * key has a state, which. A key whose state is lost must not cosign again: it could vouch for
 * another history than the one it has vouched for.
 */

#include "audit/note.h"

#define SIGNER_ERROR_BYTES 512
#define SIGNER_PATH_BYTES  4096
#define SIGNER_STATE_BYTES 16 /* of a state's own random name */

enum signer_marker {
    SIGNER_UNMARKED, /* there is none: nobody knows whether the key has cosigned */
    SIGNER_NEW,      /* the key has no state yet */
    SIGNER_HAS_STATE
};

struct signer {
    struct key *key;
    char name[ORIGIN_MAX_BYTES + 1];   /* "ministry.example/witness/1" */
    char vkey[ORIGIN_MAX_BYTES + 64];  /* its text, as the directory lists it */
    enum signer_marker marked;         /* what the marker said when it was loaded */
    uint8_t state[SIGNER_STATE_BYTES]; /* where it names one */
    char marker[SIGNER_PATH_BYTES];    /* its path */
};

/** Writes "what: why" for the operator and gives CONFIG. */
struct status signer_refuse(char error[static SIGNER_ERROR_BYTES], const char *what,
                            const char *why);

/** Makes a new Ed25519 key in a file that is not there yet, for its owner only, and its marker.
 * CONFIG with a sentence in error */
struct status signer_make(const char *path, char error[static SIGNER_ERROR_BYTES]);

/** Loads the key, which shall cosign under this name. CONFIG with a sentence in error */
struct status signer_load(const char *path, const char *name, char error[static SIGNER_ERROR_BYTES],
                          struct signer *ret_signer);

/** Writes the marker: from now on the key has this state and no other. STORE, FULL */
struct status signer_mark(const struct signer *signer,
                          const uint8_t state[static SIGNER_STATE_BYTES]);

void signer_done(struct signer *signer);

#endif
