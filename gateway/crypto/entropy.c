#include "crypto/secret.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "crypto/library.h"

struct status entropy_fill(void *octets, size_t length)
{
    if (library_get() == NULL || length > INT_MAX || RAND_bytes(octets, (int)length) != 1) {
        ERR_clear_error();
        return FAIL(CRYPTO);
    }
    return OK;
}

struct status entropy_uuid(uint8_t ret_uuid[static 16])
{
    struct status s = entropy_fill(ret_uuid, 16);
    ret_uuid[6] = (uint8_t)((ret_uuid[6] & 0x0f) | 0x40);
    ret_uuid[8] = (uint8_t)((ret_uuid[8] & 0x3f) | 0x80);
    return s;
}
