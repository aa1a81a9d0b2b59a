#ifndef JOURNAL_RESTORE_H
#define JOURNAL_RESTORE_H

/*
 * Putting a backup in the place of a lost journal. The lock database knows what was signed last,
 * and the published log has every entry up to there; so the log goes on as one history. What the
 * entries after the backup were about is lost: they are there as octets, without openings and
 * messages.
 *
 * While it is made, the new journal lies in the folder `restoring` of the journal's folder, which
 * nobody else reads. The old one's files are then laid aside in `journal.before-restore-TIME`, and
 * the new one is put in place. Killed at any moment it is run again; until then the old journal is
 * as it was, or comityd says that a restore was cut off and touches nothing.
 */

#include <stdatomic.h>

#include "journal/backup.h"

#define RESTORE_PATH_BYTES 4096

struct restore_order {
    const char *backup; /* folder */
    const struct vkey *log;
    uint64_t now_ms;
    bool dry_run; /* says what would be done; changes nothing but the folder `restoring` */
    const atomic_bool *stop; /* ends it with FULL; NULL: nothing does */
};

struct restore_outcome {
    struct backup backup;
    uint64_t signed_size;           /* of the log, by the lock database */
    uint64_t lost;                  /* entries that are there without openings */
    uint64_t missing;               /* entries that the published log does not have either */
    char aside[RESTORE_PATH_BYTES]; /* folder of the old files; empty: there were none */
    char text[500];                 /* why not: a sentence, and what to do */
};

/**
 * Restores a backup while no gateway uses the journal. Nothing is changed unless it succeeds.
 *
 * ret_outcome  written always, as far as it came
 *
 * REFUSED  consistency: the backup is not whole, or not this log's
 * FORK     it does not lead to what was signed last: entries are missing, or are others
 * STORE    also where another process holds the journal;  FULL, MEMORY, CRYPTO
 */
struct status journal_restore(const struct journal_settings *settings,
                              const struct restore_order *order,
                              struct restore_outcome *ret_outcome);

/** When and at which size the journal was last restored. ABSENT: it never was */
struct restoration {
    uint64_t size, lost, time_ms;
};
struct status journal_restoration(struct journal_reader *reader, struct restoration *ret);

#endif
