#ifndef EXCHANGE_SNAPSHOT_H
#define EXCHANGE_SNAPSHOT_H

/*
 * The immutable state that messages are judged by. Workers hold it by reference: a message finishes
 * under the snapshot it began with.
 */

#include "exchange/objects.h"
#include "policy/rulebook.h"

struct snapshot;

/** Takes the rulebook and its objects over, which may be NULL: nothing is handed out then. One
 * reference is the caller's. NULL when memory is out: both are still the caller's. */
struct snapshot *snapshot_new(struct rulebook *rulebook, struct objects *objects);

/** The rulebook of another snapshot, shared with it, and other objects, which are taken over. NULL
 * when memory is out: they are still the caller's. */
struct snapshot *snapshot_renew(const struct snapshot *of, struct objects *objects);

/** One more reference. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);

/** One reference less; the last one frees. NULL does nothing. */
void snapshot_drop(struct snapshot *snapshot);

const struct rulebook *snapshot_rulebook(const struct snapshot *snapshot);

/** NULL where there are none. */
const struct objects *snapshot_objects(const struct snapshot *snapshot);

#endif
