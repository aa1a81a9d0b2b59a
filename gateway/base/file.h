#ifndef BASE_FILE_H
#define BASE_FILE_H

/* Whole files and folders. Writing is durable: temporary file, fsync, rename, fsync of the folder.
 */

#include "base/arena.h"
#include "base/reader.h"
#include "base/status.h"

/** Appends a whole file. ABSENT if there is none; STORE if it cannot be read; FULL if over the max.
 */
struct status file_read(const char *path, struct buffer *out);

/** Replaces a file durably. mode as for open(2), e.g. 0600. STORE, FULL, MEMORY */
struct status file_write(const char *path, struct slice content, unsigned mode);

/** The same, but not durable until its file system is synced. */
struct status file_put(const char *path, struct slice content, unsigned mode);

/** Makes the name of a file durable: fsync of the folder that it is in. STORE */
struct status file_name_sync(const char *path);

/** Makes a folder and those above it where missing. STORE */
struct status folder_make(const char *path, unsigned mode);

/** One file of a folder: path relative to it, with "/" between names. */
struct text_file {
    struct slice path;
    struct slice text;
};

struct text_files {
    struct text_file *at;
    size_t count;
};

/**
 * Reads every regular file below a folder, sorted by path; names beginning with a dot are left out,
 * symbolic links are not followed. All lives in the arena.
 *
 * ABSENT, STORE, MEMORY; FULL for more than max_files files or 8 levels
 */
struct status folder_read(struct arena *arena, const char *path, size_t max_files,
                          struct text_files *ret_files);

/** Makes a folder with these files in it; files that are there already are replaced. Its file
 * system is synced once: before that anything of it may be missing after a power cut. STORE, FULL
 */
struct status folder_write(const char *path, const struct text_files *files, unsigned folder_mode,
                           unsigned file_mode);

/** Whether so many files more would be at most max; names beginning with a dot are not counted. A
 * folder that cannot be read has no room. */
bool folder_has_room(const char *path, size_t more, size_t max);

/** Removes a folder with all that is in it; symbolic links are removed, not followed. One that is
 * not there is no failure. STORE */
struct status folder_remove(const char *path);

#endif
