#ifndef APP_CONFIG_H
#define APP_CONFIG_H

/*
 * The configuration of comityd: one YAML file, read once, immutable. Sizes, durations and numbers
 * are read as text and parsed strictly here; an unknown or double key, a missing value or one out
 * of range stops the start with a sentence that names it.
 */

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct config_tls {
    char *certificate, *key;
};

/** The CA of one State: who may speak for it, and whom it no longer trusts. */
struct config_authority {
    char *state, *certificate, *crl;
};

/** Certificates of those who sign the rulebook's objects, in PEM; of the parties' of all States. */
struct config_rulebook_authorities {
    char **law, **states, **parties;
    unsigned law_count, states_count, parties_count;
};

struct config_log {
    char *path, *origin, *key;
    char *former_key; /* of the log before, where that had another one; NULL: not said */
};

/** Where the published log is read over HTTP. */
struct config_http {
    char **listen; /* "127.0.0.1:7444" */
    unsigned listen_count;
};

/** Who timestamps our checkpoints. */
struct config_timestamps {
    char *authority; /* "http://tsa.example:3180/tsr" */
    char *ca;        /* file of its roots, PEM */
    char *every;     /* NULL: 1h */
};

/** As text in the file; NULL where the default stands. */
struct config_limits_text {
    char *links, *handshakes, *handshakes_per_source, *links_per_party, *refusals_per_minute;
    char *queue, *ballast, *floor;
};

/** What peers and the disk can make us hold at most. Counts of links are per worker. */
struct config_limits {
    uint64_t links;                 /* connections */
    uint64_t handshakes;            /* of them, in their handshake */
    uint64_t handshakes_per_source; /* of those, from one address */
    uint64_t links_per_party;       /* open at once under one identity */
    uint64_t refusals_per_minute;   /* of one party, before its link is ended */
    uint64_t queue_bytes;           /* postings waiting for the journal */
    uint64_t ballast_bytes;         /* given up when the journal's disk is full; 0: none */
    uint64_t floor_bytes;           /* free space below which no new work is taken in */
};

/** As text in the file; NULL where the default stands. */
struct config_retention {
    char *bodies, *openings;
};

/** Where diagnostics go. */
enum config_diagnostics { CONFIG_DIAGNOSTICS_JSON, CONFIG_DIAGNOSTICS_JOURNALD };

struct config {
    char *gateway; /* "XA-GW-01" */
    char **listen; /* "127.0.0.1:7443" or "[::1]:7443" */
    unsigned listen_count;
    char *workers_text;
    uint64_t workers; /* threads that own links; as many as cores unless told, at most 64 */
    char *user;       /* to become when started as root; NULL: refuse to run as root */
    struct config_tls *tls;
    struct config_authority *authorities;
    unsigned authorities_count;
    char *revocation_grace_text;
    uint64_t revocation_grace_ms; /* how long a revocation list is used after its end */
    char *rulebook;               /* folder */
    char *rulebook_candidate;     /* folder of one that is never in force; NULL: none */
    struct config_rulebook_authorities *rulebook_authorities; /* NULL: nobody is asked for */
    char *rulebook_signatures_text; /* "required" or "none"; NULL: required */
    char *journal;                  /* folder */
    char *lock;                     /* file, better on another file system */
    struct config_log *log;
    char *control;            /* socket; NULL: "control" in the journal's folder */
    char *key_encryption_key; /* file */
    char *diagnostics_text;   /* "json" or "journald" */
    enum config_diagnostics diagnostics;
    char *peer_dial_text;     /* "yes" or "no" */
    bool peer_dial;           /* whether peer gateways are dialled; otherwise only listened for */
    struct config_http *http; /* NULL: nowhere */
    char *ready; /* file written with the bound address once everything is up; NULL: none */
    struct config_limits_text *limits_text;
    struct config_limits limits;
    struct config_retention *retention_text;
    uint64_t bodies_ms;                   /* how long the octets of a finished message are kept */
    uint64_t openings_ms;                 /* how long the openings of entries are kept */
    struct config_timestamps *timestamps; /* NULL: none are asked for */
    uint64_t timestamps_ms;               /* between two of them */
};

#define CONFIG_ERROR_BYTES 1024
#define CONFIG_WORKERS_MAX 64

/** Reads and checks a file. CONFIG with a sentence in error. */
struct status config_load(const char *path, struct config **ret_config,
                          char error[static CONFIG_ERROR_BYTES]);

/** NULL does nothing. */
void config_free(struct config *config);

/**
 * Reads the values that stand as text, or takes their defaults, and checks names. CONFIG with a
 * sentence that names the key. Part of config_load.
 */
struct status config_values(struct config *config, char error[static CONFIG_ERROR_BYTES]);

/** Where an authority's requests are posted to. */
struct config_place {
    char address[272]; /* "tsa.example:3180" */
    const char *path;  /* "/tsr"; within what was read */
};

/** Reads "http://host[:port][/path]"; false for anything else. */
bool place_read(const char *text, struct config_place *ret_place);

/** "4096", "64KiB", "32MiB", "1GiB": digits without leading zeros and one of these units or none;
 * false for anything else. */
bool size_read(const char *text, uint64_t *ret_bytes);

/** "0", "90s", "30m", "24h", "7d": as above, the unit missing with 0 only. */
bool duration_read(const char *text, uint64_t *ret_ms);

#endif
