#include "crypto/openssl.h"
#include "tls/link_parts.h"

struct status tls_peer_certificate(const struct tls_link *link,
                                   struct certificate **ret_certificate)
{
    X509 *leaf = link->open ? SSL_get0_peer_certificate(link->ssl) : NULL;
    if (leaf == NULL)
        return FAIL(ABSENT);
    return failed(certificate_from_openssl(leaf, ret_certificate)) ? FAIL(MEMORY) : OK;
}

uint64_t tls_peer_until(const struct tls_link *link)
{
    const X509 *leaf = link->open ? SSL_get0_peer_certificate(link->ssl) : NULL;
    return leaf == NULL ? 0 : asn1_time_ms(X509_get0_notAfter(leaf));
}

const char *tls_link_group(const struct tls_link *link)
{
    const char *name =
        link->open ? SSL_group_to_name(link->ssl, (int)SSL_get_negotiated_group(link->ssl)) : NULL;
    return name == NULL ? "" : name;
}

const char *tls_link_version(const struct tls_link *link)
{
    return link->open ? SSL_get_version(link->ssl) : "";
}
