#ifndef POLICY_REACH_H
#define POLICY_REACH_H

/*
 * What can ever reach somebody, whatever a message says: for each field the best level of all
 * messages of a lane, with an example, or never. See context.h for what is exact and what is free,
 * and symbolic.h for what counts as reaching.
 *
 * `comity policy reach`: reach_of for each type in question, printing rows; `who-sees`: who_sees.
 */

#include "policy/probe.h"

enum reach_answer {
    REACH_UNDECIDED, /* the search took too many steps: nothing is said */
    REACH_NEVER,     /* proved: no message of the lane */
    REACH_CAN,
};

struct reach_row {
    const struct field_rule *field; /* NULL: a category as free text declares it of a person */
    enum category category;         /* a field whose category depends on values has several rows */
    const char *name;               /* "persons.name.family", "declared.identity" */
    enum reach_answer answer;
    uint8_t grade;           /* REACH_CAN: the best, as law->grades numbers it; else the silent */
    const struct rule *rule; /* the permit that grants it in the example; NULL if none */
    const char *example;     /* "person.cat is VICTIM, message.owner is not known"; "" if nothing
                                needs to be said; NULL unless REACH_CAN */
};

struct reach {
    const struct reach_row *rows; /* in the order of the type's fields */
    size_t count;
};

/**
 * The best level of every field of a type in a lane. Parts of the lane that are empty are open: any
 * sender, recipient or purpose that the type lets have it, and the example says which. All lives in
 * the arena. A lane that the type does not allow reaches nothing. MEMORY
 */
struct status reach_of(struct arena *arena, const struct rulebook *rulebook,
                       const struct lane_scope *lane, struct reach *ret_reach);

/** What is looked for: all fields of a category, or one by its dotted name, as policies write it:
 * "person.name.family", "facts", "contact.*". */
struct sight {
    enum category category; /* CATEGORY_NONE: the pattern counts */
    struct slice pattern;
};

/** Recipients whom no rule tells apart, and what they can have for a purpose. */
struct sighting {
    const struct party *const *parties; /* of the directory */
    size_t party_count;
    struct slice purpose;
    const struct message_type *type; /* of the example */
    const char *field;               /* of the example */
    enum reach_answer answer;        /* REACH_CAN or REACH_UNDECIDED */
    uint8_t grade;                   /* the best over all types */
    const struct rule *rule;
    const char *example; /* says who sends it, too */
};

typedef void sighting_visit(void *context, const struct sighting *sighting);

/**
 * Calls for each class of recipients and each purpose that can ever receive such a field, even as a
 * stated withholding, in the order of the directory and of the purposes. All lives in the arena.
 * MEMORY
 */
struct status who_sees(struct arena *arena, const struct rulebook *rulebook,
                       const struct sight *sight, uint64_t at_ms, sighting_visit *visit,
                       void *context);

#endif
