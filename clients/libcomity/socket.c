#include "libcomity/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"
#include "libcomity/clock.h"

#define HOST_BYTES 256

bool socket_wait(int descriptor, bool to_write, uint64_t deadline_ms)
{
    struct pollfd p = {.fd = descriptor, .events = to_write ? POLLIN | POLLOUT : POLLIN};
    for (;;) {
        uint64_t now = clock_mono_ms();
        if (now >= deadline_ms)
            return false; /* also where octets come all the time, one by one */
        uint64_t left = deadline_ms - now;
        int ready = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* Splits "host:port"; the host of IPv6 stands in brackets. */
static bool split(const char *address, char host[static HOST_BYTES], const char **ret_port)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon[1] == '\0')
        return false;
    struct slice name = slice_over(address, (size_t)(colon - address));
    if (name.at[0] == '[' && name.length > 2 && name.at[name.length - 1] == ']')
        name = slice_part(name, 1, name.length - 2);
    *ret_port = colon + 1;
    return slice_copy_text(name, host, HOST_BYTES);
}

static bool finish_connect(int fd, uint64_t deadline_ms)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (!socket_wait(fd, true, deadline_ms)) {
        errno = ETIMEDOUT;
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return false;
    errno = error;
    return error == 0;
}

static int connect_one(const struct addrinfo *at, uint64_t deadline_ms)
{
    int one = 1;
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, at->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0 ||
        (errno == EINPROGRESS && finish_connect(fd, deadline_ms)))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

struct status socket_connect(const char *address, uint64_t deadline_ms, int *ret_descriptor,
                             struct comity_fault *reterr)
{
    char host[HOST_BYTES];
    const char *port;
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (!split(address, host, &port))
        return fault_set(reterr, FAIL(CONFIG), "\"%s\" is no address like 127.0.0.1:7443", address);
    int error = getaddrinfo(host, port, &wanted, &found);
    if (error != 0)
        return fault_set(reterr, FAIL(NETWORK), "%s: %s", address, gai_strerror(error));
    int fd = -1;
    for (const struct addrinfo *at = found; fd < 0 && at != NULL; at = at->ai_next)
        fd = connect_one(at, deadline_ms);
    int why = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return fault_set(reterr, FAIL(NETWORK), "%s: %s", address, strerror(why));
    *ret_descriptor = fd;
    return OK;
}
