#ifndef COMITY_CONTEXTS_H
#define COMITY_CONTEXTS_H

/* The context that a command acts in, and the directory it trusts. */

#include "comity/invocation.h"
#include "schema/directory.h"

/** Opens the context that --context, COMITY_CONTEXT or the only one names. */
enum comity_exit context_open(const struct invocation *invocation, struct comity **ret_comity,
                              struct comity_fault *reterr);

/** Reads the directory of the context: States, gateways, logs and their keys. */
enum comity_exit context_directory(const struct invocation *invocation,
                                   struct directory **ret_directory, struct comity_fault *reterr);

#endif
