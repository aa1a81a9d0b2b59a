#ifndef APP_COMMIT_H
#define APP_COMMIT_H

/* Entries that somebody waits for: what they tell is not done before they are signed. */

#include "journal/journal.h"

/** Posts something to the journal; the result comes through done. */
typedef struct status commit_post(struct journal *journal, const void *what, uint64_t now_ms,
                                  void *owner, journal_done *done);

/** Posts it and waits for the outcome, not on the journal's thread. FULL where none comes in time:
 * there may be an entry all the same. Otherwise as the posting */
struct status commit_wait(struct journal *journal, commit_post *post, const void *what,
                          unsigned wait_ms);

/** Posts it, and nobody asks what became of it. As the posting */
struct status commit_post_only(struct journal *journal, commit_post *post, const void *what);

#endif
