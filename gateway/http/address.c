#include "http/address.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/encoding.h"

bool address_split(const char *text, struct address *ret_address)
{
    const char *colon = strrchr(text, ':');
    uint64_t number;
    struct address a;
    if (colon == NULL || !decimal_read(slice_text(colon + 1), 65535, &number))
        return false;
    struct slice name = slice_over(text, (size_t)(colon - text));
    if (name.length >= 2 && name.at[0] == '[' && name.at[name.length - 1] == ']')
        name = slice_part(name, 1, name.length - 2);
    snprintf(a.port, sizeof a.port, "%u", (unsigned)number);
    if (name.length == 0 || !slice_copy_text(name, a.host, sizeof a.host))
        return false;
    *ret_address = a;
    return true;
}

struct addrinfo *address_find(const struct address *a, int flags)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    return getaddrinfo(a->host, a->port, &hints, &found) == 0 ? found : NULL;
}
