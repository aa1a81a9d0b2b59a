#include "tls/link_parts.h"

#include <openssl/err.h>
#include <stdio.h>

#define RENEWALS_FREE      32  /* messages of TLS itself that a peer may send after the handshake */
#define OCTETS_PER_RENEWAL 256 /* and one more for so many octets of data */

void link_fail(struct tls_link *link, enum tls_failure failure, const char *more)
{
    if (link->failure != TLS_FAILURE_NONE)
        return;
    link->failure = failure;
    snprintf(link->text, sizeof link->text, "%s%s%s", tls_failure_sentence(failure),
             more == NULL ? "" : ": ", more == NULL ? "" : more);
}

static struct question question_of(const struct tls_link *link, const struct tls_context *context)
{
    return (struct question){.context = context,
                             .expected = link->expected[0] == '\0' ? NULL : link->expected,
                             .of_server = !link->is_server};
}

/* What the library found adds to a sentence only where the sentence is broad. */
static const char *detail_of(enum tls_failure failure, X509_STORE_CTX *chain)
{
    return failure == TLS_FAILURE_UNTRUSTED || failure == TLS_FAILURE_REVOCATION
               ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain))
               : NULL;
}

static int on_verify(X509_STORE_CTX *chain, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_link *link = SSL_get_app_data(ssl);
    struct question question = question_of(link, link->context);
    enum tls_failure failure = chain_judge(&question, chain, &link->peer);
    if (failure != TLS_FAILURE_NONE)
        link_fail(link, failure, detail_of(failure, chain));
    return failure == TLS_FAILURE_NONE;
}

unsigned link_protocols(const struct tls_link *link, uint8_t list[static ALPN_BYTES])
{
    struct slice name = slice_text(link->protocol);
    list[0] = (uint8_t)name.length;
    (void)slice_copy_text(name, (char *)list + 1, ALPN_BYTES - 1);
    return (unsigned)name.length + 1;
}

static int on_alpn(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                   const unsigned char *offered, unsigned offered_length, void *unused)
{
    (void)unused;
    struct tls_link *link = SSL_get_app_data(ssl);
    uint8_t wanted[ALPN_BYTES];
    unsigned char *name = NULL;
    unsigned length = link_protocols(link, wanted);
    if (SSL_select_next_proto(&name, ret_length, wanted, length, offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        link_fail(link, TLS_FAILURE_ALPN, link->protocol);
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *ret_name = (const unsigned char *)link->protocol;
    return SSL_TLSEXT_ERR_OK;
}

/* on_alpn is not asked about a client that offers no protocol at all. */
static int on_client_hello(SSL *ssl, int *ret_alert, void *unused)
{
    (void)unused;
    const unsigned char *octets;
    size_t length;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &octets,
                                  &length) == 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    struct tls_link *link = SSL_get_app_data(ssl);
    link_fail(link, TLS_FAILURE_ALPN, link->protocol);
    *ret_alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

/* Counts the peer's key updates and tickets, which cost us work and it next to nothing. */
static void on_message(int written, int version, int type, const void *octets, size_t length,
                       SSL *ssl, void *unused)
{
    (void)version, (void)octets, (void)length, (void)unused;
    struct tls_link *link = SSL_get_app_data(ssl);
    if (written || type != SSL3_RT_HANDSHAKE || link == NULL || !link->open)
        return;
    link->renewals++;
    if (link->renewals >
        RENEWALS_FREE + link->renewals_asked + link->octets_read / OCTETS_PER_RENEWAL)
        link_fail(link, TLS_FAILURE_RENEWALS, NULL);
}

void link_callbacks(SSL_CTX *ssl)
{
    SSL_CTX_set_cert_verify_callback(ssl, on_verify, NULL);
    SSL_CTX_set_alpn_select_cb(ssl, on_alpn, NULL);
    SSL_CTX_set_client_hello_cb(ssl, on_client_hello, NULL);
    SSL_CTX_set_msg_callback(ssl, on_message);
}

enum tls_failure tls_link_recheck(struct tls_link *link, const struct tls_context *context)
{
    X509 *leaf = SSL_get0_peer_certificate(link->ssl);
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    struct question question = question_of(link, context);
    struct peer peer;
    enum tls_failure failure = TLS_FAILURE_MEMORY;
    if (leaf == NULL) {
        failure = TLS_FAILURE_MISSING;
    } else if (chain != NULL &&
               X509_STORE_CTX_init(chain, SSL_CTX_get_cert_store(context->ssl), leaf,
                                   SSL_get_peer_cert_chain(link->ssl)) == 1 &&
               X509_STORE_CTX_set_default(chain,
                                          question.of_server ? "ssl_server" : "ssl_client") == 1) {
        X509_STORE_CTX_set_depth(chain, TLS_DEPTH);
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(chain), TLS_SECURITY_LEVEL);
        failure = chain_judge(&question, chain, &peer);
    }
    if (failure != TLS_FAILURE_NONE && link->failure == TLS_FAILURE_NONE)
        snprintf(link->text, sizeof link->text, "%s", tls_failure_sentence(failure));
    X509_STORE_CTX_free(chain);
    ERR_clear_error();
    return failure;
}
