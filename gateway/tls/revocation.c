#include "tls/context_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "crypto/openssl.h"

struct status complain(const struct complaint *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, c->room, format, args);
    va_end(args);
    return FAIL(CONFIG);
}

/* The authority whose key signed the list; NULL if none did. */
static struct authority *signer_of(struct tls_context *context, X509_CRL *list)
{
    for (size_t i = 0; i < context->authority_count; i++) {
        struct authority *a = &context->authorities[i];
        EVP_PKEY *key = X509_get0_pubkey(a->certificate);
        if (X509_NAME_cmp(X509_get_subject_name(a->certificate), X509_CRL_get_issuer(list)) == 0 &&
            key != NULL && X509_CRL_verify(list, key) == 1)
            return a;
    }
    return NULL;
}

/* Two lists of one CA must never stand in one store: with equal dates the older one can win. */
static struct status assign(struct tls_context *context, X509_CRL *list, const char *path,
                            const struct complaint *complaint)
{
    struct authority *a = signer_of(context, list);
    if (a == NULL)
        return complain(complaint, "%s: a revocation list that no configured CA signed", path);
    if (a->revocations != NULL)
        return complain(complaint, "%s: a second revocation list of a CA of %s", path, a->state);
    a->number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
    if (a->number == NULL)
        return complain(complaint, "%s: a revocation list without a crlNumber", path);
    if (!asn1_number_text(a->number, a->number_text, sizeof a->number_text))
        return FAIL(MEMORY);
    a->revocations_from_ms = asn1_time_ms(X509_CRL_get0_lastUpdate(list));
    a->revocations_until_ms = asn1_time_ms(X509_CRL_get0_nextUpdate(list));
    X509_CRL_up_ref(list);
    a->revocations = list;
    return OK;
}

static struct status load_file(struct tls_context *context, const char *path,
                               const struct complaint *complaint)
{
    FILE *f = fopen(path, "re");
    struct status s = OK;
    size_t count = 0;
    if (f == NULL)
        return complain(complaint, "%s: cannot be read", path);
    for (X509_CRL *list; !failed(s); count++) {
        list = PEM_read_X509_CRL(f, NULL, NULL, NULL);
        if (list == NULL)
            break;
        s = assign(context, list, path, complaint);
        X509_CRL_free(list);
    }
    fclose(f);
    ERR_clear_error();
    return count == 0 && !failed(s) ? complain(complaint, "%s: no revocation list in PEM", path)
                                    : s;
}

/* A list may stay the same through a reload, but never go back. */
static struct status compare(const struct authority *now, const struct tls_context *previous,
                             const struct complaint *complaint)
{
    for (size_t i = 0; i < previous->authority_count; i++) {
        const struct authority *before = &previous->authorities[i];
        if (X509_cmp(before->certificate, now->certificate) != 0)
            continue;
        int order = ASN1_INTEGER_cmp(now->number, before->number);
        if (order < 0 || (order == 0 && X509_CRL_match(now->revocations, before->revocations) != 0))
            return complain(complaint,
                            "revocation list of %s: its crlNumber is not above that of the other "
                            "list in use",
                            now->state);
    }
    return OK;
}

struct status revocations_load(const struct tls_settings *settings, struct tls_context *context,
                               const struct complaint *complaint)
{
    struct status s = OK;
    for (size_t i = 0; i < settings->revocation_count && !failed(s); i++)
        s = load_file(context, settings->revocations[i], complaint);
    for (size_t i = 0; i < context->authority_count && !failed(s); i++) {
        const struct authority *a = &context->authorities[i];
        if (a->revocations == NULL)
            return complain(complaint, "no revocation list of a CA of %s is configured", a->state);
        if (settings->previous != NULL)
            s = compare(a, settings->previous, complaint);
    }
    return s;
}
