/* A certificate judged point by point, so that all that is wrong is said at once. The points are
 * those of tls/verify.c and of seals (PROTOCOL.md 5, step 7). */

#include <stdarg.h>
#include <string.h>

#include "base/instant.h"
#include "comity/output.h"
#include "comity/pki/pki.h"
#include "crypto/request.h"
#include "wire/names.h"

void finding_add(struct findings *findings, const char *name, enum finding_state state,
                 const char *format, ...)
{
    struct finding *f = &findings->at[findings->count];
    va_list args;
    if (findings->count == FINDINGS_MAX)
        return;
    *f = (struct finding){.name = name, .state = state};
    va_start(args, format);
    vsnprintf(f->words, sizeof f->words, format, args);
    va_end(args);
    findings->count++;
}

static void judge_identity(const struct subject *s, const struct identity *identity,
                           struct findings *out)
{
    char name[64];
    identity_name(identity, name);
    if (identity->kind == IDENTITY_NONE)
        finding_add(out, "identity", FINDING_BAD,
                    "it has not exactly one URI that is an identity, beside nothing else");
    else if (s->party != NULL && strcmp(s->party, identity->id) != 0)
        finding_add(out, "identity", FINDING_BAD, "it speaks for %s, not for %s", name, s->party);
    else
        finding_add(out, "identity", FINDING_GOOD, "%s, by exactly one URI", name);
}

/* The CA certificate in the directory that signed this one, and of which State it is. */
static const struct dated_certificate *signer_of(const struct pki *pki,
                                                 const struct certificate *certificate,
                                                 const struct state_row **ret_state)
{
    for (size_t i = 0; i < pki->directory->state_count; i++) {
        const struct state_row *state = &pki->directory->states[i];
        for (size_t k = 0; k < state->authorities.count; k++)
            if (authority_signed(state->authorities.at[k].certificate, certificate)) {
                *ret_state = state;
                return &state->authorities.at[k];
            }
    }
    return NULL;
}

static void judge_authority(const struct pki *pki, const struct dated_certificate *authority,
                            struct findings *out)
{
    char until[INSTANT_TEXT_BYTES];
    uint64_t from_ms = 0, until_ms = 0;
    certificate_validity(authority->certificate, &from_ms, &until_ms);
    instant_write(until_ms, until);
    if (!certificate_valid_at(authority->certificate, pki->now_ms))
        finding_add(out, "authority", FINDING_BAD, "the CA's certificate is %s",
                    pki_validity(authority->certificate, pki->now_ms));
    else if (authority->from_ms > pki->now_ms || pki->now_ms > authority->until_ms)
        finding_add(out, "authority", FINDING_BAD, "the directory's row of the CA is not in force");
    else
        finding_add(out, "authority", FINDING_GOOD, "the CA's certificate is valid until %s",
                    until);
}

static void judge_issuer(const struct pki *pki, const struct certificate *certificate,
                         const struct dated_certificate *authority, struct findings *out)
{
    const char *why = "";
    if (authority == NULL) {
        finding_add(out, "issuer", FINDING_BAD,
                    "no CA of the directory signed it: its issuer is %s",
                    certificate_issuer(pki->arena, certificate));
        return;
    }
    bool issued = authority_issued(authority->certificate, certificate, &why);
    finding_add(out, "issuer", issued ? FINDING_GOOD : FINDING_BAD,
                issued ? "signed by %s%s%s" : "%s signed it, but may not have: %s%s",
                certificate_subject(pki->arena, authority->certificate), "", why);
}

static void judge_state(const struct identity *identity, const struct state_row *state,
                        struct findings *out)
{
    struct slice own = party_state(slice_text(identity->id));
    if (identity->kind == IDENTITY_NONE || state == NULL)
        return; /* said already */
    if (slice_equal(own, state->id))
        finding_add(out, "state", FINDING_GOOD, "%.2s, as its CA", identity->id);
    else
        finding_add(out, "state", FINDING_BAD, "it names %.2s, but its CA speaks for %.*s",
                    identity->id, (int)state->id.length, (const char *)state->id.at);
}

static void judge_validity(const struct pki *pki, const struct certificate *certificate,
                           struct findings *out)
{
    char from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES];
    uint64_t from_ms = 0, until_ms = 0;
    certificate_validity(certificate, &from_ms, &until_ms);
    instant_write(from_ms, from);
    instant_write(until_ms, until);
    if (certificate_valid_at(certificate, pki->now_ms))
        finding_add(out, "validity", FINDING_GOOD, "until %s, %lld days left", until,
                    (long long)pki_days_left(until_ms, pki->now_ms));
    else
        finding_add(out, "validity", FINDING_BAD, "%s: %s to %s",
                    pki_validity(certificate, pki->now_ms), from, until);
}

static uint64_t made_at(const struct crl *crl)
{
    uint64_t from_ms = 0, until_ms = 0;
    crl_validity(crl, &from_ms, &until_ms);
    return from_ms;
}

/* Of two that were made in the same second the number decides: it rises (RFC 5280 5.2.3). */
static bool is_newer(const struct crl *crl, const struct crl *other)
{
    char number[64], known[64];
    if (made_at(crl) != made_at(other))
        return made_at(crl) > made_at(other);
    crl_number(crl, number);
    crl_number(other, known);
    size_t digits = strlen(number), known_digits = strlen(known);
    return digits != known_digits ? digits > known_digits : strcmp(number, known) > 0;
}

