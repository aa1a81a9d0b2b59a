#ifndef POLICY_LANE_H
#define POLICY_LANE_H

/*
 * The law as it is for one kind of message: from such a sender to such a recipient, of one type,
 * for one purpose, while the same policies are in force. Rules that do not speak of it are left out
 * and tests that are settled by it are settled; what stays is sorted into columns, one for all
 * fields that the same rules cover. Immutable once built.
 */

#include "policy/engine.h"

struct facts;

/** What tells lanes apart. A party's name is empty unless some rule asks for it. */
struct lane_key {
    struct slice from, from_state, from_role, to, to_state, to_role, purpose, type_name;
    const struct message_type *type;
    uint64_t hash;
};

/** One conjunction of one rule: its first masks, and where further ones stand. */
struct lane_entry {
    uint64_t must, never;
    uint32_t word, rule;
    struct span more; /* in lane->terms */
};

/** The rules that cover a field, by what they do; of equals the first by title stands first. */
struct column {
    struct lane_entry *caps;   /* restrictions, the strictest first */
    struct lane_entry *grants; /* permits, the most generous first */
    struct lane_entry *duties; /* all of both kinds that come with obligations */
    uint32_t cap_count, grant_count, duty_count;
};

/** A rule that can stop the message, and the fields that it names, as bits; NULL: none. */
struct lane_stop {
    uint32_t rule;
    struct span entries; /* in lane->entries */
    uint8_t *names;
};

/** "is same as" an attribute that the lane settles: its code, or an empty slice if it has none. */
struct lane_same {
    uint32_t bit;
    struct slice code;
};

/** An attribute that rules which speak ask for, and what it is compared with. */
struct ask {
    uint32_t attribute;
    struct span sames; /* in lane->sames */
};

/** Those that their kinds find, and those that are fields. */
struct asks {
    struct ask *kinds, *fields;
    uint32_t kind_count, field_count;
};

struct lane {
    struct lane_key key;
    uint64_t from_ms, until_ms; /* the same policies are in force from, and before until */
    struct kept_lane *kept;     /* among those of the law; NULL where it lives for a question */
    const struct type_plan *type;
    uint8_t *speaks;   /* by rule: whether it speaks of such messages, whatever they say */
    uint64_t *settled; /* tests that hold in every such message, as a vector */
    struct asks of_message, of_person;
    struct lane_same *sames;
    uint32_t *pairs; /* tests: "is same as" of two attributes that the lane does not settle */
    uint32_t same_count, pair_count;
    struct span *entries_of; /* by rule: in entries */
    struct lane_entry *entries;
    struct term *terms;
    struct column *columns; /* the first is that of no rules */
    uint32_t column_count;
    uint16_t *of_category;   /* by category and order: index in columns; NONE: a doubtful one */
    uint16_t *of_declared;   /* by category */
    uint16_t *of_name;       /* by field: what rules say of it by another name than its category */
    struct lane_stop *stops; /* by code of refusal, then by title */
    uint32_t stop_count;
};

/** Builds it in an arena; the key is copied. NULL if memory is out. */
struct lane *lane_build(struct arena *arena, const struct lane_key *key, struct facts *facts);

#define LANE_MAX_BYTES (64UL << 20)

/** The key of a question. */
struct lane_key lane_key_of(const struct facts *facts);

/** Fills the lane's columns and stops (columns.c); false if memory is out. */
bool columns_build(struct lane *lane, struct arena *arena, struct arena *scratch,
                   const struct law *law);

#endif
