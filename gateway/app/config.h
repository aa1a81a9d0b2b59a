#ifndef APP_CONFIG_H
#define APP_CONFIG_H

/*
 * The configuration of comityd: one YAML file, read once, immutable. Sizes, durations and numbers
 * are read as text and parsed strictly here; an unknown or double key, a missing value or one out
 * of range stops the start with a sentence that names it.
 */

#include "base/status.h"

#include <stdint.h>

struct config_tls {
    char *certificate, *key;
};

/** The CA of one State: who may speak for it, and whom it no longer trusts. */
struct config_authority {
    char *state, *certificate, *crl;
};

struct config_log {
    char *path, *origin, *key;
};

/** As text in the file; NULL where the default stands. */
struct config_limits_text {
    char *links, *handshakes, *queue;
};

struct config_limits {
    uint64_t links;       /* connections per worker */
    uint64_t handshakes;  /* of them, in their handshake */
    uint64_t queue_bytes; /* postings waiting for the journal */
};

struct config {
    char *gateway; /* "XA-GW-01" */
    char **listen; /* "127.0.0.1:7443" or "[::1]:7443" */
    unsigned listen_count;
    char *workers_text;
    uint64_t workers;
    char *user; /* to become when started as root; NULL: refuse to run as root */
    struct config_tls *tls;
    struct config_authority *authorities;
    unsigned authorities_count;
    char *rulebook; /* folder */
    char *journal;  /* folder */
    char *lock;     /* file, better on another file system */
    struct config_log *log;
    char *key_encryption_key; /* file */
    char *ready; /* file written with the bound address once everything is up; NULL: none */
    struct config_limits_text *limits_text;
    struct config_limits limits;
};

#define CONFIG_ERROR_BYTES 512

/** Reads and checks a file. CONFIG with a sentence in error. */
struct status config_load(const char *path, struct config **ret_config,
                          char error[static CONFIG_ERROR_BYTES]);

void config_free(struct config *config);

#endif
