#include <poll.h>
#include <sys/stat.h>

#include "audit/note.h"
#include "base/encoding.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/log_folder.h"
#include "comity/output.h"
#include "crypto/digest.h"

#define CHECKPOINT_MAX_BYTES 16384
#define KEYS_MAX_BYTES       8192
#define ATTEMPTS             5
#define PAUSE_MS             300

struct verifying {
    struct log_folder folder;
    struct slice keys; /* the log's, then its witnesses', one a line */
    struct log_verdict verdict;
};

static struct status checkpoint_read(struct verifying *v, struct buffer *out)
{
    buffer_clear(out);
    return log_folder_read(&v->folder, "checkpoint", out);
}

static struct status verify_once(struct verifying *v)
{
    struct status s = log_verify(log_folder_read, &v->folder, v->keys, &v->verdict);
    if (failed(s))
        return s;
    return log_folder_search(&v->folder, v->verdict.size, v->verdict.fault);
}

/*
 * A log may grow while it is read: tiles are there a moment before the checkpoint that signs them.
 * So a fault stands once it was found twice under the same checkpoint.
 */
static struct status verify(struct verifying *v)
{
    struct buffer before = buffer_new(CHECKPOINT_MAX_BYTES);
    struct buffer after = buffer_new(CHECKPOINT_MAX_BYTES);
    struct status s = OK;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        bool again = i > 0;
        struct status had = checkpoint_read(v, &before);
        s = verify_once(v);
        if (!failed(s) || failed(had) || s.code == CODE_MEMORY)
            break;
        had = checkpoint_read(v, &after);
        if (!failed(had) && again && slice_equal(buffer_slice(&before), buffer_slice(&after)))
            break;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    buffer_done(&before);
    buffer_done(&after);
    return s;
}

/* The key of the log whose name stands in the first line of the checkpoint, from the directory. */
static bool keys_find(const struct directory *d, struct slice origin, struct buffer *keys)
{
    for (size_t i = 0; i < d->gateway_count; i++) {
        const struct log_row *log = directory_log(&d->gateways[i], origin);
        if (log == NULL)
            continue;
        buffer_put(keys, log->vkey);
        for (size_t k = 0; k < log->witness_count; k++) {
            buffer_u8(keys, '\n');
            buffer_put(keys, log->witnesses[k].vkey);
        }
        return true;
    }
    return false;
}

static enum comity_exit keys_of_directory(const struct invocation *inv, struct verifying *v,
                                          struct buffer *keys, struct comity_fault *reterr)
{
    struct directory *directory = NULL;
    struct buffer note = buffer_new(CHECKPOINT_MAX_BYTES);
    enum comity_exit exit = context_directory(inv, &directory, reterr);
    if (exit == COMITY_DONE && !failed(checkpoint_read(v, &note))) {
        struct slice text = buffer_slice(&note);
        struct slice origin = slice_part(text, 0, slice_find(text, '\n'));
        (void)slice_copy_text(origin, v->verdict.origin, sizeof v->verdict.origin);
        if (!keys_find(directory, origin, keys))
            snprintf(v->verdict.fault, sizeof v->verdict.fault,
                     "checkpoint: the directory knows no log of this origin");
    } else if (exit == COMITY_DONE) {
        snprintf(v->verdict.fault, sizeof v->verdict.fault, "checkpoint: missing");
    }
    buffer_done(&note);
    directory_free(directory);
    return exit;
}

static enum comity_exit keys_get(const struct invocation *inv, struct verifying *v,
                                 struct buffer *keys, struct comity_fault *reterr)
{
    const char *key = invocation_value(inv, FLAG_KEY);
    struct vkey parsed;
    enum comity_exit exit = COMITY_DONE;
    if (key == NULL) {
        exit = keys_of_directory(inv, v, keys, reterr);
    } else if (failed(vkey_parse(slice_text(key), &parsed))) {
        fail_usage(reterr, "--key %s is no key of a log", key);
        exit = advise(reterr, "comity audit keys shows how one looks: ORIGIN+ID+KEY");
    } else {
        buffer_text(keys, key);
    }
    if (exit == COMITY_DONE && keys->failed)
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "the keys are too long or memory is out");
    v->keys = buffer_slice(keys);
    return exit;
}

static void print_verdict(const struct invocation *inv, const struct log_verdict *v, bool verified)
{
    char root[65];
    hex_write(digest_slice(&v->root), root);
    if (inv->json) {
        put_json(json_pack("{s:s,s:I,s:s,s:b,s:s}", "origin", v->origin, "size",
                           (json_int_t)v->size, "root", root, "verified", (int)verified, "fault",
                           v->fault));
        return;
    }
    fputs("log      ", stdout);
    put_text(stdout, v->origin);
    printf("\nentries  %llu\nroot     %s\nverdict  ", (unsigned long long)v->size, root);
    put_painted(inv, verified ? PAINT_GOOD : PAINT_BAD, verified ? "whole" : "NOT WHOLE: ");
    put_painted(inv, verified ? PAINT_PLAIN : PAINT_BAD, v->fault);
    fputc('\n', stdout);
}

static enum comity_exit verify_log(const struct invocation *inv, struct comity_fault *reterr)
{
    struct buffer keys = buffer_new(KEYS_MAX_BYTES);
    struct verifying v = {.folder = {invocation_value(inv, FLAG_LOG)}};
    struct stat st;
    if (v.folder.path == NULL)
        return fail_usage(reterr, "--log DIR is missing: which log is to be checked?");
    if (stat(v.folder.path, &st) != 0 || !S_ISDIR(st.st_mode))
        return fail_usage(reterr, "--log %s is no folder", v.folder.path);
    struct status s = REFUSE(CONSISTENCY);
    enum comity_exit exit = keys_get(inv, &v, &keys, reterr);
    if (exit == COMITY_DONE && v.verdict.fault[0] == '\0')
        s = verify(&v);
    if (exit == COMITY_DONE && failed(s) && s.code != CODE_REFUSED) {
        exit = fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read to its end", v.folder.path);
    } else if (exit == COMITY_DONE) {
        print_verdict(inv, &v.verdict, !failed(s));
        if (failed(s)) {
            fail(reterr, COMITY_VERIFY, "E_HASH", "the log %s does not verify: %s", v.folder.path,
                 v.verdict.fault);
            exit = advise(reterr, "keep the folder as it is and tell the ministry that audits it");
        }
    }
    buffer_done(&keys);
    return exit;
}

static const struct argp_option options[] = {
    {"log", FLAG_LOG, "DIR", 0, "The published log's folder", 1},
    {"key", FLAG_KEY, "VKEY", 0, "The log's key, where no context has a directory that knows it",
     1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_verify_command = {
    .noun = "audit",
    .verb = "verify",
    .arguments = "--log DIR",
    .summary = "Checks every octet of a published audit log",
    .help = "Reads all entries and all tiles, computes the root anew, compares it with the "
            "signed checkpoint and looks for files that do not belong there. The key comes from "
            "the context's directory, or from --key; never from DIR. Exit code 9 and the name of "
            "the fault when anything does not verify.\n\n"
            "Examples:\n"
            "  comity audit verify --log DIR/gateways/XA-GW-01/log --context xc-ca-01\n"
            "  comity audit verify --log /media/usb/log --key \"$VKEY\" --json\n",
    .options = options,
    .run = verify_log,
};
