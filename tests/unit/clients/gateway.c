#include "gateway.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libcomity/clock.h"
#include "support/check.h"

#define WAIT_MS 10000

static struct {
    pthread_t threads[GATEWAY_THREADS_MAX];
    unsigned thread_count;
    int listener;
    atomic_bool stopping;
    atomic_uint to_shed;
    struct tls_context *tls;
    char name[16], address[32];
    serve *fn;
} gateway;

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

struct tls_context *pki_context(const char *folder)
{
    char error[512];
    struct tls_context *context = NULL;
    const char *revocations[] = {pki("XA/crl.pem"), pki("XC/crl.pem")};
    struct tls_authority authorities[] = {{"XA", pki("XA/ca.crt")}, {"XC", pki("XC/ca.crt")}};
    struct tls_settings settings = {.certificate = pki("%s/tls.crt", folder),
                                    .key = pki("%s/tls.key", folder),
                                    .authorities = authorities,
                                    .authority_count = 2,
                                    .revocations = revocations,
                                    .revocation_count = 2};
    if (failed(tls_context_new(&settings, error, sizeof error, &context)))
        stop(error);
    return context;
}

static bool wait_for(const struct served *s, enum tls_step step)
{
    struct pollfd p = {.fd = s->descriptor,
                       .events = step == TLS_WANT_WRITE ? POLLIN | POLLOUT : POLLIN};
    return (step == TLS_WANT_READ || step == TLS_WANT_WRITE) && poll(&p, 1, WAIT_MS) == 1;
}

static bool accept_tls(struct served *s)
{
    enum tls_step step;
    if (failed(tls_link_accept(gateway.tls, s->descriptor, &s->tls)))
        return false;
    while ((step = tls_handshake(s->tls)) != TLS_DONE)
        if (!wait_for(s, step))
            return false;
    struct identity peer;
    char name[64];
    if (!tls_peer(s->tls, &peer))
        return false;
    identity_name(&peer, name);
    static const struct session_limits limits = {FRAME_MAX_BYTES, 32, 0, 120000};
    struct session_ends ends = {LINK_PARTY, false, slice_text(gateway.name), slice_text(name)};
    session_start(&s->session, &ends, &limits, clock_mono_ms());
    return true;
}

static void serve_one(int descriptor, unsigned turn)
{
    int one = 1;
    struct served s = {.descriptor = descriptor, .turn = turn};
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s.in = buffer_new(8U << 20);
    s.arena = arena_new(64U << 20);
    if (accept_tls(&s))
        gateway.fn(&s);
    if (s.tls != NULL)
        (void)tls_close(s.tls);
    tls_link_free(s.tls);
    buffer_done(&s.in);
    arena_free(s.arena);
    close(descriptor);
}

static bool is_shed(void)
{
    unsigned left = gateway.to_shed;
    while (left > 0 && !atomic_compare_exchange_weak(&gateway.to_shed, &left, left - 1))
        ;
    return left > 0;
}

static void *run(void *unused)
{
    if (failed(crypto_thread_start()))
        stop("no digests");
    for (unsigned turn = 0; !gateway.stopping; turn++) {
        int descriptor = accept(gateway.listener, NULL, NULL);
        if (descriptor < 0)
            break;
        if (gateway.stopping || is_shed())
            close(descriptor);
        else
            serve_one(descriptor, turn);
    }
    crypto_thread_stop();
    return unused;
}

void gateway_start_many(const char *folder, unsigned threads, serve *fn)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    gateway.fn = fn;
    gateway.tls = pki_context(folder);
    snprintf(gateway.name, sizeof gateway.name, "%s", tls_context_identity(gateway.tls)->id);
    gateway.stopping = false;
    gateway.to_shed = 0;
    gateway.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(gateway.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(gateway.listener, 8) != 0 ||
        getsockname(gateway.listener, (struct sockaddr *)&at, &length) != 0)
        stop("no port");
    snprintf(gateway.address, sizeof gateway.address, "127.0.0.1:%u", ntohs(at.sin_port));
    for (gateway.thread_count = 0; gateway.thread_count < threads; gateway.thread_count++)
        if (pthread_create(&gateway.threads[gateway.thread_count], NULL, run, NULL) != 0)
            stop("no thread");
}

