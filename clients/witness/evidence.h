#ifndef WITNESS_EVIDENCE_H
#define WITNESS_EVIDENCE_H

/* What the witness gives of its evidence, in pages that fit an answer however much there is. */

#include "witness/kept.h"

#define EVIDENCE_PAGE_BYTES 65536 /* a page ends before the line that would lead over it */

/**
 * Appends the evidence about a log from this number on, a JSON object a line, oldest first. A page
 * has one piece at least; where more are kept, its last line is {"next":NUMBER}, from which to go
 * on.
 *
 * ABSENT where there is none; STORE, MEMORY
 */
struct status evidence_page(struct kept *kept, const struct digest *origin, uint64_t from,
                            struct buffer *out);

#endif
