#include "edge/acceptor.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/connection.h"
#include "http/event.h"

#define ACCEPTS_PER_TURN 16
#define PAUSE_MS         500 /* of accepting, where no descriptor is left */

/* The listener stays readable while nothing can be accepted from it: asking at once would spin. */
static void pause_accepting(struct acceptor *a)
{
    static const struct timeval wait = {.tv_usec = PAUSE_MS * 1000L};
    diagnostics_say(&a->connections->lines.paced, moment_now().wall_ms,
                    &(struct diagnostic){.event = "accept.failed",
                                         .level = DIAGNOSTIC_WARNING,
                                         .text = "descriptors or memory are out"});
    a->paused = event_add(a->pause, &wait) == 0;
}

static void on_pause(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct acceptor *a = owner;
    a->paused = false;
}

/* Of accept: the next call would fail the same way. */
static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static bool has_room(const struct acceptor *a)
{
    return a->connections->handshaking < a->limits.handshakes;
}

static bool is_welcome(const struct acceptor *a, const struct source *source)
{
    return a->connections->count < a->limits.links &&
           sources_count(&a->connections->sources, source) < a->limits.handshakes_per_source;
}

static void on_accept(evutil_socket_t fd, short what, void *owner)
{
    (void)what;
    struct acceptor *a = owner;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN && has_room(a); i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof address;
        int accepted =
            accept4(fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) {
            if (is_exhausted(errno))
                pause_accepting(a);
            return;
        }
        struct source source = source_of(&address);
        if (is_welcome(a, &source)) {
            connection_new(a->connections, accepted, &source);
        } else {
            close(accepted);
            lines_count(&a->connections->lines, "accept.shed", DIAGNOSTIC_NOTICE,
                        moment_now().wall_ms);
        }
    }
}

struct status acceptor_init(struct acceptor *a, struct connections *connections)
{
    struct event_base *base = connections->base;
    a->connections = connections;
    a->pause = event_new(base, -1, 0, on_pause, a);
    if (a->pause == NULL)
        return FAIL(MEMORY);
    for (unsigned i = 0; i < a->count; i++) {
        a->accepting[i] = event_new(base, a->descriptors[i], EV_READ | EV_PERSIST, on_accept, a);
        if (a->accepting[i] == NULL)
            return FAIL(MEMORY);
    }
    return OK;
}

void acceptor_arm(struct acceptor *a)
{
    for (unsigned i = 0; i < a->count; i++) {
        if (has_room(a) && !a->closed && !a->paused)
            event_add(a->accepting[i], NULL);
        else
            event_del(a->accepting[i]);
    }
}

void acceptor_close(struct acceptor *a)
{
    a->closed = true;
    acceptor_arm(a);
}

void acceptor_done(struct acceptor *a)
{
    event_drop(a->pause);
    for (unsigned i = 0; i < a->count; i++) {
        event_drop(a->accepting[i]);
        close(a->descriptors[i]);
    }
}
