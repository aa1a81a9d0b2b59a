#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

/*
 * SHA-256 and HMAC-SHA-256 as Comity uses them: always over a separation string, one zero octet and
 * then the octets exactly as received (PROTOCOL.md 1). Algorithms are fetched once per process and
 * contexts kept per thread; call crypto_thread_start before a thread's first digest, so that later
 * calls allocate nothing and cannot fail.
 */

#include "base/slice.h"
#include "base/status.h"

struct digest {
    uint8_t octets[32];
};

enum separation {
    SEPARATION_FIELD,    /* comity-field-1 */
    SEPARATION_DECOY,    /* comity-decoy-1 */
    SEPARATION_RELEASED, /* comity-released-1 */
    SEPARATION_DERIVED,  /* comity-derived-1 */
    SEPARATION_SEAL,     /* comity-seal-1 */
    SEPARATION_RELEASE,  /* comity-release-1 */
    SEPARATION_OBJECT,   /* comity-object-1 */
    SEPARATION_RULEBOOK, /* comity-rulebook-1 */
    SEPARATION_APPROVAL, /* comity-approval-1 */
    SEPARATION_OUTER,    /* comity-outer-1, for HMAC */
    SEPARATION_INNER,    /* comity-inner-1, for HMAC */
    SEPARATION_CLOSED,   /* comity-closed-1, for HMAC */
    SEPARATION_PERSON,   /* comity-person-1, for HMAC */
    SEPARATION_COUNT
};

/** Fetches algorithms (once) and makes this thread's contexts. MEMORY, CRYPTO */
struct status crypto_thread_start(void);

/** Name and version of the crypto library: "OpenSSL 3.0.15 3 Sep 2024". Static storage. */
const char *crypto_library_version(void);

/** Frees this thread's contexts. */
void crypto_thread_stop(void);

/** SHA-256(separation || 00 || in). */
struct digest digest_of(enum separation separation, struct slice in);

/** Plain SHA-256: certificates (x5t), files, key ids, tree leaves. */
struct digest digest_plain(struct slice in);

/** Plain SHA-256 of a file of any size. ABSENT, STORE, CRYPTO, MEMORY */
struct status digest_file(const char *path, struct digest *ret_digest);

/** SHA-256 of two pieces, one after the other. */
struct digest digest_two(struct slice a, struct slice b);

/** HMAC-SHA-256(key, separation || 00 || record). */
struct digest hmac_of(const uint8_t key[static 32], enum separation separation,
                      struct slice record);

/** HMAC-SHA-256(key, in) without separation: keyed lookups and pseudonyms name their own. */
struct digest hmac_plain(const uint8_t key[static 32], struct slice in);

/** A slice over the digest's 32 octets. */
static inline struct slice digest_slice(const struct digest *d)
{
    return slice_over(d->octets, sizeof d->octets);
}

/** Whether the slice holds exactly this digest. */
bool digest_equal(const struct digest *d, struct slice octets);

/** Copies 32 octets; anything of another length gives the zero digest. */
struct digest digest_read(struct slice octets);

/** Overwrites secret octets in a way the compiler keeps. */
void secret_wipe(void *octets, size_t length);

#endif
