#ifndef POLICY_FORMAT_H
#define POLICY_FORMAT_H

/*
 * The canonical form of law/rules/..., law/levels and the scenarios of law/tests/...: one clause a
 * line, two blanks of indentation a step, lines of 100 columns, a blank line before each policy and
 * rule, comments where they stood. Only blanks and line breaks change, so a text says the same
 * before and after; formatting twice changes nothing.
 */

#include "base/reader.h"
#include "schema/text.h"

/**
 * Appends the text in its canonical form. It need not be a valid policy, but must consist of words,
 * strings, numbers and punctuation.
 *
 * CONFIG with *reterr filled;  MEMORY
 */
struct status format_text(struct slice file, struct slice text, struct buffer *out,
                          struct text_error *reterr);

#endif
