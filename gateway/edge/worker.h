#ifndef EDGE_WORKER_H
#define EDGE_WORKER_H

/*
 * A worker: one thread, one event loop, its own listeners (SO_REUSEPORT, kept for life) and links.
 * It moves octets between TLS and exchange/, dials its share of the peer gateways, keeps deadlines
 * and decides nothing. Other threads reach it only through its mailbox: results of the journal, and
 * parties for whom there is mail.
 */

#include "edge/dialler.h"
#include "edge/peers.h"
#include "exchange/aside.h"
#include "exchange/exchange.h"
#include "exchange/peer_notes.h"
#include "tls/context.h"

struct worker;

/** All workers of the process: who has to know that there is mail for a party. */
struct workers;

/** Per worker; none of them is 0. */
struct worker_limits {
    uint64_t links;                 /* at once; more are closed right after accept */
    uint64_t handshakes;            /* of them, not finished */
    uint64_t handshakes_per_source; /* of those, from one address */
    uint64_t links_per_party;       /* open at once under one identity */
    uint64_t refusals_per_minute;   /* of one party; over it the link ends with peer.rate */
};

struct workers_settings {
    struct slice gateway;
    struct journal *journal;
    const struct keyring *keyring;
    const struct diagnostics *diagnostics;
    struct snapshot *snapshot;
    struct tls_context *context;
    struct worker_limits limits;
    exchange_offered *offered; /* of exchange_settings */
    void *offered_owner;
    bool dials;                        /* peer gateways; otherwise they are only listened for */
    const struct dialler_times *times; /* of dialling; NULL: dialler_times_default */
    const int *listeners; /* listener_count per worker, worker after worker; taken over */
    unsigned listener_count;
    unsigned worker_count;
};

/**
 * Starts the threads and waits until every worker runs: none keeps a listener that nobody serves.
 * The descriptors are closed by workers_free. MEMORY, STORE, CRYPTO
 */
struct status workers_start(const struct workers_settings *settings, struct workers **ret_workers);

/** What a reload exchanges: all of it or nothing. */
struct workers_state {
    struct snapshot *snapshot;
    struct tls_context *context;
    struct worker_limits limits;
};

/**
 * Hands the new state to every worker, which takes it between two turns: new links begin under it,
 * open ones are judged again by the new context, in slices, within SWEEP_MS; whoever would be
 * refused today is ended with an entry. Both are held as long as they are needed. Any thread, also
 * while an earlier state has not been taken yet: the last one counts. Cannot fail.
 */
void workers_renew(struct workers *workers, const struct workers_state *state);

/** Has every open link judged again by the context in use: certificates end while links last.
 * Keys of links that are older than an hour are renewed too. Any thread. */
void workers_sweep(struct workers *workers);

#define SWEEP_MS 5000U

/** The index-th peer gateway of the directory in use; false past the last one. Any thread. */
bool workers_peer(const struct workers *workers, size_t index, struct moment now,
                  struct peer_presence *ret_presence);

/** The index-th message that is laid aside because its peer puts it off (exchange/aside.h); false
 * past the last one. Any thread. */
bool workers_aside(const struct workers *workers, size_t index, struct moment now,
                   struct aside *ret_aside);

/** What is kept cosigned of another gateway's log for the index-th State (exchange/peer_notes.h);
 * false past the last one. Any thread. */
bool workers_cosigned(const struct workers *workers, struct slice origin, size_t index,
                      struct peer_note_view *ret_view);

/** Whether new submissions are put off, while all that was accepted goes on. Any thread. */
void workers_drain(struct workers *workers, bool draining);
bool workers_draining(const struct workers *workers);

/** Says BYE on every link, waits at most grace_ms for what is unanswered, ends the threads. */
void workers_stop(struct workers *workers, uint64_t grace_ms);

/**
 * Frees what workers_stop has left. The journal is closed in between: its last results go to
 * mailboxes, which go away here. NULL does nothing.
 */
void workers_free(struct workers *workers);

/** Milliseconds of the monotonic clock, and of Unix time. */
struct moment moment_now(void);

#endif
