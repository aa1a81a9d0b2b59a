#ifndef MESSAGE_SIGNER_H
#define MESSAGE_SIGNER_H

/* Who signs seals and approvals, and the one way in which such a signature is judged. */

#include "crypto/cose.h"
#include "crypto/revocations.h"
#include "schema/directory.h"
#include "wire/names.h"

/** Whom a signed object names, and the certificates that the directory lists for them. */
struct signer {
    const struct directory *directory;
    struct slice party;
    struct slice officer;                          /* empty for the party itself */
    const struct dated_certificates *certificates; /* NULL if the directory has none */
    const struct revocations *revoked;             /* NULL: not looked at */
};

/**
 * Verifies a COSE_Sign1 with the signer's certificate that x5t names, judged at at_ms.
 *
 * REFUSED  seal.signer, seal.identity, seal.validity, seal.revoked, seal.alg, seal.low_s,
 *          seal.signature
 * MEMORY
 */
struct status signer_verify(const struct signer *signer, const struct cose *cose, uint64_t at_ms);

#endif
