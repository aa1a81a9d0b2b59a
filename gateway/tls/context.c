#include "tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/openssl.h"
#include "tls/context_parts.h"

#define RECORDS_PER_KEY (UINT64_C(1) << 22)
#define MAX_AUTHORITIES 1024

static bool set_groups(SSL_CTX *ssl)
{
    /* The first list that the library knows all names of is taken: hybrid first from 3.5 on, where
     * the tuple makes it preferred even at one more round trip. (The library's macros want them
     * writable.) */
    char hybrid[] = "X25519MLKEM768/X25519:P-256:P-384", classic[] = "X25519:P-256:P-384";
    if (SSL_CTX_set1_groups_list(ssl, hybrid) == 1)
        return true;
    ERR_clear_error();
    return SSL_CTX_set1_groups_list(ssl, classic) == 1;
}

static bool set_algorithms(SSL_CTX *ssl)
{
    char suites[] = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    char signatures[] = "ed25519:ECDSA+SHA256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256";
    SSL_CTX_set_security_level(ssl, TLS_SECURITY_LEVEL);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ssl, suites) == 1 &&
           SSL_CTX_set1_sigalgs_list(ssl, signatures) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(ssl, signatures) == 1 && set_groups(ssl);
}

static bool set_behaviour(SSL_CTX *ssl)
{
    /* The number of tickets is what counts: NO_TICKET alone still sends two. A resumed session
     * would not be verified again. */
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    /* Without AUTO_RETRY the library comes back after every message that is no data, so that a
     * flood of key updates cannot keep it busy. */
    SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(ssl, TLS_DEPTH);
    link_callbacks(ssl);
    static const uint8_t offer[] = "\x08" TLS_PROTOCOL;
    return SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
           SSL_CTX_set_alpn_protos(ssl, offer, sizeof offer - 1) == 0; /* 0 is success here */
}

static struct status load_own(struct tls_context *context, const struct tls_settings *settings,
                              const struct complaint *complaint)
{
    struct certificate *certificate = NULL;
    struct key *key = NULL;
    uint64_t from = 0;
    struct status s = OK;

    if (failed(certificate_load(settings->certificate, &certificate))) {
        s = complain(complaint, "%s: no certificate in PEM", settings->certificate);
        goto out;
    }
    if (failed(key_load(settings->key, &key))) {
        s = complain(complaint, "%s: no P-256 or Ed25519 key in PEM that its owner alone may read",
                     settings->key);
        goto out;
    }
    certificate_validity(certificate, &from, &context->until_ms);
    context->x5t = *certificate_x5t(certificate);
    if (failed(certificate_identity(certificate, &context->identity)))
        s = complain(complaint, "%s: %s", settings->certificate,
                     tls_failure_sentence(TLS_FAILURE_IDENTITY));
    else if (SSL_CTX_use_certificate(context->ssl, certificate_openssl(certificate)) != 1)
        s = complain(complaint, "%s: cannot be used for TLS", settings->certificate);
    else if (SSL_CTX_use_PrivateKey(context->ssl, key_openssl(key)) != 1 ||
             SSL_CTX_check_private_key(context->ssl) != 1) /* a key of another algorithm */
        s = complain(complaint, "%s: not the key of %s", settings->key, settings->certificate);
out:
    certificate_free(certificate);
    key_free(key);
    return s;
}

static struct status add_authority(struct tls_context *context, const char *state,
                                   X509 *certificate)
{
    struct authority *more =
        realloc(context->authorities, (context->authority_count + 1) * sizeof *more);
    if (more == NULL)
        return FAIL(MEMORY);
    context->authorities = more;
    struct authority *a = &more[context->authority_count++];
    *a = (struct authority){.certificate = certificate,
                            .until_ms = asn1_time_ms(X509_get0_notAfter(certificate))};
    memcpy(a->state, state, sizeof a->state);
    X509_up_ref(certificate);
    return OK;
}

static bool is_known(const struct tls_context *context, const X509 *certificate)
{
    for (size_t i = 0; i < context->authority_count; i++)
        if (X509_cmp(context->authorities[i].certificate, certificate) == 0)
            return true;
    return false;
}

