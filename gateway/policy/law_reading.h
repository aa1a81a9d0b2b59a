#ifndef POLICY_LAW_READING_H
#define POLICY_LAW_READING_H

/* A policy while it is read: what rules.c, conditions.c and law_names.c share. */

#include "policy/attribute.h"
#include "policy/interned.h"
#include "policy/law.h"
#include "schema/reading.h"

struct law_reading {
    struct reading r;
    const struct law_names *names;
    struct law *law;
    struct interned tests;    /* of conditions, by their places in law->atoms */
    struct token *pattern_at; /* of the rule that is read: where its patterns stand */
};

/** Whether a policy or an agreement begins at the next token; reads its head and adds it. */
bool policy_head_at(const struct lexer *l);
void policy_head_parse(struct law_reading *p);

/** Reads what follows "basis": the citation, and who has checked it. */
void basis_parse(struct law_reading *p, struct slice *basis, struct checked *checked);

/** Reads a level with its parameter; gives the grade, which the law then has. */
uint8_t grade_parse(struct law_reading *p);

/** The grades that every law has. NULL when the arena is full. */
struct grades *grades_new(struct arena *arena);

/** Reads law/levels: the orders of levels by type of value. */
void orders_parse(struct law_reading *p);

/** An error where a rule names a field whose order does not have the rule's level. */
void rule_check_grade(struct law_reading *p, const struct rule *rule);

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

/** A refusal code: E_HELD. */
enum refusal refusal_expect(struct law_reading *p);

/** A code of the vocabulary's list. */
struct slice list_code_expect(struct law_reading *p, const char *list);

/** An attribute; gives its index in the law. */
size_t attribute_expect(struct law_reading *p);

/** A code that the attribute can have. */
struct slice attribute_code_expect(struct law_reading *p, size_t attribute);

/** A dotted field name, or "contact.*"; gives its index in the law's patterns. */
size_t pattern_expect(struct law_reading *p);

#endif
