#ifndef COMITY_POLICY_MESSAGE_H
#define COMITY_POLICY_MESSAGE_H

/* A document, or a message that was made of one, decided without a gateway, by the law of a folder:
 * for scenarios, and for whoever writes law. What a gateway knows of persons is what the document's
 * own LOCAL blocks say. */

#include <jansson.h>

#include "comity/policy/policy.h"
#include "message/field.h"
#include "policy/decide.h"

struct policy_message {
    struct arena *arena; /* owns everything */
    struct claims claims;
    const struct document *document;
    struct question question;
    const struct decision *decision; /* NULL until policy_message_decide */
    const char **labels;             /* by item: "persons/V1/name/family", "items/1/measure" */
};

struct policy_letter {
    const json_t *document;
    struct slice from, to;
    uint64_t at_ms; /* when it is sent and decided */
};

/**
 * Composes and judges a document. To be ended also after a failure.
 * COMITY_INPUT: it is no message of this rulebook, with the place in the document;  COMITY_FAILED
 */
enum comity_exit policy_message_begin(const struct rulebook *rulebook,
                                      const struct policy_letter *letter,
                                      struct policy_message *ret_message,
                                      struct comity_fault *reterr);

/** A message that was sealed already. */
struct policy_sealed {
    const struct claims *claims;     /* borrowed */
    const struct contents *contents; /* borrowed */
    const struct local_value *locals;
    size_t local_count;
    bool received; /* what is here was let go, and need not be all */
    uint64_t at_ms;
};

/** The same of a sealed message. */
enum comity_exit policy_message_open(const struct rulebook *rulebook,
                                     const struct policy_sealed *sealed,
                                     struct policy_message *ret_message,
                                     struct comity_fault *reterr);

/** Decides it. COMITY_FAILED */
enum comity_exit policy_message_decide(struct policy_message *message, struct comity_fault *reterr);

/** The label of a place in the message that need not be a field: "persons/V1/docs". In the arena;
 * NULL: MEMORY */
const char *policy_message_label(const struct policy_message *message, struct slice path);

void policy_message_end(struct policy_message *message);

#endif
