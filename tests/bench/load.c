/*
 * bench_load DEMO GATEWAY ADDRESS ROLE ...: parties of a demo that put a gateway under load. Prints
 * a line when it is ready and one with what it measured; lines on standard input say when to go on,
 * its end when to stop.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "roles.h"
#include "stop.h"

static const struct {
    const char *name;
    int (*run)(const struct request *request);
    const char *usage;
} roles[] = {
    {"send", role_send, "send PARTIES LINKS FILE FIRST COUNT RATE"},
    {"take", role_take, "take PARTIES LINKS COUNT [ARRIVALS]"},
    {"hold", role_hold, "hold PARTIES greet|silent COUNT..."},
    {"storm", role_storm, "storm PARTIES COUNT"},
    {"deaf", role_deaf, "deaf PARTIES COUNT"},
    {"slow", role_slow, "slow PARTIES COUNT FILE"},
    {"shake", role_shake, "shake PARTIES AT_ONCE COUNT"},
};

static size_t role_index;

const char *word(const struct request *r, int i)
{
    if (i >= r->count)
        stop(roles[role_index].usage);
    return r->words[i];
}

void tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        stop("usage: bench_load DEMO GATEWAY ADDRESS ROLE ...");
    const struct request request = {{argv[1], argv[2], argv[3]}, argv + 5, argc - 5};
    for (role_index = 0; role_index < sizeof roles / sizeof roles[0]; role_index++)
        if (strcmp(roles[role_index].name, argv[4]) == 0)
            return roles[role_index].run(&request);
    stop("no such role");
}
