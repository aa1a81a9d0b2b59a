#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

/*
 * A gateway without sockets: by default XA-GW-01, with the rulebook of policies/, a directory and
 * keys made for the test, a journal in a folder of its own, one exchange and a clock that only the
 * test moves. This is the edge of scenarios: octets go into the exchange and out of it by function
 * calls, and results of the journal's thread are waited for, with a deadline. Links are in
 * support/client.h.
 *
 * At home at XA-GW-01: XA-CA-01 XA-POL-01 XA-JUD-01 XC-CA-01 XC-POL-01; at XB-GW-01: XB-CA-01.
 * Where the States are apart, XC's are at home at XC-GW-01; two such worlds and what lies between
 * them are support/trunk.h. What cannot be set up stops the program and says why.
 */

#include "exchange/exchange.h"
#include "message/release.h"

#define WORLD_GATEWAY    "XA-GW-01"
#define WORLD_ORIGIN     "xa-gw-01.comity.example/audit/2026"
#define WORLD_START_MS   1788766800000ULL /* 2026-09-07T07:40:00Z, when A.3 is sent */
#define WORLD_DEADLINE_S 20

struct world_settings {
    uint64_t start_ms;    /* Unix ms; 0: WORLD_START_MS */
    bool repeatable;      /* the exchange draws the same "random" octets in every such world */
    size_t queue_bytes;   /* of the journal's queue; 0: plenty */
    uint64_t floor_bytes; /* free space below which the journal admits no new work */
    const struct link_limits *limits; /* NULL: the default */
    const char *gateway;              /* NULL: WORLD_GATEWAY; or another of the directory */
    bool apart;                       /* XC has a gateway of its own, XC-GW-01 */
    bool witnessed;                   /* XA's log wants a quorum of 1, and has world_witness */
    unsigned law;                     /* number of the law; 0: that of policies/ */
    const char *ends;  /* the row of this party ends with the day of WORLD_START_MS */
    const char *rules; /* of this gateway's law, besides policies/; NULL: none */
    const struct object_lists *lists; /* revocation lists that it hands out */
    size_t list_count;
    exchange_offered *offered; /* who takes what it fetches from a peer; NULL: it fetches nothing */
    void *offered_owner;
};

struct client;
struct trunk;

struct world {
    struct world_settings settings;
    char gateway[16], origin[64];
    char folder[64];
    struct moment now;
    struct snapshot *snapshot;
    struct rulebook *rulebook; /* the snapshot's */
    char revoker[3];           /* whose list this is; DER; none: nobody is revoked */
    struct buffer revoked;
    struct keyring *keyring;
    struct key *log_key;
    struct journal *journal;
    struct exchange *exchange; /* NULL while the gateway is down */
    struct journal_reader *reader;
    struct gaps *gaps;     /* as lost as the exchange when it ends, */
    struct asides *asides; /* and so are these */
    struct peer_notes *notes;
    struct mailbox *mailbox;
    struct client *clients;
    struct buffer announced; /* parties, each ended by a line feed */
    uint64_t results;        /* taken from the journal so far */
    uint64_t laws;           /* entries of its log that tell of another rulebook */
    struct buffer diagnostics;
    struct diagnostics says; /* into that */
    struct trunk *trunk;     /* to another world; NULL: none */
};

/** The key of this State's witness of XA's log, "witness.xa.example"; the caller's. */
struct key *world_witness(const char *state);

struct world *world_new(const struct world_settings *settings);

/** Ends the gateway and removes its folder. NULL does nothing. */
void world_free(struct world *world);

/** Ends the gateway in order, with its links; the folder stays. */
void world_stop(struct world *world);

/** Starts it again with the same folder, keys and rulebook. */
void world_start(struct world *world);

/** Starts it again with nothing but its keys: another history under the same name. */
void world_start_anew(struct world *world);

/** Another rulebook comes into force: the same, less this party. */
void world_renew(struct world *world, const char *without);

/** Another law comes into force: the same under another number. */
void world_renew_law(struct world *world, unsigned number);

/** A revocation list comes, under the same rulebook: the sealing certificate of this party is
 * revoked since then. */
void world_revoke(struct world *world, const char *party, uint64_t since_ms);

/** Moves both clocks. */
void world_pass(struct world *world, uint64_t ms);

/** Gives the exchange what the journal has answered so far and tells the links of it; where there
 * is a trunk, until nothing moves between both worlds any more. */
void world_turn(struct world *world);

/** The same of this world alone. */
void world_turn_alone(struct world *world);

/** How often any world's journal has answered: to be asked before one looks for what to wait for.
 */
uint64_t world_answers(void);

/** Waits until any world's journal has answered more often than this; false past the deadline. */
bool world_wait(uint64_t answers);

/**
 * What world_turn would give the exchange, waited for: for tests that give it themselves. NULL past
 * the deadline.
 */
struct journal_result *world_take_results(struct world *world);

/** Waits until the journal has answered so often since the world began; false past the deadline. */
bool world_await_results(struct world *world, uint64_t results);

/** Waits until the journal has answered all that was posted before, and gives it to the exchange.
 */
void world_settle(struct world *world);

/** Waits until the log has so many entries, as signed; false past the deadline. */
bool world_await_log(struct world *world, uint64_t size);

/** Entries in the log as signed. */
uint64_t world_log_size(struct world *world);

/** The same less those that tell of another rulebook. */
uint64_t world_log_acts(struct world *world);

/** Whether any file of the gateway's folder holds these octets. */
bool world_keeps(const struct world *world, struct slice octets);

/** Whether an octet string stands in another. */
bool slice_holds(struct slice in, struct slice octets);

#endif
