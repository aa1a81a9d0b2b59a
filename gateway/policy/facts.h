#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

/*
 * What one decision knows: the message, the parties, and of each person the fields and the LOCAL
 * values. Attributes of conditions are read from here and from nowhere else.
 */

#include "policy/birth.h"
#include "policy/decide.h"

struct type_plan;

#define NECESSITY     "necessity/" /* the list of {sid, cats, text} of a case */
#define ELEMENT_BYTES 17           /* "~" and 16 digits */

#define CODES_MAX 300 /* every State there is; a longer set counts as not wholly known */

#define SCALAR_CODE_BYTES 24

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
};

/** A value that attributes are read from: of the sender's fields or of the LOCAL ones. */
struct fact {
    const struct value *value;
    bool single;   /* the only one that its source can have, and not LOCAL */
    uint32_t next; /* of the same source: its index plus 1; 0: none */
};

struct facts {
    struct arena *arena;
    const struct question *question;
    const struct document *document;
    const struct leaf *locals; /* none in the run that is deaf to them */
    size_t local_count;
    const struct person_range *ranges; /* one per person */
    const struct type_plan *type;      /* of the document */
    struct fact *known;                /* what anything is read from */
    uint32_t known_count;
    struct birth created; /* the day on which the message was made; year 0: not asked yet */
    uint32_t *first;      /* by context and source: the index of the first fact plus 1; 0: none */
    struct slice *spare;  /* room for codes */
    size_t spare_count;
    size_t necessity, necessity_end; /* the items of the written necessities */
    bool abroad;                     /* the recipient is of another State than the sender */
    bool relayed;                    /* another gateway has let go what is here */
    bool starved;                    /* the arena was full: whatever was decided does not count */
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

/** Adds what the fields and LOCAL values of one source say (engine.h), of a person or, with
 * NO_PERSON, of the case. */
void codes_add_source(struct facts *facts, struct codes *codes, size_t person, uint32_t source);

/** The first fact of a source in a context (a person, or person_count for the case); NULL if there
 * is none. */
const struct fact *fact_first(const struct facts *facts, size_t context, uint32_t source);
const struct fact *fact_next(const struct facts *facts, const struct fact *fact);

/** A scalar as a code: text as it is, numbers in decimal, "true" and "false"; at is NULL for what
 * is none. Lives as long as the value or the room. */
struct slice scalar_code(const struct value *scalar, char room[static SCALAR_CODE_BYTES]);

/** Whether a code says that nobody knows. */
bool code_is_unknown(struct slice code);

/** The context of what belongs to a person, or to NO_PERSON. */
size_t context_of(const struct facts *facts, size_t person);

/** The part of a path below an element and its "/". */
struct slice path_below(struct slice path, struct slice element);

#endif
