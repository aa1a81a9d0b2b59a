#include "crypto/library.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/stat.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct library library;
static bool complete;

static void fetch(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return;
    library.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    library.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    library.wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
    complete = library.sha256 != NULL && library.gcm != NULL && library.wrap != NULL;
}

const struct library *library_get(void)
{
    return pthread_once(&once, fetch) == 0 && complete ? &library : NULL;
}

FILE *secret_file_open(const char *path)
{
    FILE *f = fopen(path, "re");
    struct stat st;
    if (f == NULL)
        return NULL;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) ||
        (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0) {
        fclose(f);
        return NULL;
    }
    return f;
}

const char *crypto_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
