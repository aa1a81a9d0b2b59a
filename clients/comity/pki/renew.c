/*
 * A pair of certificate and key is exchanged. Two files cannot be replaced in one step, a context
 * can: so what a context names is never touched while it does. First the new pair is complete under
 * names of its own, then the contexts name it, then the files that other programs know are
 * replaced, then the contexts name those again. Wherever this is broken off, every context names a
 * pair that works, and the same command goes on from there.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/pki/files.h"
#include "crypto/request.h"

struct renewal {
    enum pki_use use;
    struct pki pki;
    struct pki_names names;
    const char *file; /* the new certificate */
    struct certificate *certificate;
    bool in_use; /* it is the context's already: only what was broken off is left to do */
};

/* ---- what must hold before ---- */

static void judge_change(const struct renewal *r, struct findings *findings)
{
    const struct certificate *present = r->pki.certificates[r->use];
    struct identity now = {0}, next = {0};
    char now_name[64], next_name[64];
    uint64_t from = 0, until = 0, next_from = 0, next_until = 0;
    if (failed(certificate_identity(present, &now)) ||
        failed(certificate_identity(r->certificate, &next)))
        return; /* said already */
    identity_name(&now, now_name);
    identity_name(&next, next_name);
    bool same = strcmp(now_name, next_name) == 0 && strcmp(now.domain, next.domain) == 0;
    finding_add(findings, "unchanged", same ? FINDING_GOOD : FINDING_BAD,
                same ? "%s speaks for %s as before" : "%s speaks for %s, the present one does not",
                r->file, next_name);
    certificate_validity(present, &from, &until);
    certificate_validity(r->certificate, &next_from, &next_until);
    bool newer = next_until > until;
    finding_add(findings, "newer", newer ? FINDING_GOOD : FINDING_BAD,
                newer ? "it ends later than the present one, %lld days from now"
                      : "it ends no later than the present one: %lld days from now",
                (long long)pki_days_left(next_until, r->pki.now_ms));
}

static enum comity_exit refuse(const struct renewal *r, const struct finding *bad,
                               struct comity_fault *reterr)
{
    fail(reterr, COMITY_IDENTITY, "E_SIG", "%s: %s: %s", r->file, bad->name, bad->words);
    if (strcmp(bad->name, "directory") == 0)
        return advise(reterr,
                      "the State must list it first: have it added to the rulebook's parties/%.2s, "
                      "fetch that, then run this again",
                      r->pki.context.party);
    if (strcmp(bad->name, "key") == 0)
        return advise(reterr,
                      "comity pki csr --for %s makes key and request; the certificate must "
                      "be the answer to that request",
                      pki_use_name(r->use));
    return advise(reterr, "nothing was changed; ask the State's CA for another one");
}

static enum comity_exit judge(const struct invocation *inv, const struct renewal *r,
                              struct comity_fault *reterr)
{
    struct findings findings = {0};
    const struct subject subject = {.certificate = r->certificate,
                                    .key = r->names.next.key,
                                    .party = r->pki.context.party,
                                    .use = r->use};
    findings_of(&r->pki, &subject, &findings);
    judge_change(r, &findings);
    if (!inv->json && !inv->quiet)
        findings_print(inv, &findings);
    const struct finding *bad = finding_bad(&findings);
    return bad == NULL ? COMITY_DONE : refuse(r, bad, reterr);
}

/* ---- the steps ---- */

/* Every context that names one pair names another from now on; each in one step. */
static enum comity_exit point(const struct renewal *r, const struct pki_pair *from,
                              const struct pki_pair *to, struct comity_fault *reterr)
{
    char **names = NULL;
    enum comity_exit exit = comity_context_names(NULL, &names, reterr);
    for (size_t i = 0; exit == COMITY_DONE && names[i] != NULL; i++) {
        struct comity_context context;
        struct comity_fault ignored;
        if (comity_context_load(NULL, names[i], &context, &ignored) != COMITY_DONE ||
            strcmp(pki_certificate_path(&context, r->use), from->certificate) != 0 ||
            strcmp(pki_key_path(&context, r->use), from->key) != 0)
            continue; /* another party's, or one that cannot be read today either */
        snprintf(pki_certificate_path(&context, r->use), PKI_PATH_BYTES, "%s", to->certificate);
        snprintf(pki_key_path(&context, r->use), PKI_PATH_BYTES, "%s", to->key);
        exit = comity_context_write(NULL, &context, reterr);
    }
    free(names);
    return exit;
}

