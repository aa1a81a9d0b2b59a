#include "peer.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "stop.h"

#define IDLE_MS     120000
#define FRAME_ARENA (4U << 20)
#define BUFFER_MAX  (64UL << 20)

#define FIRST_ADDRESS 0x7f010001U /* 127.1.0.1 */

static void watch(struct peer *p, int how, bool writable)
{
    struct epoll_event event = {.data = {.ptr = p}};
    event.events = (p->deaf ? 0U : EPOLLIN) | (writable ? EPOLLOUT : 0U);
    if (epoll_ctl(p->crowd->epoll, how, p->fd, &event) != 0)
        stop("a link cannot be watched");
    p->writable = writable;
}

static void want_room(struct peer *p, bool writable)
{
    if (p->writable != writable)
        watch(p, EPOLL_CTL_MOD, writable);
}

/* Each peer has an address of its own on the loopback network, as machines have: a gateway counts
 * where handshakes come from. The kernel chooses the port when it knows both ends. */
static void have_address(const struct peer *p)
{
    const int one = 1;
    const struct sockaddr_in own = {
        .sin_family = AF_INET,
        .sin_addr = {htonl(FIRST_ADDRESS + (uint32_t)p->index)},
    };
    setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(p->fd, (const struct sockaddr *)&own, sizeof own) != 0)
        stop("no address is left on the loopback network");
}

void peer_dial(struct peer *p)
{
    const int one = 1;
    struct crowd *c = p->crowd;
    struct sockaddr_in address = address_of(c->target.address);
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        stop("no descriptor is left");
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    have_address(p);
    p->in = buffer_new(BUFFER_MAX);
    p->out = buffer_new(BUFFER_MAX);
    p->number = p->credit = 0;
    p->deaf = false;
    p->state = PEER_CONNECTING;
    if (failed(tls_link_connect(c->contexts[p->index % c->party_count], p->fd, c->target.gateway,
                                &p->tls)))
        stop("out of memory");
    int done = connect(p->fd, (const struct sockaddr *)&address, sizeof address);
    if (done != 0 && errno != EINPROGRESS)
        stop("nobody listens there");
    watch(p, EPOLL_CTL_ADD, true);
}

static void release(struct peer *p)
{
    tls_link_free(p->tls);
    if (p->fd >= 0)
        close(p->fd);
    buffer_done(&p->in);
    buffer_done(&p->out);
    p->crowd->open -= p->state == PEER_OPEN;
    p->state = PEER_NONE;
    p->tls = NULL;
    p->fd = -1;
}

void peer_cut(struct peer *p)
{
    if (p->state != PEER_NONE)
        release(p);
}

static void ended(struct peer *p, enum tls_step how)
{
    release(p);
    p->last = how;
    p->crowd->ended++;
    if (p->crowd->role->ended != NULL)
        p->crowd->role->ended(p);
}

void peer_deafen(struct peer *p)
{
    p->deaf = true;
    watch(p, EPOLL_CTL_MOD, p->writable);
}

void peer_put(struct peer *p, struct frame *frame)
{
    frame->number = ++p->number;
    frame_write(&p->out, frame);
    if (p->out.failed)
        stop("too much waits to be sent");
}

void peer_flush(struct peer *p)
{
    size_t done = 0;
    bool full = false;
    while (p->state != PEER_NONE && !full && done < p->out.length) {
        size_t written = 0;
        struct slice left = slice_part(buffer_slice(&p->out), done, SIZE_MAX);
        enum tls_step step = tls_write(p->tls, left, &written);
        full = step != TLS_DONE;
        done += full ? 0 : written;
    }
    if (p->state == PEER_NONE)
        return;
    buffer_drop(&p->out, done); /* what broke is seen by reading */
    want_room(p, full);
}

static uint64_t wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / NS_PER_MS;
}

