#ifndef APP_WEB_H
#define APP_WEB_H

/*
 * What a gateway gives to be read over HTTP: its published log, to those that the directory in
 * force knows; and to its own State's oversight the openings of its entries, and the pseudonyms by
 * which a case is found in them. On the server's own
 * thread; it never delays a message.
 */

#include "app/config.h"
#include "base/status.h"
#include "exchange/diagnostics.h"
#include "exchange/snapshot.h"
#include "tls/context.h"

struct web;

struct web_settings {
    const char *gateway;
    const char *log_path; /* folder of the published log */
    struct journal *journal;
    const struct keyring *keyring; /* for pseudonyms */
    const int *listeners;          /* taken over once it runs */
    size_t listener_count;
    struct snapshot *snapshot; /* held */
    struct tls_context *context;
    const struct diagnostics *diagnostics;
};

/** Starts to serve. With a sentence in error: MEMORY, STORE, CRYPTO */
struct status web_start(const struct web_settings *settings, struct web **ret_web,
                        char error[static CONFIG_ERROR_BYTES]);

/** Others may read from now on, by this directory and this context: connections of whoever it
 * refuses are ended at once. NULL does nothing. */
void web_renew(struct web *web, struct snapshot *snapshot, struct tls_context *context);

/** Ends all connections and the thread. NULL does nothing. */
void web_stop(struct web *web);

#endif
