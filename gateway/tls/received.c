/* Revocation lists that others gave us: believed by their CA's signature alone. */

#include "tls/context_parts.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/openssl.h"

#define SENTENCE_BYTES 600

/* A list of changes only, or of some certificates only, must not take the place of a whole one.
 * Whatever narrows a list is critical. RFC 5280 5.2 */
static bool is_whole(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++)
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)) != 0)
            return false;
    return true;
}

#define NARROW "not about all certificates of its CA"

/* Why a list that is given may not take the place of another one of its CA, whatever their numbers
 * are. What was taken once is used on, as long as nothing newer comes: who it revokes stays
 * revoked. */
static const char *fault_of(const struct list *list, const struct list *used, uint64_t now_ms)
{
    if (!is_whole(list->crl))
        return NARROW;
    if (list->from_ms > now_ms)
        return "not in force yet";
    if (list->until_ms <= now_ms && used->until_ms > now_ms)
        return "over, and that in use is not";
    return NULL;
}

static void replace(struct list *old, struct list *list)
{
    list_done(old);
    *old = *list;
    old->is_received = true;
    *list = (struct list){0}; /* handed over */
}

/* ---- files ---- */

/* A file that is being read. */
struct reading {
    const struct tls_settings *settings;
    const char *path;
};

static void skip(const struct reading *r, const char *state, const char *why)
{
    char sentence[SENTENCE_BYTES];
    if (r->settings->skipped == NULL)
        return;
    snprintf(sentence, sizeof sentence, "%s: a revocation list%s%s is left out: %s", r->path,
             state == NULL ? "" : " of ", state == NULL ? "" : state, why);
    r->settings->skipped(r->settings->skipped_owner, sentence);
}

static struct status take(const struct reading *r, struct tls_context *context, X509_CRL *crl)
{
    struct list list = {0};
    struct authority *a = list_signer(context, crl);
    if (a == NULL) {
        skip(r, NULL, "no configured CA signed it");
        return OK;
    }
    struct status s = list_of(crl, &list);
    if (s.code == CODE_CONFIG) {
        skip(r, a->state, "it has no crlNumber");
        return OK;
    }
    if (failed(s))
        return s;
    if (list_is_above(&list, &a->list) && !is_whole(list.crl))
        skip(r, a->state, NARROW);
    else if (list_is_above(&list, &a->list))
        replace(&a->list, &list);
    list_done(&list);
    return OK;
}

