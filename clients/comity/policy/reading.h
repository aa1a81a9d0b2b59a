#ifndef COMITY_POLICY_READING_H
#define COMITY_POLICY_READING_H

/* A folder as those who write law have it: a whole rulebook, or the law alone with the vocabulary
 * at its top. A law alone is read with the States and parties that the context trusts, if there is
 * a context. */

#include "comity/policy/policy.h"
#include "policy/law.h"

/**
 * As policy_open; path NULL: the rulebook that the context trusts. To be closed with policy_close,
 * also after a failure.
 * COMITY_INPUT: it is no law, or ret_folder->wrong says what is wrong with it;  COMITY_FAILED
 */
enum comity_exit policy_reading_open(const struct invocation *invocation, const char *path,
                                     struct policy_folder *ret_folder, struct comity_fault *reterr);

#endif
