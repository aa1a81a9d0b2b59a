#ifndef LIBCOMITY_SOCKET_H
#define LIBCOMITY_SOCKET_H

/* TCP for a blocking client: connect and wait, both with a deadline in monotonic milliseconds. */

#include <stdbool.h>
#include <stdint.h>

#include "libcomity/fault.h"

/** Connects to "host:port" or "[::1]:port"; the descriptor does not block. NETWORK, CONFIG */
struct status socket_connect(const char *address, uint64_t deadline_ms, int *ret_descriptor,
                             struct comity_fault *reterr);

/** Waits until the descriptor is ready or the deadline has passed; false then. */
bool socket_wait(int descriptor, bool to_write, uint64_t deadline_ms);

#endif
