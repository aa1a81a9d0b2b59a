#ifndef POLICY_LAW_READING_H
#define POLICY_LAW_READING_H

/* A policy while it is read: what rules.c, conditions.c and law_names.c share. */

#include "policy/attribute.h"
#include "policy/law.h"
#include "schema/reading.h"

struct law_reading {
    struct reading r;
    const struct law_names *names;
    struct law *law;
    uint64_t from_ms, until_ms; /* of the policy that is read */
};

/** Whether a rule begins at the next token. */
bool rule_at(const struct lexer *l);

/** Reads one rule and adds it to the law. */
void rule_parse(struct law_reading *p);

/** Reads a condition. grants: truth of it widens what is released (when of a permit). */
struct condition condition_parse(struct law_reading *p, bool grants);

/* Names. Each passes one word; an error with the nearest name if there is none of it. */

/** "XC-CA-01", "XC.*", "*.CA", "XC.CA" or "*". */
struct party_pattern party_pattern_expect(struct law_reading *p);

/** Any word, number or string. */
struct slice word_expect(struct law_reading *p, const char *expected);

/** One of the names. */
struct slice word_expect_among(struct law_reading *p, const char *const *names, size_t count,
                               const char *expected);

/** A State or a party of the directory, a message type. */
struct slice state_expect(struct law_reading *p);
struct slice party_expect(struct law_reading *p);
struct slice type_expect(struct law_reading *p);

/** A code of the vocabulary's list. */
struct slice list_code_expect(struct law_reading *p, const char *list);

/** An attribute; gives its index in the law. */
size_t attribute_expect(struct law_reading *p);

/** A code that the attribute can have. */
struct slice attribute_code_expect(struct law_reading *p, size_t attribute);

/** A dotted field name, or "contact.*"; gives its index in the law's patterns. */
size_t pattern_expect(struct law_reading *p);

#endif
