#include "far.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "support/world_parts.h"

#define LINES_BYTES ((size_t)1 << 20)
#define ARENA_BYTES ((size_t)1 << 20)
#define PEERS_MAX   8
#define SNAPSHOTS   64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of lines */
static struct buffer lines;

static void keep(void *out, const struct diagnostics_line *line)
{
    (void)out;
    pthread_mutex_lock(&lock);
    diagnostics_json(line, &lines);
    pthread_mutex_unlock(&lock);
}

static const struct diagnostics diagnostics = {.sink = keep, .gateway = WORLD_GATEWAY};

unsigned said(const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&lock);
    struct slice all = buffer_slice(&lines), part = slice_text(text);
    for (size_t i = 0; i + part.length <= all.length; i++)
        count += slice_begins(slice_part(all, i, SIZE_MAX), part);
    pthread_mutex_unlock(&lock);
    return count;
}

bool says(const char *text, unsigned times, struct far *far, size_t count)
{
    uint64_t until = test_ms() + DEADLINE_MS;
    while (said(text) < times && test_ms() < until) {
        for (size_t i = 0; i < count; i++)
            far_run(&far[i]);
        (void)poll(NULL, 0, 5);
    }
    return said(text) >= times;
}

/* ---- the far end ---- */

void far_open(struct far *f, const char *name)
{
    *f = (struct far){.fd = -1, .context = fixture_context(name)};
    world_need(!failed(listener_open("127.0.0.1:0", &f->listener)) &&
                   !failed(listener_address(f->listener, f->address)),
               "listener");
}

