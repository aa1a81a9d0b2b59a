#ifndef EDGE_WORKER_PARTS_H
#define EDGE_WORKER_PARTS_H

/* Inside of edge/: a worker and the pool it belongs to. */

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "edge/acceptor.h"
#include "edge/connection.h"
#include "edge/mailbox.h"

struct worker {
    struct workers *pool;
    struct mailbox *mailbox;
    struct connections connections;
    struct acceptor acceptor;
    struct dialler *dialler;        /* NULL where the pool does not dial */
    struct link_limits link_limits; /* the exchange's */
    struct event *mail, *grace, *second, *overdue;
    pthread_t thread;
    bool started; /* the thread is there */
    bool runs;    /* it serves; written before it says so in the pool's semaphore */
    bool leaving, over;
};

struct workers {
    struct workers_settings settings;
    struct worker *at;
    unsigned count;
    struct peers *peers;
    struct gaps *gaps;
    struct peer_notes *notes;
    struct asides *asides;
    sem_t decided; /* a worker runs, or cannot */
    _Atomic uint64_t grace_ms;
    atomic_bool draining;
};

/** Makes all that a worker needs; its pool and descriptors are set. MEMORY, STORE */
struct status worker_make(struct worker *worker);

/** The thread of a worker, until it is told to stop. */
void *worker_main(void *worker);

/** Frees what worker_make made, all of it or a part. */
void worker_free(struct worker *worker);

#endif
