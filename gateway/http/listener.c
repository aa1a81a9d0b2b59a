#include "http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/address.h"

#define BACKLOG 1024

static bool option_on(int fd, int level, int option)
{
    static const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

/* Whoever has SO_REUSEPORT when it binds or begins to listen shares the connections of any program
 * of the same user that has it and listens there already. So the first gets it afterwards. */
static int listening_socket(const struct sockaddr *where, socklen_t length, bool shares)
{
    int fd = socket(where->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (option_on(fd, SOL_SOCKET, SO_REUSEADDR) &&
        option_on(fd, IPPROTO_TCP, TCP_NODELAY) && /* accepted ones inherit */
        (!shares || option_on(fd, SOL_SOCKET, SO_REUSEPORT)) && bind(fd, where, length) == 0 &&
        listen(fd, BACKLOG) == 0 && option_on(fd, SOL_SOCKET, SO_REUSEPORT))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* NULL: not an address and port. */
static struct addrinfo *find_address(const char *text)
{
    struct address address;
    return address_split(text, &address) ? address_find(&address, AI_NUMERICHOST | AI_PASSIVE)
                                         : NULL;
}

struct status listener_check(const char *address)
{
    struct addrinfo *found = find_address(address);
    if (found == NULL)
        return FAIL(CONFIG);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good =
        fd >= 0 && (bind(fd, found->ai_addr, found->ai_addrlen) == 0 || errno == EADDRINUSE);
    freeaddrinfo(found);
    if (fd >= 0) {
        int why = errno;
        close(fd);
        errno = why;
    }
    return good ? OK : FAIL(NETWORK);
}

struct status listener_open(const char *address, int *ret_fd)
{
    struct addrinfo *found = find_address(address);
    if (found == NULL)
        return FAIL(CONFIG);
    int fd = listening_socket(found->ai_addr, found->ai_addrlen, false);
    freeaddrinfo(found);
    if (fd < 0)
        return FAIL(NETWORK);
    *ret_fd = fd;
    return OK;
}

struct status listener_share(int first, int *ret_fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof bound;
    if (getsockname(first, (struct sockaddr *)&bound, &length) != 0)
        return FAIL(NETWORK);
    int fd = listening_socket((const struct sockaddr *)&bound, length, true);
    if (fd < 0)
        return FAIL(NETWORK);
    *ret_fd = fd;
    return OK;
}

struct status listener_address(int fd, char text[static ADDRESS_TEXT_BYTES])
{
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof bound;
    char host[INET6_ADDRSTRLEN], port[8];
    if (getsockname(fd, (struct sockaddr *)&bound, &length) != 0 ||
        getnameinfo((const struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return FAIL(NETWORK);
    snprintf(text, ADDRESS_TEXT_BYTES, bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
    return OK;
}
