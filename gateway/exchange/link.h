#ifndef EXCHANGE_LINK_H
#define EXCHANGE_LINK_H

/* Inside of exchange/: a link's state and what the files of the frame kinds share. */

#include "exchange/aside.h"
#include "exchange/exchange.h"
#include "exchange/held.h"
#include "exchange/judge.h"
#include "exchange/rate.h"
#include "session/session.h"

/*
 * What one turn of the worker has time for: four messages, receipts or questions, at 150 us each,
 * and then the other links. The rest costs microseconds, and TAKEN a posting.
 */
#define TURN_WEIGHT 64U

#define LINK_ARENA_BYTES    (16U << 20)  /* for judging one frame */
#define LINK_OUTPUT_HIGH    (256U << 10) /* above: nothing more is read or pushed */
#define LINK_OUTPUT_MAX     (8U << 20)
#define LINK_OUTSTANDING    32U          /* pushed frames without TAKEN */
#define LINK_GREETING_BYTES (128U << 10) /* of the input before HELLO */
#define LINK_FRAME_LEAST    32768U       /* that a peer has to accept: every answer but ANSWER */
#define LINK_LEAVE_MS       10000U       /* for what is pending when a link is to end */
#define LINK_BUCKETS        256U
#define READ_TRIES          3U /* in a row, before what cannot be read is passed over */
#define RETRY_MS            1000U
#define RETRY_SPREAD_MS     1000U /* on top, so that a crowd does not come back in step */

/** A pushed frame that the party has not taken yet; number 0: free. */
struct outstanding {
    uint64_t number;
    uint64_t stage; /* of a notice; 0 for a DELIVER */
    uint64_t size;  /* of our log in its receipt */
    uint64_t place; /* of a DELIVER: its number in the box */
    char from[PARTY_MAX_BYTES + 1], to[PARTY_MAX_BYTES + 1];
    uint8_t id[UUID_BYTES];
};

struct pending;
struct link_peer;
struct told;
struct foreign_log;

/** Answers a result on its link. */
typedef void answer_result(struct pending *pending, const struct journal_result *result,
                           struct moment now);

/** What waits for the journal: how to answer when its result comes. */
struct pending {
    struct pending *next, **slot; /* in its link's list; slot NULL once the link is gone */
    struct exchange_link *link;   /* NULL once the link is gone */
    answer_result *answer;        /* NULL: nobody waits for one */
    uint64_t answers;             /* number of the frame that is answered */
    struct report report;
    enum refusal code;
    uint64_t retry_ms;
    struct status why; /* of a message that goes nowhere: what the law of now says against it */
    char detail[DETAIL_MAX_BYTES + 1];
    bool has_detail;
};

struct exchange_link {
    struct exchange *exchange;
    struct exchange_link *next, **slot; /* in its bucket */
    uint64_t serial;                    /* of the exchange's links */
    struct identity identity;
    char name[64];
    struct session session;
    struct link_peer *peer; /* NULL on a party's link */
    struct told *told;      /* foreign logs, on a party's link; NULL: nothing can be told */
    struct buffer in, out;
    struct pending *pending;
    size_t pending_count;
    struct outstanding *outstanding; /* LINK_OUTSTANDING of them; NULL while there are none */
    unsigned outstanding_count, notice_count;
    uint64_t mail_after, notice_after; /* how far was pushed on this link */
    uint64_t reader_size; /* of our log: the party's last checkpoint, the one last sent to a peer */
    uint64_t partial_ms;  /* since when part of a frame is there; 0: none */
    uint64_t again_ms;    /* before this no message is handed over; 0: at once */
    uint64_t unread;      /* number in the box of one that could not be handed over; */
    unsigned unread_times;  /* and how often in a row */
    uint64_t leave_ms;      /* since when BYE waits for answers; 0: it does not */
    const char *leave_code; /* of that BYE */
    unsigned turn_weight;   /* of the frames that were judged in this turn */
    void *owner;            /* edge's */
    bool is_judging;        /* a message is judged again: none is handed over meanwhile */
    bool is_at_fault;       /* a BYE of either side has a code */
    bool has_mail;          /* something may be there that was not pushed yet */
    bool has_lawless;       /* a message was passed over, for which there is no law now */
    bool said_too_long;     /* a delivery was longer than the peer accepts */
    bool over;
};

struct exchange {
    struct exchange_settings settings;
    struct snapshot *snapshot;
    struct journal_reader *reader;
    struct exchange_link *buckets[LINK_BUCKETS];
    struct rates rates;
    struct held_scan held;
    uint64_t serial;             /* of the last link */
    bool is_paused;              /* see exchange_pause */
    bool shedding;               /* the journal admits no new work */
    struct foreign_log *foreign; /* every other gateway's logs, see exchange/foreign.h */
    size_t foreign_count;
    uint64_t foreign_serial; /* rises when one of them may have gone on */
    bool has_idle_links;     /* some may not look at them by themselves */
};

/** The limits in force now. */
const struct link_limits *exchange_limits(const struct exchange *exchange);

/** Whether who this is may have a link: a party that is at home here now, or another gateway. */
bool exchange_welcomes(const struct exchange *exchange, const struct identity *identity,
                       struct moment now);

