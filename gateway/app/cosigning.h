#ifndef APP_COSIGNING_H
#define APP_COSIGNING_H

/*
 * The witnesses of our log: each published checkpoint is shown to all that the directory in force
 * has with an address, and again once a minute, so that what they said is never old. What they
 * cosign is published and given to readers. On a thread of its own: a witness that is away or
 * hangs costs no message anything.
 */

#include "app/alarms.h"
#include "audit/note.h"
#include "exchange/snapshot.h"
#include "tls/context.h"

struct cosigning;

struct cosigning_settings {
    const char *gateway; /* "XA-GW-01" */
    const char *origin;  /* of its log */
    struct journal *journal;
    struct snapshot *snapshot; /* held */
    struct tls_context *context;
};

/** Starts to ask. MEMORY, STORE */
struct status cosigning_start(const struct cosigning_settings *settings,
                              struct cosigning **ret_cosigning);

/** From now on the witnesses of this directory are asked, by this context; those too that were
 * given up. NULL does nothing. */
void cosigning_renew(struct cosigning *cosigning, struct snapshot *snapshot,
                     struct tls_context *context);

/** Ends the thread, at the latest when the calls that are on their way have met their deadline. To
 * be called before the journal is closed. NULL does nothing. */
void cosigning_stop(struct cosigning *cosigning);

/** What stands between the log and one of its witnesses. */
enum cosigning_trouble {
    COSIGNING_FINE,
    COSIGNING_AWAY,     /* it does not answer, or not as a witness does */
    COSIGNING_AHEAD,    /* it has cosigned more than we have signed */
    COSIGNING_CONFLICT, /* it has cosigned another history */
};

/** One witness, as it is told. */
struct cosigning_witness {
    char party[16]; /* "XA-MIN-01" */
    uint8_t id[4];  /* of its key */
    enum cosigning_trouble trouble;
    uint64_t since_ms; /* monotonic: when that began */
    char name[ORIGIN_MAX_BYTES + 1];
    uint64_t size;       /* that it has cosigned last; 0: none in this run */
    uint64_t cosigned_s; /* Unix: when that was */
    char why[160];       /* of its being away the last time, for people */
    uint64_t failed_s;   /* Unix: when that was; 0: never in this run */
};

struct cosigning_view {
    bool is_wanted;   /* the directory asks for a quorum */
    uint64_t since_s; /* Unix: when the quorum was there last, or this run began */
    struct cosigning_witness witnesses[NOTE_MAX_SIGNATURES];
    size_t count;
};

/** How it is now. */
void cosigning_look(struct cosigning *cosigning, struct cosigning_view *ret_view);

/** Raises the alarms of a view. */
void cosigning_alarms(const struct cosigning_view *view, struct alarms *alarms, struct moment now);

/** Both. NULL does nothing. */
void cosigning_watch(struct cosigning *cosigning, struct alarms *alarms, struct moment now);

#endif
