#ifndef COMITY_POLICY_SIGNING_H
#define COMITY_POLICY_SIGNING_H

/* Making one authority's signature of one object, and putting it into a rulebook's folder. */

#include "comity/policy/policy.h"
#include "policy/signatures.h"

struct signing {
    const char *certificate, *key; /* files in PEM */
    const char *object;            /* "law" */
    uint64_t from_ms, until_ms;
};

/** A signature that is ready to be written. */
struct signature {
    struct object_statement statement; /* borrows the object's name */
    char authority[16];                /* "XF-MIN-01" */
    uint64_t until_ms; /* of the statement or the certificate, whichever ends first */
    struct buffer octets;
    char path[SIGNATURES_PATH_BYTES + SIGNED_OBJECT_KEY_BYTES]; /* below the folder */
};

/**
 * Signs an object of the folder, and verifies what was made by the certificate.
 *
 * COMITY_INPUT     there is no such object
 * COMITY_IDENTITY  certificate and key are not a sealing certificate and its key; it is not the
 *                  object's State's; it does not hold at the statement's beginning
 * COMITY_FAILED
 */
enum comity_exit signature_make(const struct policy_folder *folder, const struct signing *signing,
                                struct signature *ret_signature, struct comity_fault *reterr);

/** Writes it to its place in the folder. COMITY_FAILED */
enum comity_exit signature_write(const char *folder, const struct signature *signature,
                                 struct comity_fault *reterr);

void signature_done(struct signature *signature);

#endif