void gateway_start(const char *folder, serve *fn)
{
    gateway_start_many(folder, 1, fn);
}

void gateway_shed(unsigned count)
{
    gateway.to_shed = count;
}

const char *gateway_address(void)
{
    return gateway.address;
}

void gateway_stop(void)
{
    gateway.stopping = true;
    shutdown(gateway.listener, SHUT_RDWR);
    while (gateway.thread_count > 0)
        pthread_join(gateway.threads[--gateway.thread_count], NULL);
    close(gateway.listener);
    tls_context_free(gateway.tls);
}

bool serve_octets(struct served *s, struct slice octets)
{
    while (octets.length > 0) {
        size_t written = 0;
        enum tls_step step = tls_write(s->tls, octets, &written);
        if (step == TLS_DONE)
            octets = slice_part(octets, written, SIZE_MAX);
        else if (!wait_for(s, step))
            return false;
    }
    return true;
}

void serve_force(struct served *s, const struct frame *f)
{
    struct buffer b = buffer_new(2U << 20);
    frame_write(&b, f);
    if (b.failed || !serve_octets(s, buffer_slice(&b)))
        fprintf(stderr, "the gateway could not send %s\n", frame_kind_name(f->kind));
    buffer_done(&b);
}

void serve_give(struct served *s, struct frame *f)
{
    if (failed(session_give(&s->session, f, clock_mono_ms())))
        stop("the test's gateway breaks the protocol");
    serve_force(s, f);
}

static bool read_more(struct served *s)
{
    uint8_t octets[16384];
    size_t length = 0;
    for (;;) {
        enum tls_step step = tls_read(s->tls, octets, sizeof octets, &length);
        if (step == TLS_DONE) {
            buffer_put(&s->in, slice_over(octets, length));
            return !s->in.failed;
        }
        if (!wait_for(s, step))
            return false;
    }
}

struct frame serve_hear(struct served *s)
{
    struct frame f;
    size_t length = 0;
    memset(&f, 0, sizeof f);
    while (!failed(frame_length(buffer_slice(&s->in), &length)) && length == 0)
        if (!read_more(s))
            return f;
    struct slice body = arena_copy(
        s->arena, slice_part(buffer_slice(&s->in), FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES));
    buffer_drop(&s->in, length);
    if (failed(frame_parse(s->arena, body, &f)) ||
        failed(session_take(&s->session, &f, clock_mono_ms())))
        stop("the client breaks the protocol");
    return f;
}

struct frame serve_await(struct served *s, enum frame_kind kind)
{
    struct frame f;
    do
        f = serve_hear(s);
    while (f.kind != kind && f.kind != FRAME_NONE);
    return f;
}

bool serve_greet(struct served *s)
{
    struct frame f = serve_hear(s);
    if (f.kind != FRAME_HELLO)
        return false;
    struct frame welcome = session_greeting(&s->session, clock_wall_ms());
    welcome.as.hello.law = f.as.hello.law;
    welcome.as.hello.states = f.as.hello.states;
    serve_give(s, &welcome);
    return true;
}

void serve_end(struct served *s)
{
    struct frame bye = {.kind = FRAME_BYE};
    if (serve_await(s, FRAME_BYE).kind == FRAME_BYE)
        serve_give(s, &bye);
}

static void give_with_credit(struct served *s, struct frame *f)
{
    struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, 1}};
    serve_give(s, f);
    serve_give(s, &credit);
}

void serve_answer(struct served *s, const struct frame *query, struct slices rows)
{
    struct frame answer = {
        .kind = FRAME_ANSWER,
        .as.answer = {.answers = query->number, .what = query->as.query.what, .rows = rows}};
    give_with_credit(s, &answer);
}

void serve_refuse(struct served *s, const struct frame *query, const char *code, uint64_t retry_ms)
{
    struct frame refuse = {
        .kind = FRAME_REFUSE,
        .as.refuse = {.answers = query->number, .code = slice_text(code), .retry_ms = retry_ms}};
    give_with_credit(s, &refuse);
}
