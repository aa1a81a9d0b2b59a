#ifndef LIBCOMITY_UUID_H
#define LIBCOMITY_UUID_H

/* Message and thread ids as text of RFC 9562: "315236d8-8f13-4eea-bec7-2226d35db015". */

#include "base/slice.h"

#define UUID_TEXT_BYTES 37

/** Writes 36 characters and a terminator; octets that are no id give the empty text. */
void uuid_write(struct slice octets, char text[static UUID_TEXT_BYTES]);

/** Reads a version 4 id, lower case, with or without its hyphens; false for anything else. */
bool uuid_read(struct slice text, uint8_t octets[static 16]);

#endif
