#ifndef POLICY_FIELD_GROUP_H
#define POLICY_FIELD_GROUP_H

/*
 * The fields of a message type that a law cannot tell apart: the same rules cover them, by category
 * and by name, in the same order of levels. One search is enough for all of them.
 */

#include "policy/law.h"
#include "policy/rulebook.h"

/** A field with one of the categories that it can have. */
struct group_field {
    const struct field_rule *field; /* NULL: the category as free text declares it of a person */
    enum category category;
    size_t group;
};

struct field_group {
    bool declared, personal;
    bool discreet;          /* what is to be stated stays silent (asylum, witness) */
    size_t order[2];        /* of levels, by law */
    const bool *covered[2]; /* by law and rule: it covers them */
    const bool *guaranteed[2];
};

struct field_groups {
    struct field_group *groups;
    size_t group_count, group_room;
    struct group_field *fields; /* in the order of the type */
    size_t field_count, field_room;
};

/** A type under a law: what is compared where there are two. */
struct typed_law {
    const struct message_type *type; /* NULL: this law does not know the type */
    const struct law *law;
};

/**
 * The groups of a type under one law, or under two of them: the fields are those of the first type,
 * and what the second one says of a field of that name counts there. In the arena. MEMORY
 */
struct status field_groups_of(struct arena *arena, const struct typed_law *laws, size_t law_count,
                              struct field_groups *ret_groups);

/** Whether a rule covers a field of this category, as decide.h has it. field NULL: declared. */
bool rule_covers_field(const struct law *law, const struct rule *rule,
                       const struct field_rule *field, enum category category);

/** "persons.name.family", or "declared.identity". In the arena; NULL: MEMORY */
const char *group_field_name(struct arena *arena, const struct group_field *field);

#endif
