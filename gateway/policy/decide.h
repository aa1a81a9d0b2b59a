#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

/*
 * What the law says about one message to one recipient: a level per field, and deliver, hold or
 * refuse for the whole. Pure, and deaf to the order of rules (R-GEN-08).
 *
 * For a recipient of another State the decision runs with and without local attributes; if they
 * differ, the message is held (R-ASY-03, R-WIT-01): what leaves never depends on them.
 *
 * A message that another gateway has let go under the same law (hop 2) starts as granted. Only what
 * certainly applies takes away more, for hop 1 saw what is not here; nothing is derived.
 */

#include "message/claims.h"
#include "message/release.h"
#include "policy/rulebook.h"
#include "schema/document.h"

enum outcome {
    OUTCOME_REFUSE, /* zero is no */
    OUTCOME_HOLD,
    OUTCOME_DELIVER,
};

enum level {
    LEVEL_SILENT, /* zero: withheld without a trace */
    LEVEL_STATED,
    LEVEL_PSEUDONYM, /* a value that is the same for this recipient in this case only */
    LEVEL_GENERALISE,
    LEVEL_MASK, /* of a number, its end */
    LEVEL_CLEAR,
};

/** "clear", "mask", "generalise", "pseudonym", "stated", "silent". Static storage. */
const char *level_name(enum level level);

struct verdict {
    enum level level;
    uint8_t grade; /* the level with its parameter, as the law numbers it (grade.h) */
    bool released; /* the sender's own field goes: in clear, or kept where its category is
                      generalised */
    struct slice rule, basis; /* of the deciding rule; "default deny" where none permits */
};

/** A value that the gateway makes of a sender's field. Hop 1 only. */
struct derivation {
    struct slice path;
    struct slice transform; /* "summary", "generalise", "mask", "pseudonym" */
    size_t source;          /* index in document->items */
    struct slice value;     /* MessagePack, one leaf */
};

struct category_count {
    enum category category;
    uint64_t count;
};

struct decision {
    enum outcome outcome;
    enum refusal code; /* unless delivered: E_HELD, E_CATEGORY, ... */
    struct slice rule; /* that refused or held; empty otherwise. Never told to the sender */
    const struct verdict *verdicts;       /* one per document item */
    const struct derivation *derivations; /* sorted by path */
    size_t derivation_count;
    const struct withholding *withheld; /* stated, sorted by path; hop 1's among them */
    size_t withheld_count;
    struct slices obligations;           /* sorted */
    const struct category_count *silent; /* silent removals, in the order of the codes */
    size_t silent_count;
    uint64_t released, transformed, withheld_total; /* the report, as the law says without locals */
};

struct question {
    const struct rulebook *rulebook;
    const struct release *relayed; /* hop 1's: its withholdings and obligations are carried on;
                                      NULL where the sender is at home here */
    const struct claims *claims;
    const struct document *document;
    const struct leaf *locals; /* sorted by path; persons/~x/asylum/status */
    size_t local_count;
    uint64_t at_ms; /* created of the message decides ages; this decides validity of rules */
    bool approved;  /* two officers have approved the release */
    const uint8_t *pseudonym_key; /* 32 octets, of this recipient and case; NULL: what would be
                                     shown as a pseudonym is withheld */
};

/** Decides. MEMORY is the only failure: whatever else goes wrong withholds, holds or refuses. */
struct status policy_decide(struct arena *arena, const struct question *question,
                            const struct decision **ret_decision);

#endif
