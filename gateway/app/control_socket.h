#ifndef APP_CONTROL_SOCKET_H
#define APP_CONTROL_SOCKET_H

/* The control socket itself: who may use it, and one line in each direction. */

#include "base/reader.h"
#include "base/status.h"

/**
 * Listens on a Unix stream socket that only its owner may use; one that a killed process has left
 * there is removed.
 *
 * CONFIG  somebody listens there, or something else lies there
 * STORE   errno says why
 */
struct status control_listen(const char *path, int *ret_fd);

/** A connection whose other side is root or the user that this process runs as; -1 for another one,
 * whose uid ret_uid tells, or if there is none (UINT32_MAX). */
int control_accept(int listening, uint32_t *ret_uid);

#define CONTROL_READ_MS 5000U

/**
 * Reads up to the newline, which is dropped. wake: a descriptor that ends it when it is readable.
 *
 * REFUSED  longer than a line may be, or more than one;  NETWORK  no line in time
 */
struct status control_read_line(int fd, int wake, struct buffer *line);

/** Writes all of it within some seconds. NETWORK */
struct status control_write(int fd, struct slice text);

/** Waits until one of the two is readable; whether it is the first. */
bool control_wait(int fd, int wake);

#endif
