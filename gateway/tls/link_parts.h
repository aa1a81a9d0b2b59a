#ifndef TLS_LINK_PARTS_H
#define TLS_LINK_PARTS_H

/* A link as the files of tls/ see it. */

#include "tls/context_parts.h"
#include "tls/link.h"

struct tls_link {
    SSL *ssl;
    struct tls_context *context;
    bool is_server;
    char expected[64];    /* of a client; empty otherwise */
    const char *protocol; /* the ALPN name */
    bool open;            /* the handshake is done */
    enum tls_step end;    /* once it has ended: FAILED, CLOSED or TRUNCATED; until then DONE */
    enum tls_failure failure;
    int alert;
    char text[200];
    struct peer peer;
    uint64_t octets_read;
    uint64_t renewals;        /* messages that OCTETS_PER_RENEWAL counts */
    uint64_t renewals_asked;  /* answers to these are not the peer's idea */
    uint64_t records_written; /* since our key was last renewed */
    bool rekey;               /* wanted, both keys, as soon as no record is half written */
};

#define ALPN_BYTES 16

/** Writes the list of protocols of one link, as TLS carries it. Gives its octets. */
unsigned link_protocols(const struct tls_link *link, uint8_t list[static ALPN_BYTES]);

/** Keeps the cause of a failure; the first one, what follows from it would only hide it. more: what
 * adds to the sentence, or NULL. */
void link_fail(struct tls_link *link, enum tls_failure failure, const char *more);

#endif
