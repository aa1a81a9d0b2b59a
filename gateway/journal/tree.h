#ifndef JOURNAL_TREE_H
#define JOURNAL_TREE_H

/* The log's tree in the store: growing it, computing its root a second time, and receipts. */

#include "audit/receipt.h"
#include "journal/store.h"

#define SIGNED_NOTE_BYTES 512

/** The last signed checkpoint of this log. Passed by value between the threads. */
struct signed_tree {
    uint64_t base; /* number of the log's first entry */
    uint64_t size;
    struct digest root;
    size_t note_length;
    uint8_t note[SIGNED_NOTE_BYTES];
};

static inline struct slice signed_note(const struct signed_tree *tree)
{
    return slice_over(tree->note, tree->note_length);
}

/** The number after the last entry that it covers: whatever has a smaller one is signed. */
static inline uint64_t signed_end(const struct signed_tree *tree)
{
    return tree->base + tree->size;
}

/** Appends a leaf hash and keeps the roots of the subtrees that it completes. STORE, FULL */
struct status tree_append(struct store *store, struct tree *tree, const struct digest *leaf);

/**
 * The root of the first size leaves of the log that begins at base by another way than tree_append:
 * recursion over what stands in the database. Leaves from trusted on are hashed from their entries
 * again; below it the kept roots of subtrees serve.
 *
 * FORK  an entry or node is missing;  STORE
 */
struct status tree_root(struct store *store, uint64_t base, uint64_t trusted, uint64_t size,
                        struct digest *ret_root);

/** The entry that a receipt is made for. */
struct receipt_of {
    uint64_t index; /* its number */
    struct slice entry;
    struct slice opening; /* key || record of the outer record */
    uint64_t reader_size; /* for a consistency proof; 0 or beyond the checkpoint: none */
};

/** Appends a receipt under the signed checkpoint. ABSENT if it does not cover the entry; STORE */
struct status receipt_make(struct store *store, const struct signed_tree *tree,
                           const struct receipt_of *of, struct buffer *out);

/** The inclusion path of an entry in the signed tree; its hashes live in the arena. ABSENT if it
 * does not cover the entry; STORE, MEMORY */
struct status inclusion_make(struct store *store, struct arena *arena,
                             const struct signed_tree *tree, uint64_t index,
                             struct slices *ret_path);

/** A consistency proof whose hashes live in the arena. ABSENT if old is over new; STORE, MEMORY */
struct status consistency_make(struct store *store, struct arena *arena, uint64_t base,
                               uint64_t old_size, uint64_t new_size, struct slices *ret_path);

#endif
