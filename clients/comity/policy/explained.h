#ifndef COMITY_POLICY_EXPLAINED_H
#define COMITY_POLICY_EXPLAINED_H

/* What comity policy explain tells of a field, and how. */

#include <jansson.h>

#include "comity/policy/message.h"
#include "policy/explain.h"

/** One field and why it has its level. */
struct explained {
    const char *path, *level;
    struct slice rule, basis;              /* empty: none, or none that is known */
    const struct explanation *explanation; /* NULL: nothing more is known */
};

/** One field as JSON, for the list that explained_print takes; a new reference. */
json_t *explained_json(const struct explained *field);

/** Prints a list of them for people. */
void explained_print(const struct invocation *invocation, const json_t *fields);

/**
 * Explains a received message: what came of it and what was stated as withheld, by the law that the
 * context trusts and what the message shows. The gateway is not asked.
 *
 * COMITY_UNKNOWN  this context has received none of this id;  COMITY_VERIFY, and as comity_show
 */
enum comity_exit explain_received(const struct invocation *invocation, struct comity *comity,
                                  const char *id, struct comity_fault *reterr);

#endif
