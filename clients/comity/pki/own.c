/* A context's own certificates and the files they are judged by. */

#include <string.h>
#include <time.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/contexts.h"
#include "comity/pki/pki.h"

#define TEXT_ARENA_BYTES (4U << 20)

const char *pki_use_name(enum pki_use use)
{
    static const char *const names[] = {"tls", "sealing", "any"};
    return names[use];
}

enum comity_exit pki_use_asked(const struct invocation *invocation, enum pki_use *ret_use,
                               struct comity_fault *reterr)
{
    const char *asked = invocation_value(invocation, FLAG_FOR);
    for (enum pki_use use = PKI_TLS; asked != NULL && use < PKI_USES; use++)
        if (strcmp(asked, pki_use_name(use)) == 0) {
            *ret_use = use;
            return COMITY_DONE;
        }
    if (asked == NULL)
        fail_usage(reterr, "it is not said which certificate is meant");
    else
        fail_usage(reterr, "there is no certificate for %s", asked);
    return advise(reterr, "--for tls or --for sealing");
}

char *pki_certificate_path(struct comity_context *context, enum pki_use use)
{
    return use == PKI_TLS ? context->cert : context->sealing_cert;
}

char *pki_key_path(struct comity_context *context, enum pki_use use)
{
    return use == PKI_TLS ? context->key : context->sealing_key;
}

enum comity_exit pki_open(const struct invocation *invocation, struct pki *ret_pki,
                          struct comity_fault *reterr)
{
    *ret_pki = (struct pki){.now_ms = (uint64_t)time(NULL) * MS_PER_SECOND};
    ret_pki->arena = arena_new(TEXT_ARENA_BYTES);
    if (ret_pki->arena == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    enum comity_exit exit = comity_context_load(NULL, invocation_value(invocation, FLAG_CONTEXT),
                                                &ret_pki->context, reterr);
    return exit == COMITY_DONE ? context_directory(invocation, &ret_pki->directory, reterr) : exit;
}

void pki_close(struct pki *pki)
{
    for (size_t i = 0; i < PKI_USES; i++)
        certificate_free(pki->certificates[i]);
    for (size_t i = 0; i < pki->list_count; i++)
        crls_free(&pki->lists[i].crls);
    directory_free(pki->directory);
    arena_free(pki->arena);
    *pki = (struct pki){0};
}

enum comity_exit pki_load(const char *path, struct certificate **ret_certificate,
                          struct comity_fault *reterr)
{
    if (!failed(certificate_load(path, ret_certificate)))
        return COMITY_DONE;
    fail(reterr, COMITY_IDENTITY, "CONFIG", "%s holds no certificate in PEM", path);
    return advise(reterr, "a certificate begins with -----BEGIN CERTIFICATE-----");
}

enum comity_exit pki_load_own(struct pki *pki, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (enum pki_use use = PKI_TLS; use < PKI_USES && exit == COMITY_DONE; use++)
        exit = pki_load(pki_certificate_path(&pki->context, use), &pki->certificates[use], reterr);
    return exit;
}

static enum comity_exit load_list(struct pki *pki, const char *path, struct comity_fault *reterr)
{
    if (pki->list_count == PKI_LISTS_MAX)
        return fail_usage(reterr, "more than %d files of revocation lists", PKI_LISTS_MAX);
    struct pki_list *list = &pki->lists[pki->list_count];
    *list = (struct pki_list){.path = path};
    if (failed(crls_load(path, &list->crls))) {
        fail(reterr, COMITY_IDENTITY, "CONFIG", "%s holds no revocation list in PEM", path);
        return advise(reterr, "fetch it anew from the State's CA; it begins with "
                              "-----BEGIN X509 CRL-----");
    }
    pki->list_count++;
    return COMITY_DONE;
}

enum comity_exit pki_load_lists(struct pki *pki, const struct invocation *invocation,
                                struct comity_fault *reterr)
{
    const char *own = pki->context.own_crl;
    enum comity_exit exit = load_list(pki, pki->context.crl, reterr);
    if (exit == COMITY_DONE && own[0] != '\0' && strcmp(own, pki->context.crl) != 0)
        exit = load_list(pki, own, reterr);
    for (size_t i = 0; i < invocation->given_count && exit == COMITY_DONE; i++)
        if (invocation->given[i].flag == FLAG_CRL)
            exit = load_list(pki, invocation->given[i].value, reterr);
    return exit;
}

int64_t pki_days_left(uint64_t until_ms, uint64_t now_ms)
{
    return until_ms >= now_ms ? (int64_t)((until_ms - now_ms) / MS_PER_DAY)
                              : -(int64_t)((now_ms - until_ms + MS_PER_DAY - 1) / MS_PER_DAY);
}

static const struct dated_certificate *find_row(const struct dated_certificates *rows,
                                                const struct certificate *certificate,
                                                uint64_t now_ms)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct dated_certificate *row = &rows->at[i];
        if (row->from_ms <= now_ms && now_ms <= row->until_ms &&
            slice_equal(digest_slice(certificate_x5t(row->certificate)),
                        digest_slice(certificate_x5t(certificate))))
            return row;
    }
    return NULL;
}

const struct dated_certificate *pki_row(const struct pki *pki,
                                        const struct certificate *certificate)
{
    struct identity identity;
    if (failed(certificate_identity(certificate, &identity)))
        return NULL;
    const struct party *party = directory_party(pki->directory, slice_text(identity.id));
    if (party == NULL || identity.kind == IDENTITY_PARTY)
        return party == NULL ? NULL : find_row(&party->sealing, certificate, pki->now_ms);
    for (size_t i = 0; i < party->officer_count; i++)
        if (slice_is(party->officers[i].id, identity.officer))
            return find_row(&party->officers[i].certificates, certificate, pki->now_ms);
    return NULL;
}

const char *pki_validity(const struct certificate *certificate, uint64_t now_ms)
{
    uint64_t from_ms = 0, until_ms = 0;
    certificate_validity(certificate, &from_ms, &until_ms);
    if (now_ms < from_ms)
        return "not yet valid";
    return certificate_valid_at(certificate, now_ms) ? "valid" : "expired";
}

const char *pki_algorithm(const struct certificate *certificate)
{
    const struct key *key = certificate_key(certificate);
    if (key == NULL)
        return "other";
    return key_algorithm(key) == ALGORITHM_ES256 ? "ES256" : "EdDSA";
}

json_t *pki_describe(const struct pki *pki, const char *path, const struct certificate *certificate)
{
    struct identity identity = {0};
    char name[64], from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES], sha256[65];
    uint64_t from_ms = 0, until_ms = 0;
    if (failed(certificate_identity(certificate, &identity)))
        identity = (struct identity){0};
    identity_name(&identity, name);
    certificate_validity(certificate, &from_ms, &until_ms);
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    hex_write(digest_slice(certificate_x5t(certificate)), sha256);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s}", "file", path, "identity",
                     name, "serial", certificate_serial(pki->arena, certificate), "sha256", sha256,
                     "subject", certificate_subject(pki->arena, certificate), "issuer",
                     certificate_issuer(pki->arena, certificate), "from", from, "until", until,
                     "days_left", (json_int_t)pki_days_left(until_ms, pki->now_ms), "validity",
                     pki_validity(certificate, pki->now_ms), "algorithm",
                     pki_algorithm(certificate));
}
