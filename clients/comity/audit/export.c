#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "audit/tlog_proof.h"
#include "comity/audit/entry_stamp.h"
#include "comity/audit/proof_folder.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/holdings.h"
#include "comity/output.h"

#define ARENA_BYTES (128U << 20)
#define WORD_BYTES  32

struct exporting {
    const struct invocation *invocation;
    struct arena *arena;
    struct comity *comity; /* NULL: of a receipt in a file */
    struct directory *directory;
    struct holdings holdings;
    struct proof_folder proof;
    struct log_stamp stamp;
};

/* ---- what proves it ---- */

static enum comity_exit prove(struct exporting *x, struct slice octets, struct comity_fault *reterr)
{
    struct receipt receipt;
    struct outer outer = {0};
    struct proof_folder *e = &x->proof;
    struct status s = receipt_parse(x->arena, octets, &receipt);
    if (!failed(s))
        s = outer_parse(receipt.record, &outer);
    const struct gateway_row *gateway = directory_gateway(x->directory, outer.gateway);
    if (!failed(s) && gateway == NULL)
        return fail(reterr, COMITY_VERIFY, "E_HASH",
                    "the directory knows no gateway that the receipt names");
    if (!failed(s))
        s = receipt_prove(x->arena, octets, gateway, &e->proved);
    if (s.code == CODE_REFUSED)
        return fail(reterr, s.reason == REASON_CHECKPOINT_FORK ? COMITY_FORK : COMITY_VERIFY,
                    refusal_name(reason_refusal(s.reason)), "the receipt does not hold: %s",
                    reason_name(s.reason));
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "MEMORY", "the receipt cannot be checked");
    e->octets = octets;
    return COMITY_DONE;
}

/* The certificate that the seal names, where the archive has not kept it. */
static void find_certificate(struct exporting *x)
{
    const struct envelope *envelope = x->proof.envelope;
    const struct party *party = directory_party(x->directory, envelope->claims.from);
    for (size_t i = 0; party != NULL && i < party->sealing.count; i++) {
        const struct certificate *c = party->sealing.at[i].certificate;
        if (digest_equal(certificate_x5t(c), envelope->cose.x5t))
            x->proof.certificate = certificate_der(c);
    }
}

/* What is written has to hold when it is read. */
static enum comity_exit check_seal(struct exporting *x, struct comity_fault *reterr)
{
    struct certificate *certificate = NULL;
    const struct proof_folder *e = &x->proof;
    struct digest digest = e->envelope->digest;
    bool holds = digest_equal(&digest, e->proved.outer.seal);
    if (holds && e->certificate.length > 0) {
        holds = !failed(certificate_read(e->certificate, &certificate)) &&
                certificate_key(certificate) != NULL &&
                !failed(cose_verify(&e->envelope->cose, certificate_key(certificate)));
        certificate_free(certificate);
    }
    return holds ? COMITY_DONE
                 : fail(reterr, COMITY_VERIFY, "E_SIG", "the seal of the message does not hold");
}

static enum comity_exit add_message(struct exporting *x, const struct held_receipt *r,
                                    struct comity_fault *reterr)
{
    struct proof_folder *e = &x->proof;
    const struct holdings *h = &x->holdings;
    if (h->envelope == NULL)
        return COMITY_DONE;
    e->envelope = h->envelope;
    e->fields = h->fields;
    e->derived = h->derived;
    e->certificate = h->certificate;
    if (e->certificate.length == 0)
        find_certificate(x);
    if (r->place < h->releases.count) {
        struct slice release = h->releases.at[r->place];
        struct digest digest = digest_of(SEPARATION_RELEASE, release);
        if (digest_equal(&digest, e->proved.outer.release))
            e->release = release;
    }
    return check_seal(x, reterr);
}

