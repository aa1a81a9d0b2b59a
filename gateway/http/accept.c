#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/clock.h"
#include "http/server_parts.h"

#define ACCEPTS_PER_TURN 16
#define PAUSE_MS         500U /* where no descriptor is left: asking again at once would spin */

static bool wait_pause(struct http_server *s)
{
    const struct timeval wait = time_of_ms(PAUSE_MS);
    return event_add(s->pause, &wait) == 0;
}

static void listen_all(struct http_server *s)
{
    unsigned deaf = 0;
    for (unsigned i = 0; i < s->listener_count; i++)
        deaf += event_add(s->accepting[i], NULL) != 0;
    if (deaf > 0)
        server_say(s, HTTP_SHED, "",
                   wait_pause(s) ? "no connections are taken for a moment: memory is out"
                                 : "no connections are taken any more: memory is out");
}

static void pause_all(struct http_server *s)
{
    server_say(s, HTTP_SHED, "", "descriptors or memory are out");
    for (unsigned i = 0; i < s->listener_count; i++)
        event_del(s->accepting[i]);
    if (!wait_pause(s))
        listen_all(s);
}

static void on_pause(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    listen_all(owner);
}

/* Of accept: the next call would fail the same way. */
static bool is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void on_accept(evutil_socket_t listener, short what, void *owner)
{
    (void)what;
    struct http_server *s = owner;
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address = {0};
        socklen_t length = sizeof address;
        int fd =
            accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (is_exhausted(errno))
                pause_all(s);
            return;
        }
        struct source source = source_of(&address);
        bool is_bounded = sources_count(&s->sources, &source) < s->limits.per_source;
        if (is_bounded)
            web_connections_make_room(s);
        if (is_bounded && s->connection_count < s->limits.connections) {
            web_connection_new(s, fd, &source);
        } else {
            close(fd);
            server_say(s, HTTP_SHED, "", "too many connections, in all or of one address");
        }
    }
}

struct status accept_begin(struct http_server *s)
{
    s->pause = event_new(s->base, -1, 0, on_pause, s);
    if (s->pause == NULL)
        return FAIL(MEMORY);
    for (unsigned i = 0; i < s->listener_count; i++) {
        s->accepting[i] = event_new(s->base, s->listeners[i], EV_READ | EV_PERSIST, on_accept, s);
        if (s->accepting[i] == NULL)
            return FAIL(MEMORY);
    }
    listen_all(s);
    return OK;
}

void accept_end(struct http_server *s)
{
    event_drop(s->pause);
    for (unsigned i = 0; i < s->listener_count; i++) {
        event_drop(s->accepting[i]);
        close(s->listeners[i]);
    }
}
