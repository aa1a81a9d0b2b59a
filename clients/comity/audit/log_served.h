#ifndef COMITY_LOG_SERVED_H
#define COMITY_LOG_SERVED_H

/* A log as its gateway serves it over HTTP, to those who look for the timestamp of one entry. */

#include "audit/timestamped.h"
#include "tls/context.h"

#define LOG_SERVED_FILES 24 /* more than lead to one entry */

struct log_served_file {
    char name[TILE_PATH_BYTES];
    struct buffer body;
};

/** The members above `base` are set by whoever uses it, all others are empty at first. */
struct log_served {
    struct tls_context *tls;
    const char *address, *gateway; /* "127.0.0.1:7444", "XA-GW-01" */
    struct slice origin;           /* of the log that is meant, which may have ended */
    char base[80];                 /* "/log/", "/log/2026/": where it was found */
    struct log_served_file files[LOG_SERVED_FILES]; /* that were fetched */
    size_t count;
    bool went;     /* a tile was not there: the log went on since its checkpoint was read */
    char why[160]; /* of a failure, for people */
};

/** A log_read over a struct log_served; "checkpoint" is read first, and looks for the log. ABSENT
 * also where a file is not for this reader; REFUSED (consistency): longer than such a file may be;
 * NETWORK, CRYPTO with why */
struct status log_served_read(void *store, const char *path, struct buffer *out);

/** A log_stamp_size over a struct log_served (log_stamp.h). As log_served_read; REFUSED
 * (timestamp.shape): what is served is no list */
struct status log_served_stamped(void *store, uint64_t index, uint64_t *ret_size);

/** Forgets what was fetched. */
void log_served_done(struct log_served *served);

#endif
