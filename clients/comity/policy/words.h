#ifndef COMITY_POLICY_WORDS_H
#define COMITY_POLICY_WORDS_H

/* What answers about law have in common: levels and parties as people write them, and text that is
 * wrapped. */

#include "base/reader.h"
#include "comity/output.h"
#include "policy/law.h"

#define ANSWER_COLUMNS 100 /* of a line */

/** "clear", "generalise to year", "mask 4". In the arena; NULL: MEMORY */
const char *policy_grade(struct arena *arena, const struct law *law, uint8_t grade);

/** "XC-CA-01", "XC.*", "*.CA", "*": as policies write it. In the arena; NULL: MEMORY */
const char *policy_pattern(struct arena *arena, const struct party_pattern *pattern);

/**
 * Reads "XC-CA-01", "XC.*", "*.CA", "XC.CA" or "*", each of which must be in the rulebook. What it
 * gives borrows from text.
 * COMITY_INPUT
 */
enum comity_exit policy_pattern_read(const struct rulebook *rulebook, const char *text,
                                     struct party_pattern *ret_pattern,
                                     struct comity_fault *reterr);

/** Characters, as a terminal shows them, of UTF-8. */
size_t text_width(struct slice text);

/** Lines of at most this many columns, each begun with so many blanks; the first is begun already
 * where begun says so, up to there. */
struct wrapping {
    size_t columns, indent;
    bool begun;
};

/** Appends text in such lines, the last ended too. Words that are longer stand on their own. */
void wrap_text(struct buffer *out, const struct wrapping *wrapping, struct slice text);

/** The same to standard output. */
void put_wrapped(const struct wrapping *wrapping, struct slice text);

/** Prints lines, control characters as put_text does. False: out of memory. */
bool put_lines(const struct buffer *lines);

#endif
