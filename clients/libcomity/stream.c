#include "libcomity/stream.h"

#include <unistd.h>

#include "libcomity/clock.h"
#include "libcomity/socket.h"

#define READ_BYTES 65536

struct stream stream_new(const char *gateway, size_t in_max, size_t out_max)
{
    return (struct stream){
        .descriptor = -1, .gateway = gateway, .in = buffer_new(in_max), .out = buffer_new(out_max)};
}

void stream_done(struct stream *s)
{
    if (s->tls != NULL)
        (void)tls_close(s->tls);
    tls_link_free(s->tls);
    if (s->descriptor >= 0)
        close(s->descriptor);
    buffer_done(&s->in);
    buffer_done(&s->out);
    *s = (struct stream){.descriptor = -1, .over = true};
}

struct status stream_break(struct stream *s, const char *why, struct comity_fault *reterr)
{
    s->over = true;
    return fault_set(reterr, FAIL(NETWORK), "the link to %s: %s", s->gateway, why);
}

/* Accepted and then closed without a word is what a gateway does that has no room. */
static bool is_shed(const struct stream *s)
{
    return tls_failure(s->tls) == TLS_FAILURE_NETWORK;
}

/* What TLS says of the link's end; a certificate's fault is told apart from the network's. */
static struct status tls_broken(struct stream *s, enum tls_step step, struct comity_fault *reterr)
{
    if (step == TLS_CLOSED)
        return stream_break(s, "closed by the gateway", reterr);
    if (step == TLS_TRUNCATED)
        return stream_break(s, "cut off", reterr);
    const char *why = tls_failure_text(s->tls);
    struct status status = stream_break(s, why, reterr);
    if (!tls_failure_is_certificate(tls_failure(s->tls)))
        return status;
    status = fault_set(reterr, FAIL(CONFIG), "the link to %s: %s", s->gateway, why);
    reterr->exit = COMITY_IDENTITY;
    fault_hint(reterr, "look at the certificates: comity pki inspect FILE");
    return status;
}

static bool is_want(enum tls_step step)
{
    return step == TLS_WANT_READ || step == TLS_WANT_WRITE;
}

static struct status shake_hands(struct stream *s, uint64_t deadline_ms,
                                 struct comity_fault *reterr)
{
    enum tls_step step;
    while (is_want(step = tls_handshake(s->tls)))
        if (!socket_wait(s->descriptor, step == TLS_WANT_WRITE, deadline_ms))
            return stream_break(s, "no TLS handshake in time", reterr);
    if (step == TLS_DONE)
        return OK;
    struct status status = tls_broken(s, step, reterr);
    return is_shed(s) ? FAIL(FULL) : status;
}

struct status stream_open(struct stream *s, struct tls_context *tls, const char *address,
                          uint64_t deadline_ms, struct comity_fault *reterr)
{
    struct status status = socket_connect(address, deadline_ms, &s->descriptor, reterr);
    if (failed(status))
        return status;
    s->connected_us = clock_mono_us();
    if (!failed(status = tls_link_connect(tls, s->descriptor, s->gateway, &s->tls)))
        status = shake_hands(s, deadline_ms, reterr);
    if (!failed(status))
        s->secured_us = clock_mono_us();
    return status;
}

/* Writes what can be written now. *ret_waits: the rest waits for the descriptor. */
static struct status write_some(struct stream *s, bool *ret_waits, struct comity_fault *reterr)
{
    *ret_waits = false;
    while (s->out.length > 0 && !*ret_waits) {
        size_t written = 0;
        enum tls_step step = tls_write(s->tls, buffer_slice(&s->out), &written);
        *ret_waits = is_want(step);
        if (step != TLS_DONE && !*ret_waits)
            return tls_broken(s, step, reterr);
        buffer_drop(&s->out, written);
    }
    return OK;
}

static struct status read_some(struct stream *s, bool *ret_came, struct comity_fault *reterr)
{
    uint8_t octets[READ_BYTES];
    size_t length = 0;
    enum tls_step step = tls_read(s->tls, octets, sizeof octets, &length);
    *ret_came = step == TLS_DONE;
    if (is_want(step))
        return OK;
    if (step != TLS_DONE)
        return tls_broken(s, step, reterr);
    buffer_put(&s->in, slice_over(octets, length));
    return s->in.failed ? stream_break(s, "more came than was asked for", reterr) : OK;
}

struct status stream_move(struct stream *s, uint64_t wait_ms, struct comity_fault *reterr)
{
    bool waits, came;
    struct status status = write_some(s, &waits, reterr);
    if (!failed(status))
        status = read_some(s, &came, reterr);
    if (!failed(status) && !came)
        socket_wait(s->descriptor, waits, wait_ms);
    return status;
}

struct status stream_flush(struct stream *s, uint64_t deadline_ms, struct comity_fault *reterr)
{
    for (;;) {
        bool waits;
        struct status status = write_some(s, &waits, reterr);
        if (failed(status) || !waits)
            return status;
        if (clock_mono_ms() >= deadline_ms)
            return stream_break(s, "the gateway does not read", reterr);
        if (failed(status = stream_move(s, deadline_ms, reterr)))
            return status;
    }
}
