#include "crypto/secret.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>
#include <unistd.h>

#include "crypto/library.h"

#define POOL_BYTES  1024
#define SMALL_BYTES 64

/* A draw costs by the call, not by the octet, and a message takes a dozen small ones: they share
 * the octets of one. Each is given out once and wiped at once. */
static _Thread_local struct {
    uint8_t octets[POOL_BYTES];
    size_t left;
    pid_t process; /* a child would give out what its parent does */
} pool;

static struct status draw(void *octets, size_t length)
{
    if (library_get() == NULL || length > INT_MAX || RAND_bytes(octets, (int)length) != 1) {
        ERR_clear_error();
        return FAIL(CRYPTO);
    }
    return OK;
}

static struct status pool_fill(void)
{
    pool.left = 0;
    struct status s = draw(pool.octets, sizeof pool.octets);
    if (failed(s))
        return s;
    pool.left = sizeof pool.octets;
    pool.process = getpid();
    return OK;
}

struct status entropy_fill(void *octets, size_t length)
{
    if (length > SMALL_BYTES)
        return draw(octets, length);
    struct status s = pool.left < length || pool.process != getpid() ? pool_fill() : OK;
    if (failed(s))
        return s;
    pool.left -= length;
    memcpy(octets, pool.octets + pool.left, length);
    secret_wipe(pool.octets + pool.left, length);
    return OK;
}

struct status entropy_uuid(uint8_t ret_uuid[static 16])
{
    struct status s = entropy_fill(ret_uuid, 16);
    ret_uuid[6] = (uint8_t)((ret_uuid[6] & 0x0f) | 0x40);
    ret_uuid[8] = (uint8_t)((ret_uuid[8] & 0x3f) | 0x80);
    return s;
}
