#ifndef JOURNAL_BACKUP_H
#define JOURNAL_BACKUP_H

/*
 * A copy of the journal that is made while it is written, and whether such a copy is what it should
 * be. A backup is a folder with three files: `journal.db`; `checkpoint`, the last signed one from
 * before the copy, which covers what is in it; and `manifest`, written last, with a line "SHA-256
 * in hexadecimal, two spaces, name" for each of the others. The lock database is no part of it:
 * what was signed must not be forgotten by putting an older state back.
 */

#include <stdatomic.h>

#include "journal/journal.h"

/** What is in a backup. */
struct backup {
    uint64_t size; /* entries under its checkpoint */
    struct digest root;
    uint64_t bytes; /* of journal.db */
};

/** Why there is no backup, or what is wrong with one: a sentence. */
struct backup_fault {
    char text[300];
};

/**
 * Makes the folder, which must not be there yet, and the backup in it. What was begun is removed
 * where it fails. The write-ahead log is not begun again meanwhile.
 *
 * stop  ends it with FULL once it is true
 *
 * CONFIG  the folder is there or cannot be made;  FULL, STORE, MEMORY, CRYPTO
 */
struct status backup_make(struct journal_reader *reader, const char *folder,
                          const atomic_bool *stop, struct backup *ret_backup,
                          struct backup_fault *reterr);

/**
 * Reads a whole backup: its files are those of the manifest, the checkpoint is signed by this key
 * of the log, and the entries give its root.
 *
 * REFUSED  consistency;  FULL stopped;  STORE, MEMORY, CRYPTO
 */
struct status backup_verify(const char *folder, const struct vkey *log, const atomic_bool *stop,
                            struct backup *ret_backup, struct backup_fault *reterr);

#endif
