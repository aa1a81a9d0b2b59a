#include "site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "support/await.h"

#define IN_MAX  (32U << 20)
#define WAIT_MS (AWAIT_SECONDS * 1000)

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s\n(run it by ctest, which makes the certificates)\n", what);
    exit(1);
}

struct tls_context *context_of(const char *name, bool revoking)
{
    const struct tls_authority authorities[] = {{"XA", pki("XA/ca.crt")}, {"XC", pki("XC/ca.crt")}};
    const char *const lists[] = {pki("%s", revoking ? "XA/crl.pem" : "bad/crl-before.pem"),
                                 pki("XC/crl.pem")};
    const struct tls_settings settings = {.certificate = pki("%s.crt", name),
                                          .key = pki("%s.key", name),
                                          .authorities = authorities,
                                          .authority_count = 2,
                                          .revocations = lists,
                                          .revocation_count = 2};
    char error[256] = "";
    struct tls_context *context = NULL;
    bool good = !failed(tls_context_new(&settings, error, sizeof error, &context));
    need(good, error);
    return context;
}

/* ---- pages ---- */

static atomic_uint said[HTTP_EVENTS];

static void on_said(void *owner, enum http_event event, const char *who, const char *text)
{
    (void)owner, (void)who;
    need(text[0] != '\0', "an event without a sentence");
    atomic_fetch_add(&said[event], 1);
}

unsigned site_said(enum http_event event)
{
    return atomic_load(&said[event]);
}

struct awaited {
    enum http_event event;
    unsigned times;
};

static bool has_said(void *owner)
{
    const struct awaited *a = owner;
    return site_said(a->event) >= a->times;
}

bool site_says(enum http_event event, unsigned times)
{
    return await(has_said, &(struct awaited){event, times});
}

static void serve_who(void *owner, const struct http_request *request, struct http_answer *answer)
{
    (void)owner;
    char name[64];
    identity_name(&request->caller->identity, name);
    answer->status = 200;
    buffer_text(&answer->body, name);
}

static void serve_echo(void *owner, const struct http_request *request, struct http_answer *answer)
{
    (void)owner;
    answer->status = 422;
    answer->type = "text/x.echo";
    answer->cache = "no-cache";
    buffer_put(&answer->body, request->query);
    buffer_text(&answer->body, "\n");
    buffer_put(&answer->body, request->body);
}

static void serve_file(void *owner, const struct http_request *request, struct http_answer *answer)
{
    const struct site *site = owner;
    answer->status = 200;
    answer->file = dup(site->file);
    answer->file_bytes = site->file_bytes + slice_is(request->path, "/cut/it");
}

static void serve_page(void *owner, const struct http_request *request, struct http_answer *answer)
{
    (void)request;
    const struct site *site = owner;
    uint8_t *at = buffer_grow(&answer->body, site->page_bytes);
    answer->status = 200;
    if (at != NULL)
        memset(at, 'p', site->page_bytes);
}

static void serve_nothing(void *owner, const struct http_request *request,
                          struct http_answer *answer)
{
    (void)owner, (void)request;
    buffer_text(&answer->body, "not meant to be seen");
}

/* ---- the page behind a gate ---- */

static sem_t gate_reached, gate_open;
static atomic_uint gate_count;

/* Not for ever, should a test go wrong. */
static void gate_wait(sem_t *s)
{
    struct timespec until = {0};
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += AWAIT_SECONDS;
    CHECK(sem_timedwait(s, &until) == 0);
}

static void serve_gate(void *owner, const struct http_request *request, struct http_answer *answer)
{
    (void)owner, (void)request;
    atomic_fetch_add(&gate_count, 1);
    sem_post(&gate_reached);
    while (sem_wait(&gate_open) != 0)
        ; /* interrupted */
    answer->status = 200;
}

void site_gate_reached(void)
{
    gate_wait(&gate_reached);
}

void site_gate_open(void)
{
    sem_post(&gate_open);
}

unsigned site_gate_count(void)
{
    return atomic_load(&gate_count);
}

static int make_file(uint64_t bytes)
{
    uint8_t octets[65536];
    FILE *f = tmpfile();
    need(f != NULL, "no temporary file");
    for (uint64_t i = 0; i < bytes; i += sizeof octets) {
        for (size_t k = 0; k < sizeof octets; k++)
            octets[k] = (uint8_t)(i + k);
        size_t length = bytes - i < sizeof octets ? (size_t)(bytes - i) : sizeof octets;
        need(fwrite(octets, 1, length, f) == length, "a temporary file cannot be written");
    }
    need(fflush(f) == 0, "a temporary file cannot be written");
    int fd = dup(fileno(f));
    fclose(f);
    return fd;
}

