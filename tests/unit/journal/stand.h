#ifndef TEST_JOURNAL_STAND_H
#define TEST_JOURNAL_STAND_H

/* A journal with a backup of it, to be restored. */

#include "fixture.h"

#include "journal/restore.h"

#define BEFORE 5 /* letters in the backup */
#define FIRST  1 /* index of the first letter's entry */

struct stand {
    struct fixture f;
    struct vkey key;
    char backup[128];
    struct backup made;
    struct restore_outcome outcome;
    uint64_t now_ms; /* when it is restored; 0: T0 + 20 s */
};

/** Posts letters of thread 1 to a party. */
void letters_post(struct fixture *f, uint64_t first, uint64_t last);

/** Makes the backup. */
void stand_backup(struct stand *s);

/** The backup holds BEFORE letters, the journal as many more as given. Closed, with its log
 * published. */
void stand_begin(struct stand *s, uint64_t after);

/** Restores the backup; the outcome is in the stand. */
struct status stand_restore(struct stand *s, bool dry_run);

/** The digest of journal.db. */
struct digest stand_digest(const struct stand *s);

bool is_there(const char *folder, const char *name);

#endif
