#ifndef EXCHANGE_RECORDS_H
#define EXCHANGE_RECORDS_H

/* The outer and inner record of entries, from what the pipeline knows. */

#include "exchange/disclosure.h"

/** Fills outer, inner and keys of a posting of this kind. MEMORY, CRYPTO */
struct status records_write(struct arena *arena, const struct disclosure *disclosure,
                            enum posting_kind kind, struct posting *posting);

/** Fills the records of an entry about no message: a link or frame refused. CRYPTO */
struct status records_write_refusal(const struct judge *judge, struct status why,
                                    struct posting *posting);

/** Fills the inner record of a stage, by the posting's: who took it, or the gateway that gives it
 * up. CRYPTO */
struct status records_write_stage(const struct judge *judge, struct posting *posting);

#endif
