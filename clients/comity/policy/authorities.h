#ifndef COMITY_POLICY_AUTHORITIES_H
#define COMITY_POLICY_AUTHORITIES_H

/* Whose signatures of a rulebook count, as the user names them: --authority law=FILE. */

#include "comity/invocation.h"
#include "policy/signatures.h"

#define AUTHORITY_KINDS 3 /* law, states, parties */

struct policy_authorities {
    struct object_authority *at[AUTHORITY_KINDS];
    size_t count[AUTHORITY_KINDS];
    struct rulebook_authorities all;
    bool named; /* where not, no signature is asked for */
};

/**
 * Reads all that are given. To be closed also after a failure.
 *
 * COMITY_INPUT     not of this form, or too few: none for the States, fewer than two for the law
 * COMITY_IDENTITY  a file holds no sealing certificate of a party;  COMITY_FAILED
 */
enum comity_exit policy_authorities_open(const struct invocation *invocation,
                                         struct policy_authorities *ret_authorities,
                                         struct comity_fault *reterr);

void policy_authorities_close(struct policy_authorities *authorities);

/** The option, to stand in a table of options. */
#define AUTHORITY_OPTION                                                                           \
    {                                                                                              \
        "authority", FLAG_AUTHORITY, "KIND=FILE", 0,                                               \
            "Who signs law, states or parties: a sealing certificate in PEM", 1                    \
    }

#endif
