#ifndef MIRROR_SYNC_PARTS_H
#define MIRROR_SYNC_PARTS_H

/* What the files of a sync share. */

#include "mirror/mirror_parts.h"
#include "mirror/sync.h"

#define SYNC_HELD        24 /* tiles, more than a proof needs */
#define SYNC_PINNED      2  /* of them: the last bundle and its tile, while they are narrow */
#define BUNDLE_ROW_BYTES (2 + ENTRY_BYTES)

/* A tile that was fetched. */
struct sync_tile {
    struct tile tile;
    struct buffer body;
};

struct sync {
    const struct sync_settings *settings;
    struct mirror *mirror;
    struct sync_outcome *outcome;
    struct note note;   /* to be reached */
    struct digest kept; /* root of the kept checkpoint, once sync_kept has judged it */
    struct sync_tile held[SYNC_HELD];
    size_t held_count, held_next;
};

/** Says why, and that it is refused. */
[[gnu::format(printf, 3, 4)]] struct status sync_refuse(struct sync *x, enum sync_verdict verdict,
                                                        const char *format, ...);

/** Writes where a file of the log is served, as "tile/0/000". */
void sync_path(const struct sync *x, const char *file, char path[static SYNC_PATH_BYTES]);

void sync_tell(const struct sync *x, const char *what, uint64_t done, uint64_t total);

/* ---- sync_kept.c ---- */

/** Whether the mirror still is what its kept checkpoint signs, without which it can say nothing
 * against another one. REFUSED SYNC_MIRROR_DAMAGED;  STORE, MEMORY */
struct status sync_kept(struct sync *x);

/** The root of the first size entries, which the kept checkpoint signs as well: the mirror's hashes
 * lead from it to the kept root. size is not over the kept one. REFUSED SYNC_MIRROR_DAMAGED;
 * STORE, MEMORY */
struct status sync_kept_root(struct sync *x, uint64_t size, struct digest *ret_root);

/** Whether an entry of a mirror is what its hashes say. REFUSED SYNC_MIRROR_DAMAGED; STORE, MEMORY
 */
struct status sync_entry(struct sync *x, struct mirror *mirror, uint64_t index);

/** The time of a mirror's last entry, which there must be: the next one may not be earlier. REFUSED
 * SYNC_MIRROR_DAMAGED; STORE, MEMORY */
struct status sync_last(struct sync *x, struct mirror *mirror, uint64_t *ret_time_ms);

/** mirror_shed. REFUSED SYNC_MIRROR_DAMAGED; STORE, FULL, MEMORY */
struct status sync_shed(struct sync *x);

/** Says what of the mirror is not what it was. REFUSED */
struct status sync_mirror_damaged(struct sync *x, const char *what);

/* ---- sync_tiles.c ---- */

/** What the gateway serves of a tile of the note's tree; level -1: a bundle. */
struct tile sync_tile_of(const struct sync *x, int level, uint64_t index);

/** Prepares a tile to be fetched; the body is to be done with buffer_done. */
void sync_tile_ask(const struct sync *x, const struct tile *tile, struct sync_file *ret_file);

/** Fetches files, and judges what came of them; tiles, all of which it has. */
struct status sync_tiles_fetch(struct sync *x, const struct tile *tiles, struct sync_file *files,
                               size_t count);

/** Fetches the last bundle and its tile where they are narrow: as the log grows they go. */
struct status sync_tiles_begin(struct sync *x);

/** A tile that was fetched before, or NULL. */
const struct sync_tile *sync_tile_held(const struct sync *x, const struct tile *tile);

void sync_tiles_done(struct sync *x);

/** A merkle_subtree over the served tiles of a struct sync. */
struct status sync_subtree(void *store, unsigned level, uint64_t index, struct digest *ret_hash);

/** Proves from the served tiles that the note's tree continues the kept one. */
struct status sync_prove(struct sync *x);

/* ---- sync_entries.c, sync_openings.c ---- */

struct status sync_entries(struct sync *x);
struct status sync_openings(struct sync *x);

/* ---- sync_batch.c ---- */

/* A document of openings, and what it says. */
struct sync_batch {
    struct sync_file file;
    struct arena *arena;
    struct opened_entry *rows;
    size_t count; /* at least one */
};

/** Fetches openings of a log that ended, or of the one that is written where log is NULL. Fewer may
 * come than were asked for, and more are refused. To be ended by sync_batch_done, also after a
 * failure. */
struct status sync_batch_fetch(struct sync *x, const char *log, uint64_t from, uint64_t count,
                               struct sync_batch *ret_batch);

void sync_batch_done(struct sync_batch *batch);

#endif
