#include "tls/failure.h"

#include <openssl/err.h>

#include "tls/context_parts.h"

static const char *const sentences[TLS_FAILURE_COUNT] = {
    [TLS_FAILURE_NONE] = "no failure",
    [TLS_FAILURE_MISSING] = "the peer sent no certificate",
    [TLS_FAILURE_UNTRUSTED] = "certificate not issued by a configured CA",
    [TLS_FAILURE_EXPIRED] = "certificate expired",
    [TLS_FAILURE_EARLY] = "certificate not valid yet",
    [TLS_FAILURE_REVOKED] = "certificate revoked",
    [TLS_FAILURE_REVOCATION] = "no current revocation list of the certificate's CA",
    [TLS_FAILURE_PURPOSE] = "certificate not made for this use",
    [TLS_FAILURE_IDENTITY] = "certificate without exactly one well-formed identity",
    [TLS_FAILURE_STATE] = "certificate of another State than its CA's",
    [TLS_FAILURE_OTHER] = "certificate of somebody else than expected",
    [TLS_FAILURE_REFUSED] = "the peer refused our certificate",
    [TLS_FAILURE_VERSION] = "the peer does not speak TLS 1.3",
    [TLS_FAILURE_ALGORITHM] = "no algorithm in common",
    [TLS_FAILURE_ALPN] = "the peer does not offer our protocol",
    [TLS_FAILURE_RENEWALS] = "too many key updates",
    [TLS_FAILURE_PROTOCOL] = "the peer broke the protocol",
    [TLS_FAILURE_NETWORK] = "connection lost",
    [TLS_FAILURE_MEMORY] = "out of memory",
};

const char *tls_failure_sentence(enum tls_failure failure)
{
    return sentences[failure];
}

bool tls_failure_is_certificate(enum tls_failure failure)
{
    return failure >= TLS_FAILURE_MISSING && failure <= TLS_FAILURE_REFUSED;
}

/* Numbers of the library or of RFC 8446 and what they come to; 0 ends a table. */
struct meaning {
    int number;
    enum tls_failure failure;
};

static enum tls_failure look_up(const struct meaning *table, int number, enum tls_failure otherwise)
{
    for (; table->number != 0; table++)
        if (table->number == number)
            return table->failure;
    return otherwise;
}

static const struct meaning alerts[] = {
    {SSL_AD_HANDSHAKE_FAILURE, TLS_FAILURE_ALGORITHM},
    {SSL_AD_BAD_CERTIFICATE, TLS_FAILURE_REFUSED},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, TLS_FAILURE_REFUSED},
    {SSL_AD_CERTIFICATE_REVOKED, TLS_FAILURE_REFUSED},
    {SSL_AD_CERTIFICATE_EXPIRED, TLS_FAILURE_REFUSED},
    {SSL_AD_CERTIFICATE_UNKNOWN, TLS_FAILURE_REFUSED},
    {SSL_AD_UNKNOWN_CA, TLS_FAILURE_REFUSED},
    {SSL_AD_ACCESS_DENIED, TLS_FAILURE_REFUSED},
    {SSL_AD_CERTIFICATE_REQUIRED, TLS_FAILURE_REFUSED},
    {SSL_AD_PROTOCOL_VERSION, TLS_FAILURE_VERSION},
    {SSL_AD_NO_APPLICATION_PROTOCOL, TLS_FAILURE_ALPN},
    {0, TLS_FAILURE_NONE},
};

static const struct meaning reasons[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, TLS_FAILURE_MISSING},
    {SSL_R_UNSUPPORTED_PROTOCOL, TLS_FAILURE_VERSION},
    {SSL_R_WRONG_SSL_VERSION, TLS_FAILURE_VERSION},
    {SSL_R_VERSION_TOO_LOW, TLS_FAILURE_VERSION},
    {SSL_R_NO_SHARED_CIPHER, TLS_FAILURE_ALGORITHM},
    {SSL_R_NO_SUITABLE_KEY_SHARE, TLS_FAILURE_ALGORITHM},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, TLS_FAILURE_ALGORITHM},
    {SSL_R_NO_SHARED_GROUPS, TLS_FAILURE_ALGORITHM},
    {SSL_R_WRONG_SIGNATURE_TYPE, TLS_FAILURE_ALGORITHM},
    {SSL_R_NO_APPLICATION_PROTOCOL, TLS_FAILURE_ALPN},
    {ERR_R_MALLOC_FAILURE, TLS_FAILURE_MEMORY},
    {ERR_R_INTERNAL_ERROR, TLS_FAILURE_MEMORY},
    {0, TLS_FAILURE_NONE},
};

enum tls_failure failure_of_error(unsigned long error, int *ret_alert)
{
    int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
        reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
        *ret_alert = reason - SSL_AD_REASON_OFFSET;
        return look_up(alerts, *ret_alert, TLS_FAILURE_PROTOCOL);
    }
    return look_up(reasons, reason, TLS_FAILURE_PROTOCOL);
}

enum tls_failure failure_of_chain(int error)
{
    static const struct meaning errors[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED, TLS_FAILURE_EXPIRED},
        {X509_V_ERR_CERT_NOT_YET_VALID, TLS_FAILURE_EARLY},
        {X509_V_ERR_CERT_REVOKED, TLS_FAILURE_REVOKED},
        {X509_V_ERR_UNABLE_TO_GET_CRL, TLS_FAILURE_REVOCATION},
        {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, TLS_FAILURE_REVOCATION},
        {X509_V_ERR_CRL_HAS_EXPIRED, TLS_FAILURE_REVOCATION},
        {X509_V_ERR_CRL_NOT_YET_VALID, TLS_FAILURE_REVOCATION},
        {X509_V_ERR_CRL_SIGNATURE_FAILURE, TLS_FAILURE_REVOCATION},
        {X509_V_ERR_INVALID_PURPOSE, TLS_FAILURE_PURPOSE},
        {X509_V_ERR_PERMITTED_VIOLATION, TLS_FAILURE_STATE},
        {X509_V_ERR_EXCLUDED_VIOLATION, TLS_FAILURE_STATE},
        {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, TLS_FAILURE_IDENTITY},
        {X509_V_ERR_OUT_OF_MEM, TLS_FAILURE_MEMORY},
        {0, TLS_FAILURE_NONE},
    };
    return look_up(errors, error, TLS_FAILURE_UNTRUSTED);
}
