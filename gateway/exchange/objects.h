#ifndef EXCHANGE_OBJECTS_H
#define EXCHANGE_OBJECTS_H

/* What gateways and parties hand each other of the rulebook, as octets that are known by their
 * digest (policy/object_octets.h). */

#include "policy/object_octets.h"

/** One object, or the lists of one State. */
struct object {
    struct slice name; /* "law", "states", "parties:XA", "revocations:XA" */
    uint64_t number;   /* 0 where there is none */
    struct digest digest;
    struct slice octets; /* 1 to OBJECT_MAX_BYTES */
};

/** Sorted by name. Immutable. */
struct objects {
    struct object *at;
    size_t count;
    struct arena *arena; /* owns it all; NULL where somebody else does */
};

/** The revocation lists of one State that are in use. */
struct object_lists {
    struct slice state;
    uint64_t number;     /* the largest crlNumber's low 53 bits */
    struct slices lists; /* DER */
};

/**
 * Makes the objects of a rulebook folder, in the order that folder_read gives, and of revocation
 * lists. Nothing is borrowed.
 *
 * lists  in any order, one row for each State; rows without a list make no object
 *
 * CONFIG  a path or a number of files that nobody would take; files out of order;  FULL  longer
 *         than OBJECT_MAX_BYTES;  MEMORY
 */
struct status objects_new(const struct text_files *files, const struct rulebook *rulebook,
                          const struct object_lists *lists, size_t list_count,
                          struct objects **ret_objects);

/** The folders of other objects, and these revocation lists in the place of theirs. Nothing is
 * borrowed. As objects_new. */
struct status objects_renew(const struct objects *of, const struct object_lists *lists,
                            size_t list_count, struct objects **ret_objects);

/** NULL does nothing. */
void objects_free(struct objects *objects);

/** NULL where there is none of this name; objects may be NULL. */
const struct object *objects_find(const struct objects *objects, struct slice name);

#endif
