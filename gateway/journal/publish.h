#ifndef JOURNAL_PUBLISH_H
#define JOURNAL_PUBLISH_H

/*
 * The published log: tiles and bundles, then the checkpoint over them, made from the journal by a
 * thread of its own. Nothing waits for it; what it has not written before a crash it writes at the
 * next start. The folder holds exactly the tiles of the checkpoint in it, so any other file there
 * is somebody else's.
 */

#include "audit/tile.h"
#include "journal/tree.h"

struct publisher;

struct publisher_settings {
    const char *path;     /* folder of journal.db */
    const char *log_path; /* folder of the published log */
};

/** Makes the folder and starts the thread. STORE, MEMORY */
struct status publisher_start(const struct publisher_settings *settings,
                              struct publisher **ret_publisher);

/** A checkpoint was signed: it will be published. */
void publisher_offer(struct publisher *publisher, const struct signed_tree *tree);

/** The size of the log that this run has published, 0 before it has, and whether the last attempt
 * failed. Any thread. */
void publisher_told(struct publisher *publisher, uint64_t *ret_size, bool *ret_failed);

/** The checkpoint that this run has published last; its size is 0 before it has. Any thread. */
struct signed_tree publisher_tree(struct publisher *publisher);

/** Puts the note, which has cosignatures, in the place of the published checkpoint if that is still
 * of this size. Any thread. MEMORY */
struct status publisher_cosigned(struct publisher *publisher, struct slice note, uint64_t size);

/** Publishes what was offered last and ends the thread; gives the size that is published. */
uint64_t publisher_finish(struct publisher *publisher);

/** The same. NULL does nothing. */
void publisher_stop(struct publisher *publisher);

/** The at most PARTIALS_MAX tiles of a tree that are not full. */
#define PARTIALS_MAX 9
struct partials {
    struct tile tiles[PARTIALS_MAX];
    size_t count;
};
struct partials partials_of(uint64_t size);
bool partials_have(const struct partials *partials, const struct tile *tile);

/** Removes a partial tile that a later one has replaced; its folder too when it is empty. */
void partial_remove(const char *log_path, const struct tile *tile);

/** Removes everything below tile/ that an interrupted run has left: partial tiles that are not
 * among these, and temporary files. */
void leftovers_remove(const char *log_path, const struct partials *partials);

#endif
