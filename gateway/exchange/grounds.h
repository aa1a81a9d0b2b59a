#ifndef EXCHANGE_GROUNDS_H
#define EXCHANGE_GROUNDS_H

/* What a message says of its reasons that may stand in the log: codes, and the names of fields.
 * Never what stands in a text. */

#include "schema/document.h"

/** The code of the ground on which something is refused or put off, of the first item that has one;
 * at == NULL without. */
struct slice grounds_code(const struct document *document);

/** "in the message: necessity.text, why": the names of the fields in which the sender gives
 * reasons, in the arena; at == NULL without any. MEMORY */
struct status grounds_reasons(struct arena *arena, const struct document *document,
                              struct slice *ret_reasons);

#endif
