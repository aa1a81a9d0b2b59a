#ifndef BASE_LOCAL_H
#define BASE_LOCAL_H

/* Sockets of this machine that have a path. */

#include "base/status.h"

#include <sys/socket.h>

/** bind or connect. */
typedef int local_call(int fd, const struct sockaddr *address, socklen_t length);

/** Calls it with the address of a path of any length. 0, or -1 with errno. */
int local_at(const char *path, int fd, local_call *call);

#endif
