#ifndef JOURNAL_RESTORE_PARTS_H
#define JOURNAL_RESTORE_PARTS_H

/* What putting a backup in place consists of. */

#include "journal/restore.h"
#include "journal/store.h"

/** Says why not. */
[[gnu::format(printf, 3, 4)]] struct status restore_fail(struct restore_outcome *outcome,
                                                         struct status s, const char *format, ...);

/* ---- files ---- */

#define RESTORE_FOLDER "restoring" /* in the folder of the journal */

/** The folder in which the new journal is made, inside the journal's. STORE: too long a path */
struct status restore_folder(const char *journal, char folder[static RESTORE_PATH_BYTES]);

/** Makes that folder with a copy of the backup in it, as far as it is whole; what an earlier
 * attempt has left there is gone. */
struct status restore_copy(const char *backup, const char *folder);

/** Removes it with all that is in it. */
void restore_clear(const char *folder);

#define RESTORE_MARK "journal.switching" /* there while files are exchanged */

/** Lays the old files aside, then puts the new database in place. Under a mark, which keeps comityd
 * from using a journal of which only a part is in its place. */
struct status restore_switch(const char *journal, const char *folder, uint64_t now_ms,
                             char ret_aside[static RESTORE_PATH_BYTES]);

/** Whether the mark is there: a restore was killed while it exchanged files. */
bool restore_is_cut_off(const char *journal);

/* ---- the published log ---- */

/** Is given each entry in its order. */
typedef struct status published_entry(void *owner, struct slice entry, uint64_t time_ms);

/** What is wrong with the published log: a file and how. */
struct published_fault {
    char text[160];
};

/**
 * Reads the entries from first to before end from a published log, whatever its checkpoint says:
 * the widest bundle there is counts. Each is compared with its hash tile where that is there. An
 * entry that differs is given all the same, for only the root tells which of the two is damaged;
 * the first such is in reterr.
 *
 * ret_next  the index after the last entry given
 *
 * as visit fails;  STORE, MEMORY
 */
struct status published_read(const char *log_path, uint64_t first, uint64_t end,
                             published_entry *visit, void *owner, uint64_t *ret_next,
                             struct published_fault *reterr);

#endif
