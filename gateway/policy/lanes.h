#ifndef POLICY_LANES_H
#define POLICY_LANES_H

/*
 * The lanes of a law, built when they are first used. Any thread may ask. A lane that is taken
 * stays until it is given back; of the others the one that was not used for the longest time makes
 * room where there are more than LANES_MAX of them, or more than LANES_MAX_BYTES. What is taken
 * does not count as room, so there can be one lane more per thread.
 */

#include "policy/lane.h"

#define LANES_MAX       1024U
#define LANES_MAX_BYTES (64UL << 20)

struct lanes;

/** MEMORY */
struct status lanes_new(struct lanes **ret_lanes);

/** Frees all of them, given back or not. NULL does nothing. */
void lanes_free(struct lanes *lanes);

/** The lane of a question, to be given back; NULL if memory is out. It may live in the question's
 * arena. */
const struct lane *lanes_take(struct facts *facts);

/** Ends the use of a lane; NULL does nothing. */
void lanes_give_back(struct lanes *lanes, const struct lane *lane);

/** How many are kept, and their octets. */
size_t lanes_count(struct lanes *lanes);
size_t lanes_bytes(struct lanes *lanes);

#endif
