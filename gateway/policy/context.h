#ifndef POLICY_CONTEXT_H
#define POLICY_CONTEXT_H

/*
 * A symbolic context: all that conditions can ask of a message at hop 1, as far as rules can tell
 * it apart, with truth values for what is open. Each attribute is a slot. It holds some of the
 * codes that rules mention, or others that none mentions, and it can be open: there is, or may be,
 * more that is not known. Open without a code is "not known".
 *
 * Exact as to codes: what no rule mentions is told apart only as far as "is same as" can. What the
 * gateway works out (person.child from dates, person.risk_state from citizenships) is free: that
 * something never happens is then a proof, that it can happen may need fields that contradict each
 * other (context_print says where it does). A LOCAL value that contradicts the same field of the
 * message is not considered, nor are approvals: what a rule requires counts as fulfilled.
 */

#include "policy/law.h"
#include "policy/rulebook.h"
#include "policy/search.h"

/** A lane, or all that fit: whatever is empty is open. */
struct lane_scope {
    struct party_pattern from, to;
    struct slice purpose;
    const struct message_type *type; /* never NULL */
    uint64_t at_ms;                  /* decides which rules are in force */
};

/** The slots of the lane itself, which come before those of the laws' attributes. */
enum {
    SLOT_TYPE,
    SLOT_PURPOSE,
    SLOT_SENDER,
    SLOT_SENDER_STATE,
    SLOT_SENDER_ROLE,
    SLOT_RECIPIENT,
    SLOT_RECIPIENT_STATE,
    SLOT_RECIPIENT_ROLE,
    SLOT_INSTRUMENT,
    SLOT_OF_LANE,
};

/** What a slot is where nothing has to be said of it. */
enum rest {
    REST_UNKNOWN,
    REST_NONE,
    REST_CODE, /* it always has one */
};

struct slot {
    struct slice name;
    const struct attribute_kind *kind;
    const struct field_rule *field; /* that it reads, in this message type; NULL if there is none */
    bool personal;
    bool many; /* else one code at most, and none where it is open */
    bool may_open;
    bool may_part; /* open beside codes */
    bool may_none; /* known to have none */
    bool fixed;    /* by the lane or the type; nothing to find out */
    enum rest rest;
    struct slice ordinary; /* of REST_CODE: what need not be told; empty: all is told */
    size_t family;         /* slots that are compared have the same codes */
    struct slice *codes;   /* those of this slot; what no rule mentions has a name that says so */
    uint32_t *has;         /* by code: a literal */
    size_t code_count, code_room;
    uint32_t open; /* a literal */
};

#define CONTEXT_LAWS 2

struct context_question {
    const struct rulebook *rulebook;      /* whose schema and directory count */
    const struct law *laws[CONTEXT_LAWS]; /* one, or two to compare */
    size_t law_count;
    struct lane_scope lane;
    bool any_route; /* also messages that the type does not let this role send, or this one have,
                       or not for this purpose */
};

struct context {
    struct arena *arena;
    struct search *search;
    struct context_question question;
    struct slot *slots;
    size_t slot_count, slot_room;
    size_t *slot_of[CONTEXT_LAWS]; /* by law and attribute */
};

/** Two literals for one truth of three: it is TRUE, and it is TRUE or UNKNOWN. */
struct judgement {
    uint32_t surely, possibly;
};

/** Enough for an arena in which one message type is looked at. */
#define CONTEXT_MAX_BYTES (256UL << 20)

/** Makes the slots and says what they can be. Lives in the arena. MEMORY */
struct status context_new(struct arena *arena, const struct context_question *question,
                          struct context **ret_context);

/** The literal of a slot having a code; SEARCH_FALSE for one that it never has. */
uint32_t context_has(const struct context *context, size_t slot, struct slice code);

/** What an atom of a law gives. */
struct judgement context_judge(struct context *context, const struct law *law, size_t law_index,
                               size_t atom);

/** Whether two States are one, of the sender and the recipient. */
uint32_t context_domestic(struct context *context);

/** The literals of a party being as a pattern says, added to a list. A State that no rule names
 * counts as any other such State, and a party as any that no rule names. */
void context_add_party(struct context *context, size_t party_slot,
                       const struct party_pattern *pattern, struct literals *list);

/** Literals to try for these slots, by slot, so that what is found is as ordinary as it can be;
 * those of the lane always. */
struct literals context_wishes(struct context *context, const bool *slots);

/**
 * The values found last, as a lawyer reads them: "person.cat is VICTIM, recipient.state is XC,
 * person.citizenship is not known". Slots of the lane only where the lane leaves them open, other
 * slots where they differ from their rest, or are said to be told in any case. NULL: MEMORY
 */
const char *context_print(const struct context *context, const bool *slots, const bool *always);

#endif
