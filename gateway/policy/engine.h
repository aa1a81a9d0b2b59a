#ifndef POLICY_ENGINE_H
#define POLICY_ENGINE_H

/*
 * The law compiled when it is read, so that a decision compares no names. Every test of a condition
 * is a bit, twice: below, the test itself; `words` words above, its negation ("is not"). A field's
 * values become the bits that they make true by one look-up each; a rule's condition is up to 64
 * pairs of masks. Immutable but for the lanes (lanes.h), which are built when they are first used.
 */

#include "policy/interned.h"
#include "policy/law.h"

/** Masks over one word of test bits. */
struct term {
    uint64_t must, never;
    uint32_t word;
};

/** A run of an array. */
struct span {
    uint32_t first, count;
};

/** How an attribute's values become test bits. Its own tests stand in `count` words from `first`.
 */
struct sensor {
    uint32_t first, count;
    uint64_t *is, *known; /* its tests of codes, and "is known" */
    uint32_t source;      /* where its values stand; NO_SOURCE where its kind finds them */
    bool closed;          /* of the protection record: what is not there is not so */
    bool fixed;           /* by the lane: of the parties, the purpose and the type */
};

#define NO_SOURCE    UINT32_MAX
#define NO_ATTRIBUTE UINT32_MAX

/** What a message type's fields are to the law, by field_rule.number. */
struct type_plan {
    const struct message_type *type;
    size_t count;
    uint32_t *sources;    /* NO_SOURCE where nothing asks for the field */
    uint8_t *orders;      /* of its levels (grade.h) */
    uint32_t orders_used; /* as bits */
};

struct engine {
    size_t words;            /* of tests; a vector of test bits has twice as many */
    uint32_t *bits;          /* by atom: its bit */
    uint64_t *personal;      /* tests of a person, which are false for the case; `words` words */
    struct sensor *sensors;  /* by attribute */
    struct interned codes;   /* (attribute, code): what some test asks for */
    uint64_t **hits;         /* by code: the tests it makes true, in its attribute's words */
    struct interned sources; /* (SOURCE_OF_..., name): what some attribute is read from */
    struct type_plan *types; /* by address of the type */
    size_t type_count;
    struct span *rules;        /* by rule: its conjunctions */
    struct span *conjunctions; /* their terms */
    struct term *terms;
    struct interned parties; /* that some rule names one by one */
    struct lanes *lanes;
};

/** Keys of sources. */
enum {
    SOURCE_OF_CASE,
    SOURCE_OF_PERSON,
};

/** The members of persons from which attributes are computed; these sources are always there. */
#define MEMBER_SOURCES(X)                                                                          \
    X(AGE_APPEAL_OPEN, "age_appeal_open")                                                          \
    X(AGE_GROUP, "age_group")                                                                      \
    X(AGE_STATUS, "age_status")                                                                    \
    X(ASYLUM_FEARED, "asylum.feared")                                                              \
    X(CITIZENSHIP, "citizenship")                                                                  \
    X(DOB, "dob")                                                                                  \
    X(DOB_IN_DOC, "docs.dob_in_doc")                                                               \
    X(DOCS_GENUINE, "docs.genuine")                                                                \
    X(FLAGS, "flags")                                                                              \
    X(OFFICIALS, "risk.officials_implicated")                                                      \
    X(RESIDENCE_FORMER, "residence_former")                                                        \
    X(RISK_FACTORS, "risk.factors")                                                                \
    X(RISK_STATES, "risk.states")                                                                  \
    X(STATELESS, "stateless")

enum member_source {
#define X(name, text) MEMBER_##name,
    MEMBER_SOURCES(X)
#undef X
        MEMBER_SOURCE_COUNT
};

/**
 * Compiles a law; to be called last, before others see it.
 *
 * CONFIG  a rule's condition takes more than CONJUNCTIONS_MAX conjunctions, told with its file and
 *         line;  MEMORY
 */
struct status law_compile(struct law *law, const struct law_names *names,
                          struct text_error *reterr);

/** Frees what grew after that. NULL does nothing. */
void engine_free(struct engine *engine);

/** What a type's fields are to the law; made anew in the arena for a type of another rulebook.
 * NULL if memory is out. */
const struct type_plan *engine_type(const struct law *law, const struct message_type *type,
                                    struct arena *arena);

/** The source that a field's name has; NO_SOURCE if no attribute is read from it. */
uint32_t engine_source(const struct engine *engine, uint32_t key, struct slice name);

#endif
