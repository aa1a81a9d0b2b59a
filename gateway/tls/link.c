#include "tls/link.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/context_parts.h"

#define RECORD_BYTES       16384
#define RENEWALS_FREE      32  /* messages of TLS itself that a peer may send after the handshake */
#define OCTETS_PER_RENEWAL 256 /* and one more for so many octets of data */

struct tls_link {
    SSL *ssl;
    struct tls_context *context;
    bool is_server;
    char expected[64]; /* of a client; empty otherwise */
    bool open;         /* the handshake is done */
    enum tls_step end; /* once it has ended: FAILED, CLOSED or TRUNCATED; until then DONE */
    enum tls_failure failure;
    int alert;
    char text[200];
    struct peer peer;
    uint64_t octets_read;
    uint64_t renewals;        /* messages that OCTETS_PER_RENEWAL counts */
    uint64_t records_written; /* since our key was last renewed */
};

/* Keeps the first cause: what follows from it would only hide it. */
static void set_failure(struct tls_link *link, enum tls_failure failure, const char *more)
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
        set_failure(link, failure, detail_of(failure, chain));
    return failure == TLS_FAILURE_NONE;
}

static const uint8_t protocol[] = {'\x08', 'c', 'o', 'm', 'i', 't', 'y', '/', '1'};

