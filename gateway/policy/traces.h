#ifndef POLICY_TRACES_H
#define POLICY_TRACES_H

/* The values of a message that could stand in other text, folded once for every search. */

#include "policy/haystack.h"
#include "schema/document.h"

/** One folded text of a value. */
struct trace {
    size_t item; /* of the document; TRACE_LOCAL for a LOCAL value */
    enum leak leak;
    bool unspaced; /* of a script without blanks: looked for anywhere in letters and digits */
    struct slice folded;
};

#define TRACE_LOCAL SIZE_MAX

struct traces {
    struct arena *arena;
    const struct haystack *within; /* what certainly does not stand in there is left out */
    struct trace *at;
    size_t count, room;
    bool starved; /* the arena was full: something may be missing */
};

/** Adds the texts of a value that the leak hold looks for; a birth date in every usual form. */
void traces_add(struct traces *traces, size_t item, enum leak leak, const struct value *value);

#endif
