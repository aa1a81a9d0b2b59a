#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

/* Addresses as people write them: "127.0.0.1:7443", "[::1]:7443", "gw.example:7443". */

#include <netdb.h>
#include <stdbool.h>

#define ADDRESS_HOST_BYTES 256

struct address {
    char host[ADDRESS_HOST_BYTES]; /* without brackets */
    char port[8];
};

/** False where it is not a host and a port. */
bool address_split(const char *text, struct address *ret_address);

/**
 * What sockets are given for it, for freeaddrinfo; NULL where there is nothing. flags are those of
 * getaddrinfo; without AI_NUMERICHOST it may ask the network, and wait.
 */
struct addrinfo *address_find(const struct address *address, int flags);

#endif
