#ifndef UNIT_POLICY_SEEN_H
#define UNIT_POLICY_SEEN_H

/* Which rules of the shipped law some message was seen to be judged by, and which ones not. */

#include "sample.h"

/** Asks every rule about a message. */
void seen_note(const struct sample *sample);

/** A line for each rule, "+-": some message was judged by it, another one was not; then those of
 * which one of both was never seen. */
void seen_write(struct buffer *out);

#endif
