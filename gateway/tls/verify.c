#include "tls/context_parts.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"
#include "crypto/openssl.h"
#include "wire/names.h"

/* The State that the CA certificate is configured for; NULL if it is none of ours. */
static const char *state_of(const struct tls_context *context, const X509 *issuer)
{
    for (size_t i = 0; i < context->authority_count; i++)
        if (X509_cmp(context->authorities[i].certificate, issuer) == 0)
            return context->authorities[i].state;
    return NULL;
}

/* The library lets a certificate without any extended usage pass for all of them, among others one
 * that is for encryption only. */
static bool is_for_tls(X509 *leaf, bool of_server)
{
    return (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0 &&
           (X509_get_extended_key_usage(leaf) & (of_server ? XKU_SSL_SERVER : XKU_SSL_CLIENT)) != 0;
}

static enum tls_failure judge_identity(const struct question *q, const X509 *issuer,
                                       const struct identity *i)
{
    char name[64];
    const char *state = issuer == NULL ? NULL : state_of(q->context, issuer);
    identity_name(i, name);
    if (state == NULL)
        return TLS_FAILURE_UNTRUSTED;
    if (!slice_is(party_state(slice_text(i->id)), state))
        return TLS_FAILURE_STATE;
    if (q->expected != NULL && strcmp(q->expected, name) != 0)
        return TLS_FAILURE_OTHER;
    return TLS_FAILURE_NONE;
}

/*
 * A list past its end is used for the time of grace: its State would go dark otherwise, every party
 * of it. That error alone is forgiven, so whoever stands on the list stays revoked.
 */
static int forgive_ended_list(int good, X509_STORE_CTX *chain)
{
    const uint64_t *grace_ms = X509_STORE_CTX_get_app_data(chain);
    const X509_CRL *list = X509_STORE_CTX_get0_current_crl(chain);
    if (good == 1 || X509_STORE_CTX_get_error(chain) != X509_V_ERR_CRL_HAS_EXPIRED || list == NULL)
        return good;
    uint64_t until = asn1_time_ms(X509_CRL_get0_nextUpdate(list));
    uint64_t now = (uint64_t)time(NULL) * MS_PER_SECOND;
    if (until == 0 || now < until || now - until >= *grace_ms)
        return 0;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

static bool chain_verify(const struct question *question, X509_STORE_CTX *chain)
{
    uint64_t grace_ms = question->context->grace_ms;
    if (X509_STORE_CTX_set_app_data(chain, &grace_ms) != 1)
        return false;
    X509_STORE_CTX_set_verify_cb(chain, forgive_ended_list);
    bool good = X509_verify_cert(chain) == 1;
    (void)X509_STORE_CTX_set_app_data(chain, NULL);
    return good;
}

enum tls_failure chain_judge(const struct question *question, X509_STORE_CTX *chain,
                             struct peer *ret_peer)
{
    if (!chain_verify(question, chain))
        return failure_of_chain(X509_STORE_CTX_get_error(chain));

    STACK_OF(X509) *verified = X509_STORE_CTX_get0_chain(chain);
    X509 *leaf = sk_X509_value(verified, 0), *issuer = sk_X509_value(verified, 1);
    struct certificate *certificate = NULL;
    struct peer peer = {0};
    enum tls_failure failure = TLS_FAILURE_MEMORY;

    if (failed(certificate_from_openssl(leaf, &certificate)))
        goto out;
    peer.x5t = *certificate_x5t(certificate);
    if (!is_for_tls(leaf, question->of_server))
        failure = TLS_FAILURE_PURPOSE;
    else if (failed(certificate_identity(certificate, &peer.identity)))
        failure = TLS_FAILURE_IDENTITY;
    else
        failure = judge_identity(question, issuer, &peer.identity);
out:
    certificate_free(certificate);
    if (failure == TLS_FAILURE_NONE)
        *ret_peer = peer;
    else
        X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED); /* alert: bad_certificate */
    return failure;
}