static void greet(struct peer *p)
{
    static const uint8_t unknown[DIGEST_BYTES];
    const struct crowd *c = p->crowd;
    const struct object_version none = {.number = 1, .digest = slice_over(unknown, DIGEST_BYTES)};
    struct frame hello = {
        .kind = FRAME_HELLO,
        .as.hello = {.me = slice_text(c->parties[p->index % c->party_count]),
                     .peer = slice_text(c->target.gateway),
                     .time_ms = wall_ms(),
                     .max_frame = FRAME_MAX_BYTES,
                     .credits = c->credits,
                     .idle_ms = IDLE_MS,
                     .law = none,
                     .states = none},
    };
    p->state = PEER_GREETING;
    peer_put(p, &hello);
    peer_flush(p);
}

static void open_now(struct peer *p)
{
    p->state = PEER_OPEN;
    p->crowd->open++;
    if (p->crowd->role->opened != NULL)
        p->crowd->role->opened(p);
}

static void leave_or_wait(struct peer *p)
{
    p->state = PEER_GREETING;
    if (p->crowd->leaves)
        (void)tls_close(p->tls);
}

static void shake(struct peer *p)
{
    enum tls_step step = tls_handshake(p->tls);
    if (step == TLS_WANT_READ || step == TLS_WANT_WRITE)
        want_room(p, step == TLS_WANT_WRITE);
    else if (step != TLS_DONE)
        ended(p, step);
    else if (!p->crowd->silent && !p->crowd->leaves)
        greet(p);
    else
        leave_or_wait(p);
}

static void pong(struct peer *p, uint64_t number)
{
    struct frame f = {.kind = FRAME_PONG, .as.pong_answers = number};
    peer_put(p, &f);
    peer_flush(p);
}

static void take_frame(struct peer *p, const struct frame *f, struct arena *arena)
{
    if (f->kind == FRAME_WELCOME) {
        p->credit = f->as.hello.credits;
        open_now(p);
    } else if (f->kind == FRAME_PING) {
        pong(p, f->number);
    } else if (f->kind == FRAME_CREDIT) {
        p->credit += f->as.credit.class == 0 ? f->as.credit.amount : 0;
    }
    if (f->kind != FRAME_WELCOME && f->kind != FRAME_PING && f->kind != FRAME_PONG &&
        p->crowd->role->frame != NULL)
        p->crowd->role->frame(p, f, arena);
}

/* Every whole frame of what has come. */
static void take_frames(struct peer *p)
{
    size_t done = 0, length = 0;
    while (p->state != PEER_NONE) {
        struct slice left = slice_part(buffer_slice(&p->in), done, SIZE_MAX);
        struct frame frame;
        if (failed(frame_length(left, &length)))
            stop("the gateway sent no frame");
        if (length == 0)
            break;
        struct arena *arena = arena_new(FRAME_ARENA);
        struct slice body = slice_part(left, FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES);
        if (arena == NULL || failed(frame_parse(arena, body, &frame)))
            stop("the gateway sent an ill-formed frame");
        take_frame(p, &frame, arena);
        arena_free(arena);
        done += length;
    }
    if (p->state != PEER_NONE)
        buffer_drop(&p->in, done);
}

static void take_octets(struct peer *p, size_t length)
{
    if (p->crowd->silent) {
        if (p->state == PEER_GREETING)
            open_now(p);
        return;
    }
    buffer_put(&p->in, slice_over(p->crowd->octets, length));
    take_frames(p);
}

static void hear(struct peer *p)
{
    while (p->state != PEER_NONE && !p->deaf) {
        size_t length = 0;
        enum tls_step step = tls_read(p->tls, p->crowd->octets, CROWD_READ_BYTES, &length);
        if (step == TLS_WANT_READ || step == TLS_WANT_WRITE)
            return;
        if (step != TLS_DONE) {
            ended(p, step);
            return;
        }
        take_octets(p, length);
    }
}

static void connected(struct peer *p)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
        ended(p, TLS_FAILED);
        return;
    }
    p->state = PEER_SHAKING;
    want_room(p, false);
    shake(p);
}

void peer_run(struct peer *p)
{
    if (p->state == PEER_CONNECTING)
        connected(p);
    else if (p->state == PEER_SHAKING)
        shake(p);
    if (p->state == PEER_GREETING || p->state == PEER_OPEN) {
        if (p->out.length > 0)
            peer_flush(p);
        hear(p);
    }
}
