#ifndef EXCHANGE_SNAPSHOT_H
#define EXCHANGE_SNAPSHOT_H

/*
 * The immutable state that messages are judged by. Workers hold it by reference: a message finishes
 * under the snapshot it began with.
 */

#include "policy/rulebook.h"

struct snapshot;

/** Takes the rulebook over; one reference is the caller's. NULL when memory is out. */
struct snapshot *snapshot_new(struct rulebook *rulebook);

/** One more reference. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);

/** One reference less; the last one frees. NULL does nothing. */
void snapshot_drop(struct snapshot *snapshot);

const struct rulebook *snapshot_rulebook(const struct snapshot *snapshot);

#endif
