#include <poll.h>
#include <sys/stat.h>

#include "audit/ended.h"
#include "audit/note.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/audit/verify_parts.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "crypto/digest.h"
#include "libcomity/clock.h"
#include "mirror/timestamps.h"
#include "mirror/verify.h"

#define CHECKPOINT_MAX_BYTES 16384
#define KEYS_MAX_BYTES       8192
#define LOG_ARENA_BYTES      8192
#define ATTEMPTS             5
#define PAUSE_MS             300

static struct status checkpoint_read(struct verifying *v, struct buffer *out)
{
    buffer_clear(out);
    return v->mirror != NULL ? mirror_log_read(v->mirror, "checkpoint", out)
                             : log_folder_read(&v->folder, "checkpoint", out);
}

static struct status verify_mirror(struct verifying *v)
{
    struct status s = mirror_verify(v->mirror, v->keys, &v->verdict);
    return failed(s) ? s
                     : mirror_timestamps_verify(v->mirror, v->authorities, clock_wall_ms(),
                                                &v->folder.timestamps, v->verdict.fault);
}

static struct status verify_once(struct verifying *v)
{
    if (v->mirror != NULL)
        return verify_mirror(v);
    struct status s = log_verify(log_folder_read, &v->folder, v->keys, &v->verdict);
    if (failed(s))
        return s;
    v->folder.origin = slice_text(v->verdict.origin);
    v->folder.authorities = v->authorities;
    v->folder.now_ms = clock_wall_ms();
    return log_folder_search(&v->folder, v->verdict.size, v->verdict.fault);
}