static struct status load_file(const struct reading *r, struct tls_context *context)
{
    FILE *f = fopen(r->path, "re");
    struct status s = OK;
    size_t count = 0;
    if (f == NULL) {
        if (errno != ENOENT)
            skip(r, NULL, strerror(errno));
        return OK;
    }
    ERR_clear_error();
    for (X509_CRL *crl; !failed(s) && (crl = PEM_read_X509_CRL(f, NULL, NULL, NULL)) != NULL;
         count++) {
        s = take(r, context, crl);
        X509_CRL_free(crl);
    }
    /* The end of the file is known by the library's finding no further beginning. */
    if (!failed(s) && (count == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
        skip(r, NULL, "it is no list in PEM");
    ERR_clear_error();
    fclose(f);
    return s;
}

struct status received_load(const struct tls_settings *settings, struct tls_context *context)
{
    struct status s = OK;
    for (size_t i = 0; i < settings->received_count && !failed(s); i++)
        s = load_file(&(struct reading){settings, settings->received[i]}, context);
    return s;
}

/* ---- lists that somebody gives ---- */

/* Lists of one State, judged one after the other. */
struct judging {
    const struct tls_context *context;
    const struct tls_given *given;
    struct list *best; /* of each CA: a newer list that was kept or given, or none */
    struct tls_judged *judged;
};

/* The newest list of a CA that is known so far. */
static const struct list *newest(const struct judging *j, size_t at)
{
    return j->best[at].crl != NULL ? &j->best[at] : &j->context->authorities[at].list;
}

static void put_wrong(const struct judging *j, const char *why)
{
    snprintf(j->judged->wrong, sizeof j->judged->wrong, "a revocation list of %s is %s",
             j->given->state, why);
}

static void judge_signed(struct judging *j, size_t at, struct list *list)
{
    const struct list *used = newest(j, at);
    const char *fault = fault_of(list, used, j->given->now_ms);
    int order = ASN1_INTEGER_cmp(list->number, used->number);
    if (order < 0 || X509_CRL_match(list->crl, used->crl) == 0)
        return; /* who gives it has not had ours yet */
    if (order == 0)
        fault = "another one than that in use, under the same crlNumber";
    if (fault != NULL) {
        put_wrong(j, fault);
        return;
    }
    memcpy(j->judged->number, list->number_text, sizeof j->judged->number);
    replace(&j->best[at], list);
}

static struct status judge_list(struct judging *j, struct slice der)
{
    const uint8_t *at = der.at;
    struct list list = {0};
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.length);
    bool whole = crl != NULL && at == der.at + der.length;
    const struct authority *a = whole ? list_signer(j->context, crl) : NULL;
    struct status s = a == NULL ? OK : list_of(crl, &list);
    if (!whole)
        put_wrong(j, "no list");
    else if (a == NULL || strcmp(a->state, j->given->state) != 0)
        put_wrong(j, "signed by no configured CA of it");
    else if (s.code == CODE_CONFIG)
        put_wrong(j, "without a crlNumber");
    else if (!failed(s))
        judge_signed(j, (size_t)(a - j->context->authorities), &list);
    list_done(&list);
    X509_CRL_free(crl);
    ERR_clear_error();
    return s.code == CODE_CONFIG ? OK : s;
}

/* What was kept is known already, whether a reload has taken it or not. */
static struct status judge_kept(struct judging *j)
{
    FILE *f = j->given->kept == NULL ? NULL : fopen(j->given->kept, "re");
    struct status s = OK;
    for (X509_CRL *crl;
         f != NULL && !failed(s) && (crl = PEM_read_X509_CRL(f, NULL, NULL, NULL)) != NULL;) {
        uint8_t *der = NULL;
        int length = i2d_X509_CRL(crl, &der);
        s = length <= 0 ? FAIL(MEMORY) : judge_list(j, slice_over(der, (size_t)length));
        OPENSSL_free(der);
        X509_CRL_free(crl);
    }
    if (f != NULL)
        fclose(f);
    ERR_clear_error();
    *j->judged = (struct tls_judged){0};
    return s;
}

static struct status write_lists(const struct judging *j, struct buffer *out)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio != NULL;
    for (size_t i = 0; i < j->context->authority_count && good; i++)
        if (strcmp(j->context->authorities[i].state, j->given->state) == 0)
            good = PEM_write_bio_X509_CRL(bio, newest(j, i)->crl) == 1;
    long length = good ? BIO_get_mem_data(bio, &text) : 0;
    if (good)
        buffer_put(out, slice_over(text, (size_t)length));
    BIO_free(bio);
    return good && !out->failed ? OK : FAIL(MEMORY);
}

struct status tls_context_judge(const struct tls_context *context, const struct tls_given *given,
                                struct buffer *out, struct tls_judged *ret_judged)
{
    struct judging j = {context, given, calloc(context->authority_count, sizeof *j.best),
                        ret_judged};
    struct status s = j.best == NULL ? FAIL(MEMORY) : judge_kept(&j);
    *ret_judged = (struct tls_judged){0};
    for (size_t i = 0; i < given->lists.count && !failed(s); i++)
        s = judge_list(&j, given->lists.at[i]);
    if (!failed(s))
        s = ret_judged->number[0] == '\0' ? FAIL(ABSENT) : write_lists(&j, out);
    for (size_t i = 0; j.best != NULL && i < context->authority_count; i++)
        list_done(&j.best[i]);
    free(j.best);
    return s;
}
