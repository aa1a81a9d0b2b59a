#ifndef UNIT_POLICY_SIGNED_H
#define UNIT_POLICY_SIGNED_H

/* Signatures of objects of the rulebook, made with the keys of the test PKI. */

#include "policy/signatures.h"

#define NOW  1790000000000ULL /* 2026-09-21 */
#define DAY  86400000ULL
#define FROM (NOW - DAY)
#define END  (NOW + 30 * DAY)

/** Of an object of this name, number 7 with the text "the text", from FROM until END. The name is
 * borrowed. */
struct object_statement statement_of(const char *object);

/** A party with its sealing certificate, which is borrowed. */
struct object_authority authority(const char *name);

/** A signature as tests have it: octets that may be spoilt. */
struct given {
    uint8_t octets[SIGNED_OBJECT_MAX_BYTES];
    size_t length;
};

/** What a party signs with its sealing key. */
struct given signed_by(const char *name, const struct object_statement *statement);

/** Its octets, borrowed. */
struct slice octets_of(const struct given *given);

#endif
