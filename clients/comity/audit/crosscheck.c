#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/note.h"
#include "comity/audit/crosscheck_parts.h"
#include "comity/audit/mirror.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/crosscheck/ministries.h"
#include "comity/output.h"
#include "libcomity/clock.h"

#define ARENA_BYTES (4U << 20)
#define WAIT_MS     5000 /* publishing follows the receipt within a second */
#define PAUSE_MS    200

/* ---- a source's checkpoint ---- */

/* Nobody publishes before the lock has moved, so a receipt may be a moment ahead of what is
 * published; a mirror is as far as it was brought, and a log that ended as far as it is. */
static struct status note_wait(struct crosschecking *x, const struct crosscheck_look *look,
                               struct note *ret_note)
{
    uint64_t until_ms = clock_mono_ms() + WAIT_MS;
    const bool grows =
        look->source->mirror == NULL && (look->asked == NULL || look->asked->ended == NULL);
    for (;;) {
        struct slice text;
        char origin[ORIGIN_MAX_BYTES + 1];
        struct status s = crosscheck_source_note(look->source, x->arena, &text);
        if (!failed(s))
            s = note_parse(text, ret_note);
        if (failed(s) || !grows || !slice_copy_text(ret_note->origin, origin, sizeof origin))
            return s;
        const struct crosscheck_log *log = crosscheck_book_log(&x->book, origin);
        if (log == NULL || ret_note->size >= crosscheck_log_size(log) ||
            clock_mono_ms() >= until_ms)
            return OK;
        (void)poll(NULL, 0, PAUSE_MS);
    }
}

/* ---- one source ---- */

static enum comity_exit compare(struct crosschecking *x, const struct crosscheck_source *source,
                                const struct note *note, struct comity_fault *reterr)
{
    char *origin = arena_text(x->arena, note->origin);
    struct crosscheck_log none = {.origin = origin};
    if (origin == NULL)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    struct crosscheck_log *log = crosscheck_book_log(&x->book, origin);
    enum comity_exit exit =
        crosscheck_compare(&x->report, log == NULL ? &none : log, source, note, reterr);
    if (log != NULL && exit == COMITY_DONE)
        x->compared[log - x->book.logs] = true;
    crosscheck_log_done(&none);
    return exit;
}

/* Whether it is a log that may be compared, whatever there is to be said of it. */
static bool shown_judge(struct crosschecking *x, const struct crosscheck_look *look,
                        const struct note *note)
{
    if (look->asked == NULL)
        return true;
    enum crosscheck_shown shown = crosscheck_shown(look->asked, &x->book, note);
    const char *origin = arena_text(x->arena, note->origin);
    if (shown != SHOWN_RIGHTLY)
        crosscheck_found(&x->report, FOUND_UNSOUND,
                         json_pack("{s:s,s:s*}", "source", look->source->name, "shown", origin),
                         "%s shows %s, %s", look->source->name, origin == NULL ? "a log" : origin,
                         crosscheck_shown_words(shown));
    return crosscheck_shown_compares(shown);
}

static enum comity_exit look_fail(const struct crosscheck_look *look, struct status s,
                                  struct comity_fault *reterr)
{
    bool away = s.code == CODE_NETWORK || s.code == CODE_CRYPTO;
    fail(reterr, away ? COMITY_UNAVAILABLE : COMITY_INPUT, away ? "E_UNAVAILABLE" : "CONFIG",
         "%s: no checkpoint can be read%s%s", look->source->name, look->why[0] == '\0' ? "" : ": ",
         look->why);
    return advise(reterr, "--log DIR or --mirror DIR names a copy of the log");
}

