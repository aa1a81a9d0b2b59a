#ifndef COMITY_PKI_FILES_H
#define COMITY_PKI_FILES_H

/*
 * The files of a renewal. Of a pair NAME.crt, NAME.key there are NAME.next.key and NAME.next.csr
 * from the request on, NAME.next.crt while the pair is exchanged, and afterwards
 * NAME.previous.crt and NAME.previous.key.
 */

#include "comity/pki/pki.h"

/** A pair of certificate and key, and the request that may lie beside them. */
struct pki_pair {
    char certificate[PKI_PATH_BYTES], key[PKI_PATH_BYTES], request[PKI_PATH_BYTES];
};

struct pki_names {
    struct pki_pair base, next, previous; /* base: what other programs know the pair by */
    bool switched;                        /* the context names next: a renewal was broken off */
};

/** COMITY_INPUT: certificate and key are in one file, the key is another user's, or a path is too
 * long. */
enum comity_exit pki_names_of(struct comity_context *context, enum pki_use use,
                              struct pki_names *ret_names, struct comity_fault *reterr);

/** Writes a new private key, durably and never over a file that is there: COMITY_CONFLICT then. */
enum comity_exit pki_write_key(const struct key *key, const char *path,
                               struct comity_fault *reterr);

/** Replaces one file by a copy of another, durably and in one step. */
enum comity_exit pki_copy(const char *from, const char *to, unsigned mode,
                          struct comity_fault *reterr);

/** Whether there is such a file. */
bool pki_exists(const char *path);

#endif
