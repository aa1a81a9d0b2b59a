#ifndef BASE_ENCODING_H
#define BASE_ENCODING_H

/* Octets as text: lower-case hex and base64 of RFC 4648 4, both strict in the reading direction. */

#include "base/slice.h"

/** Writes 2 * in.length lower-case digits and a terminator. */
void hex_write(struct slice in, char *text);

/** Reads exactly room octets of lower-case hex; false for anything else. */
bool hex_read(struct slice text, uint8_t *octets, size_t room);

/** Characters that base64_write makes for length octets, terminator not counted. */
size_t base64_length(size_t length);

/** Writes padded base64 and a terminator. */
void base64_write(struct slice in, char *text);

/**
 * Reads padded base64 that is exactly what base64_write makes: no blanks, no stray bits.
 * ret_length is what was read, at most room; false for anything else.
 */
bool base64_read(struct slice text, uint8_t *octets, size_t room, size_t *ret_length);

/** Decimal without sign, blanks or leading zeros, at most max; false for anything else. */
bool decimal_read(struct slice text, uint64_t max, uint64_t *ret_value);

/** Whether in is UTF-8 of RFC 3629 (no surrogates, shortest form, <= U+10FFFF) without U+0000. */
bool utf8_valid(struct slice in);

#endif
