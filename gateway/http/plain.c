#include "http/plain.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

static bool is_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

enum tls_step plain_read(int fd, void *octets, size_t room, size_t *ret_length)
{
    ssize_t got = recv(fd, octets, room, 0);
    if (got < 0)
        return is_later() ? TLS_WANT_READ : TLS_FAILED;
    *ret_length = (size_t)got;
    return got == 0 ? TLS_CLOSED : TLS_DONE;
}

enum tls_step plain_write(int fd, struct slice octets, size_t *ret_length)
{
    ssize_t sent = send(fd, octets.at, octets.length, MSG_NOSIGNAL);
    if (sent < 0)
        return is_later() ? TLS_WANT_WRITE : TLS_FAILED;
    *ret_length = (size_t)sent;
    return TLS_DONE;
}
