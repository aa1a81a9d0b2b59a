#include "edge/call.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "edge/connection_parts.h"
#include "edge/worker.h"
#include "http/event.h"

static const struct dialler_times *times_of(const struct call *c)
{
    return c->dialler->settings.times;
}

static struct timeval wait_of(uint64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

/* Where entropy is out the pause is not drawn; that is no reason not to dial. */
static uint32_t draw(void)
{
    uint32_t drawn = UINT32_MAX / 2;
    (void)failed(entropy_fill(&drawn, sizeof drawn));
    return drawn;
}

/* At once when it begins; then when it has another reason, or for a long time the same. */
static bool is_worth_a_line(const struct call *c, uint64_t now_ms)
{
    const struct dialler_times *t = times_of(c);
    uint64_t least = strcmp(c->reason, c->told) == 0 ? t->repeat_ms : t->said_ms;
    return c->told_ms == 0 || now_ms - c->told_ms >= least;
}

static void say_unreachable(struct call *c)
{
    struct moment now = moment_now();
    if (!is_worth_a_line(c, now.mono_ms))
        return;
    diagnostics_say(&c->dialler->settings.connections->lines.paced, now.wall_ms,
                    &(struct diagnostic){.event = "peer.unreachable",
                                         .level = DIAGNOSTIC_NOTICE,
                                         .peer = slice_text(c->id),
                                         .text = c->reason});
    memcpy(c->told, c->reason, sizeof c->told);
    c->told_ms = now.mono_ms;
}

static void rest(struct call *c)
{
    uint64_t pause = dialler_pause_ms(times_of(c), c->failures, draw());
    struct timeval wait = wait_of(pause);
    if (!c->over)
        event_add(c->pause, &wait);
}

void call_note(struct call *c, const char *why)
{
    snprintf(c->reason, sizeof c->reason, "%s: %s",
             c->count == 0 ? "the directory" : c->addresses[c->at], why);
}

static void fail(struct call *c)
{
    say_unreachable(c);
    if (c->count > 0)
        c->at = (c->at + 1) % c->count;
    c->failures++;
    rest(c);
}

static void fail_with(struct call *c, const char *why)
{
    call_note(c, why);
    fail(c);
}

/* Gives up what leads to a connection. */
static void stop_reaching(struct call *c)
{
    lookup_cancel(c->lookup);
    c->lookup = NULL;
    event_drop(c->reaching);
    c->reaching = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    event_del(c->pause);
}

static int error_of(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* The connection takes the descriptor over. */
static void shake(struct call *c)
{
    int fd = c->fd;
    c->fd = -1;
    call_note(c, "the connection ended in the handshake");
    c->link = connection_dial(c->dialler->settings.connections, fd, c);
    if (c->link == NULL)
        fail_with(c, "memory is out");
}

static void on_reached(evutil_socket_t fd, short what, void *owner)
{
    struct call *c = owner;
    int error = (what & EV_TIMEOUT) != 0 ? ETIMEDOUT : error_of(fd);
    event_drop(c->reaching);
    c->reaching = NULL;
    if (error == 0) {
        shake(c);
        return;
    }
    stop_reaching(c);
    fail_with(c, strerror(error));
}

static int begin_tcp(const struct addrinfo *to)
{
    static const int on = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* slower without, no worse */
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static void reach(struct call *c, const struct addrinfo *to)
{
    struct event_base *base = c->dialler->settings.connections->base;
    struct timeval wait = wait_of(times_of(c)->reach_ms);
    c->fd = begin_tcp(to);
    if (c->fd < 0) {
        fail_with(c, strerror(errno));
        return;
    }
    c->reaching = event_new(base, c->fd, EV_WRITE, on_reached, c);
    if (c->reaching != NULL && event_add(c->reaching, &wait) == 0)
        return;
    stop_reaching(c);
    fail_with(c, "memory is out");
}

/* Of a name's addresses another one each time that all names have been tried. */
static const struct addrinfo *choose(const struct call *c, const struct addrinfo *found)
{
    size_t count = 0, round = c->failures / c->count;
    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
        count++;
    for (round %= count; round > 0; round--)
        found = found->ai_next;
    return found;
}

static void on_found(void *owner, const struct addrinfo *found)
{
    struct call *c = owner;
    c->lookup = NULL;
    event_del(c->pause);
    if (found == NULL)
        fail_with(c, "no such host");
    else
        reach(c, choose(c, found));
}

static void look_up(struct call *c, const struct address *address)
{
    struct timeval wait = wait_of(times_of(c)->reach_ms);
    c->lookup = lookup_begin(c->dialler->lookups, address, on_found, c);
    if (c->lookup == NULL)
        fail_with(c, "memory is out");
    else
        event_add(c->pause, &wait);
}

static void begin(struct call *c)
{
    struct address address;
    if (c->count == 0 || !address_split(c->addresses[c->at], &address)) {
        fail_with(c, c->count == 0 ? "no address" : "not an address and port");
        return;
    }
    struct addrinfo *found = address_find(&address, AI_NUMERICHOST);
    if (found == NULL) {
        look_up(c, &address);
        return;
    }
    reach(c, found);
    freeaddrinfo(found);
}

/* The pause is over, or the time for looking a name up. */
static void on_pause(evutil_socket_t fd, short what, void *owner)
{
    (void)fd, (void)what;
    struct call *c = owner;
    if (c->lookup == NULL) {
        begin(c);
        return;
    }
    stop_reaching(c);
    fail_with(c, "looking up its name takes too long");
}

void call_up(struct call *c, struct moment now)
{
    c->up_ms = now.mono_ms;
    c->told[0] = '\0';
}

/* A link that is left in order is to be made anew: for another rulebook, or because the other side
 * is started again. One that is left as soon as it is there may be left for ever. */
void call_ended(struct call *c, bool in_order, struct moment now)
{
    const struct dialler_times *t = times_of(c);
    bool was_up = c->up_ms != 0;
    bool was_steady = was_up && now.mono_ms - c->up_ms >= (in_order ? t->calm_ms : t->steady_ms);
    c->link = NULL;
    c->up_ms = 0;
    if (c->over)
        return;
    if (was_steady) {
        c->failures = 1;
        c->at = 0;
        rest(c);
    } else if (was_up) {
        c->at = c->at + 1 < c->count ? c->at + 1 : 0;
        c->failures++;
        rest(c);
    } else {
        fail(c);
    }
}

static void free_addresses(char **addresses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(addresses[i]);
    free(addresses);
}

static bool has_addresses(const struct call *c, const struct gateway_row *gateway)
{
    bool same = c->count == gateway->address_count;
    for (size_t i = 0; same && i < c->count; i++)
        same = slice_is(gateway->addresses[i], c->addresses[i]);
    return same;
}

static char **copy_addresses(const struct gateway_row *gateway)
{
    char **copies = calloc(gateway->address_count + 1, sizeof *copies);
    for (size_t i = 0; copies != NULL && i < gateway->address_count; i++) {
        struct slice a = gateway->addresses[i];
        copies[i] = strndup((const char *)a.at, a.length);
        if (copies[i] == NULL) {
            free_addresses(copies, i);
            return NULL;
        }
    }
    return copies;
}

static void begin_anew(struct call *c)
{
    static const struct timeval at_once = {0};
    stop_reaching(c);
    if (c->link != NULL)
        connection_release(c->link);
    c->link = NULL;
    event_add(c->pause, &at_once);
}

struct status call_address(struct call *c, const struct gateway_row *gateway)
{
    if (c->addresses != NULL && has_addresses(c, gateway))
        return OK;
    char **copies = copy_addresses(gateway);
    if (copies == NULL)
        return FAIL(MEMORY);
    free_addresses(c->addresses, c->count);
    c->addresses = copies;
    c->count = gateway->address_count;
    c->at = 0;
    c->failures = 0;
    if (c->link == NULL || c->link->link == NULL)
        begin_anew(c);
    return OK;
}

void call_again(struct call *c)
{
    static const struct timeval at_once = {0};
    c->failures = 0;
    if (c->link == NULL && c->lookup == NULL && c->reaching == NULL && !c->over)
        event_add(c->pause, &at_once);
}

struct call *call_new(struct dialler *d, struct slice id)
{
    struct call *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->dialler = d;
    c->fd = -1;
    c->pause = event_new(d->settings.connections->base, -1, 0, on_pause, c);
    if (c->pause == NULL || !slice_copy_text(id, c->id, sizeof c->id)) {
        call_free(c);
        return NULL;
    }
    return c;
}

void call_leave(struct call *c)
{
    c->over = true;
    stop_reaching(c);
}

void call_free(struct call *c)
{
    if (c == NULL)
        return;
    if (c->pause != NULL)
        call_leave(c);
    if (c->link != NULL)
        connection_release(c->link);
    event_drop(c->pause);
    free_addresses(c->addresses, c->count);
    free(c);
}
