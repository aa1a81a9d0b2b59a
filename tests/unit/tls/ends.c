#include "ends.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct tls_settings settings_of(const char *name)
{
    static struct tls_authority authorities[3];
    static const char *revocations[3];
    static const char *const states[] = {"XA", "XB", "XC"};
    static char paths[6][512];
    for (size_t i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s", pki("%s/ca.crt", states[i]));
        snprintf(paths[3 + i], sizeof paths[i], "%s", pki("%s/crl.pem", states[i]));
        (void)slice_copy_text(slice_text(states[i]), authorities[i].state,
                              sizeof authorities[i].state);
        authorities[i].certificates = paths[i];
        revocations[i] = paths[3 + i];
    }
    return (struct tls_settings){.certificate = pki("%s.crt", name),
                                 .key = pki("%s.key", name),
                                 .authorities = authorities,
                                 .authority_count = 3,
                                 .revocations = revocations,
                                 .revocation_count = 3};
}

struct tls_context *context_by(const struct tls_settings *settings)
{
    char error[256] = "";
    struct tls_context *context = NULL;
    if (failed(tls_context_new(settings, error, sizeof error, &context))) {
        fprintf(stderr, "no context: %s\n(run it by ctest, which makes the certificates)\n", error);
        exit(1);
    }
    return context;
}

struct tls_context *context_of(const char *name)
{
    struct tls_settings settings = settings_of(name);
    return context_by(&settings);
}

static struct ends connected(void)
{
    struct ends e = {0};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, e.descriptors) != 0)
        abort();
    return e;
}

struct ends ends_of(struct tls_context *client, struct tls_context *server, const char *expected)
{
    struct ends e = connected();
    CHECK_OK(tls_link_connect(client, e.descriptors[0], expected, &e.client));
    CHECK_OK(tls_link_accept(server, e.descriptors[1], &e.server));
    tls_context_free(client);
    tls_context_free(server);
    return e;
}

static SSL *raw_on(SSL_CTX *raw, int descriptor)
{
    SSL *ssl = SSL_new(raw);
    if (ssl == NULL || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        SSL_set_fd(ssl, descriptor) != 1)
        abort();
    SSL_CTX_free(raw);
    return ssl;
}

struct ends ends_raw_client(SSL_CTX *raw, struct tls_context *server)
{
    struct ends e = connected();
    e.raw = raw_on(raw, e.descriptors[0]);
    SSL_set_connect_state(e.raw);
    CHECK_OK(tls_link_accept(server, e.descriptors[1], &e.server));
    tls_context_free(server);
    return e;
}

struct ends ends_raw_server(struct tls_context *client, SSL_CTX *raw, const char *expected)
{
    struct ends e = connected();
    CHECK_OK(tls_link_connect(client, e.descriptors[0], expected, &e.client));
    e.raw = raw_on(raw, e.descriptors[1]);
    SSL_set_accept_state(e.raw);
    tls_context_free(client);
    return e;
}

static int choose_comity(SSL *ssl, const unsigned char **name, unsigned char *length,
                         const unsigned char *offered, unsigned offered_length, void *arg)
{
    (void)ssl, (void)arg, (void)offered_length;
    *length = offered[0];
    *name = offered + 1;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *raw_context(const char *name, bool is_server)
{
    static const uint8_t offer[] = "\x08" TLS_PROTOCOL;
    SSL_CTX *raw = SSL_CTX_new(TLS_method());
    if (raw == NULL)
        abort();
    if (name != NULL &&
        (SSL_CTX_use_certificate_file(raw, pki("%s.crt", name), SSL_FILETYPE_PEM) != 1 ||
         SSL_CTX_use_PrivateKey_file(raw, pki("%s.key", name), SSL_FILETYPE_PEM) != 1))
        abort();
    if (is_server)
        SSL_CTX_set_alpn_select_cb(raw, choose_comity, NULL);
    else if (SSL_CTX_set_alpn_protos(raw, offer, sizeof offer - 1) != 0)
        abort();
    return raw;
}

void ends_done(struct ends *e)
{
    tls_link_free(e->client);
    tls_link_free(e->server);
    SSL_free(e->raw);
    for (size_t i = 0; i < 2; i++)
        if (e->descriptors[i] >= 0)
            close(e->descriptors[i]);
    *e = (struct ends){.descriptors = {-1, -1}};
}

void raw_step(struct ends *e)
{
    char octet;
    size_t length;
    if (e->raw == NULL)
        return;
    if (!SSL_is_init_finished(e->raw))
        (void)SSL_do_handshake(e->raw);
    else
        (void)SSL_read_ex(e->raw, &octet, 1, &length);
    ERR_clear_error();
}

static bool waits(enum tls_step step)
{
    return step == TLS_WANT_READ || step == TLS_WANT_WRITE;
}

struct outcome shake_hands(struct ends *e)
{
    struct outcome o = {e->client == NULL ? TLS_DONE : TLS_WANT_READ,
                        e->server == NULL ? TLS_DONE : TLS_WANT_READ};
    for (int i = 0; i < 20 && (waits(o.client) || waits(o.server)); i++) {
        if (waits(o.client))
            o.client = tls_handshake(e->client);
        raw_step(e);
        if (waits(o.server))
            o.server = tls_handshake(e->server);
    }
    return o;
}

void check_peer(const struct tls_link *link, const char *name, enum identity_kind kind)
{
    struct identity identity = {0};
    char text[64];
    struct digest zero = {{0}};
    CHECK(tls_peer(link, &identity));
    identity_name(&identity, text);
    CHECK_TEXT(text, name);
    CHECK_U64(identity.kind, kind);
    CHECK(!digest_equal(tls_peer_x5t(link), digest_slice(&zero)));
    CHECK_U64(tls_failure(link), TLS_FAILURE_NONE);
}