/** What judges on behalf of who is at the other end; reader_size is 0. */
struct judge exchange_judge(const struct exchange *exchange, const struct identity *identity,
                            struct moment now);

/** The party or gateway at the other end, "XA-CA-01" also for its officers. */
struct slice link_party(const struct exchange_link *link);

/** The judge for what this link brings. */
struct judge link_judge(const struct exchange_link *link, struct moment now);

/**
 * Numbers and writes a frame. REFUSED frame.size when it is longer than the peer accepts, otherwise
 * when the session does not allow it now: nothing has changed. MEMORY: the link is over.
 */
struct status link_give(struct exchange_link *link, struct frame *frame, struct moment now);

/** Gives credit back for what has been dealt with, where it is worth a frame. */
void link_grant(struct exchange_link *link, struct moment now);

/** Answers REFUSE. detail and receipt may have at == NULL. */
struct status link_refuse(struct exchange_link *link, uint64_t answers, enum refusal code,
                          struct slice detail, struct slice receipt, uint64_t retry_ms,
                          struct moment now);

/** Octets of the longest frame that may be sent, its head not counted. */
size_t link_frame_room(const struct exchange_link *link);

/** How long the sender of this frame is asked to wait: not as long as others. */
uint64_t link_retry_ms(const struct exchange_link *link, uint64_t number);

/**
 * Whether a refusal of this link's party is worth an entry now (exchange/rate.h). Writes the entry
 * that says so when there have been too many.
 */
enum rate_verdict link_rate(struct exchange_link *link, struct moment now);

/** Says BYE where nothing is pending any more and the end has begun, on either side. */
void link_leave_on(struct exchange_link *link, struct moment now);

/** Posts and remembers how to answer; on failure the caller answers. pending may be NULL. */
struct status link_post(struct exchange_link *link, struct posting *posting,
                        struct pending *pending);

/** A new pending of this link. NULL when memory is out. */
struct pending *pending_new(struct exchange_link *link, uint64_t answers);
void pending_free(struct pending *pending);

/** Writes a diagnostic line about this link. */
void link_say(const struct exchange_link *link, struct moment now, const char *event,
              const char *frame, struct status status);

/**
 * Whether a message may be handed over as it is kept. If the law may say something else now than
 * when it was decided about, it is judged again; where that changes anything, nothing is handed
 * over on this link until the journal has answered.
 *
 * FULL  there is no law for it now: it is passed over on this link, which ends with the next
 *       snapshot;  MEMORY, STORE, CRYPTO, ABSENT
 */
struct status link_may_go(struct exchange_link *link, struct arena *arena,
                          const struct delivery *delivery, struct moment now, bool *ret_goes);

/**
 * The same for a message that the party asks for in the frame of this number. *ret_later says that
 * it is answered when the journal has answered.
 *
 * ABSENT  the law lets nothing of it go any more;  MEMORY, STORE, CRYPTO, FULL
 */
struct status link_may_fetch(struct exchange_link *link, struct arena *arena,
                             const struct delivery *delivery, uint64_t number, struct moment now,
                             bool *ret_later);

/** The elements of a DELIVER from what the journal keeps. MEMORY, STORE */
struct status link_fill_deliver(struct arena *arena, const struct delivery *delivery,
                                struct deliver *ret_deliver);

/** The outstanding frame of this number; 0 asks for a free slot, for which there may be no memory:
 * NULL. */
struct outstanding *outstanding_find(const struct exchange_link *link, uint64_t number);
struct outstanding *outstanding_free(struct exchange_link *link);

/** Fills a free slot. */
void outstanding_fill(struct exchange_link *link, struct outstanding *slot,
                      const struct outstanding *pushed);

/** Frees the slot of this number and gives what was in it; with number 0, or where none is, zero.
 */
struct outstanding outstanding_clear(struct exchange_link *link, uint64_t number);

/** Gives the memory back where nothing is outstanding. */
void outstanding_trim(struct exchange_link *link);

/** The size of our log that a receipt of ours proves; 0 if it is none. */
uint64_t outstanding_size(struct arena *arena, struct slice receipt);

/** Whether the journal admits no new work now; says so when that begins and ends. */
bool link_is_shed(struct exchange_link *link, const char *frame, struct moment now);

/** Pushes deliveries and notices while there is credit, and room in the output. */
void link_push(struct exchange_link *link, struct moment now);

/** Frees a pending whose result has come, and lets its link go on where that waited for it. */
void pending_end(struct pending *pending, struct moment now);

/* One function per frame kind; frames that need nothing but the session have none. */
typedef struct status frame_taker(struct exchange_link *link, struct arena *arena,
                                  const struct frame *frame, struct moment now);
frame_taker link_take_hello, link_take_welcome, link_take_submit, link_take_deliver,
    link_take_receipt, link_take_taken, link_take_refuse, link_take_query, link_take_answer,
    link_take_ping, link_take_checkpoint, link_take_credit, link_take_bye;

/** Says HELLO on a link that we dialled. */
struct status link_greet(struct exchange_link *link, struct moment now);

/** Answers one result of the journal on its link. */
void link_result(struct pending *pending, const struct journal_result *result, struct moment now);

#endif
