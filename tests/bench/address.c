#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/encoding.h"
#include "stop.h"

struct sockaddr_in address_of(const char *text)
{
    char host[64];
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (colon == NULL ||
        !slice_copy_text(slice_over(text, (size_t)(colon - text)), host, sizeof host) ||
        !decimal_read(slice_text(colon + 1), UINT16_MAX, &port) ||
        inet_pton(AF_INET, host, &address.sin_addr) != 1)
        stop("that is no address such as 127.0.0.1:7443");
    address.sin_port = htons((uint16_t)port);
    return address;
}
