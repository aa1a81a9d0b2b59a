#include "tls/link.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/link_parts.h"

#define RECORD_BYTES 16384

static struct tls_link *link_new(struct tls_context *context, int descriptor)
{
    struct tls_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    link->context = tls_context_hold(context);
    link->end = TLS_DONE;
    link->alert = -1;
    link->protocol = TLS_PROTOCOL;
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

struct status tls_link_speak(struct tls_link *link, const char *protocol)
{
    uint8_t list[ALPN_BYTES];
    link->protocol = protocol;
    unsigned length = link_protocols(link, list);
    return SSL_set_alpn_protos(link->ssl, list, length) == 0 ? OK : FAIL(MEMORY); /* 0: success */
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
    link_fail(link, failure, more);
    return end_with(link, TLS_FAILED);
}

/* After an error in the library's queue. */
static enum tls_step broken(struct tls_link *link)
{
    unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        link_fail(link, TLS_FAILURE_NETWORK, "it ended without close_notify");
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
    if (!slice_is(slice_over(name, length), link->protocol))
        return fail_with(link, TLS_FAILURE_ALPN, link->protocol);
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

/* Half a record must be written to its end first: the library then refuses. */
static void try_rekey(struct tls_link *link)
{
    if (SSL_key_update(link->ssl, SSL_KEY_UPDATE_REQUESTED) == 1) {
        link->rekey = false;
        link->records_written = 0;
        link->renewals_asked++;
    }
    ERR_clear_error();
}

void tls_link_rekey(struct tls_link *link)
{
    if (!link->open || link->end != TLS_DONE || SSL_get_shutdown(link->ssl) != 0)
        return;
    link->rekey = true;
    try_rekey(link);
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
        if (link->rekey)
            try_rekey(link);
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
