#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

/*
 * What a worker does with its links: octets in, octets out. One `struct exchange` per worker; it
 * owns the worker's links, its journal reader and what waits for the journal. No socket, no clock,
 * no loop: edge/ moves the octets and says what time it is.
 *
 *     edge      octets -> exchange_take(link)                    frames, session, pipeline
 *     journal   results -> exchange_results()                    receipts, refusals, announcements
 *     edge      exchange_output(link) -> octets
 */

#include <stdatomic.h>

#include "crypto/key.h"
#include "crypto/secret.h"
#include "exchange/diagnostics.h"
#include "exchange/snapshot.h"
#include "journal/journal.h"

struct exchange;
struct exchange_link;
struct gaps;
struct peer_notes;
struct asides;

/** Now, in both clocks. Deadlines are monotonic, everything that is written is Unix time. */
struct moment {
    uint64_t wall_ms, mono_ms;
};

/** Fills octets from the operating system's generator; a parameter, so that a run can be repeated.
 */
typedef struct status entropy_source(void *octets, size_t length);

/** Tells every worker that there is something in a box, a party's or a peer gateway's: called after
 * a commit. */
typedef void exchange_announce(void *workers, struct slice party);

/** Tells edge that a link without output has some now; owner is what exchange_open was given. */
typedef void exchange_dirty(void *owner);

/**
 * A peer has an object of the rulebook, or newer revocation lists, that we have not; its octets fit
 * its digest. Called on a worker's thread, once for each digest and link; what is kept is copied.
 */
typedef void exchange_offered(void *owner, struct slice peer, const struct object *object);

/** What one link, and one party of a worker, can make grow. */
struct link_limits {
    uint64_t links_per_party;     /* at once; one more is refused as overload */
    uint64_t links_per_gateway;   /* the same for a peer gateway */
    uint64_t refusals_per_minute; /* of a party, that are worth an entry each */
    uint64_t credits;             /* SUBMIT and QUERY that a link may have on their way */
    uint64_t pending;             /* postings of a link in the journal; above: it is not read */
    uint64_t frame_ms;            /* from a frame's first octet to its last */
};

extern const struct link_limits link_limits_default;

struct exchange_settings {
    struct slice gateway; /* own id; outlives the exchange */
    /* NULL: link_limits_default. Looked at whenever it matters, so that its owner may change it
     * between two calls; outlives the exchange. */
    const struct link_limits *limits;
    struct journal *journal;
    journal_done *done; /* how this worker's results come back */
    void *done_owner;
    const struct keyring *keyring; /* for the pseudonyms of persons and cases */
    entropy_source *entropy;
    exchange_announce *announce;
    void *workers;
    exchange_dirty *dirty;
    const struct diagnostics *diagnostics; /* may be NULL */
    const atomic_bool *draining;           /* while true no new submission is taken; may be NULL */
    exchange_offered *offered;             /* NULL: nothing is fetched from peers */
    void *offered_owner;
    struct gaps *gaps;        /* of all workers; outlives the exchange; NULL: none is closed */
    struct peer_notes *notes; /* of all workers; outlives the exchange */
    struct asides *asides;    /* of all workers; outlives the exchange */
};

/** MEMORY, STORE. The snapshot is held until exchange_free. */
struct status exchange_new(const struct exchange_settings *settings, struct snapshot *snapshot,
                           struct exchange **ret_exchange);

/** Frees the exchange and every link. What still waits for the journal is answered to nobody. */
void exchange_free(struct exchange *exchange);

/**
 * A link whose TLS handshake is done; the identity is that of its verified certificate. owner is
 * given to dirty, not looked into.
 */
struct status exchange_open(struct exchange *exchange, const struct identity *identity, void *owner,
                            struct moment now, struct exchange_link **ret_link);

/**
 * The same for a link that we dialled, to a peer gateway: HELLO is in the output at once. The
 * identity is that of the listener's verified certificate.
 */
