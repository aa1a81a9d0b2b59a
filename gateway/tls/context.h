#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

/*
 * What all connections of one end share: our certificate, the CAs of the States and their
 * revocation lists. A context never changes: to reload, make a new one and let the old one go when
 * its last connection does (a store in use must not be exchanged, and an old revocation list in the
 * same store can win over a new one). TLS 1.3 only, hybrid groups where the library has them, no
 * tickets, no session cache, ALPN required.
 */

#include "base/reader.h"
#include "base/status.h"
#include "crypto/key.h"

#define TLS_PROTOCOL "comity/1" /* the ALPN name of links */
#define TLS_HTTP     "http/1.1" /* and of those that speak HTTP, by the same contexts */

struct tls_authority {
    char state[3];            /* "XA": the only State that these CA certificates speak for */
    const char *certificates; /* PEM file: one self-signed CA, or two while the next one overlaps */
};

/** Told of a received revocation list that is left out: a sentence that names the file. */
typedef void tls_skipped(void *owner, const char *sentence);

struct tls_settings {
    const char *certificate; /* PEM file, ours */
    const char *key;         /* PEM file that only its owner may read */
    const struct tls_authority *authorities;
    size_t authority_count;
    const char *const *revocations; /* PEM files: together one list for each CA certificate */
    size_t revocation_count;
    /* PEM files with lists that others gave us. Of each CA the list with the higher crlNumber
     * counts, of two with the same number that of `revocations`. A file that is not there is empty,
     * and a list that is of no use is left out: neither is a failure. */
    const char *const *received;
    size_t received_count;
    tls_skipped *skipped; /* may be NULL */
    void *skipped_owner;
    /* NULL, or the one in use: its lists of `revocations` must not be newer; those received are
     * kept where they are */
    const struct tls_context *previous;
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

/** A revocation list that is in use. */
struct tls_list {
    char state[3];
    uint64_t number;  /* the low 53 bits of its crlNumber */
    struct slice der; /* borrowed from the context */
};

/** The list of the index-th CA, to be given to others. False past the last one. */
bool tls_context_list(const struct tls_context *context, size_t index, struct tls_list *ret_list);

/** Lists that somebody else has given us. */
struct tls_given {
    const char *state;   /* whose CAs must have signed them */
    const char *kept;    /* the file written last, perhaps not in use yet; may be absent, or NULL */
    struct slices lists; /* DER */
    uint64_t now_ms;     /* Unix */
};

struct tls_judged {
    char number[48]; /* crlNumber of the last list that was taken */
    char wrong[160]; /* about the last one that was not taken; "" where all were, or we have them */
};

/**
 * Judges lists by the CAs and lists in use. Each must be signed by a CA of exactly that State, have
 * a higher crlNumber than the list of that CA that is in use or kept, be in force, unless the other
 * one has ended too, and be about all certificates of the CA (no critical extension, RFC 5280 5.2).
 * Writes the file for tls_settings.received: of each CA of the State the list to be used from now
 * on.
 *
 * ret_judged  always written
 *
 * ABSENT  none was taken: nothing is written;  MEMORY
 */
struct status tls_context_judge(const struct tls_context *context, const struct tls_given *given,
                                struct buffer *out, struct tls_judged *ret_judged);

#endif
