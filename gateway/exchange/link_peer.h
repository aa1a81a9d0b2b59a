#ifndef EXCHANGE_LINK_PEER_H
#define EXCHANGE_LINK_PEER_H

/*
 * What a link to a peer gateway has besides: how far the peer's log was verified, what was handed
 * over and not answered, and who has to come again before anybody else.
 *
 * Every receipt on such a link proves its checkpoint from the one in the receipt before it, so each
 * side looks at every receipt, also where it refuses the message.
 */

#include "audit/chain.h"
#include "exchange/aside.h"
#include "exchange/link.h"
#include "exchange/link_fetch.h"

#define PEER_STALE_MS      60000U  /* what differs in a roll-out is asked again so often */
#define PEER_WAIT_MAX_MS   300000U /* that a peer can make us wait */
#define PEER_CHECKPOINT_MS 10000U  /* after a proof, until a log that goes on is told by itself */
#define PEER_COSIGNED_MS   2000U   /* between two CHECKPOINTs; and two looks for what is cosigned */
#define PEER_STEP_MS       3600000U /* between two steps without a receipt: they stay for good */
#define PEER_STEPS         4U       /* of them at once */
#define PEER_NEWS_MS       1000U    /* between two times that the other workers hear of a step */
#define PEER_TYPE_BYTES    124U
#define PEER_PURPOSE_BYTES 24U

/** What the receipt for a message that was handed over has to say, besides its key. */
struct handed {
    struct digest seal, release;
    char type[PEER_TYPE_BYTES + 1], purpose[PEER_PURPOSE_BYTES + 1];
};

/** A message that was put off: until it comes again nothing behind it is taken. */
struct awaited {
    char from[PARTY_MAX_BYTES + 1], to[PARTY_MAX_BYTES + 1];
    uint8_t id[UUID_BYTES];
    enum refusal code; /* REFUSAL_NONE: nobody is awaited */
};

struct link_peer {
    char origin[ORIGIN_MAX_BYTES + 1];
    struct kept_checkpoint kept; /* of that log, as verified on this link; size 0: none */
    struct handed handed[LINK_OUTSTANDING]; /* in the order of the link's outstanding frames */
    uint64_t law;                           /* number of the law of its greeting */
    struct digest law_digest;               /* and the law's digest */
    bool same_directory;    /* its States and parties were ours when the link opened */
    uint64_t refused;       /* number in the box of the oldest that was put off; 0: none */
    uint64_t put_off;       /* number in the box of the last one that was put off first; */
    unsigned put_off_times; /* and how often in a row */
    struct awaited awaited;
    struct link_fetch fetch;
    struct arena *ahead_arena;
    struct peer_checkpoint ahead; /* of the peer's log, verified from `kept`; no step yet. In it */
    struct moment ahead_at;
    uint64_t told_size;       /* of our log, by the last CHECKPOINT or proof on this link */
    uint64_t proved_ms;       /* monotonic: when a proof of our log was last sent, or looked for */
    uint64_t checkpoint_ms;   /* monotonic: when a CHECKPOINT was last sent */
    uint64_t cosigned_ms;     /* when what is cosigned of our log is looked for next */
    uint64_t cosigned_serial; /* of what was told of it last */
    uint64_t
        cosigned_ahead; /* its size, where the step it was joined to is smaller; 0: it is not */
    uint64_t news_ms;   /* not before this are the other workers told of a step; */
    bool has_news;      /* there is one */
};

static inline struct link_fetch *fetch_of(const struct exchange_link *l)
{
    return &l->peer->fetch;
}

/** The peer's row in the directory; NULL once it has none. */
const struct gateway_row *peer_row(const struct exchange_link *link);

/** Whether the journal has evidence that one of the peer's logs has two histories. */
struct status peer_judge_logs(const struct exchange_link *link);

/** The last kept checkpoints of the peer's logs, for a greeting. */
struct status peer_known(const struct exchange_link *link, struct arena *arena,
                         struct hello *hello);

/** Makes the log of a receipt the one whose checkpoint is `kept`. Octets that are no receipt change
 * nothing. MEMORY, STORE */
struct status peer_turn_to(struct exchange_link *link, struct arena *arena, struct slice receipt);

/** Moves the kept checkpoint on to a step that was verified; origin empty: nothing new. */
void peer_advance(struct exchange_link *link, const struct peer_checkpoint *step);

/**
 * Proves a receipt of the peer's and moves the kept checkpoint on.
 *
 * ret_step  to be posted; origin empty where the checkpoint is the one that was kept. Written on
 *           success and with checkpoint.fork
 *
 * REFUSED  receipt.size .. outer.shape, checkpoint.unproved, checkpoint.fork;  MEMORY, STORE
 */
struct status peer_see(struct exchange_link *link, struct arena *arena, struct slice receipt,
                       struct proved *ret_proved, struct peer_checkpoint *ret_step);

