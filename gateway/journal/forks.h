#ifndef JOURNAL_FORKS_H
#define JOURNAL_FORKS_H

/*
 * What is kept when the lock database does not let a log go on: the checkpoint that it vouches for
 * and that of the journal, in the folder "forks" beside it, for whoever has to judge which history
 * is the true one. Nothing of it is in the journal, which is in doubt.
 */

#include "journal/state.h"

#define FORK_FILES_MAX 64 /* files; what is found then is kept no more */

/**
 * Keeps both, as PATH.lock.note and PATH.journal.note. The former is signed by the log's key over
 * what the lock holds: it moves before a checkpoint is signed, so that nothing else was or can be
 * signed in its place, and Ed25519 gives the same octets each time. The latter is the newest signed
 * one that the journal's entries still give: of this process, of a backup's checkpoint in the
 * journal's folder, or as published. Where there is none it is PATH.journal.unsigned, which says
 * what the journal holds: that is never signed here. The same two are kept once.
 *
 * ABSENT  the lock has nothing of this log
 * FULL    the folder is full, or the disk;  STORE, CRYPTO, MEMORY
 */
struct status forks_keep(struct journal *journal, char ret_path[static JOURNAL_PATH_BYTES]);

#endif
