#ifndef APP_RESTORING_H
#define APP_RESTORING_H

/* comityd --restore: puts a backup in the place of a lost journal while no gateway uses it. */

#include <jansson.h>

#include "app/start.h"
#include "app/state.h"
#include "journal/restore.h"

/** {"dir","size","root","bytes"} */
json_t *backup_json(const struct backup *backup, const char *dir);

/** The directory's key of a gateway's log, which points into the rulebook. ABSENT */
struct status log_key_find(const struct rulebook *rulebook, const char *gateway, const char *origin,
                           struct vkey *ret_key);

/** What to restore, and how. */
struct restoring {
    const char *backup; /* folder */
    bool dry_run;
};

/**
 * Restores, and prints what came of it on standard output: one object of JSON, that of the backup
 * with "signed", "lost", "aside" and "dry_run", or an error as the control socket gives them.
 * Gives the exit code: 0, 1, 7, 9 or 11.
 */
int restoring_run(const struct config *config, const struct state *state, const struct start *start,
                  const struct restoring *restoring);

#endif
