#include "crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "peer.h"
#include "stop.h"

#define EVENTS      256
#define PATH_BYTES  512
#define PARTIES_MAX 256
#define AT_ONCE     64 /* links that crowd_open dials before others are open */
#define OPEN_NS     (60 * NS_PER_SECOND)
#define TURN_MS     100

static void add_descriptor(const struct crowd *c, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = what}};
    if (fd < 0 || epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        stop("a descriptor cannot be watched");
}

static struct tls_context *context_of(const struct target *to, const char *party)
{
    char error[400];
    char certificate[PATH_BYTES], key[PATH_BYTES], ca[PATH_BYTES], crl[PATH_BYTES];
    const char *const revocations[] = {crl};
    const struct tls_authority authority = {
        .state = {to->gateway[0], to->gateway[1]},
        .certificates = ca,
    };
    const struct tls_settings settings = {
        .certificate = certificate,
        .key = key,
        .authorities = &authority,
        .authority_count = 1,
        .revocations = revocations,
        .revocation_count = 1,
    };
    struct tls_context *context = NULL;
    snprintf(certificate, sizeof certificate, "%s/pki/%.2s/parties/%s/tls.crt", to->demo, party,
             party);
    snprintf(key, sizeof key, "%s/pki/%.2s/parties/%s/tls.key", to->demo, party, party);
    snprintf(ca, sizeof ca, "%s/pki/%s/ca.crt", to->demo, authority.state);
    snprintf(crl, sizeof crl, "%s/pki/%s/crl.pem", to->demo, authority.state);
    if (failed(tls_context_new(&settings, error, sizeof error, &context)))
        stop(error);
    return context;
}

static void add_parties(struct crowd *c, const char *list)
{
    c->contexts = calloc(PARTIES_MAX, sizeof *c->contexts);
    c->parties = calloc(PARTIES_MAX, sizeof *c->parties);
    if (c->contexts == NULL || c->parties == NULL)
        stop("out of memory");
    for (const char *at = list; at != NULL && *at != '\0' && c->party_count < PARTIES_MAX;) {
        size_t length = strcspn(at, ",");
        char *party = strndup(at, length);
        if (party == NULL)
            stop("out of memory");
        c->contexts[c->party_count] = context_of(&c->target, party);
        c->parties[c->party_count++] = party;
        at += at[length] == ',' ? length + 1 : length;
    }
    if (c->party_count == 0)
        stop("no party is named");
}

struct crowd *crowd_new(const struct target *target, const char *parties, size_t count)
{
    struct crowd *c = calloc(1, sizeof *c);
    if (c == NULL || failed(crypto_thread_start()))
        stop("out of memory");
    c->target = *target;
    c->count = count;
    c->peers = calloc(count, sizeof *c->peers);
    c->octets = malloc(CROWD_READ_BYTES);
    if (c->peers == NULL || c->octets == NULL)
        stop("out of memory");
    add_parties(c, parties);
    for (size_t i = 0; i < count; i++)
        c->peers[i] = (struct peer){.crowd = c, .index = i, .fd = -1};
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    add_descriptor(c, c->timer, &c->timer);
    add_descriptor(c, STDIN_FILENO, &c->told);
    return c;
}

void crowd_free(struct crowd *c)
{
    for (size_t i = 0; i < c->count; i++)
        peer_cut(&c->peers[i]);
    for (size_t i = 0; i < c->party_count; i++) {
        tls_context_free(c->contexts[i]);
        free((void *)(uintptr_t)c->parties[i]);
    }
    close(c->timer);
    close(c->epoll);
    free(c->contexts);
    free(c->parties);
    free(c->octets);
    free(c->peers);
    free(c);
    crypto_thread_stop();
}

void crowd_wake(struct crowd *c, uint64_t at_ns)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(at_ns / NS_PER_SECOND),
                     .tv_nsec = (long)(at_ns % NS_PER_SECOND)},
    };
    if (timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &when, NULL) != 0)
        stop("the timer cannot be set");
}

static void take_timer(struct crowd *c)
{
    uint64_t times;
    if (read(c->timer, &times, sizeof times) == sizeof times && c->role->woken != NULL)
        c->role->woken(c);
}

/* One octet at a time would do as well: who drives this writes a few lines in all. */
static void take_line(struct crowd *c)
{
    char text[64];
    ssize_t length = read(STDIN_FILENO, text, sizeof text);
    for (ssize_t i = 0; i < length; i++)
        c->told += text[i] == '\n';
    if (length <= 0) {
        c->over = true;
        epoll_ctl(c->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
    }
}

void crowd_turn(struct crowd *c, int ms)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(c->epoll, events, EVENTS, ms);
    if (count < 0 && errno != EINTR)
        stop("waiting failed");
    for (int i = 0; i < count; i++) {
        void *what = events[i].data.ptr;
        if (what == &c->timer)
            take_timer(c);
        else if (what == &c->told)
            take_line(c);
        else
            peer_run(what);
    }
}

static size_t count_busy(const struct crowd *c, size_t count)
{
    size_t busy = 0;
    for (size_t i = 0; i < count; i++)
        busy += c->peers[i].state != PEER_NONE && c->peers[i].state != PEER_OPEN;
    return busy;
}

void crowd_open(struct crowd *c, size_t count)
{
    uint64_t until = now_ns() + OPEN_NS;
    while (c->open < count) {
        size_t busy = count_busy(c, count);
        for (size_t i = 0; i < count && busy < AT_ONCE; i++)
            if (c->peers[i].state == PEER_NONE) {
                peer_dial(&c->peers[i]);
                busy++;
            }
        crowd_turn(c, TURN_MS);
        if (now_ns() > until)
            stop("the links did not open within a minute");
    }
}
