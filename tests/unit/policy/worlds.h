#ifndef UNIT_POLICY_WORLDS_H
#define UNIT_POLICY_WORLDS_H

/*
 * Small laws made at random, and every message that they can tell apart, each judged on its own: a
 * plain reading of what policies/README.md says, which shares nothing with the product, nor
 * with the laws of drawn.h and the evaluator of oracle.h. A law is made here at random (chance.h)
 * as a tree, and given to the product as text.
 */

#include "policy/law.h"
#include "policy/rulebook.h"
#include "support/check.h"

enum {
    SENDER_STATE,
    SENDER_ROLE,
    RECIPIENT_STATE,
    RECIPIENT_ROLE,
    PURPOSE,
    INSTRUMENT,
    WORLD_LANE
};

#define WORLD_ATTRIBUTES 17
#define WORLD_USED       3 /* further attributes that one law asks */
#define WORLD_RULES      6

/** What can be known of an attribute besides some codes. */
enum {
    MAY_OPEN = 1,    /* nothing */
    MAY_PART = 2,    /* not all */
    MAY_NONE = 4,    /* that there is none */
    MAY_ALL = 7,     /* each of these */
    NEVER_WHOLE = 8, /* never all: there may always be more */
};

/** What there is to ask. The codes "?1" and "?2" stand for what no rule names; "written" are those
 * that rules do. */
struct world_attribute {
    const char *name, *codes[4];
    unsigned count, written;
    bool personal, many;
    unsigned may;
    unsigned kin; /* attributes of one kind can be compared */
};

extern const struct world_attribute world_attributes[WORLD_ATTRIBUTES];

/** What one attribute is in one message. */
struct world_value {
    unsigned codes; /* bits, by the attribute's codes */
    bool open;
};

struct world {
    struct world_value values[WORLD_ATTRIBUTES];
};

struct world_node {
    enum { NODE_IS, NODE_SAME, NODE_KNOWN, NODE_NOT, NODE_AND, NODE_OR } kind;
    bool negated;
    unsigned attribute, other, codes;
    struct world_node *left, *right;
};

struct world_rule {
    const char *kind, *fields, *level;
    const char *from, *to, *purpose; /* NULL: none */
    struct world_node *when, *unless;
};

struct world_law {
    struct world_rule rules[WORLD_RULES];
    unsigned count;
    struct world_rule guarantee;
};

/** A field of the one message type; name as the product gives it. */
struct world_field {
    const char *name, *tag;
    bool personal;
};

extern const struct world_field world_fields[];
extern const unsigned world_field_count;

/** A law that asks only the attributes used. In the arena. */
struct world_law world_law_random(struct arena *arena, const unsigned used[WORLD_USED]);

/** Attributes for the laws of one round; few: such that all lanes can be tried. */
void world_used_random(unsigned used[WORLD_USED], bool few);

/** A lane at random; its instrument stays open. */
struct world world_lane_random(void);

/** The rulebook of a law, guarantee and all; the program stops if the product refuses it. */
struct rulebook *world_rulebook(const struct world_law *law);

/** Prints the law as text, for who looks into a failure. */
void world_law_tell(const struct world_law *law);

/** All messages that the type allows, those of a lane or, where it is NULL, of all lanes. */
typedef void world_visit(void *context, const struct world *world);
void world_each(const unsigned used[WORLD_USED], const struct world *lane, world_visit *visit,
                void *context);

/** The level of a field in a message, 0 silent, 1 stated, 2 generalise, 3 clear. */
unsigned world_level(const struct world_law *law, const struct world *world,
                     const struct world_field *field);

/** Whether the guarantee speaks of this field in this message, or may. */
bool world_guarded(const struct world_law *law, const struct world *world,
                   const struct world_field *field);

/** What the guarantee allows at most. */
unsigned world_bound(const struct world_law *law);

#endif
