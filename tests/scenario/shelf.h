#ifndef SCENARIO_SHELF_H
#define SCENARIO_SHELF_H

/* What gateways fetch from each other in a scenario. */

#include "exchange/objects.h"
#include "support/world.h"

#define SHELF_OFFERS 8U

/** What a gateway was offered. Zero at the beginning. */
struct shelf {
    struct offer {
        char name[OBJECT_NAME_BYTES], peer[16];
        uint64_t number;
        struct digest digest;
        struct buffer octets;
    } offers[SHELF_OFFERS];
    size_t count;
};

/** exchange_offered; owner is a shelf. */
void shelf_keep(void *owner, struct slice peer, const struct object *object);

void shelf_clear(struct shelf *shelf);

/** What a gateway hands out under this name; NULL: nothing. */
const struct object *shelf_own(const struct world *world, const char *name);

/** Rules that make the law longer than one row of an answer; to be freed. */
char *shelf_long_rules(void);

#endif
