#ifndef UNIT_POLICY_SAMPLE_H
#define UNIT_POLICY_SAMPLE_H

/*
 * Messages made of nothing but a message type: every field of it once, with the first value that
 * fits, and in each place of a person a victim V1 and a suspect S1 with every member.
 */

#include "policy/decide.h"
#include "support/check.h"
#include "support/compose.h"

#define SAMPLE_VICTIM  "V1"
#define SAMPLE_SUSPECT "S1"
#define SAMPLE_FIXED   8

/** A field with a value of its own wherever that fits; text NULL leaves the field out. */
struct sample_field {
    const char *name; /* how its dotted name ends: "best_interest.status" */
    const char *text;
};

struct sample_wanted {
    const struct message_type *type;
    const char *from, *to, *purpose;
    const char *country;    /* of all fields that name a State; NULL: that of the sender */
    const char *dob;        /* NULL: 1990-01-31 */
    size_t code;            /* which of its codes a field holds, counted from 0 and around */
    bool necessity;         /* one for each person, of all categories but ASY and WIT */
    bool consented;         /* a living consent of each person, to all categories but WIT; to ASY
                               inside the State */
    bool bare;              /* of the case only what holds codes */
    const char *handling;   /* NULL: H0; "" none */
    const char *owner;      /* NULL: the sender's State */
    const char *instrument; /* NULL: UNTOC18 */
    const char *urgency, *tier, *basis;
    struct sample_field fixed[SAMPLE_FIXED];
};

/** A sample and what the policy is asked about it; to be freed with sample_free. */
struct sample {
    struct arena *arena;
    const struct claims *claims;
    const struct document *document;
    struct question question;
};

/** Stops the program if the type cannot have such a message. */
struct sample sample_of(const struct rulebook *rulebook, const struct sample_wanted *wanted);

void sample_free(struct sample *sample);

#endif
