#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/library.h"

#define BLOCK_BYTES 64 /* of SHA-256, for HMAC */

static const char *const separations[SEPARATION_COUNT] = {
    [SEPARATION_FIELD] = "comity-field-1",       [SEPARATION_DECOY] = "comity-decoy-1",
    [SEPARATION_RELEASED] = "comity-released-1", [SEPARATION_DERIVED] = "comity-derived-1",
    [SEPARATION_SEAL] = "comity-seal-1",         [SEPARATION_RELEASE] = "comity-release-1",
    [SEPARATION_OBJECT] = "comity-object-1",     [SEPARATION_RULEBOOK] = "comity-rulebook-1",
    [SEPARATION_APPROVAL] = "comity-approval-1", [SEPARATION_OUTER] = "comity-outer-1",
    [SEPARATION_INNER] = "comity-inner-1",       [SEPARATION_CLOSED] = "comity-closed-1",
    [SEPARATION_PERSON] = "comity-person-1",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit; /* frees the context of a thread that ends without a stop */
static bool have_at_exit;
static _Thread_local EVP_MD_CTX *context;

static void free_context(void *kept)
{
    EVP_MD_CTX_free(kept);
}

static void make_at_exit(void)
{
    have_at_exit = pthread_key_create(&at_exit, free_context) == 0;
}

struct status crypto_thread_start(void)
{
    const struct library *library = library_get();
    if (context != NULL)
        return OK;
    if (library == NULL || pthread_once(&once, make_at_exit) != 0 || !have_at_exit)
        return FAIL(CRYPTO);
    EVP_MD_CTX *made = EVP_MD_CTX_new();
    if (made == NULL || EVP_DigestInit_ex2(made, library->sha256, NULL) != 1 ||
        pthread_setspecific(at_exit, made) != 0) {
        EVP_MD_CTX_free(made);
        return FAIL(MEMORY);
    }
    context = made;
    return OK;
}

void crypto_thread_stop(void)
{
    if (context == NULL)
        return;
    (void)pthread_setspecific(at_exit, NULL);
    EVP_MD_CTX_free(context);
    context = NULL;
}

static struct digest sha256_pieces(const struct slice *pieces, size_t count)
{
    /* Nothing can be judged or sealed without digests, and a wrong one would be worse than none:
     * so there is no way on from a failure here. */
    if (context == NULL && failed(crypto_thread_start()))
        abort();
    struct digest d;
    bool good = EVP_DigestInit_ex2(context, library_get()->sha256, NULL) == 1;
    for (size_t i = 0; i < count && good; i++)
        good = EVP_DigestUpdate(context, pieces[i].at, pieces[i].length) == 1;
    if (!good || EVP_DigestFinal_ex(context, d.octets, NULL) != 1)
        abort();
    return d;
}

/* Written out instead of EVP_MAC, which allocates for every key and could fail. */
struct digest hmac_pieces(const uint8_t key[static 32], const struct slice *pieces, size_t count)
{
    uint8_t block[BLOCK_BYTES];
    struct slice all[4] = {slice_over(block, sizeof block)};
    if (count > 3)
        abort();
    for (size_t i = 0; i < count; i++)
        all[i + 1] = pieces[i];
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        block[i] = (i < 32 ? key[i] : 0) ^ 0x36;
    struct digest inner = sha256_pieces(all, count + 1);
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        block[i] ^= 0x36 ^ 0x5c;
    all[1] = digest_slice(&inner);
    struct digest outer = sha256_pieces(all, 2);
    secret_wipe(block, sizeof block);
    return outer;
}

/* The separation string with its terminator: the zero octet belongs to the rule. */
static struct slice separator(enum separation separation)
{
    return slice_over(separations[separation], strlen(separations[separation]) + 1);
}

struct digest digest_of(enum separation separation, struct slice in)
{
    return sha256_pieces((struct slice[]){separator(separation), in}, 2);
}

struct digest digest_plain(struct slice in)
{
    return sha256_pieces(&in, 1);
}

struct digest digest_two(struct slice a, struct slice b)
{
    return sha256_pieces((struct slice[]){a, b}, 2);
}

struct digest hmac_of(const uint8_t key[static 32], enum separation separation, struct slice record)
{
    return hmac_pieces(key, (struct slice[]){separator(separation), record}, 2);
}

struct digest hmac_plain(const uint8_t key[static 32], struct slice in)
{
    return hmac_pieces(key, &in, 1);
}

bool digest_equal(const struct digest *d, struct slice octets)
{
    return octets.length == sizeof d->octets && bytes_equal(d->octets, octets.at, octets.length);
}

struct digest digest_read(struct slice octets)
{
    struct digest d = {{0}};
    if (octets.length == sizeof d.octets)
        memcpy(d.octets, octets.at, sizeof d.octets);
    return d;
}

void secret_wipe(void *octets, size_t length)
{
    OPENSSL_cleanse(octets, length);
}
