#include "support/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/encoding.h"

#define GATEWAY     "XA-GW-01"
#define ARENA_BYTES ((size_t)4 << 20)
#define BUFFER_MAX  ((size_t)FRAME_MAX_BYTES * 2)

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "dial: %s\n", what);
    exit(1);
}

static uint64_t mono_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t wall_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct tls_context *dial_context(const char *pki, const char *party)
{
    char authority[512], list[512], certificate[512], key[512], error[512] = "";
    struct tls_context *context = NULL;
    snprintf(authority, sizeof authority, "%s/XA/ca.crt", pki);
    snprintf(list, sizeof list, "%s/XA/crl.pem", pki);
    snprintf(certificate, sizeof certificate, "%s/%.2s/parties/%s/tls.crt", pki, party, party);
    snprintf(key, sizeof key, "%s/%.2s/parties/%s/tls.key", pki, party, party);
    const struct tls_authority authorities[] = {{"XA", authority}};
    const char *const lists[] = {list};
    const struct tls_settings settings = {.certificate = certificate,
                                          .key = key,
                                          .authorities = authorities,
                                          .authority_count = 1,
                                          .revocations = lists,
                                          .revocation_count = 1};
    need(!failed(tls_context_new(&settings, error, sizeof error, &context)), error);
    return context;
}

static struct sockaddr_in address_of(const char *text)
{
    char host[64] = "";
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    struct sockaddr_in in = {.sin_family = AF_INET};
    need(colon != NULL && decimal_read(slice_text(colon + 1), UINT16_MAX, &port) &&
             slice_copy_text(slice_over(text, (size_t)(colon - text)), host, sizeof host) &&
             inet_pton(AF_INET, host, &in.sin_addr) == 1,
         "an address is like 127.0.0.1:7443");
    in.sin_port = htons((uint16_t)port);
    return in;
}

void dial_start(struct dial *d, struct tls_context *context, const char *party, const char *address)
{
    static const struct session_limits limits = {
        .max_frame = FRAME_MAX_BYTES, .credits = 64, .idle_ms = 600000};
    struct sockaddr_in to = address_of(address);
    const struct session_ends ends = {
        .kind = LINK_PARTY, .dialled = true, .me = slice_text(party), .peer = slice_text(GATEWAY)};
    *d = (struct dial){.state = DIAL_CONNECTING, .wants = POLLOUT};
    d->in = buffer_new(BUFFER_MAX);
    d->out = buffer_new(BUFFER_MAX);
    session_start(&d->session, &ends, &limits, mono_ms());
    d->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    need(d->fd >= 0, "no descriptor is left");
    need(!failed(tls_link_connect(context, d->fd, GATEWAY, &d->tls)), "memory");
    if (connect(d->fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)
        dial_drop(d);
}

void dial_drop(struct dial *d)
{
    if (d->state == DIAL_NONE || d->state == DIAL_OVER)
        return;
    tls_link_free(d->tls);
    d->tls = NULL;
    close(d->fd);
    buffer_done(&d->in);
    buffer_done(&d->out);
    d->state = DIAL_OVER;
    d->wants = 0;
}

static bool step_on(struct dial *d, enum tls_step step)
{
    if (step == TLS_WANT_WRITE)
        d->wants |= POLLOUT;
    else if (step != TLS_DONE && step != TLS_WANT_READ)
        dial_drop(d);
    return step == TLS_DONE;
}

static void write_out(struct dial *d)
{
    size_t length = 0;
    while (d->state != DIAL_OVER && d->out.length > 0) {
        if (!step_on(d, tls_write(d->tls, buffer_slice(&d->out), &length)))
            return;
        buffer_drop(&d->out, length);
    }
}

void dial_give(struct dial *d, struct frame *frame)
{
    need(!failed(session_give(&d->session, frame, mono_ms())), "a frame that may not be sent");
    frame_write(&d->out, frame);
    need(!d->out.failed, "memory");
    write_out(d);
}

static void greet(struct dial *d)
{
    static const uint8_t digest[DIGEST_BYTES];
    struct frame hello = session_greeting(&d->session, wall_ms());
    hello.as.hello.law = (struct object_version){{0}, 1, slice_over(digest, sizeof digest)};
    hello.as.hello.states = hello.as.hello.law;
    d->state = DIAL_GREETING;
    dial_give(d, &hello);
}

static void shake(struct dial *d)
{
    if (step_on(d, tls_handshake(d->tls)))
        greet(d);
}

static void react(struct dial *d, const struct frame *f)
{
    struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = f->number};
    struct frame bye = {.kind = FRAME_BYE};
    if (f->kind == FRAME_WELCOME)
        d->state = DIAL_OPEN;
    if (f->kind == FRAME_PING)
        dial_give(d, &pong);
    if (f->kind == FRAME_BYE) {
        (void)slice_copy_text(f->as.bye_code, d->code, sizeof d->code);
        if (!d->session.out.bye)
            dial_give(d, &bye);
    }
}

static void take_frames(struct dial *d)
{
    size_t length = 0;
    while (d->state != DIAL_OVER && !failed(frame_length(buffer_slice(&d->in), &length)) &&
           length > 0) {
        struct frame frame;
        struct arena *arena = arena_new(ARENA_BYTES);
        need(arena != NULL, "memory");
        struct slice body =
            slice_part(buffer_slice(&d->in), FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES);
        need(!failed(frame_parse(arena, body, &frame)) &&
                 !failed(session_take(&d->session, &frame, mono_ms())),
             "the gateway broke the protocol");
        d->frames++;
        react(d, &frame);
        arena_free(arena);
        if (d->state != DIAL_OVER)
            buffer_drop(&d->in, length);
    }
}

static void read_in(struct dial *d)
{
    uint8_t octets[4096];
    size_t length = 0;
    while (d->state != DIAL_OVER && step_on(d, tls_read(d->tls, octets, sizeof octets, &length))) {
        buffer_put(&d->in, slice_over(octets, length));
        need(!d->in.failed, "memory");
        take_frames(d);
    }
}

void dial_run(struct dial *d)
{
    d->wants = POLLIN;
    if (d->state == DIAL_CONNECTING)
        d->state = DIAL_SHAKING;
    if (d->state == DIAL_SHAKING)
        shake(d);
    if (d->state == DIAL_GREETING || d->state == DIAL_OPEN)
        write_out(d);
    if (d->state == DIAL_GREETING || d->state == DIAL_OPEN)
        read_in(d);
    if (d->state == DIAL_OVER)
        d->wants = 0;
}
