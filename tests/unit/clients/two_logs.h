#ifndef UNIT_CLIENTS_TWO_LOGS_H
#define UNIT_CLIENTS_TWO_LOGS_H

/* A client whose mail came over two gateways: its own, XA-GW-01, is played in a thread and tells
 * how the log of the other one, XC-GW-01, goes on. One at a time. */

#include <stdatomic.h>

#include "ledger.h"
#include "libcomity/client.h"

#define STEPS_MAX  16
#define BUSY_MS    200 /* that it asks the client to wait */
#define TIMEOUT_MS 3000

/** What the gateway verified of the far log; sizes, from 0 on, and where it is dishonest. */
struct told_steps {
    uint64_t sizes[STEPS_MAX];
    size_t count;
    const struct ledger *log; /* that it tells of */
    size_t forged;            /* number of the step with another octet in its proof; 0: none */
    uint64_t lost;            /* size that it has kept no more, and leads past; 0: none */
    const struct ledger *rewritten; /* that it tells of from there on; NULL: the same */
    size_t apart; /* number of the step that does not begin where it should; 0: none */
};

extern struct comity *comity;
extern struct comity_fault fault;
extern struct ledger near, far;
extern struct told_steps steps;
extern atomic_uint pages, consistencies; /* that it was asked for */
extern atomic_uint busy; /* how often it has to ask the other gateway before it can say; what it
                          * has lost counts alone then, and the last step is told meanwhile */

/** Opens the client; both logs are short. */
void logs_begin(void);

/** The same, with two messages to come and steps of the far log between them; the first is read. */
void logs_begin_between(void);

/** The gateway goes away: what is known must be known here. */
void logs_leave(void);

/** Closes the client. */
void logs_end(void);

/** The gateway has verified the far log at this size. */
void logs_verify_far(uint64_t size);

/** It was restored from a backup that was made before it did so last. */
void logs_lose_last(void);

/** A message comes by both gateways, whose logs are then this long. */
void logs_cross(uint64_t near_size, uint64_t far_size);

/** Shows the message of this number, from 0 on; how that is to end. */
void logs_read(size_t number, enum comity_exit wanted);

/** The second message is not shown, with this code, and no checkpoint has moved on. */
void logs_check_unread(enum comity_exit wanted, const char *code);

/** The size of a log's kept checkpoint; 0: none. */
uint64_t logs_kept(const struct ledger *ledger);

/** Both checkpoints of the far log, each as it was signed, and the message that came with one. */
void logs_check_evidence(size_t number, uint64_t kept, uint64_t other);

#endif
