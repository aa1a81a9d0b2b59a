#ifndef JOURNAL_KEYS_H
#define JOURNAL_KEYS_H

/* The log says which keys came and went that concern its gateway: entries of kind 6. */

#include "journal/journal.h"

/**
 * Says which keys are in force from now on. Where they differ from those that the journal was told
 * last, be it in an earlier run, one entry for each that came, went or took another's place follows
 * at once, or as soon as it can be written. What a journal is told first leaves none.
 *
 * lines  sorted, each "NAME: VALUE" and a line feed; one name may have several values. No secrets.
 *        Copied
 *
 * MEMORY: nothing was said
 */
struct status journal_keys(struct journal *journal, struct slice lines, uint64_t now_ms);

#endif
