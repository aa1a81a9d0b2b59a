#ifndef POLICY_CONSENT_H
#define POLICY_CONSENT_H

#include "policy/attribute.h"

/**
 * The categories that live consents of a person cover, for this message (R-VIC-02, R-VIC-07): of
 * every consent, in the fields or in the LOCAL values, whose scope has the purpose, whose
 * recipients have the recipient, which has begun and not ended on the day of created, which is not
 * withdrawn, and which, for who may be a child, not the child itself has given (R-CHD-08). What is
 * missing or malformed makes a consent a dead one. A relative has the consents of a child whose
 * family lists it as not suspected.
 *
 * There may always be another consent: the set is never wholly known, so that a category that is
 * not in it is neither consented to nor not. Hop 2 knows of none, because it cannot tell what was
 * withheld of them.
 */
void consent_read_consented(struct facts *facts, const struct attribute *attribute, size_t person,
                            struct codes *ret);

#endif
