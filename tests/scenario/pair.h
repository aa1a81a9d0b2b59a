#ifndef SCENARIO_PAIR_H
#define SCENARIO_PAIR_H

/* Two gateways of two States with the link between them, and a party at each. */

#include "scenario/scene.h"
#include "support/trunk.h"

#define PAIR_XA 0U /* ends of the trunk */
#define PAIR_XC 1U

struct pair_settings {
    unsigned xa_law, xc_law; /* 0: that of policies/ */
    const char *xc_rules;    /* of XC's law, besides policies/; NULL: none */
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

/** Makes both parties' links anew. */
void pair_redial(struct pair *pair);

/** Waits until nothing is on its way: neither in a journal nor between the gateways. */
void pair_settle(struct pair *pair);

/** The stage and hop of the next notice that the sender hears, checked as it would check it, and
 * taken; false past the deadline. */
bool pair_notice(struct pair *pair, const struct letter *letter, const struct entry_wanted *wanted);

/** Waits for a delivery and checks it as the recipient does; its number, or 0. */
uint64_t pair_delivery(struct pair *pair, const struct letter *letter);

#endif
