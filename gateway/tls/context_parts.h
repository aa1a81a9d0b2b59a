#ifndef TLS_CONTEXT_PARTS_H
#define TLS_CONTEXT_PARTS_H

/* What the files of tls/ share and nobody else sees. */

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "tls/context.h"
#include "tls/failure.h"

#define TLS_SECURITY_LEVEL 2
#define TLS_DEPTH          0 /* CA certificates between leaf and State CA */

/** A revocation list; without crl: none. */
struct list {
    X509_CRL *crl;
    ASN1_INTEGER *number; /* crlNumber */
    char number_text[48];
    uint8_t *der;
    size_t der_length;
    uint64_t from_ms, until_ms;
    bool is_received; /* somebody else gave it to us */
};

/* One CA certificate, the State it speaks for and its revocation list. */
struct authority {
    char state[3];
    X509 *certificate;
    uint64_t until_ms;
    struct list list;
};

struct tls_context {
    SSL_CTX *ssl;
    struct authority *authorities;
    size_t authority_count;
    struct identity identity; /* and what follows: of our certificate */
    struct digest x5t;
    uint64_t until_ms;
    uint64_t grace_ms;
    uint64_t records_per_key;
    atomic_uint owners;
};

/** Where a failure to load is explained to the operator. */
struct complaint {
    char *text;
    size_t room;
};

/** Writes the sentence and gives CONFIG. */
[[gnu::format(printf, 2, 3)]] struct status complain(const struct complaint *c, const char *format,
                                                     ...);

/** Reads what we need to know of a list, which is shared. CONFIG: it has no crlNumber;  MEMORY */
struct status list_of(X509_CRL *crl, struct list *ret_list);

/** An empty one does nothing. */
void list_done(struct list *list);

/** Whether a list of the same CA is the newer one. */
bool list_is_above(const struct list *list, const struct list *other);

/** The CA whose key signed the list; NULL if none did. */
struct authority *list_signer(const struct tls_context *context, X509_CRL *crl);

/** Puts the lists of received files in the place of older ones. MEMORY */
struct status received_load(const struct tls_settings *settings, struct tls_context *context);

/** Gives each CA certificate its list out of the files and checks it against the previous one's. */
struct status revocations_load(const struct tls_settings *settings, struct tls_context *context,
                               const struct complaint *complaint);

/** What a certificate is asked for. */
struct question {
    const struct tls_context *context;
    const char *expected; /* the only identity accepted, or NULL */
    bool of_server;       /* whether the peer is the server */
};

/** What is known of a peer once its certificate has been judged. */
struct peer {
    struct identity identity;
    struct digest x5t;
};

/**
 * Verifies the chain and then what X.509 does not know: identity, State and purpose. On failure
 * the error in chain is set, so that the handshake sends the fitting alert.
 */
enum tls_failure chain_judge(const struct question *question, X509_STORE_CTX *chain,
                             struct peer *ret_peer);

/** Reading and writing on a descriptor that never blocks and raises no signal. NULL: no memory */
BIO *socket_bio(int descriptor);

/** Settings of a context that need a link: verification, ALPN, messages. */
void link_callbacks(SSL_CTX *ssl);

/** Why the library's operation failed, by the oldest error in its queue; *ret_alert is the peer's
 * alert, if it was one. */
enum tls_failure failure_of_error(unsigned long error, int *ret_alert);

/** Why a chain was not verified. */
enum tls_failure failure_of_chain(int error);

#endif
