#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"

const char *certificate_serial(struct arena *a, const struct certificate *certificate)
{
    BIGNUM *number =
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate_openssl(certificate)), NULL);
    char *digits = number == NULL ? NULL : BN_bn2hex(number);
    const char *made = arena_print(a, "%s", digits == NULL ? "?" : digits);
    OPENSSL_free(digits);
    BN_free(number);
    ERR_clear_error();
    return made;
}

bool certificate_may_dial(const struct certificate *certificate)
{
    X509 *x509 = certificate_openssl(certificate);
    /* Without any extended usage the library lets a certificate pass for all of them. */
    return X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0) == 1 &&
           (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) != 0 &&
           (X509_get_extended_key_usage(x509) & XKU_SSL_CLIENT) != 0;
}
