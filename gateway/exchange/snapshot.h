#ifndef EXCHANGE_SNAPSHOT_H
#define EXCHANGE_SNAPSHOT_H

/*
 * The immutable state that messages are judged by. Workers hold it by reference: a message finishes
 * under the snapshot it began with.
 */

#include "crypto/revocations.h"
#include "exchange/objects.h"
#include "policy/rulebook.h"

struct candidate;
struct snapshot;

/** Takes the rulebook and its objects over, which may be NULL: nothing is handed out then. One
 * reference is the caller's. NULL when memory is out: both are still the caller's. */
struct snapshot *snapshot_new(struct rulebook *rulebook, struct objects *objects);

/** The rulebook of another snapshot and its candidate, shared with it, and other objects, which are
 * taken over. NULL when memory is out: they are still the caller's. */
struct snapshot *snapshot_renew(const struct snapshot *of, struct objects *objects);

/** Takes over who is revoked, which may be NULL: nobody. Once, before anybody else has the
 * snapshot. */
void snapshot_revoke(struct snapshot *snapshot, struct revocations *revocations);

/** Takes over its rulebook as rulebook_again made it, to be given in the place of the one that it
 * shares. Once, before anybody else has the snapshot. */
void snapshot_endorse(struct snapshot *snapshot, struct rulebook *again);

/** Takes over a reference to a candidate, which may be NULL: none. Once, before anybody else has
 * the snapshot. */
void snapshot_propose(struct snapshot *snapshot, struct candidate *candidate);

/** One more reference. */
struct snapshot *snapshot_hold(struct snapshot *snapshot);

/** One reference less; the last one frees. NULL does nothing. */
void snapshot_drop(struct snapshot *snapshot);

const struct rulebook *snapshot_rulebook(const struct snapshot *snapshot);

/** By the lists in use; NULL where there are none. */
const struct revocations *snapshot_revoked(const struct snapshot *snapshot);

/** What is asked beside the rulebook; NULL where there is none. */
struct candidate *snapshot_candidate(const struct snapshot *snapshot);

/** NULL where there are none. */
const struct objects *snapshot_objects(const struct snapshot *snapshot);

#endif
