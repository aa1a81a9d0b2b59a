#ifndef POLICY_ATTRIBUTE_H
#define POLICY_ATTRIBUTE_H

/*
 * The attributes that conditions speak of: of the sender, the recipient, the message, the person a
 * field belongs to (person.cat, person.risk_state) and of case fields (case.urgency.reason).
 */

#include "policy/facts.h"
#include "policy/law.h"

/** Which codes a condition may name for an attribute. */
enum attribute_codes {
    CODES_LIST, /* of the code list that the kind names */
    CODES_STATE,
    CODES_ROLE,
    CODES_PARTY,
    CODES_TYPE, /* a message type */
    CODES_TRUTH,
    CODES_CLASS,
    CODES_FIELD, /* what the fields of this name may hold */
};

struct attribute_kind {
    const char *name; /* "person.child"; "person." and "case." for the fields themselves */
    bool personal;
    bool fixed; /* by the parties, the purpose and the type, whatever else is said */
    enum attribute_codes codes;
    const char *list; /* of CODES_LIST */
    /* Adds what is known; leaves *ret unknown otherwise. person is NO_PERSON for message kinds. */
    void (*read)(struct facts *facts, const struct attribute *attribute, size_t person,
                 struct codes *ret);
};

/** The kinds, by name; those for fields last. */
extern const struct attribute_kind attribute_kinds[];
extern const size_t attribute_kind_count;

/** The kind of this name, or that of a field; NULL if there is none. */
const struct attribute_kind *attribute_kind_of(struct slice name);

/** Whether a member of persons belongs to the protection record, which is closed: what it does not
 * say is not so. */
bool member_is_closed(struct slice member);

/** The code of the protected classes: the first column of the default matrix, and the second. */
#define CLASS_PROTECTED "PROTECTED"
#define CLASS_OTHER     "OTHER"

/* Computed attributes of a person (person.c). */
void person_read_risk_state(struct facts *facts, const struct attribute *attribute, size_t person,
                            struct codes *ret);
void person_read_hidden_risk(struct facts *facts, const struct attribute *attribute, size_t person,
                             struct codes *ret);
void person_read_officials(struct facts *facts, const struct attribute *attribute, size_t person,
                           struct codes *ret);
void person_read_child(struct facts *facts, const struct attribute *attribute, size_t person,
                       struct codes *ret);
void person_read_class(struct facts *facts, const struct attribute *attribute, size_t person,
                       struct codes *ret);
void person_read_necessity(struct facts *facts, const struct attribute *attribute, size_t person,
                           struct codes *ret);

enum truth {
    TRUTH_FALSE,
    TRUTH_UNKNOWN,
    TRUTH_TRUE,
};

/** Whether the person belongs to the first column of the default matrix. */
bool person_is_protected(const struct facts *facts, size_t person);

/** Whether the person is a child on the day the message was created (R-CHD-01 to R-CHD-03). */
enum truth person_is_child(struct facts *facts, size_t person);

#endif
