#ifndef SUPPORT_AWAIT_H
#define SUPPORT_AWAIT_H

/* Waiting for what other threads do and tell nobody. */

#include <stdbool.h>

#define AWAIT_SECONDS 20

/** Looks until it holds; false when it does not within AWAIT_SECONDS. */
bool await(bool (*holds)(void *owner), void *owner);

#endif