static int on_alpn(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                   const unsigned char *offered, unsigned offered_length, void *unused)
{
    (void)unused;
    unsigned char *name = NULL;
    if (SSL_select_next_proto(&name, ret_length, protocol, sizeof protocol, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED) {
        set_failure(SSL_get_app_data(ssl), TLS_FAILURE_ALPN, NULL);
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *ret_name = name;
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
    set_failure(SSL_get_app_data(ssl), TLS_FAILURE_ALPN, NULL);
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
    if (link->renewals > RENEWALS_FREE + link->octets_read / OCTETS_PER_RENEWAL)
        set_failure(link, TLS_FAILURE_RENEWALS, NULL);
}

void link_callbacks(SSL_CTX *ssl)
{
    SSL_CTX_set_cert_verify_callback(ssl, on_verify, NULL);
    SSL_CTX_set_alpn_select_cb(ssl, on_alpn, NULL);
    SSL_CTX_set_client_hello_cb(ssl, on_client_hello, NULL);
    SSL_CTX_set_msg_callback(ssl, on_message);
}

static struct tls_link *link_new(struct tls_context *context, int descriptor)
{
    struct tls_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    link->context = tls_context_hold(context);
    link->end = TLS_DONE;
    link->alert = -1;
    link->ssl = SSL_new(context->ssl);
    BIO *bio = link->ssl == NULL ? NULL : socket_bio(descriptor);
    if (bio == NULL || SSL_set_app_data(link->ssl, link) != 1) {
        BIO_free(bio);
        tls_link_free(link);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(link->ssl, bio, bio);
    return link;
}

struct status tls_link_accept(struct tls_context *context, int descriptor,
                              struct tls_link **ret_link)
{
    struct tls_link *link = link_new(context, descriptor);
    if (link == NULL)
        return FAIL(MEMORY);
    link->is_server = true;
    SSL_set_accept_state(link->ssl);
    *ret_link = link;
    return OK;
}

struct status tls_link_connect(struct tls_context *context, int descriptor, const char *expected,
                               struct tls_link **ret_link)
{
    struct tls_link *link = link_new(context, descriptor);
    if (link == NULL)
        return FAIL(MEMORY);
    /* An empty or cut name would match everybody or nobody; nobody it is. */
    if (!slice_copy_text(slice_text(expected), link->expected, sizeof link->expected) ||
        link->expected[0] == '\0')
        (void)slice_copy_text(slice_text("?"), link->expected, sizeof link->expected);
    SSL_set_connect_state(link->ssl);
    *ret_link = link;
    return OK;
}

void tls_link_free(struct tls_link *link)
{
    if (link == NULL)
        return;
    SSL_free(link->ssl);
    tls_context_free(link->context);
    free(link);
}

static enum tls_step end_with(struct tls_link *link, enum tls_step end)
{
    link->end = end;
    return end;
}

static enum tls_step fail_with(struct tls_link *link, enum tls_failure failure, const char *more)
{
    set_failure(link, failure, more);
    return end_with(link, TLS_FAILED);
}

/* After an error in the library's queue. */
static enum tls_step broken(struct tls_link *link)
{
    unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        set_failure(link, TLS_FAILURE_NETWORK, "it ended without close_notify");
        return end_with(link, TLS_TRUNCATED);
    }
    enum tls_failure failure = failure_of_error(error, &link->alert);
    return fail_with(link, failure,
                     link->alert >= 0 ? SSL_alert_desc_string_long(link->alert)
                                      : ERR_reason_error_string(error));
}

/* What a call of the library that did not succeed comes to. */
static enum tls_step step_of(struct tls_link *link, int result)
{
    int error_number = errno;
    int error = SSL_get_error(link->ssl, result);
    enum tls_step step;
    if (error == SSL_ERROR_WANT_READ)
        step = TLS_WANT_READ;
    else if (error == SSL_ERROR_WANT_WRITE)
        step = TLS_WANT_WRITE;
    else if (error == SSL_ERROR_ZERO_RETURN)
        step = end_with(link, TLS_CLOSED);
    else if (error == SSL_ERROR_SSL)
        step = broken(link);
    else
        step =
            fail_with(link, TLS_FAILURE_NETWORK, error_number == 0 ? NULL : strerror(error_number));
    ERR_clear_error();
    return step;
}

enum tls_step tls_handshake(struct tls_link *link)
{
    if (link->end != TLS_DONE || link->open)
        return link->end;
    ERR_clear_error(); /* the queue is the thread's: what another link left is not ours */
    errno = 0;
    int result = SSL_do_handshake(link->ssl);
    if (result != 1)
        return step_of(link, result);
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(link->ssl, &name, &length);
    if (!slice_is(slice_over(name, length), TLS_PROTOCOL))
        return fail_with(link, TLS_FAILURE_ALPN, NULL);
    if (link->peer.identity.kind == IDENTITY_NONE)
        return fail_with(link, TLS_FAILURE_IDENTITY, NULL);
    link->open = true;
    return TLS_DONE;
}

enum tls_step tls_read(struct tls_link *link, void *octets, size_t room, size_t *ret_length)
{
    if (link->end != TLS_DONE)
        return link->end;
    if (!link->open)
        return fail_with(link, TLS_FAILURE_PROTOCOL, "read before the handshake");
    for (;;) {
        uint64_t renewals = link->renewals;
        size_t length = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(link->ssl, octets, room, &length);
        if (link->failure != TLS_FAILURE_NONE)
            return end_with(link, TLS_FAILED);
        if (result == 1) {
            link->octets_read += length;
            *ret_length = length;
            return TLS_DONE;
        }
        enum tls_step step = step_of(link, result);
        /* It came back because of a message, not because there is nothing more to read. */
        if (step != TLS_WANT_READ || link->renewals == renewals)
            return step;
    }
}

/* The peer's refusal may have arrived before its end of the connection went away. */
static void look_for_alert(struct tls_link *link)
{
    uint8_t octet;
    size_t length = 0;
    int result = SSL_read_ex(link->ssl, &octet, sizeof octet, &length);
    if (result != 1 && SSL_get_error(link->ssl, result) == SSL_ERROR_SSL)
        (void)broken(link);
    ERR_clear_error();
}

/* A key serves so many records of ours, then the next write begins with a new one. */
static void count_records(struct tls_link *link, size_t length)
{
    link->records_written += (length + RECORD_BYTES - 1) / RECORD_BYTES;
    if (link->records_written < link->context->records_per_key)
        return;
    if (SSL_key_update(link->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
        link->records_written = 0;
    ERR_clear_error();
}

enum tls_step tls_write(struct tls_link *link, struct slice in, size_t *ret_length)
{
    if (link->end == TLS_FAILED || link->end == TLS_TRUNCATED)
        return link->end;
    if (!link->open)
        return fail_with(link, TLS_FAILURE_PROTOCOL, "write before the handshake");
    size_t length = 0;
    if (in.length > 0) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(link->ssl, in.at, in.length, &length);
        if (result != 1) {
            int error_number = errno;
            if (SSL_get_error(link->ssl, result) != SSL_ERROR_SYSCALL)
                return step_of(link, result);
            look_for_alert(link);
            return fail_with(link, TLS_FAILURE_NETWORK, strerror(error_number));
        }
        count_records(link, length);
    }
    *ret_length = length;
    return TLS_DONE;
}

enum tls_step tls_close(struct tls_link *link)
{
    /* After a failure nothing may be sent any more, and before the handshake nothing can be. */
    if (!link->open || link->end == TLS_FAILED || link->end == TLS_TRUNCATED)
        return TLS_DONE;
    ERR_clear_error();
    errno = 0;
    int result = SSL_shutdown(link->ssl);
    if (result >= 0)
        return TLS_DONE;
    enum tls_step step = step_of(link, result);
    return step == TLS_WANT_WRITE ? TLS_WANT_WRITE : TLS_DONE;
}

bool tls_pending(const struct tls_link *link)
{
    return link->end == TLS_DONE && SSL_has_pending(link->ssl) == 1;
}

bool tls_peer(const struct tls_link *link, struct identity *ret_identity)
{
    if (link->open)
        *ret_identity = link->peer.identity;
    return link->open;
}

const struct digest *tls_peer_x5t(const struct tls_link *link)
{
    return &link->peer.x5t;
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

enum tls_failure tls_failure(const struct tls_link *link)
{
    return link->failure;
}

const char *tls_failure_text(const struct tls_link *link)
{
    return link->text;
}

int tls_alert(const struct tls_link *link)
{
    return link->alert;
}
