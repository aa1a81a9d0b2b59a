#ifndef UNIT_CLIENTS_LEDGER_H
#define UNIT_CLIENTS_LEDGER_H

/* The logs of two gateways, with real leaves: each size of one is a history of the next. And
 * messages that go from XC-CA-01 by XC-GW-01 and XA-GW-01 to XA-CA-01. */

#include "audit/receipt.h"
#include "message/seal.h"
#include "session/query.h"

#define LEDGER_MAX 64

struct ledger {
    const char *gateway, *origin;
    const struct key *key;
    struct digest leaves[LEDGER_MAX];
    uint64_t count;
};

/** An empty log of XA-GW-01, the home of XA-CA-01, and of XC-GW-01. */
struct ledger ledger_near(void);
struct ledger ledger_far(void);

/** Entries of others, up to this size of the log; salt makes other ones of them. */
void ledger_grow(struct ledger *ledger, uint64_t size, uint8_t salt);

/** What an entry of a message is to say. */
struct entry_told {
    enum entry_kind kind;
    enum stage stage;
    uint64_t hop;
    const struct envelope *envelope;
    struct slice release; /* octets of the release; empty: none is hashed */
    const char *code;     /* refusal code; NULL: none */
};

struct ledger_entry {
    struct entry_records records;
    uint64_t index;
};

/** Appends an entry, made now. */
struct ledger_entry ledger_enter(struct ledger *ledger, struct arena *arena,
                                 const struct entry_told *told);

/** The receipt of an entry in the log as it is now. In the arena. */
struct slice ledger_receipt(const struct ledger *ledger, struct arena *arena,
                            const struct ledger_entry *entry);

/** The root of the first leaves; a proof between two sizes, in the arena. */
struct digest ledger_root(const struct ledger *ledger, uint64_t size);
struct slices ledger_proof(const struct ledger *ledger, struct arena *arena, uint64_t old,
                           uint64_t size);

/** A message that has come over both gateways. */
struct crossing {
    struct deliver deliver;
    struct message_key key;
    const struct envelope *envelope;
};

/** Seals the case A.3 as XC-CA-01 for XA-CA-01 and lets it go at both gateways. In the arena. */
struct crossing crossing_make(struct arena *arena, struct ledger *near, struct ledger *far);

#endif
