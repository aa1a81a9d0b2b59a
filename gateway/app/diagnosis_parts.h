#ifndef APP_DIAGNOSIS_PARTS_H
#define APP_DIAGNOSIS_PARTS_H

/* Inside of the diagnosis: its findings, and who makes them. */

#include <jansson.h>

#include "app/config.h"

struct diagnosis {
    json_t *findings; /* an array */
};

enum finding { FOUND_OK, FOUND_UNKNOWN, FOUND_WARNING, FOUND_CRITICAL };

/** What was found out about one thing. */
struct found {
    const char *name; /* "disk of the journal" */
    enum finding state;
    int exit;         /* of comity, where it is critical */
    const char *todo; /* a heading of deploy/RUNBOOK.md or a sentence; NULL: nothing */
};

[[gnu::format(printf, 3, 4)]] void
diagnosis_add(struct diagnosis *diagnosis, const struct found *found, const char *format, ...);

/** Owners and rights of the files, room on their disks, limits of the system. */
void diagnosis_files(struct diagnosis *diagnosis, const struct config *config);

#endif
