#ifndef APP_CONTROL_PARTS_H
#define APP_CONTROL_PARTS_H

/* Inside of the control socket: what its verbs share. */

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "app/commit.h"
#include "app/control.h"

struct control {
    struct control_settings settings;
    char path[4096];
    int listening, wake; /* wake: an eventfd that ends every wait */
    atomic_bool stopping;
    pthread_t thread;
    struct journal_reader *reader;
    uint64_t begun_ms;     /* monotonic */
    pthread_mutex_t mutex; /* of all that follows */
    pthread_cond_t moved;
    struct snapshot *snapshot;
    char rulebook[4096]; /* the folder that it was read from */
    uint64_t reloads_asked, reloads_done;
    struct reload_outcome outcome; /* of the last of them */
};

/** The rulebook in force, to be dropped. */
struct snapshot *control_snapshot(struct control *control);

/** {"error":{"code","message"}} */
[[gnu::format(printf, 2, 3)]] json_t *control_error(const char *code, const char *format, ...);

/** The same for a failure of ours: what could not be done. */
json_t *control_failure(struct status s, const char *what);

/** Posts it and waits for the outcome. FULL where none comes in time */
struct status control_commit(struct control *control, commit_post *post, const void *what);

/** Has an act written to the audit log and waits for it. NULL, or the error. */
json_t *control_enter(struct control *control, const struct operator_act *act);

/** A diagnostic line about something that was done. */
void control_say(const struct control *control, const char *event, struct slice peer,
                 const char *text);

/** A moment as a JSON string. */
json_t *control_instant(uint64_t unix_ms);

/** A digest as a JSON string. */
json_t *control_digest(const struct digest *digest);

/** A candidate and its counts, those of 0 left out; null where there is none. */
json_t *control_candidate(const struct candidate *candidate);

/** The witnesses of our log, which has so many entries; new references, as of all here. */
json_t *control_witnesses(const struct control *control, uint64_t size, struct moment now);

/** What is cosigned of other gateways' logs that want a quorum, and for readers of which State. */
json_t *control_foreign_logs(const struct control *control, const struct directory *directory,
                             struct moment now);

/** Answers a verb; a new reference. NULL when memory is out. */
typedef json_t *control_run(struct control *control, const char *argument);

control_run control_run_status, control_run_peers, control_run_drain, control_run_resume,
    control_run_reload, control_run_backup, control_run_verify_backup, control_run_quarantine,
    control_run_lift, control_run_rulebook, control_run_erasure;

#endif
