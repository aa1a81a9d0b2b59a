#include "crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "crypto/library.h"

static struct status digest_read_all(EVP_MD_CTX *context, int fd)
{
    for (;;) {
        uint8_t piece[65536];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got == 0)
            return OK;
        if (got < 0 && errno != EINTR)
            return FAIL(STORE);
        if (got > 0 && EVP_DigestUpdate(context, piece, (size_t)got) != 1)
            return FAIL(CRYPTO);
    }
}

static struct status digest_descriptor(int fd, struct digest *ret_digest)
{
    struct digest d;
    const struct library *library = library_get();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct status s = library == NULL ? FAIL(CRYPTO) : context == NULL ? FAIL(MEMORY) : OK;
    if (!failed(s) && EVP_DigestInit_ex2(context, library->sha256, NULL) != 1)
        s = FAIL(CRYPTO);
    if (!failed(s))
        s = digest_read_all(context, fd);
    if (!failed(s) && EVP_DigestFinal_ex(context, d.octets, NULL) != 1)
        s = FAIL(CRYPTO);
    if (!failed(s))
        *ret_digest = d;
    EVP_MD_CTX_free(context);
    return s;
}

struct status digest_file(const char *path, struct digest *ret_digest)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT ? FAIL(ABSENT) : FAIL(STORE);
    struct status s = digest_descriptor(fd, ret_digest);
    close(fd);
    return s;
}
