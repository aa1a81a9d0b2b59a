#ifndef EDGE_WORKER_H
#define EDGE_WORKER_H

/*
 * A worker: one thread, one event loop, its own listeners (SO_REUSEPORT, kept for life) and links.
 * It moves octets between TLS and exchange/, keeps deadlines and decides nothing. Other threads
 * reach it only through its mailbox: results of the journal, and parties for whom there is mail.
 */

#include "exchange/exchange.h"
#include "tls/context.h"

struct worker;

/** All workers of the process: who has to know that there is mail for a party. */
struct workers;

struct worker_limits {
    uint64_t links;      /* at once; more are closed right after accept */
    uint64_t handshakes; /* of them, not finished */
};

struct workers_settings {
    struct slice gateway;
    struct journal *journal;
    const struct keyring *keyring;
    const struct diagnostics *diagnostics;
    struct snapshot *snapshot;
    struct tls_context *context;
    struct worker_limits limits;
    const int *listeners; /* listener_count per worker, worker after worker; taken over */
    unsigned listener_count;
    unsigned worker_count;
};

/** Starts the threads. The descriptors are closed by workers_free. MEMORY, STORE */
struct status workers_start(const struct workers_settings *settings, struct workers **ret_workers);

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
