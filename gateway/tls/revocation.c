#include "tls/context_parts.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "crypto/openssl.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* what every reader of the wire can hold */

struct status complain(const struct complaint *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, c->room, format, args);
    va_end(args);
    return FAIL(CONFIG);
}

/* ---- one list ---- */

struct status list_of(X509_CRL *crl, struct list *ret_list)
{
    struct list list = {.number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL)};
    if (list.number == NULL)
        return FAIL(CONFIG);
    int length = i2d_X509_CRL(crl, &list.der);
    if (length <= 0 || !asn1_number_text(list.number, list.number_text, sizeof list.number_text)) {
        list_done(&list);
        return FAIL(MEMORY);
    }
    list.der_length = (size_t)length;
    list.from_ms = asn1_time_ms(X509_CRL_get0_lastUpdate(crl));
    list.until_ms = asn1_time_ms(X509_CRL_get0_nextUpdate(crl));
    X509_CRL_up_ref(crl);
    list.crl = crl;
    *ret_list = list;
    return OK;
}

void list_done(struct list *list)
{
    X509_CRL_free(list->crl);
    ASN1_INTEGER_free(list->number);
    OPENSSL_free(list->der);
    *list = (struct list){0};
}

bool list_is_above(const struct list *list, const struct list *other)
{
    return ASN1_INTEGER_cmp(list->number, other->number) > 0;
}

struct authority *list_signer(const struct tls_context *context, X509_CRL *crl)
{
    for (size_t i = 0; i < context->authority_count; i++) {
        struct authority *a = &context->authorities[i];
        EVP_PKEY *key = X509_get0_pubkey(a->certificate);
        if (X509_NAME_cmp(X509_get_subject_name(a->certificate), X509_CRL_get_issuer(crl)) == 0 &&
            key != NULL && X509_CRL_verify(crl, key) == 1)
            return a;
    }
    return NULL;
}

/* A number that is longer than 64 bits has the low ones of its octets. */
static uint64_t low_bits(const ASN1_INTEGER *number)
{
    const uint8_t *at = ASN1_STRING_get0_data(number);
    uint64_t bits = 0;
    for (int i = 0; i < ASN1_STRING_length(number); i++)
        bits = bits << 8 | at[i];
    return bits & NUMBER_MAX;
}

bool tls_context_list(const struct tls_context *context, size_t index, struct tls_list *ret_list)
{
    if (index >= context->authority_count)
        return false;
    const struct authority *a = &context->authorities[index];
    struct tls_list list = {.number = low_bits(a->list.number),
                            .der = slice_over(a->list.der, a->list.der_length)};
    for (size_t i = 0; i < sizeof list.state; i++)
        list.state[i] = a->state[i];
    *ret_list = list;
    return true;
}

/* ---- those of a context ---- */

/* Two lists of one CA must never stand in one store: with equal dates the older one can win. */
static struct status assign(struct tls_context *context, X509_CRL *list, const char *path,
                            const struct complaint *complaint)
{
    struct authority *a = list_signer(context, list);
    if (a == NULL)
        return complain(complaint, "%s: a revocation list that no configured CA signed", path);
    if (a->list.crl != NULL)
        return complain(complaint, "%s: a second revocation list of a CA of %s", path, a->state);
    struct status s = list_of(list, &a->list);
    return s.code == CODE_CONFIG
               ? complain(complaint, "%s: a revocation list without a crlNumber", path)
               : s;
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

/* A list may stay the same through a reload, but never go back. One that was received stays until
 * there is a newer one, also where its file is gone: it must not stop a reload. */
static struct status compare(struct authority *now, const struct authority *before,
                             const struct complaint *complaint)
{
    int order = ASN1_INTEGER_cmp(now->list.number, before->list.number);
    if (before->list.is_received && order < 0) {
        list_done(&now->list);
        struct status s = list_of(before->list.crl, &now->list);
        now->list.is_received = true;
        return s;
    }
    if (before->list.is_received || order > 0 ||
        (order == 0 && X509_CRL_match(now->list.crl, before->list.crl) == 0))
        return OK;
    return complain(complaint,
                    "revocation list of %s: its crlNumber is not above that of the other list in "
                    "use",
                    now->state);
}

static struct status compare_all(const struct tls_context *context,
                                 const struct tls_context *previous,
                                 const struct complaint *complaint)
{
    struct status s = OK;
    for (size_t i = 0; i < context->authority_count; i++)
        for (size_t k = 0; k < previous->authority_count && !failed(s); k++) {
            struct authority *now = &context->authorities[i];
            const struct authority *before = &previous->authorities[k];
            if (X509_cmp(before->certificate, now->certificate) == 0)
                s = compare(now, before, complaint);
        }
    return s;
}

struct status revocations_load(const struct tls_settings *settings, struct tls_context *context,
                               const struct complaint *complaint)
{
    struct status s = OK;
    for (size_t i = 0; i < settings->revocation_count && !failed(s); i++)
        s = load_file(context, settings->revocations[i], complaint);
    for (size_t i = 0; i < context->authority_count && !failed(s); i++)
        if (context->authorities[i].list.crl == NULL)
            s = complain(complaint, "no revocation list of a CA of %s is configured",
                         context->authorities[i].state);
    if (!failed(s))
        s = received_load(settings, context);
    return failed(s) || settings->previous == NULL
               ? s
               : compare_all(context, settings->previous, complaint);
}
