#ifndef COMITY_AUDIT_SYNC_PARTS_H
#define COMITY_AUDIT_SYNC_PARTS_H

/* What the files of comity audit sync share: one run, over all logs of a gateway. */

#include "comity/invocation.h"
#include "libcomity/client.h"
#include "mirror/sync.h"

#define SYNC_WHY_BYTES 256

/* What a log is to be brought to. */
struct sync_goal {
    const struct log_row *row; /* of the directory */
    const char *ended;         /* its name, where it ended; NULL: it is written */
    struct slice note;         /* its checkpoint, verified by the row's key */
    struct begun_proof told;   /* that it ended so; empty: the directory alone says so */
    uint64_t since_s;          /* cosigned; 0: nobody is asked to */
    char stale[SYNC_WHY_BYTES];
    size_t position; /* in the series, once it was reached */
    uint64_t added, openings;
};

struct syncing {
    const struct invocation *inv;
    struct arena *arena;
    struct comity *comity;
    const struct gateway_row *gateway;
    const char *id, *address; /* of the gateway, and where its logs are read */
    char why[SYNC_WHY_BYTES]; /* the last fetch failed */
    struct series *series;
    struct sync_outcome outcome; /* of the last step */
    struct sync_goal *goals;     /* SERIES_MAX; the first is the log that is written, each other one
                                    is the one that the one before goes on from */
    size_t goal_count;
    uint64_t timestamps; /* that were taken, of all logs */
    uint64_t let_go;     /* timestamps that are kept no longer */
    bool prints;         /* anything at all */
    bool shows;          /* how far it is, just now */
};

/* ---- sync_source.c: the gateway ---- */

/** Finds the gateway and where it is read, and whether this party may. */
enum comity_exit sync_source_open(struct syncing *x, struct comity_fault *reterr);

/** A sync_fetch over a struct syncing. */
void sync_source_fetch(void *source, struct sync_file *files, size_t count);

/**
 * Fetches the checkpoint of the log that is written, or of one that ended, and verifies whose it
 * is. goal->ended, and goal->row with it, are given; all else is written.
 *
 * COMITY_UNKNOWN  it shows none
 * COMITY_VERIFY   it is none, or the directory says that the log that is written ended before
 * COMITY_FORK     the same, with another root
 */
enum comity_exit sync_source_note(struct syncing *x, struct sync_goal *goal,
                                  struct comity_fault *reterr);

/** Why a step failed, otherwise than by being refused. */
enum comity_exit sync_source_fail(const struct syncing *x, struct status s,
                                  struct comity_fault *reterr);

/* ---- sync_chain.c: from one log to the next ---- */

/** Brings all logs to their ends, and the one that is written to its checkpoint. */
enum comity_exit sync_chain(struct syncing *x, struct comity_fault *reterr);

/** For what brings a log to its goal; but for the mirror. */
struct sync_settings sync_settings_of(struct syncing *x, const struct sync_goal *goal);

/* ---- sync_stamps.c: timestamps ---- */

/** Takes the timestamps of all logs that there are mirrors of: one that ended may have got its last
 * one since. */
enum comity_exit sync_stamps(struct syncing *x, struct comity_fault *reterr);

/* ---- sync_refused.c ---- */

/** Why the last step was refused. */
enum comity_exit sync_refused(const struct syncing *x, struct comity_fault *reterr);

/** That a log ended otherwise than somebody says, where said names both. The goal's note, which
 * says so, is kept beside the mirror's own and what the goal was told, whatever they are worth: the
 * mirror's is not what convicts. COMITY_FORK, COMITY_FAILED */
enum comity_exit sync_forked(const struct syncing *x, const struct sync_goal *goal,
                             const char *said, struct comity_fault *reterr);

#endif
