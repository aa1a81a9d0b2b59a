#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

/*
 * What one decision knows: the message, the parties, and of each person the fields and the LOCAL
 * values. Attributes of conditions are read from here and from nowhere else.
 */

#include "policy/decide.h"

#define NECESSITY     "necessity/" /* the list of {sid, cats, text} of a case */
#define ELEMENT_BYTES 17           /* "~" and 16 digits */

#define CODES_MAX 300 /* every State there is; a longer set counts as not wholly known */

/** A set of codes, as far as it is known. */
struct codes {
    bool known;   /* something is known about it; an empty known set says: none */
    bool open;    /* it holds "unknown": there may be more */
    bool partial; /* hop 1 may have withheld some of it, or all */
    struct slice *at;
    size_t count, room;
};

/** Where a person's items and LOCAL values stand in the sorted lists. */
struct person_range {
    size_t item, item_end, local, local_end;
    size_t name_length; /* of a field's dotted name, that goes before the person's members */
};

struct facts {
    struct arena *arena;
    const struct question *question;
    const struct document *document;
    const struct leaf *locals; /* none in the run that is deaf to them */
    size_t local_count;
    const struct person_range *ranges; /* one per person */
    size_t necessity, necessity_end;   /* the items of the written necessities */
    bool abroad;                       /* the recipient is of another State than the sender */
    bool relayed;                      /* another gateway has let go what is here */
    bool starved;                      /* the arena was full: whatever was decided does not count */
};

/** The facts of a question, with or without its LOCAL values. MEMORY */
struct status facts_gather(struct arena *arena, const struct question *question, bool with_locals,
                           struct facts *ret_facts);

/** Adds a code that is not there yet; "unknown" opens the set instead. The set is then known. */
void codes_add(struct facts *facts, struct codes *codes, struct slice code);

/** Whether the set certainly holds the code. */
bool codes_have(const struct codes *codes, struct slice code);

/** Adds every scalar of a value as a code: text, numbers in decimal, "true" and "false". */
void codes_add_value(struct facts *facts, struct codes *codes, const struct value *value);

/** Adds what a person's fields and LOCAL values say at a dotted member name: "docs.type". */
void codes_add_member(struct facts *facts, struct codes *codes, size_t person, struct slice member);

/** Adds what a case field says: "urgency.reason", elements of lists implied. */
void codes_add_case(struct facts *facts, struct codes *codes, struct slice name);

/** The dotted name of a person's item below the person: "docs.type". */
struct slice item_member(const struct facts *facts, const struct document_item *item);

/** The part of a path below an element and its "/". */
struct slice path_below(struct slice path, struct slice element);

#endif
