#ifndef APP_TIMESTAMPING_H
#define APP_TIMESTAMPING_H

/*
 * Timestamps of our log (RFC 3161): from time to time an authority that is nobody's in the
 * directory is asked to sign when it saw the published checkpoint. What it gives lies in the log's
 * folder as timestamp/SIZE.tsr for whoever reads the log. The last checkpoint of a log that ended
 * gets one, too, in the folder that the log was laid aside in. On a thread of its own: an authority
 * that is away, hangs or answers nonsense costs no message anything, and the next timestamp covers
 * all that the missing ones would have.
 */

#include "app/alarms.h"
#include "app/config.h"
#include "crypto/timestamp.h"

struct timestamping;
struct journal;

struct timestamping_settings {
    const struct config *config; /* of the start; its texts outlive this */
    const struct timestamp_authorities *authorities;
    struct journal *journal;
    const struct diagnostics *diagnostics;
};

/** Starts to ask. Where the configuration names no authority, nobody is asked and *ret_timestamping
 * stays as it is. The authorities outlive it. MEMORY, STORE */
struct status timestamping_start(const struct timestamping_settings *settings,
                                 struct timestamping **ret_timestamping);

/** Another rulebook is in force: the first checkpoint that has its entry is timestamped at once.
 * NULL does nothing. */
void timestamping_renew(struct timestamping *timestamping);

/** Asks once more for what is published now if the last timestamp is older than a minute and the
 * authority has answered when it was asked last, for two seconds at most, and ends the thread; a
 * call on its way has its deadline of five. Before the journal is closed. NULL does nothing. */
void timestamping_stop(struct timestamping *timestamping);

struct timestamping_view {
    char address[272]; /* of the authority */
    uint64_t every_ms;
    uint64_t size;    /* of the newest timestamped checkpoint; 0: none */
    uint64_t made_ms; /* Unix: the time in it; or when this run began, if there is none */
    uint64_t waiting; /* published entries that no timestamp covers */
    uint64_t away_ms; /* monotonic: since when no request was answered well; 0: the last was */
    char why[160];    /* for people, while away */
};

/** How it is now. */
void timestamping_look(struct timestamping *timestamping, struct timestamping_view *ret_view);

/** Raises the alarms of a view. */
void timestamping_alarms(const struct timestamping_view *view, struct alarms *alarms,
                         struct moment now);

/** Both. NULL does nothing. */
void timestamping_watch(struct timestamping *timestamping, struct alarms *alarms,
                        struct moment now);

#endif
