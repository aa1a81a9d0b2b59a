#ifndef APP_RUNNING_JOURNAL_H
#define APP_RUNNING_JOURNAL_H

#include "app/reload.h"
#include "app/start.h"

/**
 * Opens the journal as the configuration says, once. The rulebook has to follow those that were in
 * force before; what is kept of them, and the journal, are put into running.
 *
 * start  the former log's key has done its work then, and is freed
 * error  a sentence, or empty
 *
 * CONFIG: another rulebook is wanted; otherwise as journal_open
 */
struct status running_open_journal(struct running *running, struct start *start,
                                   char error[static CONFIG_ERROR_BYTES]);

#endif
