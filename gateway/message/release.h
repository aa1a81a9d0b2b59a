#ifndef MESSAGE_RELEASE_H
#define MESSAGE_RELEASE_H

/* What one gateway lets go to one recipient (PROTOCOL.md, release). */

#include "crypto/digest.h"
#include "message/claims.h"

#define RELEASE_MAX_WITHHELD    128
#define RELEASE_MAX_OBLIGATIONS 32

struct rulebook_version {
    uint64_t law, states, parties_from, parties_to;
    struct digest digest;
};

struct withholding {
    struct slice path; /* the group */
    struct slice code;
};

struct release {
    uint64_t hop; /* 1 or 2 */
    struct slice gateway, id, thread, from, to, purpose;
    struct slice seal_digest; /* 32 octets */
    struct rulebook_version rulebook;
    struct slices digests;              /* sorted, as many as the seal has */
    const struct withholding *withheld; /* sorted by path */
    size_t withheld_count;
    struct slices obligations; /* sorted */
    uint64_t time_ms;
    uint64_t number;            /* per recipient and thread; 0 to a peer */
    struct slice previous_leaf; /* hop 2: leaf hash of the hop-1 entry; at == NULL at hop 1 */
    uint64_t previous_size;
    struct slice previous_root;
};

/**
 * Reads a release: size, CBOR, shape and the sortedness of its lists. What it must agree with is
 * chain.h of audit.
 *
 * REFUSED  release.size, cbor.*, release.shape, release.digests, release.withheld,
 *          release.obligations
 * MEMORY
 */
struct status release_parse(struct arena *arena, struct slice octets, struct release *ret_release);

/** Appends the release as deterministic CBOR. */
void release_write(struct buffer *out, const struct release *release);

/** Whether the sorted list holds this digest. Binary search. */
bool digests_have(struct slices sorted, const struct digest *digest);

/**
 * Sorts own (released and derived digests) together with random fillers up to count into one run of
 * count * 32 octets in the arena. fillers holds 32 * (count - own_count) random octets.
 * MEMORY
 */
struct status release_digests(struct arena *arena, const struct digest *own, size_t own_count,
                              struct slice fillers, size_t count, struct slices *ret_digests);

/** Digest of the rulebook object in a folder, "law/" (comity-object-1): files are in the order of
 * their paths. */
struct text_files;
struct digest object_digest(const struct text_files *files, const char *folder);

#endif
