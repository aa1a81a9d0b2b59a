#ifndef JOURNAL_COSIGNED_H
#define JOURNAL_COSIGNED_H

/* Checkpoints of our own log as witnesses have cosigned them: published, and kept for readers. */

#include "journal/journal.h"

/** Puts a checkpoint with cosignatures in the place of the published one of the same size; where
 * another one is published meanwhile it is dropped. Any thread. MEMORY */
struct status journal_publish_cosigned(struct journal *journal, struct slice note, uint64_t size);

/** Keeps a checkpoint with cosignatures for journal_cosigned by readers of this State, until then
 * (Unix). Any thread. MEMORY, FULL: what was kept for them stays */
struct status journal_keep_cosigned(struct journal *journal, struct slice state, struct slice note,
                                    uint64_t until_ms);

/** Keeps none any more. Any thread. */
void journal_forget_cosigned(struct journal *journal);

/** What journal_keep_cosigned kept for readers of this State. ABSENT where nothing is, or its time
 * is over */
struct status journal_cosigned(struct journal_reader *reader, struct arena *arena,
                               struct slice state, uint64_t now_ms, struct slice *ret_note);

/** The next of what journal_keep_cosigned keeps, for readers of any State, the first kept first:
 * each text has a serial over 0, which is larger than that of any before it. ABSENT where there is
 * none after this serial whose time is not over */
struct status journal_cosigned_after(struct journal_reader *reader, struct arena *arena,
                                     uint64_t after, uint64_t now_ms, struct slice *ret_note,
                                     uint64_t *ret_serial);

#endif
