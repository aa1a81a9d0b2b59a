#ifndef EXCHANGE_LINK_FETCH_H
#define EXCHANGE_LINK_FETCH_H

/*
 * What a link to a peer gateway asks by itself: which objects of the rulebook, and which revocation
 * lists, the peer has (QUERY 8), and the octets of those that are newer than ours (QUERY 6). No
 * digest tells of signatures: what was fetched is fetched again each hour while it is newer, and so
 * is the very object that we have while our signatures of it end soon. One
 * question at a time and one object at a time; a question that the peer leaves without an answer
 * ends the asking until it is answered, not the link. In between it asks the proofs of the peer's
 * log that parties miss (exchange/gaps.h: QUERY 5, and 4 where the log was not told so far yet).
 */

#include "audit/chain.h"
#include "exchange/gaps.h"
#include "exchange/objects.h"
#include "wire/frame.h"

struct exchange_link;
struct moment;
struct query_args;
struct refuse;

#define FETCH_EACH_MS     60000U /* from one look at the peer's versions to the next */
#define FETCH_ANSWER_MS   30000U /* that an answer is waited for */
#define FETCH_CREDIT_MS   1000U  /* until a question for which there was no credit is tried again */
#define FETCH_AGAIN_MS    3600000U /* until an object is fetched again, which may be signed anew */
#define FETCH_AHEAD_MS    2592000000ULL    /* 30 days: our signatures end soon, as alarms have it */
#define FETCH_ROUND_BYTES OBJECT_MAX_BYTES /* of all objects fetched after one look */

/** An object as the peer has announced it. */
struct announced {
    char name[OBJECT_NAME_BYTES];
    uint64_t number;
    struct digest digest;
    uint64_t at_ms; /* monotonic, of what was fetched: when */
};

/** Zero at the beginning. */
struct link_fetch {
    uint64_t asked;           /* number of the QUERY that has no answer yet; 0: none */
    enum query_what what;     /* of it */
    bool is_late;             /* it was not answered in time: nothing is asked before it is */
    uint64_t answer_ms;       /* monotonic: until when it is waited for */
    uint64_t look_ms;         /* when the versions are asked next; 0: never on this link */
    uint64_t again_ms;        /* before this nothing is asked without CREDIT; 0: at once */
    struct announced *wanted; /* of the last look, what we lack and have not fetched */
    size_t wanted_count, at;
    struct buffer octets;  /* of the wanted object */
    uint64_t length;       /* of all of them; 0 before the first */
    uint64_t round_bytes;  /* fetched since the last look */
    struct announced *had; /* what was fetched on this link, the last of each name */
    size_t had_count;
    uint64_t restored; /* the size that was posted on this link; 0: none */
    bool holds_mail;   /* nothing is handed over before the first look is answered: it may show that
                          the peer has lost what went before */
    uint64_t gap_ms;   /* when a party's gap is asked for next; 0: none is open */
    struct gap gap;    /* that was asked for last, */
    struct kept_checkpoint gap_end; /* and the checkpoint that its proof is to lead to */
};

/** The link is open: asks, where somebody takes what is fetched. */
void fetch_begin(struct exchange_link *link, struct moment now);

/** Asks what is to be asked now, if there is credit. */
void fetch_go_on(struct exchange_link *link, struct moment now);

/** When fetch_tick has something to do, in monotonic ms; UINT64_MAX: never. */
uint64_t fetch_deadline(const struct exchange_link *link);
void fetch_tick(struct exchange_link *link, struct moment now);

/** The peer's REFUSE, where it answers a question of ours. */
void fetch_refused(struct exchange_link *link, const struct refuse *refuse, struct moment now);

/** The peer's log was continued from a backup when it was of this size: where that is new, what the
 * peer may have lost waits again, and the link ends, so that the next one begins with it. It ends
 * also where that cannot be written. */
void peer_take_restored(struct exchange_link *link, uint64_t size, struct moment now);

/** The first look is over: mail goes, unless it waits for what peer_take_restored has posted. */
void peer_looked(struct exchange_link *link, struct moment now);

/* ---- its parts: objects (link_fetch_objects.c) and gaps (link_gaps.c) ---- */

/** The next question about objects: the versions, or a piece of the one that is wanted. It borrows
 * from the link. */
struct query_args fetch_next_object(const struct link_fetch *fetch);

/** The answers to it. REFUSED frame.shape; MEMORY */
struct status fetch_take_versions(struct exchange_link *link, const struct answer *answer,
                                  struct moment now);
struct status fetch_take_piece(struct exchange_link *link, const struct answer *answer,
                               struct moment now);

/** Leaves the object that is wanted now; or all of them, until the next look. */
void fetch_end_object(struct link_fetch *fetch);
void fetch_end_round(struct link_fetch *fetch);

/** The link is open: there may be gaps to ask for. */
void gap_begin(struct exchange_link *link, struct moment now);

/** A party has asked over a gap, maybe in this peer's log. */
void gap_wake(struct exchange_link *link, struct moment now);

/** The question for a gap, where one is due. It borrows from the link. */
bool gap_question(struct exchange_link *link, struct moment now, struct query_args *ret_args);

/** The answer to it. REFUSED frame.shape, note.*, route.unknown; MEMORY */
struct status gap_answer(struct exchange_link *link, struct arena *arena,
                         const struct answer *answer, struct moment now);

void gap_refused(struct exchange_link *link, const struct refuse *refuse);

/** Frees what the link has fetched. */
void fetch_done(struct link_fetch *fetch);

#endif