/* Whole, and no more than what the directory says that there is of it. */
static struct status verify_end(struct verifying *v)
{
    struct status s = log_end_allows(&v->end, v->verdict.size, &v->verdict.root);
    if (failed(s))
        snprintf(v->verdict.fault, sizeof v->verdict.fault,
                 s.reason == REASON_LOG_CLOSED
                     ? "checkpoint: the directory says that the log ended at %llu entries"
                     : "checkpoint: the directory says that the log ended at %llu entries with"
                       " another root",
                 (unsigned long long)v->end.closed_size);
    return s;
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

/* A folder says of no gateway that it is its. */
static bool is_mirror_of(const struct verifying *v, struct slice gateway)
{
    struct mirror_log log;
    if (v->mirror == NULL)
        return true;
    struct arena *arena = arena_new(LOG_ARENA_BYTES);
    const bool is = arena != NULL && !failed(mirror_log(v->mirror, arena, &log)) &&
                    slice_is(gateway, log.gateway);
    arena_free(arena);
    return is;
}

/* The key of the log whose name stands in the first line of the checkpoint, from the directory. */
static bool keys_find(struct verifying *v, const struct directory *d, struct slice origin,
                      struct buffer *keys)
{
    for (size_t i = 0; i < d->gateway_count; i++) {
        const struct log_row *log = directory_log(&d->gateways[i], origin);
        if (log == NULL || !is_mirror_of(v, d->gateways[i].id))
            continue;
        verify_place_note(v, &d->gateways[i], log);
        v->end = (struct log_row){.is_closed = log->is_closed,
                                  .closed_size = log->closed_size,
                                  .closed_root = log->closed_root};
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
        if (!keys_find(v, directory, origin, keys))
            snprintf(v->verdict.fault, sizeof v->verdict.fault,
                     "checkpoint: the directory knows no log of this origin%s",
                     v->mirror == NULL ? "" : " at the gateway that the mirror names");
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

/* What is below the end is of the log, and good as it is; there is only more of it elsewhere. */
static json_t *end_json(const struct verifying *v)
{
    char root[48];
    if (!v->end.is_closed)
        return json_null();
    base64_write(digest_slice(&v->end.closed_root), root);
    return json_pack("{s:I,s:s}", "size", (json_int_t)v->end.closed_size, "root", root);
}

static void print_end(const struct verifying *v)
{
    if (v->end.is_closed)
        printf("ended    at %llu entries, says the directory%s\n",
               (unsigned long long)v->end.closed_size,
               v->verdict.size < v->end.closed_size ? "; here is what was before" : "");
}

static json_t *timestamps_json(const struct verifying *v)
{
    const struct timestamped_found *t = &v->folder.timestamps;
    char time[INSTANT_TEXT_BYTES];
    if (t->count == 0)
        return json_null();
    instant_write(t->time_ms, time);
    return json_pack("{s:I,s:I,s:s,s:b}", "count", (json_int_t)t->count, "size",
                     (json_int_t)t->size, "at", time, "traced", (int)(v->authorities != NULL));
}

static void print_timestamps(const struct verifying *v)
{
    const struct timestamped_found *t = &v->folder.timestamps;
    char time[INSTANT_TEXT_BYTES];
    if (t->count == 0)
        return;
    instant_write(t->time_ms, time);
    printf("stamped  %llu timestamps, the last of %llu entries at %s; %s\n",
           (unsigned long long)t->count, (unsigned long long)t->size, time,
           v->authorities == NULL ? "whose they are was not checked: --tsa-ca FILE does"
                                  : "all by authorities of --tsa-ca");
}

static void print_verdict(const struct invocation *inv, const struct verifying *verifying,
                          bool verified)
{
    const struct log_verdict *v = &verifying->verdict;
    char root[65];
    hex_write(digest_slice(&v->root), root);
    if (inv->json) {
        json_t *json = json_pack("{s:s,s:I,s:s,s:b,s:s,s:o,s:o}", "origin", v->origin, "size",
                                 (json_int_t)v->size, "root", root, "verified", (int)verified,
                                 "fault", v->fault, "ended", end_json(verifying), "timestamps",
                                 timestamps_json(verifying));
        verify_place_json(verifying, json);
        put_json(json);
        return;
    }
    fputs("log      ", stdout);
    put_text(stdout, v->origin);
    printf("\nentries  %llu\nroot     %s\nverdict  ", (unsigned long long)v->size, root);
    put_painted(inv, verified ? PAINT_GOOD : PAINT_BAD, verified ? "whole" : "NOT WHOLE: ");
    put_painted(inv, verified ? PAINT_PLAIN : PAINT_BAD, v->fault);
    fputc('\n', stdout);
    print_end(verifying);
    if (!verified)
        return;
    print_timestamps(verifying);
    verify_place_print(verifying);
}

static enum comity_exit authorities_load(const struct invocation *inv, struct verifying *v,
                                         struct comity_fault *reterr)
{
    const char *path = invocation_value(inv, FLAG_TSA_CA);
    if (path == NULL)
        return COMITY_DONE;
    return failed(timestamp_authorities_load(path, &v->authorities))
               ? fail_usage(reterr, "--tsa-ca %s holds no certificates in PEM", path)
               : COMITY_DONE;
}

static enum comity_exit target_open(const struct invocation *inv, struct verifying *v,
                                    struct comity_fault *reterr)
{
    struct stat st;
    v->path = invocation_value(inv, FLAG_LOG);
    if ((v->path == NULL) == (invocation_value(inv, FLAG_MIRROR) == NULL))
        return fail_usage(reterr, "one of --log DIR and --mirror DIR: what is to be checked?");
    if (v->path == NULL) {
        v->path = invocation_value(inv, FLAG_MIRROR);
        return audit_mirror_open_whole(inv, &v->series, reterr);
    }
    v->folder.path = v->path;
    return stat(v->path, &st) == 0 && S_ISDIR(st.st_mode)
               ? COMITY_DONE
               : fail_usage(reterr, "--log %s is no folder", v->path);
}

static enum comity_exit judge(const struct invocation *inv, struct verifying *v,
                              struct comity_fault *reterr)
{
    struct status s = v->verdict.fault[0] == '\0' ? verify(v) : REFUSE(CONSISTENCY);
    if (!failed(s))
        s = verify_end(v);
    if (!failed(s))
        s = verify_place(v);
    if (failed(s) && s.code != CODE_REFUSED)
        return fail(reterr, COMITY_FAILED, "STORE", "%s cannot be read to its end", v->path);
    print_verdict(inv, v, !failed(s));
    if (!failed(s))
        return COMITY_DONE;
    const bool is_forked = s.reason == REASON_CHECKPOINT_FORK;
    fail(reterr, is_forked ? COMITY_FORK : COMITY_VERIFY, is_forked ? "E_FORK" : "E_HASH",
         "the %s %s does not verify: %s", v->mirror == NULL ? "log" : "mirror", v->path,
         v->verdict.fault);
    return v->mirror == NULL
               ? advise(reterr, "keep the folder as it is and tell the ministry that audits it")
               : advise(reterr, "keep the folder as it is, and sync another one");
}

static enum comity_exit verify_one(const struct invocation *inv, struct verifying *v,
                                   struct buffer *keys, struct comity_fault *reterr)
{
    buffer_clear(keys);
    v->end = (struct log_row){.is_closed = false};
    v->place = (struct verify_place){.is_known = false};
    v->verdict = (struct log_verdict){.size = 0};
    v->folder.timestamps = (struct timestamped_found){0};
    enum comity_exit exit = keys_get(inv, v, keys, reterr);
    return exit == COMITY_DONE ? judge(inv, v, reterr) : exit;
}

/* A key is that of one log, which it names. */
static enum comity_exit verify_mirrors(const struct invocation *inv, struct verifying *v,
                                       struct buffer *keys, struct comity_fault *reterr)
{
    const char *key = invocation_value(inv, FLAG_KEY);
    const struct slice of_key = slice_part(slice_text(key), 0, slice_find(slice_text(key), '+'));
    size_t i = 0, end = series_count(v->series);
    enum comity_exit exit = COMITY_DONE;
    if (key != NULL && series_find(v->series, of_key, &i))
        end = i + 1;
    for (; i < end && exit == COMITY_DONE; i++) {
        v->path = series_log(v->series, i)->dir;
        v->mirror = series_log(v->series, i)->mirror;
        v->position = i;
        exit = verify_one(inv, v, keys, reterr);
    }
    return exit;
}

static enum comity_exit verify_log(const struct invocation *inv, struct comity_fault *reterr)
{
    struct buffer keys = buffer_new(KEYS_MAX_BYTES);
    struct verifying v = {0};
    enum comity_exit exit = target_open(inv, &v, reterr);
    if (exit == COMITY_DONE)
        exit = authorities_load(inv, &v, reterr);
    if (exit == COMITY_DONE)
        exit = v.series == NULL ? verify_one(inv, &v, &keys, reterr)
                                : verify_mirrors(inv, &v, &keys, reterr);
    series_close(v.series);
    timestamp_authorities_free(v.authorities);
    buffer_done(&keys);
    return exit;
}

static const struct argp_option options[] = {
    {"log", FLAG_LOG, "DIR", 0, "The published log's folder", 1},
    {"mirror", FLAG_MIRROR, "DIR", 0, "The mirrors of a gateway's logs, as audit sync makes them",
     1},
    {"key", FLAG_KEY, "VKEY", 0, "The log's key, where no context has a directory that knows it",
     1},
    {"tsa-ca", FLAG_TSA_CA, "FILE", 0, "Roots of those whose timestamps are trusted, in PEM", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_verify_command = {
    .noun = "audit",
    .verb = "verify",
    .arguments = "--log DIR | --mirror DIR",
    .summary = "Checks every octet of a published audit log, or of a mirror of one",
    .help =
        "Reads all entries and all tiles, computes the root anew, compares it with the "
        "signed checkpoint and looks for files that do not belong there. The key comes from "
        "the context's directory, or from --key; never from DIR. Exit code 9 and the name of "
        "the fault when anything does not verify.\n\n"
        "Where the directory says that the log ended, nothing beyond is of it (exit code 9), and "
        "another root there is a fork (11).\n\n"
        "Timestamps there must be of this log; with --tsa-ca they must be by one of those "
        "authorities, else it is said that whose they are was not checked.\n\n"
        "Of a mirror, every opening is checked against its entry, too, and all logs of the gateway "
        "one after another: each must go on from where the one before ended, begin no earlier, and "
        "be preceded by the log that its own first entry names and the directory does. The mirrors "
        "begin with the gateway's first log and nothing there is passed over: one without a "
        "checkpoint is as one that does not verify. Where the directory has another log behind the "
        "newest one, that is told, as \"next\". With --key and no directory, only first entries "
        "say whether a log before them is missing: \"former_checked\" is false then. It needs no "
        "gateway.\n\n"
        "Examples:\n"
        "  comity audit verify --log DIR/gateways/XA-GW-01/log --context xc-ca-01\n"
        "  comity audit verify --log /media/usb/log --key \"$VKEY\" --json\n"
        "  comity audit verify --mirror \"$COMITY_HOME/mirror/xa-min-01/XA-GW-01\"\n",
    .options = options,
    .run = verify_log,
};
