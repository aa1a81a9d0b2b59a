#ifndef UNIT_CLIENTS_WITNESS_LOG_H
#define UNIT_CLIENTS_WITNESS_LOG_H

/* A log that signs whatever it is told to, and what it sends to a witness. */

#include "audit/witness.h"

#define WITNESS_LOG_MAX  2048
#define WITNESS_ORIGIN   "xa-gw-01.comity.example/audit/2026"
#define WITNESS_SIGNER   "ministry.xa.example/witness/1"
#define WITNESS_BEGAN_MS 1790000000000ULL

struct witness_log {
    struct digest leaves[WITNESS_LOG_MAX];
    struct key *key;
    struct vkey vkey;
    char vkey_text[ORIGIN_MAX_BYTES + 64];
};

/** A log with leaves 0, 1, 2, ... */
void witness_log_make(struct witness_log *log);

/** From this leaf on another history, by the same key. */
void witness_log_fork(struct witness_log *log, uint64_t leaf);

void witness_log_done(struct witness_log *log);

/** Appends its checkpoint of this size. */
void witness_log_note(const struct witness_log *log, uint64_t size, struct buffer *out);

/** Appends the request to cosign size after old, with the proof that it continues. */
void witness_log_request(const struct witness_log *log, uint64_t old, uint64_t size,
                         struct buffer *out);

#endif
