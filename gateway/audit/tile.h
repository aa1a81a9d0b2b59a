#ifndef AUDIT_TILE_H
#define AUDIT_TILE_H

/*
 * The published log: C2SP tlog-tiles. Tiles and entry bundles are derived from the journal and can
 * be written again at any time; this module computes names and contents and does no I/O.
 */

#include "base/reader.h"
#include "crypto/merkle.h"

#define TILE_WIDTH      256
#define TILE_PATH_BYTES 96

/** "tile/0/x001/x234/067" or "tile/entries/000.p/17"; level < 0 means entries. width 256: full. */
void tile_path(int level, uint64_t index, unsigned width, char text[static TILE_PATH_BYTES]);

/** One tile of a tree; level -1 is an entry bundle. */
struct tile {
    uint64_t index;
    int level;
    unsigned width; /* 1..256 */
};

/** The tile of a path. False for anything that tile_path would not write. */
bool tile_path_read(struct slice path, struct tile *ret_tile);

/**
 * Lists the tiles that a tree of new_size has and one of old_size had not (or narrower): what has
 * to be written when the published size grows. visit stops the walk by failing.
 */
typedef struct status tile_visit(void *store, const struct tile *tile);
struct status tiles_between(uint64_t old_size, uint64_t new_size, tile_visit *visit, void *store);

/** All tiles of a tree, the widest of each only: what a full check reads. */
struct status tiles_all(uint64_t size, tile_visit *visit, void *store);

/** Reads one file of a published log into out; ABSENT if there is none. */
typedef struct status log_read(void *store, const char *path, struct buffer *out);

/** What comity audit verify says of a log. */
struct log_verdict {
    char origin[160];
    uint64_t size;
    struct digest root;
    char fault[160]; /* empty when all holds: "tile/0/000.p/17: hash 3 is not its entry's" */
};

/**
 * The full pass over a published log: checkpoint form, origin and every signature, every entry
 * bundle, every tile on every level, the root; entries are well formed and their times never fall.
 * One changed octet in any of these files is found. What else lies in the folder the caller tells
 * with tiles_all.
 *
 * vkeys  the log's key, then its witnesses', one a line, from the directory or the user, never from
 *        the log's folder; a signature by a key that is not among them is a fault
 *
 * REFUSED  with ret_verdict->fault naming the check;  STORE, MEMORY, or as read fails
 */
struct status log_verify(log_read *read, void *store, struct slice vkeys,
                         struct log_verdict *ret_verdict);

#endif
