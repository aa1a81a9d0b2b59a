#ifndef APP_CONTROL_H
#define APP_CONTROL_H

/*
 * The operator's side of a working gateway: a Unix socket that takes one request at a time from
 * root or the gateway's own user, on a thread of its own. Each connection brings one line of JSON
 * (control_request.h) and gets one back: an object, or {"error":{"code","message"}}. What changes
 * something is in the audit log (kind 10) before it is done, and in a diagnostic line.
 */

#include "app/config.h"
#include "app/cosigning.h"
#include "app/problems.h"
#include "app/timestamping.h"
#include "edge/worker.h"

struct control;

struct control_settings {
    const char *path; /* of the socket */
    const char *gateway, *version;
    const char *origin; /* of the log */
    uint64_t floor_bytes;
    const char *journal_folder; /* where peers' offers lie */
    const char *rulebook;       /* folder */
    bool dials;                 /* peer gateways whose id is behind ours */
    struct journal *journal;
    const struct keyring *keyring; /* to find the key of a person */
    struct workers *workers;
    struct cosigning *cosigning;
    struct timestamping *timestamping; /* NULL where no timestamps are asked for */
    struct snapshot *snapshot;         /* held on its own */
    const struct diagnostics *diagnostics;
};

/** Listens, and starts the thread. CONFIG, STORE, MEMORY with a sentence in error */
struct status control_start(const struct control_settings *settings, struct control **ret_control,
                            char error[static CONFIG_ERROR_BYTES]);

/** Another rulebook is in force, from this folder. NULL does nothing. */
void control_renew(struct control *control, struct snapshot *snapshot, const char *rulebook);

#define CONTROL_WORDS_BYTES 8192

/** What became of a reload: what has changed, or the problems, one a line. */
struct reload_outcome {
    bool done;
    char words[CONTROL_WORDS_BYTES];
};

/** The main thread begins a reload; the number to end it with. */
uint64_t control_reload_begins(struct control *control);

/** What became of it, for whoever has asked before it began. */
void control_reload_ends(struct control *control, uint64_t number,
                         const struct reload_outcome *outcome);

/** Ends what is going on, and the thread, and removes the socket. Before the workers and the
 * journal end. NULL does nothing. */
void control_stop(struct control *control);

#endif
