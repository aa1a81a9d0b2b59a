#ifndef MIRROR_VERIFY_H
#define MIRROR_VERIFY_H

/* The whole of a mirror checked, without the gateway. */

#include "mirror/mirror.h"

/** A log_read over a struct mirror: what its tables hold, as the files of a published log of the
 * kept checkpoint's size. */
struct status mirror_log_read(void *store, const char *path, struct buffer *out);

/**
 * Checks the kept checkpoint and its signatures, every entry, every tile, the root, every opening
 * against its entry, the tables' definitions and the index of words (verify_tables.h), what each
 * entry is found by (marks_sums.h), and that there is nothing else. When the
 * checkpoint was seen is the one thing that nothing proves.
 *
 * vkeys  as log_verify takes them
 *
 * REFUSED  with ret_verdict->fault naming the check;  FULL (no room for a temporary copy of the
 *          index of words), STORE, MEMORY
 */
struct status mirror_verify(struct mirror *mirror, struct slice vkeys,
                            struct log_verdict *ret_verdict);

#endif
