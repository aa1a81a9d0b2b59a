#include "base/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#define PATH_BYTES 4096

/* An address has room for 107 octets: a longer path is reached through its folder. */
static int folder_open(const char *path, struct sockaddr_un *address)
{
    char folder[PATH_BYTES];
    const char *name = strrchr(path, '/');
    if (name == NULL ||
        !slice_copy_text(slice_over(path, (size_t)(name - path) + 1), folder, sizeof folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int length =
        snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", fd, name);
    if (length > 0 && (size_t)length < sizeof address->sun_path)
        return fd;
    close(fd);
    errno = ENAMETOOLONG;
    return -1;
}

int local_at(const char *path, int fd, local_call *call)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder = -1;
    if (!slice_copy_text(slice_text(path), address.sun_path, sizeof address.sun_path)) {
        folder = folder_open(path, &address);
        if (folder < 0)
            return -1;
    }
    int got = call(fd, (const struct sockaddr *)&address, sizeof address);
    int error = errno;
    if (folder >= 0)
        close(folder);
    errno = error;
    return got;
}