/** The same of a checkpoint and its consistency proof that stand in a receipt, or alone: all of
 * proved but the entry is looked at. REFUSED checkpoint.unproved, checkpoint.fork; MEMORY, STORE */
struct status peer_follow(struct exchange_link *link, struct arena *arena,
                          const struct proved *proved, struct peer_checkpoint *ret_step);

/** Makes this log the one whose checkpoint is `kept`. MEMORY, STORE */
struct status peer_turn_to_log(struct exchange_link *link, struct arena *arena,
                               struct slice origin);

/** The same without moving on, but to what was told by CHECKPOINT where the proof begins there:
 * that is a step then. As peer_follow, and REFUSED peer.rate */
struct status peer_verify(struct exchange_link *link, struct arena *arena,
                          const struct proved *proved, struct peer_checkpoint *ret_step);

/** Makes a step of what was told by CHECKPOINT, where the next proof begins there.
 * REFUSED peer.rate */
struct status peer_catch_up(struct exchange_link *link, const struct proved *proved);

/** Forgets what was told by CHECKPOINT. */
void peer_drop_ahead(struct link_peer *peer);

/** A proof of our log up to this size was sent. */
void peer_proved(struct exchange_link *link, uint64_t size, struct moment now);

/** When peer_tell has something to do, in monotonic ms. */
uint64_t peer_tell_at(const struct exchange_link *link);

/** Sends CHECKPOINT where our log has grown beyond what was told, PEER_CHECKPOINT_MS after the last
 * proof, and once in PEER_STEP_MS one that begins where the last one ended; and tells the other
 * workers of steps. */
void peer_tell(struct exchange_link *link, struct moment now);

/** When peer_tell_cosigned has something to do, in monotonic ms. */
uint64_t peer_cosigned_at(const struct exchange_link *link);

/** Sends CHECKPOINT with what witnesses have cosigned of our log since it was told last. */
void peer_tell_cosigned(struct exchange_link *link, struct moment now);

/**
 * Takes a checkpoint of the peer's log with the lines of witnesses, of which origin and signature
 * were verified. It has to be one history with the last step that is kept, where its path begins or
 * ends; without one it has to be that step.
 *
 * proved  the note, the log's row, and in the receipt the path
 *
 * REFUSED  checkpoint.unproved; checkpoint.fork, as of peer_fork; note.signature
 */
struct status peer_take_cosigned(struct exchange_link *link, const struct proved *proved,
                                 struct moment now);

/** The peer has lost steps of our log, from which its parties have to be led on: it is told them
 * again as at the first start. */
void peer_owes_steps(const struct exchange_link *link);

/** A step of the peer's log may have been kept: the workers' other links are to hear of it. */
void peer_has_news(struct exchange_link *link, struct moment now);

/** Has a step kept that no posting carries. Ends the link where that fails: a gap cannot be closed
 * on it. */
void peer_keep(struct exchange_link *link, const struct peer_checkpoint *step, struct moment now);

/** How much of a log the other side has seen, by its greeting; 0: nothing. */
uint64_t hello_known_size(const struct hello *hello, struct slice origin);

/** Tells the other side where those of our logs ended of which it has seen less. */
void peer_tell_ended(struct exchange_link *link, const struct hello *theirs, struct moment now);

/** Two histories: the alarm, the evidence, BYE. Gives checkpoint.fork. */
struct status peer_fork(struct exchange_link *link, const struct peer_checkpoint *given,
                        struct moment now);

/** The same once the journal has found it out, with the evidence there. */
void peer_forked(struct exchange_link *link, struct moment now);

/** What differs between the rulebooks on both sides, once a link. */
void peer_say_versions(struct exchange_link *link, const struct hello *theirs,
                       const struct hello *ours, struct moment now);

/** Whether the peer waits for these messages, or for any. Ends the link where the one that was to
 * come again is no more: the other side waits for it on this link. */
bool peer_begins(struct exchange_link *link, const struct delivery *rows, size_t count,
                 struct moment now);

/** Remembers the law of the peer's greeting, and whether its States and parties are ours. */
void peer_greeted(struct exchange_link *link, const struct hello *theirs, const struct hello *ours);

/** Whether that is the law in force here now, by number and digest. */
bool peer_has_our_law(const struct exchange_link *link);

/** OK where the digest is that of a release of the message which another one has replaced.
 * REFUSED receipt.release; MEMORY, STORE, CRYPTO */
struct status peer_has_replaced(const struct exchange_link *link, struct arena *arena,
                                const struct message_key *key, struct slice digest);

/** Remembers what a message that was handed over under this number will be answered with. */
struct status peer_hand(struct exchange_link *link, struct arena *arena, uint64_t number,
                        const struct delivery *delivery);

/** The peer's REFUSE for a message that was handed over. */
void peer_refused(struct exchange_link *link, const struct outstanding *was,
                  const struct refuse *refuse, struct moment now);

#endif
