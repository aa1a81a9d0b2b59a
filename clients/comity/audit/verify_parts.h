#ifndef COMITY_AUDIT_VERIFY_PARTS_H
#define COMITY_AUDIT_VERIFY_PARTS_H

/* What the files of comity audit verify share: one log at a time, of a folder or of mirrors. */

#include <jansson.h>

#include "comity/audit/log_folder.h"
#include "mirror/series.h"
#include "schema/directory.h"

/* What the directory says of the logs beside the one at hand. */
struct verify_place {
    bool is_known;                     /* that it says anything */
    char before[ORIGIN_MAX_BYTES + 1]; /* origin of the one that it goes on from; "": of none */
    char after[ORIGIN_MAX_BYTES + 1];  /* of the one that goes on from it; "": there is none */
};

struct verifying {
    struct timestamp_authorities *authorities; /* NULL: nobody's timestamps are traced */
    const char *path;                          /* of the log, or of the mirror */
    struct log_folder folder;
    struct series *series; /* NULL: a folder is verified */
    size_t position;       /* in the series, of the log at hand */
    struct mirror
        *mirror; /* of the log at hand; NULL: a folder is verified; folder.timestamps is of both */
    struct slice keys;  /* the log's, then its witnesses', one a line */
    struct log_row end; /* where the directory says that the log ended, if it did */
    struct verify_place place;
    struct log_verdict verdict;
};

/** Notes what the directory says of the logs beside this one. */
void verify_place_note(struct verifying *v, const struct gateway_row *gateway,
                       const struct log_row *log);

/**
 * Whether the mirror at hand stands where it belongs: behind the log that the directory says and
 * its own first entry says, and nowhere else. Of a folder nothing is asked.
 *
 * REFUSED  with v->verdict.fault;  STORE, MEMORY
 */
struct status verify_place(struct verifying *v);

/** What is told of it: the log that the directory has behind the newest mirror, and none is here
 * of; and that nobody could be asked whether a log was before the oldest one. */
void verify_place_print(const struct verifying *v);

/** Adds the same to the verdict: "next", an origin or null, and "former_checked", null of a
 * folder. */
void verify_place_json(const struct verifying *v, json_t *verdict);

#endif
