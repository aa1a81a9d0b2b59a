#ifndef POLICY_LAW_H
#define POLICY_LAW_H

/*
 * Policies as compiled: names resolved to numbers, every atomic test once, rules in an order that
 * does not depend on the files. Immutable after law_parse.
 */

#include "policy/decide.h"
#include "policy/grade.h"

/** What "fields *" covers, as bits 1 << category. */
#define ALL_CATEGORIES (((1U << CATEGORY_COUNT) - 1) & ~(1U << CATEGORY_NONE))

enum rule_kind {
    RULE_NONE,
    RULE_PERMIT,    /* grants its level where its condition is TRUE */
    RULE_LIMIT,     /* caps at its level where its condition is TRUE or UNKNOWN */
    RULE_FORBID,    /* a limit of stated or silent */
    RULE_HOLD,      /* the message waits for a human */
    RULE_REFUSE,    /* the message goes back */
    RULE_GUARANTEE, /* a red line: decides nothing, is proved over the whole law (guarantee.h) */
};

/** Who has compared a citation with its source, and when. */
struct checked {
    struct slice by; /* empty: UNCHECKED */
    uint64_t at_ms;  /* the day */
};

/** The head of a policy, or of an agreement between States. */
struct policy {
    struct slice title, authority, basis;
    struct checked checked; /* of the basis */
    uint64_t version;
    struct slices between;      /* the States of an agreement: its rules apply only where sender and
                                   recipient are of two of them; empty: a policy, for everybody */
    uint64_t from_ms, until_ms; /* in force; until is exclusive */
    struct slice file;          /* path below the rulebook folder */
};

/** Whom from and to name; what is empty matches everybody. */
struct party_pattern {
    struct slice state, role, id;
};

struct attribute_kind;

/** An attribute that some condition names. */
struct attribute {
    struct slice name; /* as written: "person.cat" */
    const struct attribute_kind *kind;
    struct slice member;           /* the field it reads, dotted: "cat"; empty for computed ones */
    const struct field_rule *rule; /* of that field, in one of the types that have it */
    bool personal;                 /* of the person that a field belongs to */
};

enum atom_kind {
    ATOM_IS,    /* is CODE, is one of (...) */
    ATOM_SAME,  /* is same as ATTRIBUTE: a code in common */
    ATOM_KNOWN, /* is known */
};

struct atom {
    enum atom_kind kind;
    bool negated; /* is not ... */
    size_t attribute, other;
    struct slices codes;
};

/** One step of a condition in postfix order. */
struct step {
    enum { STEP_ATOM, STEP_NOT, STEP_AND, STEP_OR } kind;
    size_t test;
};

#define CONDITION_MAX_STEPS 64
#define CONDITION_MAX_DEPTH 16

struct condition {
    struct step *steps;
    size_t count; /* 0: no condition */
};

struct rule {
    enum rule_kind kind;
    struct slice title, basis;
    struct checked checked; /* of the basis */
    size_t policy;          /* index in law->policies */
    size_t line;            /* of its title, in the policy's file */
    struct party_pattern *from, *to;
    size_t from_count, to_count;
    struct slices purposes;
    bool whole;          /* no fields clause: everything, and the message as such */
    uint32_t categories; /* bits 1 << category of fields */
    uint32_t declared;   /* the same of categories that free text declares */
    bool uncarried;      /* members that the type does not carry of protected persons */
    size_t *patterns;    /* indexes in law->patterns */
    size_t pattern_count;
    struct condition when, unless;
    enum level level;           /* what is granted at most, or left at most; of a guarantee: what
                                   may be reached at most */
    uint8_t grade;              /* the same with its parameter, as the law numbers it (grade.h) */
    enum refusal code;          /* of hold and refuse */
    uint32_t obligations;       /* bits of obligations.h that come with what is released */
    uint64_t from_ms, until_ms; /* in force; until is exclusive */
};

/** All arrays live in the arena, which lives in the law. */
struct law {
    struct arena *arena;
    struct policy *policies; /* in the order of files and lines */
    size_t policy_count;
    struct rule *rules; /* by title and basis; guarantees apart */
    size_t rule_count;
    struct rule *guarantees; /* by title and basis */
    size_t guarantee_count;
    struct grades *grades; /* every level that some rule names, and their orders */
    struct attribute *attributes;
    size_t attribute_count;
    struct atom *atoms;
    size_t atom_count;
    struct slice *patterns; /* dotted field names, "contact.*" for all below */
    size_t pattern_count;
    struct engine *engine; /* all of this compiled (engine.h) */
};

/** What laws are checked against. */
struct law_names {
    const struct schema *schema;
    const struct directory *directory;
};

/**
 * Reads law/levels, if there is one, and every file below law/rules/; other files are left alone.
 * Nothing is borrowed from them.
 *
 * CONFIG  with *reterr filled;  MEMORY
 */
struct status law_parse(const struct text_files *files, const struct law_names *names,
                        struct law **ret_law, struct text_error *reterr);

void law_free(struct law *law);

/** Whether a test asks about a person, so that it is false for the case. */
bool atom_is_personal(const struct law *law, const struct atom *atom);

/** Whether a pattern names a party. */
bool party_pattern_fits(const struct party_pattern *pattern, struct slice party);

/** Whether a rule is in force at an instant. */
bool rule_in_force(const struct rule *rule, uint64_t at_ms);

/** Whether a rule can take away from what permits grant. */
bool rule_restricts(const struct rule *rule);

/** Whether a dotted name is covered by a pattern: itself, or anything below "contact.*". */
bool pattern_covers(struct slice pattern, struct slice name);

/** The same of a field, by its pattern as rules write it: "person.x" is that member of any person.
 */
bool pattern_covers_field(struct slice pattern, const struct field_rule *field);

/** Whether a rule covers a field by something else than its category. */
bool rule_names_field(const struct law *law, const struct rule *rule,
                      const struct field_rule *field);

#endif
