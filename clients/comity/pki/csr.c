#include <string.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/pki/files.h"
#include "crypto/request.h"

#define REQUEST_MAX_BYTES 65536

/* What is asked for, and where it goes. */
struct asking {
    enum pki_use use;
    struct pki_names names;
    const char *out;   /* the request's file; NULL: standard output */
    struct key *key;   /* the new one */
    bool is_old;       /* of a run before: there is a key, but no request in out */
    struct buffer pem; /* the request */
};

/* Whoever asks for what the present certificate is not would be refused by every gateway. */
static enum comity_exit check_present(const struct pki *pki, enum pki_use use,
                                      struct comity_fault *reterr)
{
    struct identity identity;
    const struct certificate *present = pki->certificates[use];
    bool fits = use == PKI_TLS ? certificate_may_dial(present) : certificate_may_seal(present);
    if (!failed(certificate_identity(present, &identity)) &&
        strcmp(identity.id, pki->context.party) == 0 && fits)
        return COMITY_DONE;
    fail(reterr, COMITY_IDENTITY, "E_SIG",
         "the present certificate is no model: it is not %s's for %s", pki->context.party,
         pki_use_name(use));
    return advise(reterr, "comity pki verify says what is wrong with it");
}

static enum comity_exit find_key(struct asking *a, struct comity_fault *reterr)
{
    const char *path = a->names.next.key;
    if (!pki_exists(path))
        return failed(key_new(&a->key))
                   ? fail(reterr, COMITY_FAILED, "CRYPTO", "no new key can be made")
                   : COMITY_DONE;
    if (a->out != NULL && pki_exists(a->out)) {
        fail(reterr, COMITY_CONFLICT, "E_STATE", "%s and its request %s are there already", path,
             a->out);
        return advise(reterr, "have that request granted, or remove both and ask anew");
    }
    a->is_old = true;
    if (!failed(key_load(path, &a->key)) && key_algorithm(a->key) == ALGORITHM_ES256)
        return COMITY_DONE;
    fail(reterr, COMITY_CONFLICT, "CONFIG", "%s is there, but no P-256 key that only you may read",
         path);
    return advise(reterr, "remove it if nothing needs it");
}

static enum comity_exit prepare(const struct invocation *inv, struct pki *pki, struct asking *a,
                                struct comity_fault *reterr)
{
    const char *out = invocation_value(inv, FLAG_OUT);
    enum comity_exit exit = pki_use_asked(inv, &a->use, reterr);
    if (exit != COMITY_DONE || (exit = pki_open(inv, pki, reterr)) != COMITY_DONE ||
        (exit = pki_load_own(pki, reterr)) != COMITY_DONE ||
        (exit = pki_names_of(&pki->context, a->use, &a->names, reterr)) != COMITY_DONE)
        return exit;
    if (a->names.switched) {
        fail(reterr, COMITY_CONFLICT, "E_STATE", "a renewal was broken off: %s is in use",
             a->names.next.certificate);
        return advise(reterr, "finish it: comity pki renew --for %s --certificate %s",
                      pki_use_name(a->use), a->names.next.certificate);
    }
    a->out = out == NULL ? a->names.next.request : strcmp(out, "-") == 0 ? NULL : out;
    exit = check_present(pki, a->use, reterr);
    return exit == COMITY_DONE ? find_key(a, reterr) : exit;
}

/* The key first: a request whose key is lost would be granted for nothing. */
static enum comity_exit write_files(const struct asking *a, struct comity_fault *reterr)
{
    enum comity_exit exit =
        a->is_old ? COMITY_DONE : pki_write_key(a->key, a->names.next.key, reterr);
    if (exit == COMITY_DONE && a->out != NULL &&
        failed(file_write(a->out, buffer_slice(&a->pem), 0644)))
        exit = fail_errno(reterr, "%s cannot be written", a->out);
    return exit;
}

static void print_asking(const struct invocation *inv, const struct pki *pki,
                         const struct asking *a)
{
    struct slice pem = buffer_slice(&a->pem);
    const char *subject = certificate_subject(pki->arena, pki->certificates[a->use]);
    const char *done = inv->dry_run ? "would be" : "is";
    if (inv->json) {
        put_json(json_pack("{s:s,s:s,s:s?,s:s,s:s,s:b,s:b}", "for", pki_use_name(a->use), "key",
                           a->names.next.key, "request", a->out, "subject", subject, "party",
                           pki->context.party, "new_key", !a->is_old, "dry_run", inv->dry_run));
        return;
    }
    if (a->out == NULL && !inv->dry_run)
        printf("%.*s", (int)pem.length, (const char *)pem.at);
    else
        printf("%s\n", a->out == NULL ? a->names.next.key : a->out);
    say(inv, "The %s key %s in %s. It never leaves this machine.", a->is_old ? "earlier" : "new",
        done, a->names.next.key);
    say(inv, "The request asks for %s as %s.", pki_use_name(a->use), subject);
    say(inv, "next: have the State's CA sign it, then");
    say(inv, "  comity pki renew --for %s --certificate FILE --context %s", pki_use_name(a->use),
        pki->context.name);
}

static enum comity_exit csr(const struct invocation *inv, struct comity_fault *reterr)
{
    struct pki pki = {0};
    struct asking a = {.pem = buffer_new(REQUEST_MAX_BYTES)};
    enum comity_exit exit = prepare(inv, &pki, &a, reterr);
    if (exit == COMITY_DONE &&
        (failed(certificate_request_write(pki.certificates[a.use], a.key, &a.pem)) || a.pem.failed))
        exit = fail(reterr, COMITY_FAILED, "CRYPTO", "the request cannot be made");
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = write_files(&a, reterr);
    if (exit == COMITY_DONE)
        print_asking(inv, &pki, &a);
    buffer_done(&a.pem);
    key_free(a.key);
    pki_close(&pki);
    return exit;
}

static const struct argp_option options[] = {
    {"for", FLAG_FOR, "USE", 0, "tls or sealing", 1},
    {"out", FLAG_OUT, "FILE", 0, "Where the request goes; - is standard output", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command pki_csr_command = {
    .noun = "pki",
    .verb = "csr",
    .arguments = "--for tls|sealing [--out FILE]",
    .summary = "Makes a new key, and a request for a certificate like the present one",
    .help =
        "The new P-256 key lies beside the present one as NAME.next.key, readable by its owner "
        "alone; nothing that is there is overwritten. The request (PKCS#10, PEM) asks for the same "
        "subject, identity and use; it goes to NAME.next.csr unless --out says otherwise. What is "
        "in use does not change: comity pki renew does that. Where a key of an earlier run is "
        "there and its request is not, the request is made again.\n\n"
        "With --json: {\"for\",\"key\",\"request\",\"subject\",\"party\",\"new_key\",\"dry_run\"}; "
        "request is null for --out -, whose text is then left out.\n\n"
        "Examples:\n"
        "  comity pki csr --for tls --context xa-ca-01\n"
        "  comity pki csr --for sealing --out - | ssh ca.example sign-request\n",
    .options = options,
    .run = csr,
};