static enum comity_exit keep_previous(const struct renewal *r, struct comity_fault *reterr)
{
    const struct pki_names *n = &r->names;
    enum comity_exit exit = pki_copy(n->base.certificate, n->previous.certificate, 0644, reterr);
    return exit == COMITY_DONE ? pki_copy(n->base.key, n->previous.key, 0600, reterr) : exit;
}

static enum comity_exit complete_next(const struct renewal *r, struct comity_fault *reterr)
{
    return pki_copy(r->file, r->names.next.certificate, 0644, reterr);
}

static enum comity_exit use_next(const struct renewal *r, struct comity_fault *reterr)
{
    return point(r, &r->names.base, &r->names.next, reterr);
}

static enum comity_exit replace_base(const struct renewal *r, struct comity_fault *reterr)
{
    const struct pki_names *n = &r->names;
    enum comity_exit exit = pki_copy(n->next.key, n->base.key, 0600, reterr);
    return exit == COMITY_DONE ? pki_copy(n->next.certificate, n->base.certificate, 0644, reterr)
                               : exit;
}

static enum comity_exit use_base(const struct renewal *r, struct comity_fault *reterr)
{
    return point(r, &r->names.next, &r->names.base, reterr);
}

static enum comity_exit drop_next(const struct renewal *r, struct comity_fault *reterr)
{
    const char *const files[] = {r->names.next.request, r->names.next.certificate,
                                 r->names.next.key};
    struct key *key = NULL;
    bool ours = !failed(key_load(r->names.next.key, &key)) && key_fits(key, r->certificate);
    key_free(key);
    if (pki_exists(r->names.next.key) && !ours)
        return COMITY_DONE; /* of a request that was made since */
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (pki_exists(files[i]) && unlink(files[i]) != 0)
            return fail_errno(reterr, "%s cannot be removed", files[i]);
    return COMITY_DONE;
}

typedef enum comity_exit step(const struct renewal *r, struct comity_fault *reterr);

static step *const steps[] = {keep_previous, complete_next, use_next,
                              replace_base,  use_base,      drop_next};

/* Where to begin: base is the old pair until a context has come to name next. */
static size_t first_step(const struct renewal *r)
{
    enum { FROM_THE_START, FROM_USE_NEXT = 2, FROM_USE_BASE = 4 };
    if (r->names.switched)
        return FROM_USE_NEXT;
    return r->in_use ? FROM_USE_BASE : FROM_THE_START;
}

static enum comity_exit exchange(const struct renewal *r, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = first_step(r); i < sizeof steps / sizeof steps[0] && exit == COMITY_DONE; i++)
        exit = steps[i](r, reterr);
    return exit;
}

/* ---- the command ---- */

