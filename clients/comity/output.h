#ifndef COMITY_OUTPUT_H
#define COMITY_OUTPUT_H

/*
 * What commands print. Results go to standard output, talk and failures to standard error. Text of
 * others is shown with control characters made visible, so that it can move no cursor, hide nothing
 * and reverse nothing on a terminal.
 */

#include "base/slice.h"
#include "comity/invocation.h"

#include <jansson.h>

enum paint { PAINT_PLAIN, PAINT_STRONG, PAINT_GOOD, PAINT_BAD, PAINT_FAINT };

/** Talk: one line on standard error, unless --quiet or --json. */
[[gnu::format(printf, 2, 3)]] void say(const struct invocation *invocation, const char *format,
                                       ...);

/** Prints one JSON value as one line on standard output and drops the reference. */
void put_json(json_t *json);

/** Text as JSON; a new reference. */
json_t *slice_json(struct slice text);

/** Prints text of others, control characters as <U+001B>. */
void put_text(FILE *out, const char *text);

/** Prints text of others in a colour, where colours are wanted. */
void put_painted(const struct invocation *invocation, enum paint paint, const char *text);

/** Prints a heading on a line of its own, after an empty line. */
void put_heading(const struct invocation *invocation, const char *text);

/** Prints a failure on standard error: as lines for people, or as JSON. */
void put_fault(const char *program, bool json, const struct comity_fault *fault);

/** Whether all that was printed reached standard output. */
bool output_flushed(void);

#endif
