#ifndef APP_START_H
#define APP_START_H

/*
 * What is read or bound once, before privileges are given up, and then stays, but for the key of
 * the log before: the key of the audit log, the key-encryption key, the roots of timestamps, the
 * listeners. Listeners are never reopened: closing one would reset the connections that wait in its
 * queue.
 */

#include "app/config.h"
#include "app/problems.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/timestamp.h"
#include "http/server.h"

struct start {
    struct key *log_key;
    struct key *former_key; /* of the log before, until the journal is open; NULL: none is named */
    struct keyring *keyring;
    struct timestamp_authorities *timestamps; /* NULL where none are asked for */
    int *listeners; /* per worker one for each address; -1 where taken over */
    unsigned listener_count, worker_count;
    int http[HTTP_LISTENERS_MAX];
    unsigned http_count; /* 0 once they are taken over */
};

/** Every problem found is reported, and leaves its member empty. */
void start_keys(const struct config *config, struct problems *problems, struct start *start);
void start_listeners(const struct config *config, struct problems *problems, struct start *start);

/** Reports addresses that could not be listened on, without listening: the gateway may be working
 * while its configuration is checked. */
void start_addresses(const struct config *config, struct problems *problems);

/** Says on which addresses the gateway listens: on standard output, and in the ready file. STORE,
 * FULL, MEMORY */
struct status start_say_ready(const struct config *config, const struct start *start);

/** Closes and frees all that has not been taken over. */
void start_done(struct start *start);

#endif
