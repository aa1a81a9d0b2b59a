/* comity policy sign: an authority signs one object of a rulebook. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/signing.h"

#define VALID_DAYS 365U

static enum comity_exit read_time(const struct invocation *inv, enum flag flag, const char *name,
                                  uint64_t standard_ms, uint64_t *ret_ms,
                                  struct comity_fault *reterr)
{
    const char *text = invocation_value(inv, flag);
    uint64_t ms = standard_ms;
    if (text != NULL && !date_read(slice_text(text), &ms) && !instant_read(slice_text(text), &ms))
        return fail_usage(reterr, "%s %s is neither a day (2026-01-31) nor an instant", name, text);
    *ret_ms = ms;
    return COMITY_DONE;
}

static enum comity_exit read_signing(const struct invocation *inv, struct signing *ret_signing,
                                     struct comity_fault *reterr)
{
    struct signing g = {.certificate = invocation_value(inv, FLAG_CERTIFICATE),
                        .key = invocation_value(inv, FLAG_KEY),
                        .object = invocation_value(inv, FLAG_OBJECT)};
    if (g.object == NULL || g.key == NULL || g.certificate == NULL) {
        fail_usage(reterr, "%s is missing",
                   g.object == NULL ? "--object law"
                   : g.key == NULL  ? "--key FILE"
                                    : "--cert FILE");
        return advise(reterr, "comity policy sign --help shows an example");
    }
    enum comity_exit exit =
        read_time(inv, FLAG_FROM, "--from", policy_now_ms(), &g.from_ms, reterr);
    if (exit == COMITY_DONE)
        exit = read_time(inv, FLAG_UNTIL, "--until", g.from_ms + VALID_DAYS * MS_PER_DAY,
                         &g.until_ms, reterr);
    if (exit == COMITY_DONE && g.until_ms <= g.from_ms)
        exit = fail_usage(reterr, "--until is not behind --from");
    if (exit == COMITY_DONE)
        *ret_signing = g;
    return exit;
}

/* ---- what is signed ---- */

static json_t *signature_json(const struct policy_folder *f, const struct signature *s)
{
    char digest[2 * sizeof s->statement.digest.octets + 1], from[INSTANT_TEXT_BYTES],
        until[INSTANT_TEXT_BYTES];
    hex_write(digest_slice(&s->statement.digest), digest);
    instant_write(s->statement.from_ms, from);
    instant_write(s->until_ms, until);
    json_t *json =
        json_pack("{s:o,s:I,s:s,s:s,s:s,s:s,s:s}", "object", slice_json(s->statement.object),
                  "number", (json_int_t)s->statement.number, "digest", digest, "authority",
                  s->authority, "from", from, "until", until, "file", s->path);
    if (slice_is(s->statement.object, "law"))
        json_object_set_new(json, "unchecked",
                            json_integer((json_int_t)policy_unchecked(f->rulebook)));
    return json;
}

static void print_signature(const struct invocation *inv, const json_t *json)
{
    static const char *const rows[] = {"digest", "authority", "from", "until", "file"};
    const json_t *unchecked = json_object_get(json, "unchecked");
    put_painted(inv, PAINT_STRONG, json_string_value(json_object_get(json, "object")));
    printf(" number %" JSON_INTEGER_FORMAT "\n",
           json_integer_value(json_object_get(json, "number")));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("  %-10s %s\n", rows[i], json_string_value(json_object_get(json, rows[i])));
    if (json_integer_value(unchecked) > 0)
        printf("  %-10s %" JSON_INTEGER_FORMAT " citations that nobody has compared with their "
               "source\n",
               "UNCHECKED", json_integer_value(unchecked));
    (void)fflush(stdout); /* the question that follows stands on standard error */
}

/* ---- meaning it ---- */

static enum comity_exit confirm(const struct invocation *inv, struct comity_fault *reterr)
{
    char line[16] = "";
    if (inv->yes || inv->dry_run)
        return COMITY_DONE;
    if (isatty(STDIN_FILENO) != 1) {
        fail_usage(reterr, "a signature is given by a person");
        return advise(reterr, "--dry-run shows what would be signed; --yes signs it");
    }
    fputs("Sign this? Type yes: ", stderr);
    if (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "yes\n") == 0)
        return COMITY_DONE;
    return fail(reterr, COMITY_CONFLICT, "E_STATE", "nothing was signed");
}

static enum comity_exit show_and_write(const struct invocation *inv, const struct policy_folder *f,
                                       const struct signature *s, struct comity_fault *reterr)
{
    json_t *json = signature_json(f, s);
    if (!inv->json)
        print_signature(inv, json);
    enum comity_exit exit = confirm(inv, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = signature_write(f->path, s, reterr);
    if (exit == COMITY_DONE && inv->json)
        put_json(json_incref(json));
    if (exit == COMITY_DONE)
        say(inv, inv->dry_run ? "nothing was signed" : "signed");
    json_decref(json);
    return exit;
}

static enum comity_exit sign(const struct invocation *inv, struct comity_fault *reterr)
{
    struct signing signing = {0};
    struct policy_folder folder;
    struct signature signature;
    enum comity_exit exit = read_signing(inv, &signing, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = policy_open(inv->words[0], &folder, reterr);
    if (exit == COMITY_DONE)
        exit = signature_make(&folder, &signing, &signature, reterr);
    if (exit == COMITY_DONE) {
        exit = show_and_write(inv, &folder, &signature, reterr);
        signature_done(&signature);
    }
    policy_close(&folder);
    return exit;
}

static const struct argp_option options[] = {
    {"object", FLAG_OBJECT, "OBJECT", 0, "law, states, or parties:XA", 1},
    {"key", FLAG_KEY, "FILE", 0, "The authority's private key, in PEM", 1},
    {"cert", FLAG_CERTIFICATE, "FILE", 0, "Its sealing certificate, in PEM", 1},
    {"from", FLAG_FROM, "DATE", 0, "When the signature begins to hold; now unless told", 1},
    {"until", FLAG_UNTIL, "DATE", 0, "When it ends; 365 days after --from unless told", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_sign_command = {
    .noun = "policy",
    .verb = "sign",
    .arguments = "DIR --object OBJECT --key FILE --cert FILE [--from DATE] [--until DATE]",
    .summary = "Signs the law, the States or the parties of one State",
    .help =
        "DIR is a rulebook: law/, states/ and parties/XA/. Shows what is signed - the object's "
        "number and digest, and how many citations of the law are UNCHECKED - and asks, or takes "
        "--yes. The signature is written to DIR/signatures/OBJECT/, beside those of the other "
        "authorities; one that the same certificate has given before is replaced. It holds for "
        "this very text: whoever changes a letter must have all sign again.\n\n"
        "A gateway takes a law that at least two different authorities of its configuration have "
        "signed, States that one has, and the parties of a State that one of that State has. A "
        "signature ends with --until or with its certificate, whichever is first.\n\n"
        "Examples:\n"
        "  comity policy sign rulebook --object law --key min.key --cert min.crt --dry-run\n"
        "  comity policy sign rulebook --object parties:XA --key xa.key --cert xa.crt --until "
        "2027-06-30\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = sign,
};
