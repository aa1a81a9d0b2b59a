#ifndef POLICY_PARTY_CLASS_H
#define POLICY_PARTY_CLASS_H

/* Parties of the directory that no rule of some laws tells apart. */

#include "policy/law.h"
#include "schema/directory.h"

struct party_class {
    struct party_pattern pattern; /* of all of them: State and role; the id where a rule names it,
                                     else that of the first */
    const struct party **parties; /* in the order of the directory */
    size_t count;
};

struct party_classes {
    struct party_class *at;
    size_t count;
};

/** The classes of a directory's parties that have a row at that time. In the arena. MEMORY */
struct status party_classes_of(struct arena *arena, const struct directory *directory,
                               const struct law *const *laws, size_t law_count, uint64_t at_ms,
                               struct party_classes *ret_classes);

#endif
