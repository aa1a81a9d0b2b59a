#ifndef UNIT_CLIENTS_STAMPED_MIRROR_H
#define UNIT_CLIENTS_STAMPED_MIRROR_H

/* A mirror, and a gateway that has timestamps of its log. */

#include "mirror/sync.h"
#include "mirror/timestamps.h"

#define STAMPED_ENTRIES 300
#define STAMPED_MANY    270 /* more than one list has */
#define STAMPED_HOUR_S  3600

/* A mirror, and the timestamps that a gateway has of its log. */
struct stamped {
    struct mirror *mirror;
    struct buffer stamps[STAMPED_ENTRIES + 100]; /* by size; empty: there is none */
    unsigned asked, lists;
    const char *signer; /* of the timestamps that it gets: "tsa" */
    const char *list;   /* served in place of every list */
    const char *ended;  /* the name of the log, if it ended */
    uint64_t missing;   /* of this size there is none when it is asked for */
    uint64_t now_ms;    /* of who reads; the authority's certificate is of today */
    struct sync_outcome outcome;
    struct timestamped_found found;
    char fault[TIMESTAMPS_FAULT_BYTES];
};

/** Of so many entries, without timestamps. */
struct stamped *stamped_make(void);
void stamped_done(struct stamped *t);

/** What this signer says about a text, at this time in seconds; 0: now. */
void stamped_text(const char *signer, struct slice text, uint64_t at_s, struct buffer *out);

/** The gateway gets a timestamp of this size, at this time; 0: now. */
void stamped_at(struct stamped *t, uint64_t size, uint64_t at_s);
void stamped_now(struct stamped *t, uint64_t size);

/** Whoever reads is so many hours later. Gives the time of before, in seconds. */
uint64_t stamped_go_on(struct stamped *t, uint64_t hours);

/** Brings the mirror up to what the gateway has. */
struct status stamped_sync(struct stamped *t);

/** The largest size that the mirror has a timestamp of. */
uint64_t stamped_last(struct stamped *t);

/** Verifies the mirror's timestamps, as who trusts this root; NULL: as who trusts nobody. */
struct status stamped_verified(struct stamped *t, const char *root);

/** Changes one row of the mirror. */
void stamped_run(struct stamped *t, const char *sql);

#endif
