#ifndef SCENARIO_PAIR_H
#define SCENARIO_PAIR_H

/* Two gateways of two States with the link between them, and a party at each. */

#include "scenario/scene.h"
#include "support/trunk.h"

#define PAIR_XA 0U /* ends of the trunk */
#define PAIR_XC 1U

/** Text of a policy. The clock of a pair is at the 7th of September when it is made, so that what
 * comes into force on the 8th is judged by at hop 2 alone where a message goes over at midnight. */
#define PAIR_RULES_FROM(day, body)                                                                 \
    "policy \"Rules of a test\"\n version 1\n authority \"XA\"\n basis \"A test\"\n"               \
    " in force " day " until 2035-12-31\n" body "end\n"
#define PAIR_RULES(body)       PAIR_RULES_FROM("2026-01-01", body)
#define PAIR_RULES_LATER(body) PAIR_RULES_FROM("2026-09-08", body)

#define PAIR_HOLDS                                                                                 \
    " hold \"T-01 all requests\"\n"                                                                \
    "  when message.type is mla.request\n"                                                         \
    "  code E_HELD\n  basis \"test\"\n"
#define PAIR_REFUSES                                                                               \
    " refuse \"T-02 all requests\"\n"                                                              \
    "  when message.type is mla.request\n"                                                         \
    "  code E_PURPOSE\n  basis \"test\"\n"
#define PAIR_FORBIDS                                                                               \
    " forbid \"T-03 accounts\"\n"                                                                  \
    "  fields tag.financial\n"                                                                     \
    "  notice silent\n  basis \"test\"\n"

struct pair_settings {
    bool witnessed;          /* XA's log, see world_settings */
    unsigned xa_law, xc_law; /* 0: that of policies/ */
    const char *ends;        /* the row of this party ends with the first day; NULL: none's */
    const char *rules;       /* of the law of both, besides policies/; NULL: none */
    const char *xa_rules;    /* of XA's alone: never the same law then */
    const struct object_lists *xa_lists, *xc_lists; /* one each that is handed out; NULL: none */
    exchange_offered *offered; /* takes what either fetches from the other; NULL: nothing is */
    void *xa_owner, *xc_owner;
};

struct pair {
    struct world *xa, *xc;
    struct trunk *trunk;
    struct client *sender, *recipient; /* XA-CA-01, XC-CA-01 */
};

/** Both gateways run and are linked; both parties have a link. */
struct pair pair_new(const struct pair_settings *settings);
void pair_end(struct pair *pair);

/** Ends a gateway and starts it again with this floor of its disk; its party's link and the one
 * between the gateways are made anew. */
void pair_restart(struct pair *pair, struct world *world, uint64_t floor_bytes);

/** A law of this number, with these rules besides policies/, comes into force at both. A link
 * between them is left. */
void pair_renew(struct pair *pair, unsigned law, const char *rules);

/** What waits goes over at midnight: XC's clock is past it, XA's is only when all is there. */
void pair_dial_at_midnight(struct pair *pair);

/** The clocks of both move on. */
void pair_pass(struct pair *pair, uint64_t ms);

/** Makes both parties' links anew. */
void pair_redial(struct pair *pair);

/** Waits until nothing is on its way: neither in a journal nor between the gateways. */
void pair_settle(struct pair *pair);

/** The stage and hop of the next notice that the sender hears, checked as it would check it, and
 * taken; false past the deadline. */
bool pair_notice(struct pair *pair, const struct letter *letter, const struct entry_wanted *wanted);

/** Waits for a delivery and checks it as the recipient does; its number, or 0. */
uint64_t pair_delivery(struct pair *pair, const struct letter *letter);

/** The same; and that it was released by laws of these numbers; 0: any. */
struct pair_laws {
    uint64_t first, second;
};
uint64_t pair_delivery_by(struct pair *pair, const struct letter *letter, struct pair_laws laws);

/** Takes a delivery; its sender hears of it. */
void pair_take(struct pair *pair, const struct letter *letter, uint64_t number);

/** The short request, sent; all of them are one thread. */
struct letter *pair_send(struct pair *pair);

/** A pair under law 1, and a letter of its sender's that has come over; the recipient is away. */
struct letter *pair_begin_away(struct pair *pair);

/** Law 2 with these rules comes into force at both; then the recipient is there. */
void pair_renew_and_meet(struct pair *pair, const char *rules);

/** Nobody has anything left to read; the letter is freed, too. */
void pair_end_quiet(struct pair *pair, struct letter *letter);

#endif
