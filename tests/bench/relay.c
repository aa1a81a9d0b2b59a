/*
 * bench_relay TARGET: stands between two gateways, at a port of its own choice, which it prints,
 * and counts what passes. A line on standard input says what to do, and each is answered with what
 * was counted so far: "cut" ends all connections and whatever comes then, "heal" lets them through
 * again, "count" does nothing. It ends with its standard input.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "stop.h"

#define CHUNK     65536
#define PAIRS_MAX 16
#define ENDS      2
#define FIXED     2 /* standard input and the listener come first */

/* One direction of a connection. */
struct flow {
    uint8_t octets[CHUNK];
    size_t at, end; /* what was read and has to be written yet */
};

struct pair {
    int fds[ENDS];           /* who dialled, and the target; the first is -1 where there is none */
    struct flow flows[ENDS]; /* read of the end with the same number */
};

struct relay {
    struct sockaddr_in target;
    int listener;
    bool is_cut, over;
    uint64_t counted[ENDS];
    struct pair pairs[PAIRS_MAX];
};

static void listen_somewhere(struct relay *r)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(r->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(r->listener, PAIRS_MAX) != 0 ||
        getsockname(r->listener, (struct sockaddr *)&address, &length) != 0)
        stop("no port can be listened on");
    printf("127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
}

/* With a reset, as a network that is gone looks in the end. */
static void reset(int fd)
{
    const struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void drop(struct pair *p)
{
    for (int i = 0; i < ENDS; i++)
        reset(p->fds[i]);
    p->fds[0] = -1;
}

static struct pair *free_pair(struct relay *r)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (r->pairs[i].fds[0] < 0)
            return &r->pairs[i];
    stop("there are more connections than two gateways have");
}

static void join(struct relay *r, int near)
{
    const int one = 1;
    int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(far, (const struct sockaddr *)&r->target, sizeof r->target) != 0) {
        close(far);
        reset(near);
        return;
    }
    struct pair *p = free_pair(r);
    p->fds[0] = near;
    p->fds[1] = far;
    for (int i = 0; i < ENDS; i++) {
        setsockopt(p->fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        p->flows[i].at = p->flows[i].end = 0;
    }
}

static void take_connection(struct relay *r)
{
    int fd = accept(r->listener, NULL, NULL);
    if (fd < 0)
        return;
    if (r->is_cut)
        reset(fd);
    else
        join(r, fd);
}

static void take_order(struct relay *r)
{
    char line[16];
    if (fgets(line, sizeof line, stdin) == NULL) {
        r->over = true;
        return;
    }
    if (strcmp(line, "cut\n") == 0 || strcmp(line, "heal\n") == 0)
        r->is_cut = line[0] == 'c';
    else if (strcmp(line, "count\n") != 0)
        stop("the relay knows cut, heal and count");
    for (size_t i = 0; r->is_cut && i < PAIRS_MAX; i++)
        if (r->pairs[i].fds[0] >= 0)
            drop(&r->pairs[i]);
    printf("{\"there\":%" PRIu64 ",\"back\":%" PRIu64 "}\n", r->counted[0], r->counted[1]);
    fflush(stdout);
}

/* An end is read while nothing waits for the other one, and that is written while something does.
 */
static short wish_of(const struct pair *p, int end)
{
    const struct flow *out = &p->flows[1 - end];
    bool reads = p->flows[end].at == p->flows[end].end, writes = out->at < out->end;
    return (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
}

static bool pass(struct relay *r, struct pair *p, int end, short what)
{
    struct flow *in = &p->flows[end], *out = &p->flows[1 - end];
    ssize_t length = 1;
    if ((what & POLLOUT) != 0) {
        length = send(p->fds[end], out->octets + out->at, out->end - out->at,
                      MSG_DONTWAIT | MSG_NOSIGNAL);
        out->at += length > 0 ? (size_t)length : 0;
    } else if (what != 0 && in->at == in->end) {
        length = recv(p->fds[end], in->octets, sizeof in->octets, MSG_DONTWAIT);
        in->at = 0;
        in->end = length > 0 ? (size_t)length : 0;
        r->counted[end] += in->end;
    }
    return length > 0 || (length < 0 && errno == EAGAIN);
}

static void turn(struct relay *r)
{
    struct pollfd polled[FIXED + ENDS * PAIRS_MAX] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                                      {.fd = r->listener, .events = POLLIN}};
    nfds_t count = FIXED;
    for (size_t i = 0; i < PAIRS_MAX; i++)
        for (int k = 0; k < ENDS; k++) {
            struct pair *p = &r->pairs[i];
            int fd = p->fds[0] < 0 ? -1 : p->fds[k];
            polled[count++] = (struct pollfd){.fd = fd, .events = wish_of(p, k)};
        }
    if (poll(polled, count, -1) < 0)
        return;
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        const struct pollfd *ends = &polled[FIXED + ENDS * i];
        struct pair *p = &r->pairs[i];
        if (p->fds[0] >= 0 && (!pass(r, p, 0, ends[0].revents) || !pass(r, p, 1, ends[1].revents)))
            drop(p);
    }
    if (polled[1].revents != 0)
        take_connection(r);
    if (polled[0].revents != 0)
        take_order(r);
}

int main(int argc, char **argv)
{
    static struct relay r;
    if (argc != 2)
        stop("usage: bench_relay TARGET");
    setvbuf(stdin, NULL, _IONBF, 0); /* poll sees each line */
    for (size_t i = 0; i < PAIRS_MAX; i++)
        r.pairs[i].fds[0] = -1;
    r.target = address_of(argv[1]);
    listen_somewhere(&r);
    while (!r.over)
        turn(&r);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (r.pairs[i].fds[0] >= 0)
            drop(&r.pairs[i]);
    close(r.listener);
    return 0;
}