/* Only the own gateway gives one. Without --cose it is there where it was asked for before. */
static enum comity_exit add_cose(struct exporting *x, const struct held_receipt *r,
                                 struct comity_fault *reterr)
{
    char word[WORD_BYTES];
    bool ask = invocation_has(x->invocation, FLAG_COSE);
    struct comity_proof *proof = NULL;
    if (!slice_is(r->outer.gateway, comity_context_of(x->comity)->gateway))
        return ask ? fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN",
                          "%s makes no COSE receipts of another gateway's entries",
                          comity_context_of(x->comity)->gateway)
                   : COMITY_DONE;
    snprintf(word, sizeof word, "%s", stage_name(r->outer.stage));
    for (char *at = strchr(word, '-'); at != NULL; at = strchr(at, '-'))
        *at = ' '; /* as the library has it */
    enum comity_exit exit =
        comity_cose_receipt(x->comity, x->invocation->words[0], word, ask, &proof, reterr);
    if (exit == COMITY_UNKNOWN && !ask)
        exit = (*reterr = (struct comity_fault){0}).exit;
    if (exit == COMITY_DONE && proof != NULL) {
        x->proof.cose = arena_copy(x->arena, slice_over(proof->octets, proof->length));
        if (x->proof.cose.at == NULL)
            exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    }
    comity_proof_free(proof);
    return exit;
}

static enum comity_exit add_stamp(struct exporting *x, struct comity_fault *reterr)
{
    bool found = false;
    const struct entry_stamp wanted = {x->invocation, x->arena, x->directory, &x->proof.proved,
                                       &x->comity};
    enum comity_exit exit = entry_stamp_find(&wanted, &x->stamp, &found, reterr);
    if (found)
        x->proof.stamp = &x->stamp;
    return exit;
}

/* ---- the folder ---- */

/* A folder that holds something is somebody's evidence: nothing is added to it. */
static enum comity_exit check_folder(const char *folder, struct comity_fault *reterr)
{
    size_t names = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return errno == ENOENT ? COMITY_DONE
                               : fail_errno(reterr, "the folder %s cannot be used", folder);
    while (readdir(dir) != NULL)
        names++;
    closedir(dir);
    return names <= 2 ? COMITY_DONE
                      : fail(reterr, COMITY_FAILED, "STORE", "the folder %s is not empty", folder);
}

/* The text that others will read is read back before it is given out. */
static bool proof_holds(const struct exporting *x, const struct text_files *files)
{
    const struct proof_folder *e = &x->proof;
    struct log_row log = *e->proved.log;
    struct tlog_proof proof;
    struct note note;
    log.quorum = 0; /* a receipt is older than the cosignatures of its checkpoint */
    for (size_t i = 0; i < files->count; i++)
        if (slice_is(files->at[i].path, "proof.tlog"))
            return !failed(tlog_proof_parse(x->arena, files->at[i].text, &proof)) &&
                   !failed(tlog_proof_verify(&proof, &e->proved.leaf, &log, &note));
    return false;
}

static void print_result(const struct exporting *x, const char *folder, size_t count)
{
    const struct proved *p = &x->proof.proved;
    if (x->invocation->json)
        put_json(json_pack("{s:s,s:I,s:s,s:o,s:o,s:I,s:b,s:b}", "folder", folder, "files",
                           (json_int_t)count, "stage", stage_name(p->outer.stage), "gateway",
                           slice_json(p->outer.gateway), "log", slice_json(p->note.origin), "index",
                           (json_int_t)p->receipt.index, "cose", (int)(x->proof.cose.length > 0),
                           "message", (int)(x->proof.envelope != NULL)));
    else
        printf("%s  %zu files; %s/README.txt says how they are checked\n", folder, count, folder);
}