static enum comity_exit prepare(const struct invocation *inv, struct renewal *r,
                                struct comity_fault *reterr)
{
    r->file = invocation_value(inv, FLAG_CERTIFICATE);
    enum comity_exit exit = pki_use_asked(inv, &r->use, reterr);
    if (exit == COMITY_DONE && r->file == NULL) {
        fail_usage(reterr, "the new certificate is missing");
        return advise(reterr, "--certificate FILE: what the State's CA issued for the request");
    }
    if (exit != COMITY_DONE || (exit = pki_open(inv, &r->pki, reterr)) != COMITY_DONE ||
        (exit = pki_load_own(&r->pki, reterr)) != COMITY_DONE ||
        (exit = pki_load_lists(&r->pki, inv, reterr)) != COMITY_DONE ||
        (exit = pki_names_of(&r->pki.context, r->use, &r->names, reterr)) != COMITY_DONE ||
        (exit = pki_load(r->file, &r->certificate, reterr)) != COMITY_DONE)
        return exit;
    r->in_use = slice_equal(digest_slice(certificate_x5t(r->certificate)),
                            digest_slice(certificate_x5t(r->pki.certificates[r->use])));
    if (r->names.switched && !r->in_use) {
        fail(reterr, COMITY_CONFLICT, "E_STATE", "the renewal to %s was broken off",
             r->names.next.certificate);
        return advise(reterr, "finish it first: --certificate %s", r->names.next.certificate);
    }
    return COMITY_DONE;
}

static void print_renewal(const struct invocation *inv, const struct renewal *r)
{
    const struct pki_names *n = &r->names;
    if (inv->json) {
        json_t *row = pki_describe(&r->pki, n->base.certificate, r->certificate);
        json_object_set_new(row, "for", json_string(pki_use_name(r->use)));
        json_object_set_new(row, "key", json_string(n->base.key));
        json_object_set_new(
            row, "previous",
            json_pack("{s:s,s:s}", "file", n->previous.certificate, "key", n->previous.key));
        json_object_set_new(row, "renewed", json_boolean(!inv->dry_run));
        put_json(row);
        return;
    }
    if (inv->dry_run) {
        say(inv, "It can be used. Nothing was changed.");
        return;
    }
    printf("%s\n", n->base.certificate);
    if (r->in_use && !n->switched) {
        say(inv, "It was in use already.");
        return;
    }
    say(inv, "It is in use from now on; the pair before is kept in %s and %s.",
        n->previous.certificate, n->previous.key);
    say(inv, "next: start programs anew that have the context open; comity check connection");
}

static enum comity_exit renew(const struct invocation *inv, struct comity_fault *reterr)
{
    struct renewal r = {0};
    enum comity_exit exit = prepare(inv, &r, reterr);
    if (exit == COMITY_DONE && !r.in_use)
        exit = judge(inv, &r, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = exchange(&r, reterr);
    if (exit == COMITY_DONE)
        print_renewal(inv, &r);
    certificate_free(r.certificate);
    pki_close(&r.pki);
    return exit;
}

static const struct argp_option options[] = {
    {"for", FLAG_FOR, "USE", 0, "tls or sealing", 1},
    {"certificate", FLAG_CERTIFICATE, "FILE", 0, "What the State's CA issued, in PEM", 1},
    {"crl", FLAG_CRL, "FILE", 0, "More revocation lists, beside the context's; may be repeated", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command pki_renew_command = {
    .noun = "pki",
    .verb = "renew",
    .arguments = "--for tls|sealing --certificate FILE",
    .summary = "Takes a new certificate into use, for the key that pki csr made",
    .help =
        "The certificate is judged as by comity pki verify, with NAME.next.key as its key; it must "
        "speak for the same identity and end later than the present one. A sealing certificate "
        "must be listed in the directory already, for a seal by another one is refused by "
        "everybody: the State adds it to the rulebook's parties first, and keeps the old one there "
        "as long as messages sealed with it are verified. Exit code 4 if a point does not hold; "
        "nothing is changed then.\n\n"
        "The new pair takes the names of the old one, in all contexts that name it; the old one is "
        "kept as NAME.previous.crt and NAME.previous.key. Wherever this is broken off, the "
        "contexts name a pair that works; the same command goes on from there. --dry-run judges "
        "only.\n\n"
        "With --json: the certificate as in pki whoami, \"for\", \"key\", "
        "\"previous\":{\"file\",\"key\"}, \"renewed\".\n\n"
        "Examples:\n"
        "  comity pki renew --for tls --certificate new.crt --dry-run\n"
        "  comity pki renew --for sealing --certificate seal.crt --context xa-ca-01\n",
    .options = options,
    .run = renew,
};
