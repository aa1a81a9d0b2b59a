#ifndef COMITY_LOG_FOLDER_H
#define COMITY_LOG_FOLDER_H

/* A published audit log as a folder: what it says, and whether anything lies in it that it should
 * not hold. */

#include "audit/tile.h"

/** The folder itself is the store of log_read. Names are those that log_verify asks for. */
struct log_folder {
    const char *path;
};

/** A log_read over a struct log_folder. */
struct status log_folder_read(void *store, const char *path, struct buffer *out);

/**
 * Looks at every file of the folder: it is the checkpoint, a tile or an entry bundle of a tree of
 * this size, or an earlier, narrower one that agrees with today's. Nothing else may be there.
 *
 * REFUSED  with fault naming the file;  STORE
 */
struct status log_folder_search(struct log_folder *folder, uint64_t size, char fault[static 160]);

#endif
