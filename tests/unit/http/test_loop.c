/* A server whose loop has trouble: a page that takes long, memory that is out, an end by itself. */

#include <event2/event.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "site.h"

#define HOST " HTTP/1.1\r\nHost: x\r\n"

int __wrap_event_add(struct event *event, const struct timeval *wait);
int __real_event_add(struct event *event, const struct timeval *wait);
int __wrap_event_base_dispatch(struct event_base *base);
int __real_event_base_dispatch(struct event_base *base);

static atomic_uint refusals; /* of listeners that are to be waited for, still to come */
static atomic_bool ends;     /* the loop, at once */

static bool is_listener(const struct event *event)
{
    int listens = 0;
    socklen_t length = sizeof listens;
    evutil_socket_t fd = event_get_fd(event);
    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 &&
           listens != 0;
}

int __wrap_event_add(struct event *event, const struct timeval *wait)
{
    if (atomic_load(&refusals) == 0 || !is_listener(event))
        return __real_event_add(event, wait);
    atomic_fetch_sub(&refusals, 1);
    return -1;
}

int __wrap_event_base_dispatch(struct event_base *base)
{
    return atomic_load(&ends) ? -1 : __real_event_base_dispatch(base);
}

static void a_listener_that_cannot_be_waited_for_is_told_and_tried_again(void)
{
    struct site site = {0};
    atomic_store(&refusals, 2);
    site_start(&site, &(struct http_limits){0});
    struct http_reply reply = site_get(&site, "/who");
    CHECK_U64(reply.code, 200);
    CHECK_U64(site_said(HTTP_SHED), 2);
    CHECK_U64(atomic_load(&refusals), 0);
    buffer_done(&reply.body);
    site_stop(&site);
}

static void a_loop_that_ends_by_itself_is_told(void)
{
    struct site site = {0};
    atomic_store(&ends, true);
    site_start(&site, &(struct http_limits){0});
    CHECK(site_says(HTTP_STOPPED, 1));
    site_stop(&site);
    atomic_store(&ends, false);
    site_start(&site, &(struct http_limits){0});
    site_stop(&site);
    CHECK_U64(site_said(HTTP_STOPPED), 0);
}

static struct hand open_and_ask(const struct site *site, const char *name)
{
    struct hand h = hand_open_as(site, name);
    CHECK(hand_send(&h, "GET /who" HOST "\r\n"));
    CHECK(hand_read(&h, 1));
    return h;
}

/* Both requests are there when the first page is left, so the loop knows of both at once. */
static void who_is_revoked_while_another_is_served_is_not_served(void)
{
    struct site site = {0};
    site_start(&site, &(struct http_limits){0});
    struct tls_context *revoking = context_of(GATEWAY, true);
    struct hand before = open_and_ask(&site, PARTY);
    struct hand one = open_and_ask(&site, POLICE), two = open_and_ask(&site, POLICE);
    CHECK(hand_send(&before, "GET /gate" HOST "\r\n"));
    site_gate_reached();
    CHECK(hand_send(&one, "GET /gate" HOST "\r\n"));
    CHECK(hand_send(&two, "GET /gate" HOST "\r\n"));
    site_gate_open();
    site_gate_reached();
    http_server_renew(site.server, revoking);
    site_gate_open();
    CHECK(site_says(HTTP_ENDED, 2));
    CHECK(hand_read_all(&one) && one.is_broken);
    CHECK(hand_read_all(&two) && two.is_broken);
    CHECK_U64(site_gate_count(), 2);
    tls_context_free(revoking);
    hand_drop(&before);
    hand_drop(&one);
    hand_drop(&two);
    site_stop(&site);
}

TESTS(http_loop,
      {"A listener that cannot be waited for is told and tried again",
       a_listener_that_cannot_be_waited_for_is_told_and_tried_again},
      {"a loop that ends by itself is told", a_loop_that_ends_by_itself_is_told},
      {"who is revoked while another is served is not served",
       who_is_revoked_while_another_is_served_is_not_served})
