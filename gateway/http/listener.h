#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

/* Listening sockets. Opened before privileges are dropped, one per worker and address. No other
 * listener has their address: two gateways started at one would each get half of the connections.
 */

#include "base/status.h"

#include <stddef.h>

#define ADDRESS_TEXT_BYTES 72

/**
 * Opens a non-blocking listener on "127.0.0.1:7443" or "[::1]:7443" (port 0: any free one).
 *
 * CONFIG   not an address and port
 * NETWORK  the address cannot be bound, as where somebody listens there; errno says why
 */
struct status listener_open(const char *address, int *ret_fd);

/** Opens another one at the address of the first, whose connections it shares from then on
 * (SO_REUSEPORT): for another worker. NETWORK as above */
struct status listener_share(int first, int *ret_fd);

/**
 * Whether an address could be listened on, taking no connection meanwhile; somebody's who listens
 * there already, perhaps this gateway itself, is good. As listener_open otherwise.
 */
struct status listener_check(const char *address);

/** The address a listener is bound to, with its real port. NETWORK */
struct status listener_address(int fd, char text[static ADDRESS_TEXT_BYTES]);

#endif