/* The newest of the CA: the context's may be older than one that was given. */
static const struct crl *list_of(const struct pki *pki, const struct certificate *authority)
{
    const struct crl *newest = NULL;
    for (size_t i = 0; i < pki->list_count; i++)
        for (size_t k = 0; k < pki->lists[i].crls.count; k++) {
            const struct crl *crl = pki->lists[i].crls.at[k];
            if (crl_is_of(crl, authority) && (newest == NULL || is_newer(crl, newest)))
                newest = crl;
        }
    return newest;
}

/* Judged by a list that has ended as of its last second: who stands on it stays revoked, but how
 * long a gateway goes on with it, or whether it has a newer one, is not known here. */
static void judge_by_list(const struct pki *pki, const struct crl *crl,
                          const struct certificate *certificate,
                          const struct dated_certificate *authority, struct findings *out)
{
    const char *why = "";
    char number[64], until[INSTANT_TEXT_BYTES];
    uint64_t from_ms = 0, until_ms = 0;
    crl_number(crl, number);
    crl_validity(crl, &from_ms, &until_ms);
    instant_write(until_ms, until);
    bool ended = until_ms != 0 && until_ms < pki->now_ms;
    uint64_t at_ms = ended ? until_ms - MS_PER_SECOND : pki->now_ms;
    if (!crl_clears(crl, authority->certificate, certificate, at_ms, &why))
        finding_add(out, "revocation", FINDING_BAD, "by list %s of its CA: %s", number, why);
    else if (ended)
        finding_add(out, "revocation", FINDING_UNKNOWN,
                    "not on list %s of its CA, but that ended on %s: fetch it anew", number, until);
    else
        finding_add(out, "revocation", FINDING_GOOD, "not on list %s of its CA", number);
}

static void judge_revocation(const struct pki *pki, const struct certificate *certificate,
                             const struct dated_certificate *authority, struct findings *out)
{
    const struct crl *crl = authority == NULL ? NULL : list_of(pki, authority->certificate);
    if (authority == NULL)
        return; /* said already */
    if (crl == NULL)
        finding_add(out, "revocation", FINDING_UNKNOWN,
                    "no revocation list of its CA is at hand: give it with --crl FILE, or as "
                    "own_crl of the context");
    else
        judge_by_list(pki, crl, certificate, authority, out);
}

static void judge_use(const struct subject *s, struct findings *out)
{
    bool dials = certificate_may_dial(s->certificate), seals = certificate_may_seal(s->certificate);
    bool fits = s->use == PKI_TLS ? dials : s->use == PKI_SEALING ? seals : dials || seals;
    const char *made_for = dials ? "TLS" : seals ? "signing documents" : "neither TLS nor sealing";
    finding_add(out, "use", fits ? FINDING_GOOD : FINDING_BAD,
                fits ? "made for %s" : "it is made for %s", made_for);
}

static void judge_key(const struct subject *s, struct findings *out)
{
    struct key *key = NULL;
    if (s->key == NULL)
        return;
    if (failed(key_load(s->key, &key)))
        finding_add(out, "key", FINDING_BAD,
                    "%s is no P-256 or Ed25519 key that only its owner may read", s->key);
    else if (!key_fits(key, s->certificate))
        finding_add(out, "key", FINDING_BAD, "%s is the key of another certificate", s->key);
    else
        finding_add(out, "key", FINDING_GOOD, "%s is its key, and its owner's alone", s->key);
    key_free(key);
}

static void judge_row(const struct pki *pki, const struct subject *s, struct findings *out)
{
    if (!certificate_may_seal(s->certificate) || s->use == PKI_TLS)
        return; /* the directory lists sealing certificates alone */
    const struct dated_certificate *row = pki_row(pki, s->certificate);
    char until[INSTANT_TEXT_BYTES];
    if (row == NULL) {
        finding_add(out, "directory", FINDING_BAD,
                    "no row in force lists it: nobody can verify a seal by it");
        return;
    }
    instant_write(row->until_ms, until);
    finding_add(out, "directory", FINDING_GOOD, "listed until %s", until);
}

void findings_of(const struct pki *pki, const struct subject *subject, struct findings *findings)
{
    struct identity identity = {0};
    const struct state_row *state = NULL;
    const struct dated_certificate *authority = signer_of(pki, subject->certificate, &state);
    if (failed(certificate_identity(subject->certificate, &identity)))
        identity = (struct identity){0};
    judge_identity(subject, &identity, findings);
    judge_issuer(pki, subject->certificate, authority, findings);
    if (authority != NULL)
        judge_authority(pki, authority, findings);
    judge_state(&identity, state, findings);
    judge_validity(pki, subject->certificate, findings);
    judge_revocation(pki, subject->certificate, authority, findings);
    judge_use(subject, findings);
    judge_key(subject, findings);
    judge_row(pki, subject, findings);
}

const struct finding *finding_bad(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].state == FINDING_BAD)
            return &findings->at[i];
    return NULL;
}

static const char *state_name(enum finding_state state)
{
    static const char *const names[] = {"bad", "unknown", "good"};
    return names[state];
}

void findings_print(const struct invocation *invocation, const struct findings *findings)
{
    static const enum paint paints[] = {PAINT_BAD, PAINT_STRONG, PAINT_GOOD};
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->at[i];
        char word[16];
        snprintf(word, sizeof word, "%-8s", state_name(f->state));
        fputs("  ", stdout);
        put_painted(invocation, paints[f->state], word);
        printf("%-11s ", f->name);
        put_text(stdout, f->words);
        fputc('\n', stdout);
    }
}

json_t *findings_json(const struct findings *findings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < findings->count; i++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", findings->at[i].name,
                                              "state", state_name(findings->at[i].state), "message",
                                              findings->at[i].words));
    return list;
}
