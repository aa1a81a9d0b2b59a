#include <time.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/pki/pki.h"

#define SUMMARY_ARENA_BYTES 65536

static const char *kind_name(const struct identity *identity)
{
    static const char *const names[] = {
        [IDENTITY_NONE] = "none",
        [IDENTITY_PARTY] = "party",
        [IDENTITY_GATEWAY] = "gateway",
        [IDENTITY_OFFICER] = "officer",
    };
    return names[identity->kind];
}

/* Everything there is to say about one certificate. */
struct portrait {
    const char *file, *summary;
    struct identity identity;
    char name[64], from[INSTANT_TEXT_BYTES], until[INSTANT_TEXT_BYTES], sha256[65];
    const char *validity; /* "valid", "expired", "not yet valid" */
    const struct certificate *certificate;
};

static void find(struct portrait *f, struct arena *a)
{
    uint64_t from_ms = 0, until_ms = 0;
    f->summary = certificate_summary(a, f->certificate);
    if (failed(certificate_identity(f->certificate, &f->identity)))
        f->identity = (struct identity){0};
    identity_name(&f->identity, f->name);
    certificate_validity(f->certificate, &from_ms, &until_ms);
    instant_write(from_ms, f->from);
    instant_write(until_ms, f->until);
    hex_write(digest_slice(certificate_x5t(f->certificate)), f->sha256);
    f->validity = pki_validity(f->certificate, (uint64_t)time(NULL) * MS_PER_SECOND);
}

static void print_json(const struct portrait *f)
{
    put_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:s?}", "file", f->file, "identity",
                       f->name, "kind", kind_name(&f->identity), "domain", f->identity.domain,
                       "from", f->from, "until", f->until, "validity", f->validity, "may_seal",
                       (int)certificate_may_seal(f->certificate), "sha256", f->sha256, "summary",
                       f->summary));
}

static void print_lines(const struct invocation *inv, const struct portrait *f)
{
    bool good = f->validity[0] == 'v';
    put_heading(inv, f->file);
    printf("  %-10s %s\n", "identity",
           f->name[0] == '\0' ? "none that Comity accepts: a CA, or not exactly one URI" : f->name);
    printf("  %-10s %s\n", "kind", kind_name(&f->identity));
    printf("  %-10s %s %s\n", "use", pki_algorithm(f->certificate),
           certificate_may_seal(f->certificate) ? "for sealing messages" : "not for sealing");
    printf("  %-10s %s to %s, ", "validity", f->from, f->until);
    put_painted(inv, good ? PAINT_GOOD : PAINT_BAD, f->validity);
    printf("\n  %-10s %s\n  %-10s ", "SHA-256", f->sha256, "in full");
    put_text(stdout, f->summary == NULL ? "" : f->summary);
    fputc('\n', stdout);
}

static enum comity_exit inspect_one(const struct invocation *inv, const char *path,
                                    struct comity_fault *reterr)
{
    struct certificate *certificate = NULL;
    struct arena *a = arena_new(SUMMARY_ARENA_BYTES);
    enum comity_exit exit = COMITY_DONE;
    if (a == NULL) {
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    } else if (failed(certificate_load(path, &certificate))) {
        fail(reterr, COMITY_INPUT, "CONFIG", "%s holds no certificate in PEM", path);
        exit = advise(reterr, "a certificate begins with -----BEGIN CERTIFICATE-----");
    } else {
        struct portrait f = {.file = path, .certificate = certificate};
        find(&f, a);
        if (inv->json)
            print_json(&f);
        else
            print_lines(inv, &f);
    }
    certificate_free(certificate);
    arena_free(a);
    return exit;
}

static enum comity_exit inspect(const struct invocation *inv, struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < inv->word_count && exit == COMITY_DONE; i++)
        exit = inspect_one(inv, inv->words[i], reterr);
    return exit;
}

const struct command pki_inspect_command = {
    .noun = "pki",
    .verb = "inspect",
    .arguments = "FILE...",
    .summary = "Shows whom certificates speak for, what for and how long",
    .help = "FILE is a certificate in PEM. The identity is what Comity itself reads: exactly one "
            "URI of the form spiffe://xa.comity.example/party/XA-CA-01.\n\n"
            "Example:\n"
            "  comity pki inspect DIR/pki/XA/parties/XA-CA-01/tls.crt\n",
    .words_min = 1,
    .words_max = 256,
    .run = inspect,
};
