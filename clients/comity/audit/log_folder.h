#ifndef COMITY_LOG_FOLDER_H
#define COMITY_LOG_FOLDER_H

/* A published audit log as a folder: what it says, and whether anything lies in it that it should
 * not hold. */

#include "audit/timestamped.h"

/** The folder itself is the store of log_read. Names are those that log_verify asks for. */
struct log_folder {
    const char *path;
    struct slice origin; /* of the log, for its timestamps */
    const struct timestamp_authorities
        *authorities;                    /* of these; NULL: whose they are is not asked */
    uint64_t now_ms;                     /* Unix */
    struct timestamped_found timestamps; /* as log_folder_search has found */
};

/** A log_read over a struct log_folder. */
struct status log_folder_read(void *store, const char *path, struct buffer *out);

/** A log_stamp_size over a struct log_folder (log_stamp.h). */
struct status log_folder_stamped(void *store, uint64_t index, uint64_t *ret_size);

/**
 * Looks at every file of the folder: it is the checkpoint, a tile or an entry bundle of a tree of
 * this size, an earlier, narrower one that agrees with today's, or a timestamp of the tree as it
 * was at some size. Nothing else may be there, but folders of logs that ended, each with a
 * checkpoint of its own; they are not looked into. Tiles are believed, so log_verify comes first.
 *
 * REFUSED  with fault naming the file;  STORE
 */
struct status log_folder_search(struct log_folder *folder, uint64_t size, char fault[static 160]);

#endif
