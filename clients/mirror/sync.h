#ifndef MIRROR_SYNC_H
#define MIRROR_SYNC_H

/*
 * A mirror is brought up to a checkpoint whose signatures the caller has verified: what it signs is
 * proved to continue the kept one, then every new entry is taken that its tree is made of, then the
 * openings. It can be broken off anywhere: what was taken stays, and is gone on with.
 */

#include "mirror/begun.h"
#include "mirror/series.h"

#define SYNC_SAID_BYTES 256
#define SYNC_PATH_BYTES (TILE_PATH_BYTES + 2 * SERIES_NAME_BYTES)

/** A file that the gateway serves. */
struct sync_file {
    char path[SYNC_PATH_BYTES]; /* "/log/tile/0/000", "/openings?from=0&count=256" */
    size_t max;                 /* octets that it may have */
    struct buffer body;         /* of max; to be filled */
    struct status status;       /* ABSENT: there is none, or not for this reader; FULL: over max;
                                   NETWORK, CRYPTO, MEMORY */
};

/** Fetches all of at most SYNC_FETCHES files, within a deadline. */
typedef void sync_fetch(void *source, struct sync_file *files, size_t count);
#define SYNC_FETCHES 8

/** Is told how far it is, now and then. */
typedef void sync_progress(void *owner, const char *what, uint64_t done, uint64_t total);

struct sync_settings {
    struct mirror *mirror;   /* made by mirror_make, of this log */
    struct slice vkey;       /* of the log, which must have signed what the mirror keeps; empty: who
                                asks answers for it */
    const char *ended;       /* the name of a log that ended; NULL: the one that is written */
    struct begun_proof told; /* that it ended so, by the log that goes on from it: is kept with what
                                contradicts; empty: nobody says so */
    struct series *series; /* with the earlier logs, of which entries may have been erased, made by
                              series_make, and this one at position; NULL: it stands alone */
    size_t position;
    sync_fetch *fetch;
    void *source;
    sync_progress *progress; /* may be NULL */
    void *owner;
    uint64_t now_ms;   /* Unix */
    const char *stale; /* NULL, or why nothing may be taken under this checkpoint: then it is only
                          asked whether it contradicts the kept one */
};

/** Why a sync was refused. */
enum sync_verdict {
    SYNC_GOOD,
    SYNC_MISSING, /* a file is not there: the log went on meanwhile, or it is not for this reader */
    SYNC_DAMAGED, /* what is served is not what the checkpoint signs */
    SYNC_STALE,   /* as sync_settings.stale says */
    SYNC_BEHIND,  /* the checkpoint is behind the kept one, which continues it */
    SYNC_FORKED,  /* it contradicts the kept one, and is kept as evidence */
    SYNC_MIRROR_DAMAGED, /* the mirror is not what its kept checkpoint signs, so that it proves
                            nothing against anybody */
};

struct sync_outcome {
    enum sync_verdict verdict;
    char said[SYNC_SAID_BYTES];       /* of a refusal: what, a sentence without its full stop */
    char evidence[MIRROR_PATH_BYTES]; /* of SYNC_FORKED: as mirror_convict says */
    uint64_t added, openings;         /* entries, and those whose openings were asked for */
    uint64_t timestamps, let_go;      /* that were taken, and kept no longer (sync_timestamps.h) */
};

/**
 * What the log of a checkpoint says, in its first entry, of the log that it goes on from: the entry
 * is proved to be under the checkpoint. settings->mirror is not needed. Lives in the arena, the
 * proof with it.
 *
 * ret_outcome  always written
 *
 * ABSENT   it says nothing of another log, or its opening was erased
 * REFUSED  ret_outcome says why
 * NETWORK, CRYPTO, MEMORY
 */
struct status sync_begun(const struct sync_settings *settings, struct slice note,
                         struct arena *arena, struct begun *ret_begun,
                         struct sync_outcome *ret_outcome);

/**
 * Brings the mirror up to a checkpoint. Its openings, too: those of entries behind it are for the
 * next time, for asking makes entries. Where an entry says that others were erased, those are asked
 * for again, so that the mirror forgets them, and those of earlier logs do. Of a log that ended the
 * checkpoint is its last one: a mirror that has more was shown another end.
 *
 * ret_outcome  always written
 *
 * REFUSED  ret_outcome says why; nothing that the kept checkpoint signed has changed. SYNC_FORKED
 *          only where two signed roots contradict: hashes of the mirror alone convict nobody
 * NETWORK, CRYPTO, STORE, FULL, MEMORY
 */
struct status sync_log(const struct sync_settings *settings, struct slice note,
                       struct sync_outcome *ret_outcome);

#endif
