#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

/*
 * What all connections of one end share: our certificate, the CAs of the States and their
 * revocation lists. A context never changes: to reload, make a new one and let the old one go when
 * its last connection does (a store in use must not be exchanged, and an old revocation list in the
 * same store can win over a new one). TLS 1.3 only, hybrid groups where the library has them, no
 * tickets, no session cache, ALPN comity/1 required.
 */

#include "base/status.h"
#include "crypto/key.h"

#define TLS_PROTOCOL "comity/1" /* the one ALPN name */

struct tls_authority {
    char state[3];            /* "XA": the only State that these CA certificates speak for */
    const char *certificates; /* PEM file: one self-signed CA, or two while the next one overlaps */
};

struct tls_settings {
    const char *certificate; /* PEM file, ours */
    const char *key;         /* PEM file that only its owner may read */
    const struct tls_authority *authorities;
    size_t authority_count;
    const char *const *revocations; /* PEM files: together one list for each CA certificate */
    size_t revocation_count;
    const struct tls_context *previous; /* NULL, or the one in use: its lists must not be newer */
    uint64_t grace_ms; /* how long a list is still used after its end, never longer; 0: not */
    uint64_t records_per_key; /* records we send until our key is renewed; 0 means 2^22 */
};

struct tls_context; /* shared by many threads */

/**
 * Reads all files. On failure a sentence for the operator, with file names, is written to error.
 *
 * CONFIG  a file is missing or wrong: which and why is in error
 * MEMORY
 */
struct status tls_context_new(const struct tls_settings *settings, char *error, size_t room,
                              struct tls_context **ret_context);

/** One more owner of the same context. */
struct tls_context *tls_context_hold(struct tls_context *context);

/** Gives one ownership up; the last one frees. NULL does nothing. */
void tls_context_free(struct tls_context *context);

/** Who our certificate says we are. */
const struct identity *tls_context_identity(const struct tls_context *context);

/** SHA-256 of our certificate. */
const struct digest *tls_context_x5t(const struct tls_context *context);

/** What of a context ends some day. */
enum tls_part { TLS_PART_OWN, TLS_PART_CA, TLS_PART_REVOCATIONS };

struct tls_until {
    enum tls_part part;
    char state[3];     /* whose CA or revocation list; of our own certificate: our State */
    uint64_t until_ms; /* Unix; from then on it is of no use */
    uint64_t from_ms;  /* of a revocation list: when it was made */
    uint64_t grace_ms; /* of a revocation list: how long it is used all the same */
    char number[48];   /* of a revocation list: its crlNumber, decimal, or hex from "0x" on */
};

/**
 * When the parts of a context end, for alarms that come well before: index 0 is our certificate,
 * then come each CA and its revocation list. False past the last one.
 */
bool tls_context_until(const struct tls_context *context, size_t index,
                       struct tls_until *ret_until);

#endif
