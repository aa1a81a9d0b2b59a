#ifndef EDGE_PEERS_H
#define EDGE_PEERS_H

/*
 * Which peer gateways have a link with this one, in whatever worker, and how long the others have
 * been away. A peer that comes and goes at once is still away: it is back when a link has lasted
 * for PEER_STEADY_MS. All functions may be called on any thread.
 */

#include "exchange/exchange.h"
#include "schema/directory.h"

#define PEER_STEADY_MS 30000U

struct peers;

struct peer_presence {
    char id[16];       /* "XC-GW-01" */
    bool is_up;        /* it has a link now */
    uint64_t up_ms;    /* for how long */
    uint64_t away_ms;  /* for how long it has been away; 0: it is not */
    uint64_t until_ms; /* Unix: when the certificate ends that it showed last; 0: none yet */
};

/** NULL when memory is out. */
struct peers *peers_new(void);

/** NULL does nothing. */
void peers_free(struct peers *peers);

/**
 * From now on the peers are the gateways of this directory but the one called self. Those that stay
 * are not touched; one that goes is forgotten once its last link has ended. MEMORY: some of the new
 * ones are missing
 */
struct status peers_renew(struct peers *peers, const struct directory *directory, struct slice self,
                          struct moment now);

/** A link is open. Whether it is the peer's only one; false for strangers. */
bool peers_open(struct peers *peers, struct slice id, struct moment now);

/** The certificate that a peer has shown ends then, in Unix ms. Strangers are not remembered. */
void peers_certificate(struct peers *peers, struct slice id, uint64_t until_ms);

/** A link that was counted has ended. Whether it was the last one; *ret_up_ms says then how long
 * the peer was up. */
bool peers_close(struct peers *peers, struct slice id, struct moment now, uint64_t *ret_up_ms);

/** The index-th peer of the directory in use; false past the last one. */
bool peers_at(struct peers *peers, size_t index, struct moment now,
              struct peer_presence *ret_presence);

#endif