void site_start(struct site *site, const struct http_limits *limits)
{
    static struct http_route routes[7];
    static const char *const listen[] = {"127.0.0.1:0"};
    const struct http_route rows[] = {
        {"/who", HTTP_READS, 0, serve_who, site},
        {"/echo", HTTP_TAKES(HTTP_POST), ECHO_MAX, serve_echo, site},
        {"/file/", HTTP_READS, 0, serve_file, site},
        {"/cut/", HTTP_READS, 0, serve_file, site},
        {"/page", HTTP_READS, 0, serve_page, site},
        {"/gate", HTTP_READS, 0, serve_gate, site},
        {"/nothing", HTTP_READS, 0, serve_nothing, site},
    };
    char error[HTTP_ERROR_BYTES];
    struct tls_context *context = context_of(GATEWAY, false);
    memcpy(routes, rows, sizeof rows);
    sem_init(&gate_reached, 0, 0);
    sem_init(&gate_open, 0, 0);
    atomic_store(&gate_count, 0);
    for (unsigned i = 0; i < HTTP_EVENTS; i++)
        atomic_store(&said[i], 0);
    site->file = make_file(site->file_bytes);
    const struct http_settings settings = {.listen = listen,
                                           .listen_count = 1,
                                           .context = context,
                                           .routes = routes,
                                           .route_count = sizeof rows / sizeof rows[0],
                                           .limits = *limits,
                                           .said = on_said};
    bool good = !failed(http_server_start(&settings, error, &site->server));
    need(good, error);
    need(http_server_address(site->server, 0, site->address), "it has no address");
    tls_context_free(context);
}

void site_stop(struct site *site)
{
    site_gate_open(); /* should anybody still stand there */
    site_gate_open();
    http_server_stop(site->server);
    close(site->file);
}

struct http_reply site_get(const struct site *site, const char *path)
{
    struct tls_context *context = context_of(PARTY, false);
    const struct http_call call = {.address = site->address,
                                   .expected = "XA-GW-01",
                                   .method = HTTP_GET,
                                   .path = path,
                                   .answer_max = IN_MAX};
    struct http_reply reply;
    CHECK_OK(http_calls(context, &call, 1, WAIT_MS, &reply));
    tls_context_free(context);
    return reply;
}

/* ---- by hand ---- */

struct hand hand_connect(const struct site *site)
{
    uint64_t port = 0;
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct hand hand = {.in = buffer_new(IN_MAX)};
    need(decimal_read(slice_text(strrchr(site->address, ':') + 1), UINT16_MAX, &port), "no port");
    in.sin_port = htons((uint16_t)port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hand.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(connect(hand.fd, (const struct sockaddr *)&in, sizeof in) == 0, "it cannot be reached");
    return hand;
}

static bool wait_for(const struct hand *hand, enum tls_step step)
{
    struct pollfd p = {.fd = hand->fd, .events = step == TLS_WANT_READ ? POLLIN : POLLOUT};
    return (step == TLS_WANT_READ || step == TLS_WANT_WRITE) && poll(&p, 1, WAIT_MS) == 1;
}

bool hand_shake(struct hand *hand, struct tls_context *context, const char *protocol)
{
    enum tls_step step;
    bool good = !failed(tls_link_connect(context, hand->fd, "XA-GW-01", &hand->tls)) &&
                !failed(tls_link_speak(hand->tls, protocol));
    need(good, "no memory");
    do
        step = tls_handshake(hand->tls);
    while (step != TLS_DONE && wait_for(hand, step));
    return step == TLS_DONE;
}

struct hand hand_open_as(const struct site *site, const char *name)
{
    struct tls_context *context = context_of(name, false);
    struct hand hand = hand_connect(site);
    need(hand_shake(&hand, context, TLS_HTTP), "no handshake");
    tls_context_free(context);
    return hand;
}

struct hand hand_open(const struct site *site)
{
    return hand_open_as(site, PARTY);
}

bool hand_send(struct hand *hand, const char *text)
{
    struct slice left = slice_text(text);
    while (left.length > 0) {
        size_t length = 0;
        enum tls_step step = tls_write(hand->tls, left, &length);
        if (step == TLS_DONE)
            left = slice_part(left, length, SIZE_MAX);
        else if (!wait_for(hand, step))
            return false;
    }
    return true;
}

bool hand_read(struct hand *hand, size_t octets)
{
    uint8_t some[16384];
    while (hand->in.length < octets && !hand->is_closed && !hand->is_broken) {
        size_t length = 0;
        enum tls_step step = tls_read(hand->tls, some, sizeof some, &length);
        if (step == TLS_DONE)
            buffer_put(&hand->in, slice_over(some, length));
        else if (step == TLS_CLOSED)
            hand->is_closed = true;
        else if (step == TLS_FAILED || step == TLS_TRUNCATED)
            hand->is_broken = true;
        else if (!wait_for(hand, step))
            return false;
    }
    return true;
}

bool hand_read_all(struct hand *hand)
{
    return hand_read(hand, SIZE_MAX);
}

bool hand_has(const struct hand *hand, const char *text)
{
    struct slice in = buffer_slice(&hand->in), wanted = slice_text(text);
    for (size_t i = 0; i + wanted.length <= in.length; i++)
        if (slice_begins(slice_part(in, i, SIZE_MAX), wanted))
            return true;
    return false;
}

void hand_drop(struct hand *hand)
{
    tls_link_free(hand->tls);
    close(hand->fd);
    buffer_done(&hand->in);
}
