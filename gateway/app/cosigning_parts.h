#ifndef APP_COSIGNING_PARTS_H
#define APP_COSIGNING_PARTS_H

/* The thread that asks witnesses, as its own files see it. */

#include <pthread.h>

#include "app/cosigning.h"
#include "audit/cosigned.h"
#include "edge/worker.h"
#include "journal/journal.h"

#define COSIGNING_VKEY_BYTES    (ORIGIN_MAX_BYTES + 64)
#define COSIGNING_ADDRESS_BYTES 272 /* a domain name and a port */

/** One witness that is asked. */
struct asked {
    struct cosigning_witness told; /* written with the lock held */
    char vkey[COSIGNING_VKEY_BYTES], address[COSIGNING_ADDRESS_BYTES];
    uint64_t old;     /* the size that it cosigned last, as far as we know */
    uint64_t good_ms; /* monotonic: when it cosigned last */
    uint64_t next_ms; /* monotonic: when it may be asked again after it was away */
    bool is_due;      /* in this round */
};

struct cosigning {
    const char *gateway, *origin; /* as they were given */
    struct journal *journal;
    struct journal_reader *reader;
    pthread_t thread;
    uint64_t begun_s;
    struct buffer note; /* the published checkpoint with what was cosigned of it */
    uint64_t size;      /* of it */

    pthread_mutex_t lock; /* of all that follows; the thread alone writes witnesses and the count */
    pthread_cond_t changed;
    bool stopping, renewed;
    struct snapshot *snapshot;
    struct tls_context *context;
    struct asked witnesses[NOTE_MAX_SIGNATURES];
    size_t count;
    bool is_wanted;
    uint64_t since_s;
};

/** What one round of questions goes by. */
struct round {
    struct tls_context *context;
    const struct log_row *log; /* in force */
    struct arena *arena;
    struct slice signed_note; /* the published checkpoint, as we signed it */
    struct moment now;        /* when it began */
    bool has_news;            /* something was cosigned in it */
};

/** Asks all witnesses that are due, and once more at once those that said where they are. MEMORY,
 * STORE */
struct status cosigning_ask(struct cosigning *cosigning, struct round *round);

#endif
