#include "tls/context_parts.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

/* The library's own BIO for sockets writes by write(2), which raises SIGPIPE in programs that did
 * not ask for it, and blocks on a descriptor that does. */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

static int descriptor_of(BIO *b)
{
    return (int)(intptr_t)BIO_get_data(b);
}

static bool is_transient(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int read_some(BIO *b, char *octets, size_t room, size_t *ret_length)
{
    BIO_clear_retry_flags(b);
    ssize_t got = recv(descriptor_of(b), octets, room, MSG_DONTWAIT);
    if (got > 0) {
        *ret_length = (size_t)got;
        return 1;
    }
    if (got == 0)
        BIO_set_flags(b, BIO_FLAGS_IN_EOF);
    else if (is_transient())
        BIO_set_retry_read(b);
    return 0;
}

static int write_some(BIO *b, const char *octets, size_t length, size_t *ret_length)
{
    BIO_clear_retry_flags(b);
    ssize_t put = send(descriptor_of(b), octets, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) {
        *ret_length = (size_t)put;
        return 1;
    }
    if (is_transient())
        BIO_set_retry_write(b);
    return 0;
}

static long control(BIO *b, int command, long number, void *pointer)
{
    (void)number, (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH; /* nothing is kept back */
}

static void make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "comity socket");
    if (m != NULL && BIO_meth_set_read_ex(m, read_some) == 1 &&
        BIO_meth_set_write_ex(m, write_some) == 1 && BIO_meth_set_ctrl(m, control) == 1)
        method = m;
    else
        BIO_meth_free(m);
}

BIO *socket_bio(int descriptor)
{
    BIO *b = pthread_once(&once, make_method) == 0 && method != NULL ? BIO_new(method) : NULL;
    if (b != NULL) {
        BIO_set_data(b, (void *)(intptr_t)descriptor);
        BIO_set_init(b, 1);
    }
    return b;
}
