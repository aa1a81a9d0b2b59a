#ifndef CRYPTO_MERKLE_H
#define CRYPTO_MERKLE_H

/* The Merkle tree of RFC 9162 2.1 (RFC 6962) over SHA-256. Sizes stay below 2^63. Pure arithmetic.
 */

#include "crypto/digest.h"

#define MERKLE_MAX_PATH        63
#define MERKLE_MAX_CONSISTENCY 126
#define MERKLE_MAX_SIZE        (UINT64_MAX >> 1)

/** The right edge: one hash per set bit of size, the largest subtree first. */
struct merkle_edge {
    uint64_t size;
    struct digest nodes[64];
    unsigned count;
};

/** Leaf hash: SHA-256(00 || entry). */
struct digest merkle_leaf(struct slice entry);

/** Node hash: SHA-256(01 || left || right). */
struct digest merkle_node(const struct digest *left, const struct digest *right);

/** Appends a leaf hash to the edge. */
void merkle_append(struct merkle_edge *edge, const struct digest *leaf);

/** The root of the tree with this edge; SHA-256("") when it is empty. */
struct digest merkle_root(const struct merkle_edge *edge);

/** Octets of an edge: count * 32, for the journal; merkle_edge_read is strict about the size. */
struct slice merkle_edge_slice(const struct merkle_edge *edge);
bool merkle_edge_read(uint64_t size, struct slice nodes, struct merkle_edge *ret_edge);

/** Root over count leaf hashes by recursion: the second code path that checks merkle_append. */
struct digest merkle_root_of(const struct digest *leaves, uint64_t count);

/**
 * Gives the leaf hash at an index. Proofs need O(size) calls in the plain form; who stores tiles
 * may answer whole subtrees: see merkle_subtree.
 */
typedef struct status merkle_subtree(void *store, unsigned level, uint64_t index,
                                     struct digest *ret_hash);

/**
 * Inclusion path of leaf index in a tree of size, leaf's sibling first (RFC 9162 2.1.3.1).
 * subtree(store, level, index) gives the root of the complete subtree of 2^level leaves that begins
 * at leaf index * 2^level; it is asked O(log^2 size) times.
 *
 * ABSENT  index is not below size, or size is over MERKLE_MAX_SIZE
 */
struct status merkle_inclusion(merkle_subtree *subtree, void *store, uint64_t index, uint64_t size,
                               struct digest path[static MERKLE_MAX_PATH], size_t *ret_count);

/**
 * Consistency proof from old to size (RFC 9162 2.1.4.1); empty when old == size or old == 0.
 *
 * ABSENT  old is over size, or size is over MERKLE_MAX_SIZE
 */
struct status merkle_consistency(merkle_subtree *subtree, void *store, uint64_t old, uint64_t size,
                                 struct digest path[static MERKLE_MAX_CONSISTENCY],
                                 size_t *ret_count);

/** The root that a path leads to from the leaf at index of a tree of size; false if no inclusion
 * path there has this length. */
bool merkle_path_root(const struct digest *leaf, uint64_t index, uint64_t size, struct slices path,
                      struct digest *ret_root);

/** Whether leaf is at index of the tree of size with this root (RFC 9162 2.1.3.2). */
bool merkle_included(const struct digest *leaf, uint64_t index, uint64_t size, struct slices path,
                     const struct digest *root);

/** Whether the tree of size begins with that of old (RFC 9162 2.1.4.2); old 0 is false. */
bool merkle_consistent(uint64_t old, uint64_t size, const struct digest *old_root,
                       const struct digest *root, struct slices path);

/** What can be said of such a proof by who does not know old's root: whether its length is that of
 * one from old to size and, unless old is a power of two, whether it leads to this root. 0 < old <
 * size, else false. */
bool merkle_leads(uint64_t old, uint64_t size, const struct digest *root, struct slices path);

#endif