void far_drop(struct far *f, bool abruptly)
{
    const struct linger at_once = {.l_onoff = 1};
    if (abruptly && f->fd >= 0)
        (void)setsockopt(f->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    tls_link_free(f->tls);
    f->tls = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    buffer_done(&f->in);
    f->state = FAR_NONE;
}

void far_close(struct far *f)
{
    far_drop(f, false);
    if (f->listener >= 0)
        close(f->listener);
    f->listener = -1;
    tls_context_free(f->context);
    f->context = NULL;
}

static bool take_in(struct far *f)
{
    if (f->listener < 0 || !readable(f->listener, 0))
        return false;
    f->fd = accept(f->listener, NULL, NULL);
    f->came += f->fd >= 0;
    return f->fd >= 0;
}

static void begin(struct far *f)
{
    static const struct session_limits limits = {
        .max_frame = FRAME_MAX_BYTES, .credits = 64, .idle_ms = 600000};
    const struct session_ends ends = {
        .kind = LINK_PEER, .me = slice_text("XC-GW-01"), .peer = slice_text(WORLD_GATEWAY)};
    if (!take_in(f))
        return;
    world_need(!failed(tls_link_accept(f->context, f->fd, &f->tls)), "memory");
    session_start(&f->session, &ends, &limits, test_ms());
    f->in = buffer_new((size_t)2 * FRAME_MAX_BYTES);
    f->state = FAR_SHAKING;
    f->said_bye = false;
}

static void give(struct far *f, struct frame *frame)
{
    struct buffer out = buffer_new((size_t)1 << 16);
    size_t written = 0;
    world_need(!failed(session_give(&f->session, frame, test_ms())), "a frame that is not allowed");
    frame_write(&out, frame);
    while (out.length > 0 && tls_write(f->tls, buffer_slice(&out), &written) == TLS_DONE)
        buffer_drop(&out, written);
    buffer_done(&out);
}

static void react(struct far *f, const struct frame *frame)
{
    static const uint8_t digest[DIGEST_BYTES];
    struct frame welcome = session_greeting(&f->session, moment_now().wall_ms);
    struct frame pong = {.kind = FRAME_PONG, .as.pong_answers = frame->number};
    welcome.as.hello.law = (struct object_version){{0}, 1, slice_over(digest, sizeof digest)};
    welcome.as.hello.states = welcome.as.hello.law;
    if (frame->kind == FRAME_PING)
        give(f, &pong);
    f->said_bye = f->said_bye || frame->kind == FRAME_BYE;
    if (frame->kind != FRAME_HELLO)
        return;
    give(f, &welcome);
    f->state = FAR_GREETED;
}

static void take_frames(struct far *f)
{
    size_t length = 0;
    while (!failed(frame_length(buffer_slice(&f->in), &length)) && length > 0) {
        struct frame frame;
        struct arena *arena = arena_new(ARENA_BYTES);
        struct slice body =
            slice_part(buffer_slice(&f->in), FRAME_HEAD_BYTES, length - FRAME_HEAD_BYTES);
        world_need(arena != NULL && !failed(frame_parse(arena, body, &frame)) &&
                       !failed(session_take(&f->session, &frame, test_ms())),
                   "the gateway broke the protocol");
        react(f, &frame);
        arena_free(arena);
        buffer_drop(&f->in, length);
    }
}

static enum tls_step read_in(struct far *f)
{
    uint8_t octets[4096];
    size_t length = 0;
    enum tls_step step;
    while ((step = tls_read(f->tls, octets, sizeof octets, &length)) == TLS_DONE) {
        buffer_put(&f->in, slice_over(octets, length));
        take_frames(f);
    }
    return step;
}

static bool has_ended(enum tls_step step)
{
    return step == TLS_FAILED || step == TLS_CLOSED || step == TLS_TRUNCATED;
}

void far_run(struct far *f)
{
    enum tls_step step = TLS_DONE;
    if (f->state == FAR_NONE)
        begin(f);
    if (f->state == FAR_SHAKING || f->state == FAR_GREETED)
        step = tls_handshake(f->tls);
    if (step == TLS_DONE && (f->state == FAR_SHAKING || f->state == FAR_GREETED))
        step = read_in(f);
    if (has_ended(step))
        f->state = FAR_OVER;
}

bool far_reach(struct far *f, enum far_state state)
{
    uint64_t until = test_ms() + DEADLINE_MS;
    while (f->state != state && test_ms() < until) {
        far_run(f);
        if (f->state != state)
            (void)readable(f->fd < 0 ? f->listener : f->fd, 20);
    }
    return f->state == state;
}

bool far_leave(struct far *f, const char *code)
{
    struct frame bye = {.kind = FRAME_BYE, .as.bye_code = slice_text(code)};
    if (!far_reach(f, FAR_GREETED))
        return false;
    give(f, &bye);
    bool is_over = far_reach(f, FAR_OVER) && f->said_bye;
    far_drop(f, false);
    return is_over;
}

bool far_reset(struct far *f)
{
    if (!readable(f->listener, DEADLINE_MS) || !take_in(f))
        return false;
    far_drop(f, true);
    return true;
}

/* ---- directories ---- */

/* What a directory made by hand points to; its snapshot may live until the workers end. */
static struct {
    struct gateway_row rows[PEERS_MAX];
    struct slice addresses[PEERS_MAX][4];
} made[SNAPSHOTS];
static unsigned made_count;

struct snapshot *far_snapshot(struct pool *p, const struct far_row *rows, size_t count)
{
    struct rulebook *rulebook = world_rulebook(p->world->log_key);
    struct directory *d = rulebook->directory;
    world_need(made_count < SNAPSHOTS && count < PEERS_MAX, "more directories than expected");
    struct gateway_row *to = made[made_count].rows;
    struct slice(*addresses)[4] = made[made_count++].addresses;
    to[0] = *directory_gateway(d, slice_text(WORLD_GATEWAY));
    for (size_t i = 0; i < count; i++) {
        struct gateway_row row = {.id = slice_text(rows[i].id), .addresses = addresses[i]};
        while (row.address_count < 4 && rows[i].addresses[row.address_count] != NULL) {
            addresses[i][row.address_count] = slice_text(rows[i].addresses[row.address_count]);
            row.address_count++;
        }
        to[i + 1] = row;
    }
    d->gateways = to;
    d->gateway_count = count + 1;
    return snapshot_new(rulebook, NULL);
}

void far_renew(struct pool *p, const struct far_row *rows, size_t count)
{
    const struct workers_state state = {
        .snapshot = far_snapshot(p, rows, count), .context = p->context, .limits = p->limits};
    workers_renew(p->workers, &state);
    snapshot_drop(state.snapshot);
}

struct pool *far_pool(unsigned workers, const struct dialler_times *times,
                      const struct far_row *rows, size_t count)
{
    struct pool *p = pool_make(&plenty);
    lines_free();
    lines = buffer_new(LINES_BYTES);
    p->snapshot = far_snapshot(p, rows, count);
    p->times = times;
    p->diagnostics = &diagnostics;
    world_need(!failed(pool_start(p, workers)), "workers");
    return p;
}

void far_pool_free(struct pool *p)
{
    struct snapshot *snapshot = p->snapshot;
    pool_free(p);
    snapshot_drop(snapshot);
}

void lines_free(void)
{
    buffer_done(&lines);
}
