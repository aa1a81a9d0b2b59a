#ifndef TLS_ENDS_H
#define TLS_ENDS_H

/* Both ends of a connection in one thread, over a socket pair: ours, or a raw one of the library
 * that does what ours never would. */

#include "support/check.h"

#include "tls/link.h"

#include <openssl/ssl.h>

#define GATEWAY "XA/gateways/XA-GW-01/tls"
#define PARTY   "XA/parties/XA-CA-01/tls"

/** Settings with the States XA, XB and XC and their lists; name is a path without .crt and .key. */
struct tls_settings settings_of(const char *name);

/** A context by these settings or, by name, the usual ones; stops the program if there is none. */
struct tls_context *context_by(const struct tls_settings *settings);
struct tls_context *context_of(const char *name);

struct ends {
    int descriptors[2]; /* the client's and the server's */
    struct tls_link *client, *server;
    SSL *raw; /* in the place of one of them */
};

/** Two links of ours, not yet shaken hands; the contexts are given up. */
struct ends ends_of(struct tls_context *client, struct tls_context *server, const char *expected);

/** A raw client or server, and ours at the other end. The raw context is given up. */
struct ends ends_raw_client(SSL_CTX *raw, struct tls_context *server);
struct ends ends_raw_server(struct tls_context *client, SSL_CTX *raw, const char *expected);

/** A raw context with the certificate of this name, ALPN comity/1 and everything trusted. */
SSL_CTX *raw_context(const char *name, bool is_server);

void ends_done(struct ends *e);

/** Shakes hands as far as it goes; the last step of each of our ends. */
struct outcome {
    enum tls_step client, server;
};
struct outcome shake_hands(struct ends *e);

/** The link is open, and its peer has shown a certificate of this name. */
void check_peer(const struct tls_link *link, const char *name, enum identity_kind kind);

/** Drives a raw end once: its handshake, or reading what may have come. */
void raw_step(struct ends *e);

#endif
