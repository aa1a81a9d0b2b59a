#include "app/control_socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/control_request.h"
#include "base/local.h"
#include "edge/worker.h"

#define QUEUE    8
#define WRITE_MS 5000U

static int socket_new(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Whether nobody listens at what lies there, so that it is only left over. */
static bool is_left_over(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket_new();
    bool refused = fd >= 0 && local_at(path, fd, connect) != 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

static struct status bind_there(int fd, const char *path)
{
    if (local_at(path, fd, bind) == 0)
        return OK;
    if (errno != EADDRINUSE)
        return FAIL(STORE);
    if (!is_left_over(path))
        return FAIL(CONFIG);
    if (unlink(path) != 0)
        return FAIL(STORE);
    return local_at(path, fd, bind) == 0 ? OK : FAIL(STORE);
}

struct status control_listen(const char *path, int *ret_fd)
{
    int fd = socket_new();
    if (fd < 0)
        return FAIL(STORE);
    /* The file gets the mode of the socket: there is no moment at which others could connect. */
    struct status s = fchmod(fd, 0600) == 0 ? bind_there(fd, path) : FAIL(STORE);
    if (!failed(s) && listen(fd, QUEUE) != 0) {
        (void)unlink(path);
        s = FAIL(STORE);
    }
    if (failed(s))
        close(fd);
    else
        *ret_fd = fd;
    return s;
}

int control_accept(int listening, uint32_t *ret_uid)
{
    struct ucred peer = {.uid = UINT32_MAX};
    socklen_t length = sizeof peer;
    *ret_uid = UINT32_MAX;
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return -1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
        (peer.uid == 0 || peer.uid == geteuid()))
        return fd;
    *ret_uid = peer.uid;
    close(fd);
    return -1;
}

bool control_wait(int fd, int wake)
{
    struct pollfd both[] = {{.fd = wake, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (poll(both, 2, -1) < 0 && errno == EINTR)
        continue;
    return both[0].revents == 0;
}

/* Whether there is something to read before the deadline, in monotonic ms. */
static bool wait_until(int fd, int wake, uint64_t deadline_ms)
{
    struct pollfd both[] = {{.fd = wake, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int got = 0;
    do {
        uint64_t now_ms = moment_now().mono_ms;
        if (now_ms >= deadline_ms)
            return false;
        got = poll(both, 2, (int)(deadline_ms - now_ms));
    } while (got < 0 && errno == EINTR);
    return got > 0 && both[0].revents == 0;
}

static struct status take_piece(int fd, struct buffer *line, bool *ret_whole)
{
    uint8_t piece[4096];
    ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return OK;
    if (got <= 0)
        return FAIL(NETWORK);
    struct slice in = slice_over(piece, (size_t)got);
    size_t end = slice_find(in, '\n');
    if (line->length + end > CONTROL_LINE_MAX_BYTES || (end < in.length && end + 1 != in.length))
        return REFUSE(FRAME_SIZE);
    buffer_put(line, slice_part(in, 0, end));
    *ret_whole = end < in.length;
    return line->failed ? FAIL(MEMORY) : OK;
}

struct status control_read_line(int fd, int wake, struct buffer *line)
{
    uint64_t deadline_ms = moment_now().mono_ms + CONTROL_READ_MS;
    struct status s = OK;
    for (bool whole = false; !whole && !failed(s);)
        s = wait_until(fd, wake, deadline_ms) ? take_piece(fd, line, &whole) : FAIL(NETWORK);
    return s;
}

static bool can_write(int fd, uint64_t deadline_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    uint64_t now_ms = moment_now().mono_ms;
    return now_ms < deadline_ms &&
           (poll(&one, 1, (int)(deadline_ms - now_ms)) > 0 || errno == EINTR);
}

struct status control_write(int fd, struct slice text)
{
    uint64_t deadline_ms = moment_now().mono_ms + WRITE_MS;
    while (text.length > 0) {
        ssize_t done = send(fd, text.at, text.length, MSG_NOSIGNAL);
        if (done > 0)
            text = slice_part(text, (size_t)done, SIZE_MAX);
        else if ((errno != EAGAIN && errno != EINTR) || !can_write(fd, deadline_ms))
            return FAIL(NETWORK);
    }
    return OK;
}
