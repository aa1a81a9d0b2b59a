#ifndef APP_RELOAD_H
#define APP_RELOAD_H

/*
 * Reload: the configuration and everything that it names is read anew beside what is in use, and
 * takes its place as a whole, or not at all. Links stay open; whoever would be refused today is
 * ended by the workers. It happens on the main thread, one at a time: an order that comes meanwhile
 * waits, and then reads what lies there then.
 */

#include "app/control.h"
#include "app/cosigning.h"
#include "app/state.h"
#include "app/timestamping.h"
#include "app/web.h"
#include "edge/worker.h"

/** What is in use while the gateway works. */
struct running {
    const char *path; /* of the configuration */
    const struct key *log_key;
    const struct config
        *first;            /* of the start, whose texts others have borrowed; never freed here */
    struct config *config; /* in use; at the start the same */
    struct state *state;
    struct buffer kept; /* what the journal keeps of rulebooks (rising.h) */
    struct journal *journal;
    struct workers *workers;
    struct control *control; /* NULL before it listens */
    struct cosigning *cosigning;
    struct timestamping *timestamping; /* NULL where no timestamps are asked for */
    struct web *web;                   /* NULL where nothing is served over HTTP */
    const struct diagnostics *diagnostics;
};

/**
 * Reads everything and swaps, or keeps what is in use: says which in a line `reload.done` with what
 * has changed, or in a line `reload.refused` for each problem. The outcome says the same.
 */
void reload(struct running *running, struct reload_outcome *ret_outcome);

/**
 * Takes revocation lists that peers gave into use, by the configuration in use: neither it nor the
 * rulebook, which an operator may be editing, is read. The files of the TLS context are, and what
 * has changed is said in a line `revocations.taken`; where one of them is wrong all stays as it is,
 * with a line `revocations.waiting` for each problem: false.
 */
bool reload_lists(struct running *running);

/** Tells the journal which keys are in force, at the start; each reload does it too. */
void running_tell_keys(const struct running *running);

/** Says in an alarm line `candidate.refused` why what the configuration names as a candidate is
 * none, if it is none. */
void running_say_candidate(const struct running *running);

/** Frees the configuration in use where a reload has put it there. */
void running_forget(struct running *running);

/** The limits of a configuration as workers take them. */
struct worker_limits reload_limits(const struct config_limits *limits);

/** Reports each key whose value cannot change without a restart and has. */
void reload_check(const struct config *now, const struct config *next, struct problems *problems);

/** Writes what differs between two states and their configurations as a sentence. */
void reload_text(const struct running *now, const struct config *config, const struct state *state,
                 char *text, size_t room);

#endif