static struct status load_authority(struct tls_context *context, const struct tls_authority *from,
                                    const struct complaint *complaint)
{
    FILE *f = fopen(from->certificates, "re");
    struct status s = OK;
    size_t count = 0;
    if (f == NULL)
        return complain(complaint, "%s: cannot be read", from->certificates);
    while (!failed(s)) {
        X509 *certificate = PEM_read_X509(f, NULL, NULL, NULL);
        if (certificate == NULL)
            break;
        if (X509_check_ca(certificate) != 1 || X509_self_signed(certificate, 1) != 1)
            s = complain(complaint, "%s: not a self-signed CA certificate", from->certificates);
        else if (is_known(context, certificate))
            s = complain(complaint, "%s: a CA certificate that is configured twice",
                         from->certificates);
        else if (context->authority_count == MAX_AUTHORITIES)
            s = complain(complaint, "%s: too many CA certificates", from->certificates);
        else
            s = add_authority(context, from->state, certificate);
        X509_free(certificate);
        count++;
    }
    fclose(f);
    ERR_clear_error();
    return count == 0 && !failed(s)
               ? complain(complaint, "%s: no certificate in PEM", from->certificates)
               : s;
}

static struct status fill_store(struct tls_context *context)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    bool good =
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                        X509_V_FLAG_X509_STRICT | X509_V_FLAG_TRUSTED_FIRST) == 1;
    for (size_t i = 0; i < context->authority_count && good; i++)
        good = X509_STORE_add_cert(store, context->authorities[i].certificate) == 1 &&
               X509_STORE_add_crl(store, context->authorities[i].list.crl) == 1;
    return good ? OK : FAIL(MEMORY);
}

static struct status load_all(struct tls_context *context, const struct tls_settings *settings,
                              const struct complaint *complaint)
{
    struct status s = OK;
    if (!set_algorithms(context->ssl) || !set_behaviour(context->ssl))
        return complain(complaint, "the TLS library lacks an algorithm that is needed");
    for (size_t i = 0; i < settings->authority_count && !failed(s); i++)
        s = load_authority(context, &settings->authorities[i], complaint);
    if (!failed(s) && context->authority_count == 0)
        s = complain(complaint, "no CA is configured");
    if (!failed(s))
        s = revocations_load(settings, context, complaint);
    if (!failed(s))
        s = fill_store(context);
    return failed(s) ? s : load_own(context, settings, complaint);
}

struct status tls_context_new(const struct tls_settings *settings, char *error, size_t room,
                              struct tls_context **ret_context)
{
    struct complaint complaint = {error, room};
    struct tls_context *context = NULL;
    struct status s = FAIL(MEMORY);

    (void)complain(&complaint, "out of memory");
    if (failed(crypto_thread_start())) /* the library starts here, without its configuration file */
        goto out;
    context = calloc(1, sizeof *context);
    if (context == NULL)
        goto out;
    atomic_init(&context->owners, 1);
    context->grace_ms = settings->grace_ms;
    context->records_per_key =
        settings->records_per_key == 0 ? RECORDS_PER_KEY : settings->records_per_key;
    context->ssl = SSL_CTX_new(TLS_method());
    if (context->ssl == NULL || failed(s = load_all(context, settings, &complaint)))
        goto out;
    (void)complain(&complaint, "%s", "");
    *ret_context = context;
    context = NULL; /* handed over */
out:
    tls_context_free(context);
    ERR_clear_error();
    return s;
}

struct tls_context *tls_context_hold(struct tls_context *context)
{
    atomic_fetch_add(&context->owners, 1);
    return context;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL || atomic_fetch_sub(&context->owners, 1) != 1)
        return;
    for (size_t i = 0; i < context->authority_count; i++) {
        X509_free(context->authorities[i].certificate);
        list_done(&context->authorities[i].list);
    }
    free(context->authorities);
    SSL_CTX_free(context->ssl);
    free(context);
}

const struct identity *tls_context_identity(const struct tls_context *context)
{
    return &context->identity;
}

const struct digest *tls_context_x5t(const struct tls_context *context)
{
    return &context->x5t;
}

bool tls_context_until(const struct tls_context *context, size_t index, struct tls_until *ret_until)
{
    if (index > 2 * context->authority_count)
        return false;
    struct tls_until until = {.part = TLS_PART_OWN, .until_ms = context->until_ms};
    const struct authority *a = index == 0 ? NULL : &context->authorities[(index - 1) / 2];
    if (a == NULL)
        memcpy(until.state, context->identity.id, sizeof until.state - 1);
    else
        memcpy(until.state, a->state, sizeof until.state);
    if (a != NULL && index % 2 == 1) {
        until.part = TLS_PART_CA;
        until.until_ms = a->until_ms;
    } else if (a != NULL) {
        until.part = TLS_PART_REVOCATIONS;
        until.until_ms = a->list.until_ms;
        until.from_ms = a->list.from_ms;
        until.grace_ms = context->grace_ms;
        memcpy(until.number, a->list.number_text, sizeof until.number);
    }
    *ret_until = until;
    return true;
}