struct status exchange_dialled(struct exchange *exchange, const struct identity *identity,
                               void *owner, struct moment now, struct exchange_link **ret_link);

/** Forgets a link. Its unanswered work goes on; receipts wait in the journal. NULL does nothing. */
void exchange_close(struct exchange_link *link);

/**
 * Takes octets as they come off the link, any number of them, also none: frames that waited for
 * their turn are judged then.
 *
 * OK       go on; the output may have grown
 * REFUSED  the peer broke the protocol: send what the output holds (a BYE), then close
 * MEMORY, STORE  close
 */
struct status exchange_take(struct exchange_link *link, struct slice octets, struct moment now);

/**
 * What is to be sent; edge drops what it has written (buffer_drop), and asks again afterwards: an
 * empty output gives its memory back. Asking also ends the link's turn, see exchange_wants.
 */
struct buffer *exchange_output(struct exchange_link *link);

/**
 * Whether the link takes more octets now: false while its answers pile up unread or are awaited
 * before BYE, and when as many frames were judged as one turn has time for. The frames behind them
 * wait in the link for the next exchange_take, which may bring no octets.
 */
bool exchange_wants(const struct exchange_link *link);

/** Whether the link is over: close it once its output is written. */
bool exchange_over(const struct exchange_link *link);

/** When exchange_tick has something to do, in monotonic ms. */
uint64_t exchange_deadline(const struct exchange_link *link);

/** Deadlines: pings, frames that do not end, peers that do not answer. NETWORK when it is over. */
struct status exchange_tick(struct exchange_link *link, struct moment now);

/**
 * Begins an orderly end: nothing more is read, what was asked before is answered, then BYE with
 * this code (static text, or NULL); then the peer's BYE is waited for. Every step has a deadline.
 */
void exchange_leave(struct exchange_link *link, const char *code, struct moment now);

/** Whether a link that is over was left in order: both sides have said BYE, neither with a code. */
bool exchange_left(const struct exchange_link *link);

/**
 * Ends a link because of who its peer is (peer.revoked, peer.expired, peer.untrusted,
 * route.unknown) or of how it behaves (peer.rate, or a breach of the protocol): BYE with the
 * reason's code at once, an entry, and nothing more is taken. What it was sent without TAKEN waits
 * for the party's next link. A party that has more refusals than its limit gets one entry that
 * says so instead of one each; peer.revoked, .expired and .untrusted always get theirs.
 */
void exchange_end(struct exchange_link *link, struct status why, struct moment now);

/** exchange_renew follows at once: until then results are answered, and nothing is handed over by
 * the snapshot that it replaces. */
void exchange_pause(struct exchange *exchange);

/**
 * From now on everything is judged by this snapshot, which is held; what has begun is finished by
 * the old one. Ends links of parties that are no longer at home here. Where the rulebook is another
 * one, links to peers are left in order: what their greetings said of it is no longer so. So are
 * those on which a message was passed over for want of a law.
 */
void exchange_renew(struct exchange *exchange, struct snapshot *snapshot, struct moment now);

/** Results of the journal for postings of this exchange; takes ownership. */
void exchange_results(struct exchange *exchange, struct journal_result *results, struct moment now);

/** Frees results that came after their exchange was freed. NULL does nothing. */
void exchange_discard(struct journal_result *results);

/**
 * Posts the stages that are due by themselves: what was not relayed, not delivered or not retrieved
 * by its time; and after a change of the law judges again what is held of what peers have brought.
 * To be called every few seconds, by one worker alone.
 */
void exchange_overdue(struct exchange *exchange, struct moment now);

/** Something may be there for a party or peer gateway: sends what its open links have credit for.
 */
void exchange_mail(struct exchange *exchange, struct slice party, struct moment now);

/** The same for every party that has a link here. */
void exchange_mail_all(struct exchange *exchange, struct moment now);

#endif
