#ifndef LIBCOMITY_FETCHED_H
#define LIBCOMITY_FETCHED_H

/* The rulebook in force at the own gateway, as it hands it out to everybody whom it judges by it.
 */

#include "libcomity/client.h"
#include "policy/object_octets.h"

struct fetched_object {
    struct slice name; /* "law", "states", "parties:XA" */
    uint64_t number;
    struct digest digest;
    struct text_files files;  /* paths relative to the object's folder */
    struct slices signatures; /* nobody has looked at them */
};

/** Sorted by name. */
struct fetched_rulebook {
    struct fetched_object *at;
    size_t count;
};

/**
 * Asks what is in force and fetches it, until it has all of one moment. Each object's digest is
 * computed again from what came. Everything lives in the arena.
 *
 * REFUSED  what came is not what was announced, with exit 9
 * NETWORK  also where it changed again and again meanwhile;  CONFIG, MEMORY
 */
struct status fetched_rulebook(struct comity *c, struct arena *arena,
                               struct fetched_rulebook *ret_rulebook, struct comity_fault *reterr);

#endif
