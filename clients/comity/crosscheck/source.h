#ifndef COMITY_CROSSCHECK_SOURCE_H
#define COMITY_CROSSCHECK_SOURCE_H

/* Where a log's leaves come from: its published folder, the gateway over HTTP, or a mirror. Hash
 * tiles are enough: everybody in the directory may read them. */

#include "audit/note.h"
#include "audit/tile.h"
#include "comity/audit/log_folder.h"
#include "comity/crosscheck/crosscheck.h"
#include "mirror/series.h"
#include "schema/directory.h"
#include "tls/context.h"

#define CROSSCHECK_HTTP_TILES 4 /* asked for at once */

/** A gateway's /log/ over HTTP, or its /log/NAME/: another one from the next checkpoint on. */
struct crosscheck_http {
    struct tls_context *tls;       /* the caller's */
    const char *address, *gateway; /* "127.0.0.1:7444", "XA-GW-01" */
    const char *ended;             /* name of a log that ended; NULL: the one that is written */
    uint64_t size;                 /* of the checkpoint that was read last */
    uint64_t first;                /* tiles at hand: which is the first of them */
    size_t count;                  /* how many */
    struct buffer tiles[CROSSCHECK_HTTP_TILES];
    char why[160]; /* of a failure, for people */
};

/** A log_read over a struct crosscheck_http: the checkpoint and tiles of level 0. */
struct status crosscheck_http_read(void *store, const char *path, struct buffer *out);

void crosscheck_http_done(struct crosscheck_http *http);

struct crosscheck_source {
    const char *name;      /* for people: a folder, or an address */
    log_read *read;        /* NULL: of the mirror */
    void *store;           /* of read */
    struct mirror *mirror; /* its checkpoint is what was seen last, and may be behind */
};

/** The log's present checkpoint, which lives in the arena. ABSENT, STORE, NETWORK, MEMORY */
struct status crosscheck_source_note(const struct crosscheck_source *source, struct arena *arena,
                                     struct slice *ret_note);

/**
 * Whether a log of the directory signed this checkpoint, by its row that is in force, or where it
 * has none any more, by the last one that was: a log of last year is signed no more.
 *
 * REFUSED  note.origin: the directory knows no such log; note.key, note.signature;  CONFIG
 */
struct status crosscheck_note_judge(const struct directory *directory, struct note *note);

/**
 * Gives all leaves of a tree of this size to the pass.
 *
 * REFUSED  a tile is missing or has another length: fault says which
 * STORE, NETWORK, MEMORY
 */
struct status crosscheck_source_leaves(const struct crosscheck_source *source, uint64_t size,
                                       struct crosscheck_pass *pass, char fault[static 160]);

#endif
