#ifndef POLICY_LEAK_H
#define POLICY_LEAK_H

/*
 * What field rules cannot see: a value withheld from a recipient that stands in text released to
 * it. Names, birth dates, places and LOCAL notes are looked for as whole words in free text,
 * identifying numbers in every string that is not a code; a name that the recipient is shown for
 * somebody else is no leak.
 */

#include "policy/decide.h"

struct leak_question {
    const struct document *document;
    const struct verdict *verdicts; /* one per item */
    const struct leaf *locals;
    size_t local_count;
    const struct claims *claims;
};

struct leaks {
    bool in_text;   /* a withheld value, or a LOCAL one, stands in what is released */
    bool in_claims; /* a name, birth date or identifying number of the body stands in a claim */
};

/** Looks for both. MEMORY */
struct status leak_search(struct arena *arena, const struct leak_question *question,
                          struct leaks *ret_leaks);

#endif
