#ifndef BENCH_ADDRESS_H
#define BENCH_ADDRESS_H

#include <netinet/in.h>

/** An address of the command line, "127.0.0.1:7443"; stops the program where it is none. */
struct sockaddr_in address_of(const char *text);

#endif