static enum comity_exit write_folder(struct exporting *x, struct comity_fault *reterr)
{
    const char *folder = invocation_value(x->invocation, FLAG_OUTPUT);
    struct text_files files;
    enum comity_exit exit = check_folder(folder, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (failed(proof_folder_files(x->arena, &x->proof, &files)))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (!proof_holds(x, &files))
        return fail(reterr, COMITY_VERIFY, "E_HASH", "the proof does not hold when it is read");
    if (!x->invocation->dry_run && failed(folder_write(folder, &files, 0700, 0600)))
        return fail_errno(reterr, "%s cannot be written", folder);
    print_result(x, folder, files.count);
    return COMITY_DONE;
}

static enum comity_exit export_archived(struct exporting *x, struct comity_fault *reterr)
{
    const struct invocation *inv = x->invocation;
    struct holdings *h = &x->holdings;
    enum comity_exit exit = context_open(inv, &x->comity, reterr);
    h->arena = x->arena;
    h->id = inv->words[0];
    if (exit == COMITY_DONE)
        exit = holdings_gather(h, x->comity, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const struct held_receipt *r =
        holdings_choose(h, invocation_value(inv, FLAG_STAGE), invocation_value(inv, FLAG_GATEWAY));
    if (r == NULL) {
        fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the archive has no such receipt of a message %s",
             h->id);
        return advise(reterr, "comity archive show %s lists those that it has", h->id);
    }
    exit = prove(x, r->octets, reterr);
    if (exit == COMITY_DONE)
        exit = add_message(x, r, reterr);
    return exit == COMITY_DONE ? add_cose(x, r, reterr) : exit;
}

static enum comity_exit export_file(struct exporting *x, const char *path,
                                    struct comity_fault *reterr)
{
    struct buffer b = buffer_new(RECEIPT_MAX_BYTES);
    enum comity_exit exit = COMITY_DONE;
    struct slice octets = {NULL, 0};
    if (failed(file_read(path, &b)))
        exit = fail_usage(reterr, "the receipt %s cannot be read", path);
    else
        octets = arena_copy(x->arena, buffer_slice(&b));
    if (exit == COMITY_DONE)
        exit = prove(x, octets, reterr);
    buffer_done(&b);
    return exit;
}

static enum comity_exit check_usage(const struct invocation *inv, struct comity_fault *reterr)
{
    bool of_file = invocation_has(inv, FLAG_RECEIPT);
    if (of_file == (inv->word_count > 0))
        return fail_usage(reterr, "name a message, or --receipt FILE");
    if (invocation_value(inv, FLAG_OUTPUT) == NULL)
        return fail_usage(reterr, "say where to: -o DIR");
    if (of_file && (invocation_has(inv, FLAG_COSE) || invocation_has(inv, FLAG_STAGE) ||
                    invocation_has(inv, FLAG_GATEWAY)))
        return fail_usage(reterr, "--receipt is one entry: --stage, --gateway and --cose choose "
                                  "among those of a message");
    return entry_stamp_usage(inv, reterr);
}

static enum comity_exit export_entry(const struct invocation *inv, struct comity_fault *reterr)
{
    const char *file = invocation_value(inv, FLAG_RECEIPT);
    struct exporting x = {.invocation = inv};
    enum comity_exit exit = check_usage(inv, reterr);
    if (exit != COMITY_DONE)
        return exit;
    x.arena = arena_new(ARENA_BYTES);
    exit = x.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                           : context_directory(inv, &x.directory, reterr);
    if (exit == COMITY_DONE)
        exit = file == NULL ? export_archived(&x, reterr) : export_file(&x, file, reterr);
    if (exit == COMITY_DONE)
        exit = add_stamp(&x, reterr);
    if (exit == COMITY_DONE)
        exit = write_folder(&x, reterr);
    comity_close(x.comity);
    directory_free(x.directory);
    arena_free(x.arena);
    return exit;
}

static const struct argp_option options[] = {
    {"output", FLAG_OUTPUT, "DIR", 0, "The folder to write; it must not be there, or be empty", 1},
    {"receipt", FLAG_RECEIPT, "FILE", 0, "A receipt in a file, in place of a message", 1},
    {"stage", FLAG_STAGE, "STAGE", 0,
     "Of which entry: accepted, relayed, delivered, retrieved, held, rejected, not-delivered, ...",
     1},
    {"gateway", FLAG_GATEWAY, "ID", 0, "Whose entry, where two gateways have one of that stage", 1},
    ENTRY_STAMP_OPTIONS,
    {"cose", FLAG_COSE, NULL, 0, "Ask the gateway for a COSE receipt, too", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_export_command = {
    .noun = "audit",
    .verb = "export",
    .arguments = "ID|--receipt FILE -o DIR",
    .summary = "Writes what proves an entry of an audit log, for a court",
    .help =
        "A folder with the entry, its opening and its proof, the keys, the sealed message as far "
        "as the archive has it, digests of all files and the commands that check them with "
        "openssl, or with verify.py at once. Without --stage it is the entry that an own message "
        "was let go, held or refused, or that a received one was disclosed. The gateway is asked "
        "for nothing but, with --cose, a COSE receipt (RFC 9942), which the archive then keeps, "
        "and with --timestamp, over HTTP and also of another State's gateway, the earliest "
        "timestamp that covers the entry; with --log that is taken from a folder. The same "
        "evidence is the same octets each time. What does not hold is not written: exit code "
        "9.\n\n"
        "Examples:\n"
        "  comity audit export 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --cose -o evidence\n"
        "  comity audit export --receipt 7d0e6f0a.receipt --timestamp -o evidence\n",
    .options = options,
    .words_max = 1,
    .run = export_entry,
};