enum comity_exit crosscheck_look(struct crosschecking *x, const struct crosscheck_look *look,
                                 struct comity_fault *reterr)
{
    struct note note;
    const struct crosscheck_source *source = look->source;
    struct status s = note_wait(x, look, &note);
    if (!failed(s))
        s = crosscheck_note_judge(x->directory, &note);
    if (!failed(s))
        return shown_judge(x, look, &note) ? compare(x, source, &note, reterr) : COMITY_DONE;
    if (s.code != CODE_REFUSED)
        return look_fail(look, s, reterr);
    crosscheck_found(&x->report, FOUND_UNSOUND, json_pack("{s:s}", "source", source->name),
                     "%s: its checkpoint is none of a log of the directory: %s", source->name,
                     reason_name(s.reason));
    return COMITY_DONE;
}

static enum comity_exit look_at_folder(struct crosschecking *x, const char *path,
                                       struct comity_fault *reterr)
{
    struct stat st;
    struct log_folder folder = {.path = path};
    const struct crosscheck_source source = {path, log_folder_read, &folder, NULL};
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return fail_usage(reterr, "--log %s is no folder", path);
    const struct crosscheck_look look = {&source, "", NULL};
    return crosscheck_look(x, &look, reterr);
}

/* All logs of a gateway. */
static enum comity_exit look_at_mirror(struct crosschecking *x, const char *path,
                                       struct comity_fault *reterr)
{
    char error[MIRROR_ERROR_BYTES] = "";
    struct series *series = NULL;
    enum comity_exit exit = COMITY_DONE;
    const struct status s = series_open(path, error, &series);
    if (failed(s))
        return audit_mirror_unopened(s, error, reterr);
    exit = audit_mirror_joints(series, reterr);
    for (size_t i = 0; i < series_count(series) && exit == COMITY_DONE; i++) {
        const struct series_log *log = series_log(series, i);
        const struct crosscheck_source source = {.name = log->dir, .mirror = log->mirror};
        const struct crosscheck_look look = {&source, "", NULL};
        exit = crosscheck_look(x, &look, reterr);
    }
    series_close(series);
    return exit;
}

/* ---- all of them ---- */

static enum comity_exit look_at_all(struct crosschecking *x, struct comity_fault *reterr)
{
    const struct invocation *inv = x->invocation;
    enum comity_exit exit = COMITY_DONE;
    if (!invocation_has(inv, FLAG_LOG) && !invocation_has(inv, FLAG_MIRROR))
        return crosscheck_own(x, reterr);
    for (size_t i = 0; i < inv->given_count && exit == COMITY_DONE; i++) {
        const struct given *given = &inv->given[i];
        if (given->flag == FLAG_LOG)
            exit = look_at_folder(x, given->value, reterr);
        else if (given->flag == FLAG_MIRROR)
            exit = look_at_mirror(x, given->value, reterr);
    }
    return exit;
}

/* What was not looked at is said, so that nobody takes it for good. */
static void report_others(struct crosschecking *x)
{
    for (size_t i = 0; i < x->book.log_count; i++) {
        const struct crosscheck_log *log = &x->book.logs[i];
        if (x->compared[i])
            continue;
        json_t *row = json_pack("{s:s,s:b,s:I}", "origin", log->origin, "compared", 0, "receipts",
                                (json_int_t)log->receipt_count);
        json_object_set_new(row, "message",
                            json_sprintf("%s: NOT COMPARED: %zu receipt%s; --log or --mirror "
                                         "names a copy of it",
                                         log->origin, log->receipt_count,
                                         log->receipt_count == 1 ? "" : "s"));
        json_array_append_new(x->report.logs, row);
    }
}

static enum comity_exit read_archive(struct crosschecking *x, struct comity_fault *reterr)
{
    struct comity_fault unsound = {0};
    enum comity_exit exit = crosscheck_book_read(x->comity, x->directory, &x->book, &unsound);
    if (exit != COMITY_DONE && exit != COMITY_VERIFY)
        return *reterr = unsound, exit;
    if (exit == COMITY_VERIFY)
        crosscheck_found(&x->report, FOUND_UNPROVED, NULL, "%s", unsound.message);
    return COMITY_DONE;
}

