#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/archive/rows.h"
#include "comity/commands.h"
#include "comity/contexts.h"

#define PATH_BYTES 1024
#define NAME_BYTES 128

struct exporting {
    const struct invocation *invocation;
    const char *id, *folder;
    const char *gateway; /* the party's own */
    size_t count;
    struct comity_fault fault; /* of a file that cannot be written */
};

/* A file that is there already is somebody's evidence: it is never written over. */
static bool write_new(struct exporting *x, const char *name, struct slice octets)
{
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", x->folder, name);
    int fd = length > 0 && length < PATH_BYTES
                 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                 : -1;
    if (fd < 0) {
        fail_errno(&x->fault, "%s/%s cannot be made", x->folder, name);
        return false;
    }
    close(fd);
    if (failed(file_write(path, octets, 0600))) {
        fail_errno(&x->fault, "%s cannot be written", path);
        return false;
    }
    if (x->invocation->json)
        put_json(json_pack("{s:s,s:I}", "file", path, "size", (json_int_t)octets.length));
    else
        printf("%s  %zu octets\n", path, octets.length);
    x->count++;
    return true;
}

/* "ID.message", "ID.receipt.accepted"; another gateway's: "ID.receipt.not-delivered.XC-GW-01". */
static void name_write(const struct exporting *x, const struct comity_archived *r,
                       char name[static NAME_BYTES])
{
    bool staged = r->kind == COMITY_RECEIPT, far = staged && strcmp(r->gateway, x->gateway) != 0;
    snprintf(name, NAME_BYTES, "%s.%s%s%s%s%s", r->id, archive_kind_name(r->kind),
             staged ? "." : "", staged ? r->state : "", far ? "." : "", far ? r->gateway : "");
    for (char *at = strchr(name, ' '); at != NULL; at = strchr(at, ' '))
        *at = '-';
}

static bool export_record(void *owner, const struct comity_archived *r)
{
    char name[NAME_BYTES];
    struct exporting *x = owner;
    if (strcmp(r->id, x->id) != 0)
        return true;
    name_write(x, r, name);
    if (!write_new(x, name, slice_over(r->octets, r->length)))
        return false;
    if (r->certificate_length == 0)
        return true;
    snprintf(name, sizeof name, "%s.sealing.crt", r->id);
    return write_new(x, name, slice_over(r->certificate, r->certificate_length));
}

static enum comity_exit export_all(struct exporting *x, struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(x->invocation, &comity, reterr);
    if (exit == COMITY_DONE) {
        x->gateway = comity_context_of(comity)->gateway;
        exit = comity_archive_each(comity, ARCHIVE_KINDS_ALL, export_record, x, reterr);
    }
    comity_close(comity);
    if (exit == COMITY_DONE && x->fault.exit != COMITY_DONE)
        *reterr = x->fault;
    else if (exit == COMITY_DONE && x->count == 0)
        fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the archive has nothing of a message %s", x->id);
    return reterr->exit;
}

static enum comity_exit export_message(const struct invocation *inv, struct comity_fault *reterr)
{
    struct exporting x = {
        .invocation = inv, .id = inv->words[0], .folder = invocation_value(inv, FLAG_DIR)};
    if (x.folder == NULL)
        return fail_usage(reterr, "say where to: --dir DIR");
    if (failed(folder_make(x.folder, 0700)))
        return fail_errno(reterr, "the folder %s cannot be made", x.folder);
    return export_all(&x, reterr);
}

static const struct argp_option export_options[] = {
    {"dir", FLAG_DIR, "DIR", 0, "The folder to write to; made where there is none", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command archive_export_command = {
    .noun = "archive",
    .verb = "export",
    .arguments = "ID --dir DIR",
    .summary = "Writes the records of one message to files, for a court or another system",
    .help = "Of an own message: what was sealed, ID.submission, and each proof, ID.receipt.STAGE, "
            "with the gateway's name behind it where that is not the own one. "
            "Of a received one: ID.message, with the gateways' releases and receipts in it, and "
            "ID.sealing.crt, the sender's certificate. Where a log was rewritten, the two "
            "checkpoints that show it: ID.contradiction. The octets are those of PROTOCOL.md, in "
            "clear. LOCAL attributes are not among them. No file is written over.\n\n"
            "Example:\n"
            "  comity archive export 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --dir evidence\n",
    .options = export_options,
    .words_min = 1,
    .words_max = 1,
    .run = export_message,
};
