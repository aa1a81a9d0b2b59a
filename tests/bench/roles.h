#ifndef BENCH_ROLES_H
#define BENCH_ROLES_H

/* The roles of bench_load; each reads its own words of the command line. */

#include "crowd.h"

struct request {
    struct target target;
    char **words; /* behind the role's name */
    int count;
};

/** Word i, or stop the program with the role's usage. */
const char *word(const struct request *request, int i);

int role_send(const struct request *request);
int role_take(const struct request *request);
int role_hold(const struct request *request);
int role_storm(const struct request *request);
int role_deaf(const struct request *request);
int role_slow(const struct request *request);
int role_shake(const struct request *request);

/** Prints one line that who drives us waits for. */
[[gnu::format(printf, 1, 2)]] void tell(const char *format, ...);

#endif