static enum comity_exit begin(struct crosschecking *x, struct comity_fault *reterr)
{
    const char *given = invocation_value(x->invocation, FLAG_OUTPUT);
    enum comity_exit exit = context_open(x->invocation, &x->comity, reterr);
    if (exit == COMITY_DONE)
        exit = context_directory(x->invocation, &x->directory, reterr);
    if (exit != COMITY_DONE)
        return exit;
    x->arena = arena_new(ARENA_BYTES);
    snprintf(x->evidence, sizeof x->evidence, "%s%s",
             given != NULL ? given : comity_context_of(x->comity)->archive,
             given != NULL ? "" : "/evidence");
    if (x->arena == NULL || failed(crosscheck_report_begin(&x->report, x->evidence)))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    return COMITY_DONE;
}

static void end(struct crosschecking *x)
{
    crosscheck_report_done(&x->report);
    crosscheck_book_done(&x->book);
    arena_free(x->arena);
    directory_free(x->directory);
    comity_close(x->comity);
}

static enum comity_exit crosscheck(const struct invocation *inv, struct comity_fault *reterr)
{
    if (invocation_has(inv, FLAG_OTHER))
        return crosscheck_ministries(inv, reterr);
    struct crosschecking x = {.invocation = inv};
    enum comity_exit exit = begin(&x, reterr);
    if (exit == COMITY_DONE)
        exit = read_archive(&x, reterr);
    if (exit == COMITY_DONE)
        exit = look_at_all(&x, reterr);
    if (exit == COMITY_DONE) {
        report_others(&x);
        crosscheck_odd(&x.report, &x.book);
        exit = crosscheck_finish(inv, &x.report, reterr);
    }
    end(&x);
    return exit;
}

static const struct argp_option options[] = {
    {"log", FLAG_LOG, "DIR", 0, "A published log's folder; repeatable", 1},
    {"mirror", FLAG_MIRROR, "DIR", 0, "Mirrors of a gateway that audit sync made; repeatable", 1},
    {"other", FLAG_OTHER, "DIR", 0,
     "The mirrors of another State's gateway: both are compared with each other", 1},
    {"until", FLAG_UNTIL, "TIME", 0, "With --other: only what was disclosed before", 2},
    {"output", FLAG_OUTPUT, "DIR", 0,
     "Where both checkpoints of a fork are kept, unless below the archive", 2},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_crosscheck_command = {
    .noun = "audit",
    .verb = "crosscheck",
    .arguments = "[--log DIR | --mirror DIR [--other DIR]]",
    .summary = "Compares the receipts of the archive with the log, or two States' logs",
    .help =
        "Every receipt that the archive has, of own and of received messages, must be the one "
        "entry at its index of the log as it is published now, and every checkpoint that the log "
        "ever signed towards this party must be how it begins. Without --log and --mirror the own "
        "gateway is asked over HTTP for checkpoint and hashes: of the log that is written, and of "
        "each that ended of which the archive has a receipt. Other gateways' logs are compared "
        "where a copy is named; else it is said that they were not.\n\n"
        "With --other the logs of two States are compared: what one let go was taken over by the "
        "other exactly once, with the same seal, and neither tells what the other withheld "
        "silently. The ministries exchange their mirrors for this.\n\n"
        "Findings: omitted, altered, moved, duplicated, unproved, unsound, revealed, and hidden "
        "for a log that the own gateway does not show (exit code 9); behind: the mirror is older "
        "than the archive (10); fork and rollback (11), for which both signed checkpoints are kept "
        "in files that are never written over.\n\n"
        "Examples:\n"
        "  comity audit crosscheck --context xa-ca-01\n"
        "  comity audit crosscheck --log /media/usb/XA-GW-01 --log /media/usb/XC-GW-01 --json\n"
        "  comity audit crosscheck --mirror /srv/mirror/XA-GW-01 --other /srv/mirror/XC-GW-01\n",
    .options = options,
    .run = crosscheck,
};
