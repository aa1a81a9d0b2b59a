#include "comity/commands.h"
#include "comity/output.h"
#include "comity/pki/pki.h"

/* How many certificates do not hold, and what is wrong with the first of them. */
struct tally {
    size_t bad;
    const char *file;
    struct finding first;
};

static void verify_one(const struct invocation *inv, const struct pki *pki, const char *file,
                       const struct subject *subject, struct tally *tally)
{
    struct findings findings = {0};
    findings_of(pki, subject, &findings);
    const struct finding *bad = finding_bad(&findings);
    if (inv->json) {
        json_t *row = pki_describe(pki, file, subject->certificate);
        json_object_set_new(row, "for", json_string(pki_use_name(subject->use)));
        json_object_set_new(row, "holds", json_boolean(bad == NULL));
        json_object_set_new(row, "findings", findings_json(&findings));
        put_json(row);
    } else {
        put_heading(inv, file);
        findings_print(inv, &findings);
    }
    if (bad != NULL && tally->bad++ == 0) {
        tally->file = file;
        tally->first = *bad;
    }
}

static enum comity_exit verify_own(const struct invocation *inv, struct pki *pki,
                                   struct tally *tally, struct comity_fault *reterr)
{
    enum comity_exit exit = pki_load_own(pki, reterr);
    for (enum pki_use use = PKI_TLS; use < PKI_USES && exit == COMITY_DONE; use++) {
        const struct subject subject = {.certificate = pki->certificates[use],
                                        .key = pki_key_path(&pki->context, use),
                                        .party = pki->context.party,
                                        .use = use};
        verify_one(inv, pki, pki_certificate_path(&pki->context, use), &subject, tally);
    }
    return exit;
}

static enum comity_exit verify_files(const struct invocation *inv, const struct pki *pki,
                                     struct tally *tally, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < inv->word_count && exit == COMITY_DONE; i++) {
        struct certificate *certificate = NULL;
        exit = pki_load(inv->words[i], &certificate, reterr);
        const struct subject subject = {.certificate = certificate, .use = PKI_USES};
        if (exit == COMITY_DONE)
            verify_one(inv, pki, inv->words[i], &subject, tally);
        certificate_free(certificate);
    }
    return exit;
}

static enum comity_exit conclude(const struct tally *tally, struct comity_fault *reterr)
{
    if (tally->bad == 0)
        return COMITY_DONE;
    fail(reterr, COMITY_IDENTITY, "E_SIG", "%s: %s: %s", tally->file, tally->first.name,
         tally->first.words);
    return advise(reterr, "a new certificate: comity pki csr, then comity pki renew");
}

static enum comity_exit verify(const struct invocation *inv, struct comity_fault *reterr)
{
    struct pki pki;
    struct tally tally = {0};
    enum comity_exit exit = pki_open(inv, &pki, reterr);
    if (exit == COMITY_DONE)
        exit = pki_load_lists(&pki, inv, reterr);
    if (exit == COMITY_DONE)
        exit = inv->word_count == 0 ? verify_own(inv, &pki, &tally, reterr)
                                    : verify_files(inv, &pki, &tally, reterr);
    if (exit == COMITY_DONE)
        exit = conclude(&tally, reterr);
    pki_close(&pki);
    return exit;
}

static const struct argp_option options[] = {
    {"crl", FLAG_CRL, "FILE", 0, "More revocation lists, beside the context's; may be repeated", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command pki_verify_command = {
    .noun = "pki",
    .verb = "verify",
    .arguments = "[FILE...]",
    .summary = "Judges certificates as a gateway would, point by point",
    .help = "Without FILE the context's two certificates with their keys, else those in the files "
            "(PEM), whose keys are not asked for. The points: identity (exactly one URI), issuer "
            "(a CA of the directory, by X.509), authority, state (of the name is that of the CA), "
            "validity, revocation, use (TLS or signing documents), key, directory (lists a sealing "
            "certificate). A point is good, bad, or unknown where there is no revocation list of "
            "the CA that has not ended. Exit code 4 if one is bad.\n\n"
            "With --json one object a line: the certificate as in pki whoami, \"for\", \"holds\" "
            "and \"findings\":[{\"name\",\"state\",\"message\"}].\n\n"
            "Examples:\n"
            "  comity pki verify --context xa-ca-01\n"
            "  comity pki verify new.crt --crl xc-crl.pem\n",
    .options = options,
    .words_max = 256,
    .run = verify,
};
