#include "support/chance.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned seed = 1;

void chance_begin(unsigned otherwise)
{
    const char *given = getenv("COMITY_SEED");
    seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : otherwise;
    printf("    COMITY_SEED=%u\n", seed);
}

unsigned chance_seed(void)
{
    return seed;
}

size_t chance(size_t count)
{
    return (size_t)rand_r(&seed) % count;
}
