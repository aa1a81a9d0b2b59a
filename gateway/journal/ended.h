#ifndef JOURNAL_ENDED_H
#define JOURNAL_ENDED_H

/*
 * The logs of a journal that ended: each year has one, and one that was lost or forked is closed by
 * the directory. Their entries stay in the journal, and receipts of them are made under their last
 * checkpoints.
 */

#include "audit/note.h"
#include "journal/journal.h"

/** The log that the configured one succeeds, as the directory has both. Where the journal holds it,
 * journal_open ends it: it is published and laid aside in a folder of its own, and the configured
 * one begins. Receipts of its entries are made under its last checkpoint ever after. */
struct log_before {
    const char *origin;
    struct vkey key;
    bool is_closed; /* the directory says where it ended: */
    uint64_t size;
    struct digest root;
};

/** A log of the journal that ended. */
struct journal_ended {
    const char *origin; /* the journal's */
    uint64_t size;
    struct digest root;
    struct slice note; /* its last checkpoint; the journal's */
};

/** The logs that ended, by their number from 0; false when there are no more. Any thread. */
bool journal_ended(const struct journal *journal, size_t number, struct journal_ended *ret_ended);

/** The one with this origin; false: it is none of them. Any thread. */
bool journal_ended_find(const struct journal *journal, struct slice origin,
                        struct journal_ended *ret_ended);

/** The one whose origin ends with this name behind its last slash, and its number. Any thread. */
bool journal_ended_named(const struct journal *journal, struct slice name, size_t *ret_number,
                         struct journal_ended *ret_ended);

/** A consistency proof of it. ABSENT: it is none of them, or has not so many entries; STORE, MEMORY
 */
struct status journal_ended_consistency(struct journal_reader *reader, struct arena *arena,
                                        struct slice origin, uint64_t old_size, uint64_t new_size,
                                        struct slices *ret_path);

#define PUBLISHED_NAME_BYTES 65

/** Whether a log that ended may be laid aside in a folder of this name: letters, digits, "._-"
 * after the first, at most 64, and none of those that a log has itself. */
bool published_is_name(const char *name);

/** What stands behind the last slash of an origin. */
const char *published_name(const char *origin);

/** The journal that a reader is of. */
const struct journal *journal_reader_of(const struct journal_reader *reader);

#endif
