#ifndef UNIT_CLIENTS_HOME_H
#define UNIT_CLIENTS_HOME_H

/* A COMITY_HOME for XA-CA-01 at the test's gateway, with a rulebook that knows its log. */

#include "crypto/key.h"
#include "libcomity/comity.h"
#include "libcomity/sent.h"

#define HOME_ORIGIN "xa-gw-01.comity.example/audit/test"

/** Makes the folder anew; its contexts xa-ca-01 points to address. */
const char *home_make(const char *address);

/** The same with two gateways: XC-CA-01 is at home at XC-GW-01, which has a log of its own. */
#define HOME_FAR_ORIGIN "xc-gw-01.comity.example/audit/test"
const char *home_make_two(const char *address);

/** The log's key; the rulebook names it. */
const struct key *home_log_key(void);

/** The key of XC-GW-01's log. */
const struct key *home_far_key(void);

/** What a gateway's entry is to say. */
struct entry_wish {
    enum entry_kind kind;
    enum stage stage;
    const struct envelope *envelope;
    const struct key *key; /* that signs; NULL: the log's */
    uint64_t size;         /* of the log: leaves of zeros stand before the entry; at least 1 */
    const char *code;      /* refusal code; NULL: none */
};

/** The receipt of the last entry of a log of that size. In the arena. */
struct slice receipt_for(struct arena *arena, const struct entry_wish *wish);

/** Sends the case A.3 to XC-CA-01, as comity_send does. */
enum comity_exit home_send(struct comity *c, bool dry_run, struct comity_sent **ret_sent,
                           struct comity_fault *reterr);

/** A received message with the claims of an own one. */
struct home_message {
    struct slice own; /* id of the own one, which has its id, unless it replies */
    bool replies;     /* it answers the own one, and has an id of its own */
    const char *from;
    uint64_t received_ms;
};

/** Archives it for XA-CA-01; nothing but its seal would be verified. */
void home_keep(struct comity *c, const struct home_message *message);

#endif
