#ifndef COMITY_POLICY_PRINT_H
#define COMITY_POLICY_PRINT_H

/* A law as articles in full sentences, for those who sign it. Plain text of 80 columns, UTF-8. */

#include "base/reader.h"
#include "comity/policy/print_words.h"
#include "policy/rulebook.h"

#define PRINT_COLUMNS 80

/** Appends the whole law: its number and digest, each policy and agreement as a chapter, each rule
 * as an article, the orders of levels. A buffer that fails: out of memory. */
void policy_print(struct buffer *out, const struct rulebook *rulebook, enum language language);

/** Appends a phrase with what stands for each {} in their order; no phrase has three. */
void print_phrase(struct buffer *out, const char *phrase, const struct slice words[static 2]);

/** Appends the sentences of one rule, which are not wrapped yet. */
void print_rule(struct buffer *out, const struct law *law, const struct rule *rule,
                enum language language);

/** Appends the citation and who has checked it, or that nobody has. */
void print_basis(struct buffer *out, struct slice basis, const struct checked *checked,
                 enum language language);

/** Appends a level with its parameter. */
void print_level(struct buffer *out, const struct law *law, uint8_t grade, enum language language);

#endif
