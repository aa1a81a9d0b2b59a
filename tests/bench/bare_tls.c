/*
 * bench_bare_tls CERTIFICATE KEY CAS REVOCATIONS hold|close: a server that does nothing but TLS,
 * with the settings of gateway/tls/, on a port of its own choice, which it prints. It says one
 * octet on each new link (hold) or nothing, and closes a link when the peer has. It ends with its
 * standard input.
 */

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stop.h"

#define EVENTS  256
#define BACKLOG 1024

enum word { PROGRAM, CERTIFICATE, KEY, AUTHORITIES, REVOCATIONS, MODE, WORDS };

struct server {
    SSL_CTX *context;
    int epoll, listener;
    bool holds, over;
    struct link *links;
};

struct link {
    SSL *ssl;
    int fd;
    struct link *next, **slot;
};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
                           const unsigned char *in, unsigned in_length, void *owner)
{
    static const unsigned char ours[] = "\x08"
                                        "comity/1";
    unsigned char *chosen = NULL;
    (void)ssl, (void)owner;
    int found = SSL_select_next_proto(&chosen, length, ours, sizeof ours - 1, in, in_length);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool set_algorithms(SSL_CTX *c)
{
    char groups[] = "X25519:P-256:P-384";
    char suites[] = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    char signatures[] = "ed25519:ECDSA+SHA256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256";
    SSL_CTX_set_security_level(c, 2);
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(c, 0);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(c, suites) == 1 && SSL_CTX_set_num_tickets(c, 0) == 1 &&
           SSL_CTX_set1_sigalgs_list(c, signatures) == 1 &&
           SSL_CTX_set1_groups_list(c, groups) == 1;
}

static SSL_CTX *context_of(char *const words[])
{
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (c == NULL || !set_algorithms(c) ||
        SSL_CTX_use_certificate_file(c, words[CERTIFICATE], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(c, words[KEY], SSL_FILETYPE_PEM) != 1)
        stop("the certificate or its key cannot be used");
    X509_STORE *store = SSL_CTX_get_cert_store(c);
    if (X509_STORE_load_file(store, words[AUTHORITIES]) != 1 ||
        X509_STORE_load_file(store, words[REVOCATIONS]) != 1 ||
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                        X509_V_FLAG_X509_STRICT | X509_V_FLAG_TRUSTED_FIRST) != 1)
        stop("the CAs or their revocation lists cannot be used");
    return c;
}

static void watch(const struct server *s, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = what}};
    if (fd < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        stop("a descriptor cannot be watched");
}

static void start(struct server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(s->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(s->listener, BACKLOG) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &length) != 0)
        stop("no port can be listened on");
    watch(s, s->listener, &s->listener);
    watch(s, STDIN_FILENO, &s->over);
    printf("127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void accept_all(struct server *s)
{
    int fd;
    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct link *l = calloc(1, sizeof *l);
        if (l == NULL || (l->ssl = SSL_new(s->context)) == NULL || SSL_set_fd(l->ssl, fd) != 1)
            stop("out of memory");
        *l = (struct link){l->ssl, fd, s->links, &s->links};
        if (l->next != NULL)
            l->next->slot = &l->next;
        s->links = l;
        SSL_set_accept_state(l->ssl);
        watch(s, fd, l);
    }
}

static void close_link(struct link *l)
{
    *l->slot = l->next;
    if (l->next != NULL)
        l->next->slot = l->slot;
    SSL_free(l->ssl);
    close(l->fd);
    free(l);
}

static void go_on(const struct server *s, struct link *l)
{
    char octets[4096];
    int result = 1;
    ERR_clear_error();
    if (SSL_is_init_finished(l->ssl) == 0) {
        result = SSL_do_handshake(l->ssl);
        if (result == 1 && s->holds)
            result = SSL_write(l->ssl, "!", 1);
    }
    while (result > 0)
        result = SSL_read(l->ssl, octets, sizeof octets);
    int error = SSL_get_error(l->ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        close_link(l);
}

static void turn(struct server *s)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(s->epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &s->listener)
            accept_all(s);
        else if (events[i].data.ptr == &s->over)
            s->over = true;
        else
            go_on(s, events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    if (argc != WORDS)
        stop("usage: bench_bare_tls CERTIFICATE KEY CAS REVOCATIONS hold|close");
    struct server s = {.context = context_of(argv), .holds = strcmp(argv[MODE], "hold") == 0};
    start(&s);
    while (!s.over)
        turn(&s);
    while (s.links != NULL)
        close_link(s.links);
    close(s.listener);
    close(s.epoll);
    SSL_CTX_free(s.context);
    return 0;
}
