#include "http/sources.h"

#include <netinet/in.h>
#include <string.h>

#define MAPPED_AT 12 /* of the octets of ::ffff:192.0.2.1 */

struct source source_of(const struct sockaddr_storage *address)
{
    struct source s = {.family = address->ss_family};
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        memcpy(s.network, &in->sin_addr, sizeof in->sin_addr);
    } else if (address->ss_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(in)) {
            s.family = AF_INET;
            memcpy(s.network, in->s6_addr + MAPPED_AT, sizeof in->s6_addr - MAPPED_AT);
        } else {
            memcpy(s.network, in->s6_addr, sizeof s.network);
        }
    }
    return s;
}

static uint32_t bucket_of(const struct source *s)
{
    uint32_t hash = 2166136261U ^ (uint32_t)s->family;
    for (size_t i = 0; i < sizeof s->network; i++)
        hash = (hash ^ s->network[i]) * 16777619U;
    return (hash ^ hash >> 16) % SOURCE_BUCKETS;
}

static bool is_same(const struct source *a, const struct source *b)
{
    return a->family == b->family && memcmp(a->network, b->network, sizeof a->network) == 0;
}

uint64_t sources_count(const struct sources *sources, const struct source *source)
{
    uint64_t count = 0;
    for (const struct source *s = sources->buckets[bucket_of(source)]; s != NULL; s = s->next)
        count += is_same(s, source);
    return count;
}

void sources_enter(struct sources *sources, struct source *source)
{
    source->slot = &sources->buckets[bucket_of(source)];
    source->next = *source->slot;
    if (source->next != NULL)
        source->next->slot = &source->next;
    *source->slot = source;
}

void source_leave(struct source *source)
{
    if (source->slot == NULL)
        return;
    *source->slot = source->next;
    if (source->next != NULL)
        source->next->slot = source->slot;
    source->slot = NULL;
}
