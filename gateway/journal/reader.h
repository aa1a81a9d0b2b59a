#ifndef JOURNAL_READER_H
#define JOURNAL_READER_H

/* What the reading functions share. Every answer is made under one signed checkpoint, taken before
 * the snapshot of the database, so that all it covers is in the snapshot. */

#include "journal/journal.h"
#include "journal/tree.h"

struct journal_reader {
    struct journal *journal;
    struct store *store;
    const struct keyring *keyring;
};

/** A question being answered: nothing at or above the signed size is told to anybody. */
struct look {
    struct journal_reader *reader;
    struct arena *arena;
    struct signed_tree tree;
    uint64_t reader_size;
};

#define LIST_MAX 100

/** What a page asks of the store; `below` is filled in by who reads. */
struct list_wanted wanted_of(enum listing listing, const struct journal_page *page);

/** Takes the checkpoint and a snapshot. Whatever it gives, end with look_end. */
struct status look_begin(struct journal_reader *reader, struct arena *arena, uint64_t reader_size,
                         struct look *ret_look);

/** Leaves the snapshot and gives s back. */
struct status look_end(struct look *look, struct status s);

/** The signed tree that has an entry: what it was given, or that of a log that ended. NULL: none */
const struct signed_tree *look_tree(const struct look *look, uint64_t index);

/** An entry and its outer record. ABSENT above the signed size */
struct looked_entry {
    struct entry_row row;
    struct slice opening;
    struct outer outer;
};
struct status look_entry(struct look *look, uint64_t index, struct looked_entry *ret_entry);

/** The entry's receipt, in the arena. */
struct status look_receipt(struct look *look, const struct looked_entry *entry,
                           struct slice *ret_receipt);

/** A message by its key. ABSENT where none is signed */
struct status look_message(struct look *look, const struct message_key *key,
                           struct message_row *ret_row);

/** Decrypts one slot of a message. */
struct status look_slot(struct look *look, const struct message_row *row, enum message_slot slot,
                        struct slice *ret_octets);

#endif
