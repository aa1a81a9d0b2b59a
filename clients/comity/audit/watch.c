#include "comity/audit/watch.h"

#include "audit/cosigned.h"
#include "audit/receipt.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "comity/audit/mirror.h"
#include "comity/audit/sync.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/crosscheck/source.h"
#include "libcomity/clock.h"

#define ARENA_BYTES   (4U << 20)
#define MS_PER_HOUR   3600000ULL
#define QUIET_HOURS   24
#define PERIOD_HOURS  24
#define JUMP          6
#define HOURS_MAX     8784 /* a year */
#define JUMP_MAX      1000
#define EVIDENCE_HINT "comity audit search and explain say what stands behind a row"

static enum comity_exit read_number(const struct invocation *inv, enum flag flag, const char *name,
                                    uint64_t max, uint64_t *number, struct comity_fault *reterr)
{
    const char *text = invocation_value(inv, flag);
    uint64_t read = *number;
    if (text != NULL && (!decimal_read(slice_text(text), max, &read) || read == 0))
        return fail_usage(reterr, "--%s %s is no number from 1 to %llu", name, text,
                          (unsigned long long)max);
    *number = read;
    return COMITY_DONE;
}

static enum comity_exit read_options(struct watching *w, struct check_limits *limits,
                                     struct comity_fault *reterr)
{
    const struct invocation *inv = w->invocation;
    uint64_t quiet = QUIET_HOURS, period = PERIOD_HOURS;
    w->jump = JUMP;
    enum comity_exit exit = check_limits_read(inv, limits, reterr);
    if (exit == COMITY_DONE)
        exit = read_number(inv, FLAG_QUIET_HOURS, "quiet-hours", HOURS_MAX, &quiet, reterr);
    if (exit == COMITY_DONE)
        exit = read_number(inv, FLAG_PERIOD, "period", HOURS_MAX, &period, reterr);
    if (exit == COMITY_DONE)
        exit = read_number(inv, FLAG_JUMP, "jump", JUMP_MAX, &w->jump, reterr);
    w->quiet_ms = quiet * MS_PER_HOUR;
    w->entries.volume = (struct volume){.now_ms = w->now_ms, .period_ms = period * MS_PER_HOUR};
    return exit;
}

/* What is not there cannot be brought up to date; the rest is looked at all the same. */
static void sync_row(struct watching *w)
{
    struct comity_fault fault = {0};
    if (!invocation_has(w->invocation, FLAG_SYNC))
        return;
    enum comity_exit exit = audit_sync_once(w->invocation, &fault);
    struct check_row *row =
        exit == COMITY_DONE ? check_add(w->report, "sync", CHECKED_OK, "the mirror is up to date")
                            : check_add(w->report, "sync", CHECKED_CRITICAL, "%s", fault.message);
    row->exit = exit;
}

static enum comity_exit read_checkpoint(struct watching *w, struct comity_fault *reterr)
{
    struct slice text = {NULL, 0};
    const struct directory *d = w->comity->rulebook->directory;
    struct status s = mirror_checkpoint(w->mirror, w->arena, &text);
    if (!failed(s))
        s = note_parse(text, &w->note);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    w->gateway = series_gateway(w->series);
    const struct gateway_row *gateway = directory_gateway(d, slice_text(w->gateway));
    if (gateway == NULL || failed(checkpoint_prove(text, gateway, w->now_ms, &w->note, &w->log)))
        w->log = NULL;
    return COMITY_DONE;
}

static struct status take(void *owner, size_t position, const struct mirror_entry *entry)
{
    struct watching *w = owner;
    if (entry->index == 0 && series_count(w->series) > 1)
        w->walked = arena_print(w->arena, "%s/", series_log(w->series, position)->name);
    if (w->walked == NULL)
        return FAIL(MEMORY);
    watch_entry(w, entry);
    return OK;
}

static enum comity_exit look(struct watching *w, const struct check_limits *limits,
                             struct comity_fault *reterr)
{
    char folder[AUDIT_MIRROR_PATH_BYTES];
    enum comity_exit exit = audit_mirror_folder(w->invocation, folder, reterr);
    if (exit != COMITY_DONE)
        return exit;
    sync_row(w);
    exit = audit_mirror_open(w->invocation, &w->series, reterr);
    if (exit != COMITY_DONE)
        return exit;
    w->mirror = series_newest(w->series)->mirror;
    if ((exit = read_checkpoint(w, reterr)) != COMITY_DONE)
        return exit;
    watch_checkpoint_rows(w, limits);
    struct status s = series_walk(w->series, take, w);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    watch_entries_rows(w);
    return watch_archive_rows(w, reterr);
}

static enum comity_exit watch(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "watch", .hint = EVIDENCE_HINT};
    struct check_limits limits = {CHECK_ABOVE, true, COSIGNED_STALE_S, COSIGNED_FRESH_S};
    struct watching w = {.invocation = inv,
                         .now_ms = clock_wall_ms(),
                         .report = &report,
                         .walked = "",
                         .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = w.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                            : read_options(&w, &limits, reterr);
    if (exit == COMITY_DONE)
        exit = context_open(inv, &w.comity, reterr);
    if (exit == COMITY_DONE)
        exit = look(&w, &limits, reterr);
    if (exit == COMITY_DONE) {
        report.more = json_pack("{s:s,s:s}", "gateway", w.gateway, "origin",
                                arena_text(w.arena, w.note.origin));
        exit = check_finish(inv, &report, reterr);
    }
    series_close(w.series);
    comity_close(w.comity);
    arena_free(w.arena);
    return exit;
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {"sync", FLAG_SYNC, NULL, 0, "Bring the mirror up to date first, as audit sync does", 1},
    {"quiet-hours", FLAG_QUIET_HOURS, "N", 0,
     "How long a log that was not stopped may be without an entry: 24 unless told", 1},
    {"period", FLAG_PERIOD, "HOURS", 0, "What is compared with what was before: 24 unless told", 1},
    {"jump", FLAG_JUMP, "N", 0,
     "How many times the usual spread a period may be away from the usual: 6 unless told", 1},
    {"prometheus", FLAG_PROMETHEUS, NULL, 0, "The text format of Prometheus' textfile collector",
     2},
    CHECK_OPTIONS("SECONDS"),
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_watch_command = {
    .noun = "audit",
    .verb = "watch",
    .arguments = "[--mirror DIR] [--sync]",
    .summary = "Looks at a mirrored log for what should alarm somebody; for cron and monitoring",
    .help =
        "Rows: sync (with --sync), mirror (how long ago it was brought up to date: warning after "
        "two "
        "hours, critical after a day), signature, quorum (age of the quorum's oldest cosignature: "
        "--warning and --critical, 300 and 600 seconds unless told; lost is critical), one for "
        "each "
        "witness, growth (no entry for --quiet-hours though nobody stopped the gateway; critical "
        "after twice as long), volume (the last period against those before it, by median and "
        "median absolute deviation; critical at twice --jump), rulebook (an entry names one that "
        "nobody announced), keys (one changed within a day), receipts (those of the own archive "
        "are "
        "in the log), evidence (two histories are known). Looks of auditors, which are entries as "
        "well, do not count as growth or volume.\n\n"
        "Exit codes: 9 an entry, key or receipt is not as it should be, 10 a checkpoint is too "
        "old, "
        "11 the log has two histories." CHECK_HELP "Examples:\n"
        "  comity audit watch --sync --nagios --context xa-min-01\n"
        "  comity audit watch --prometheus > /var/lib/node_exporter/comity.prom.new\n",
    .options = options,
    .run = watch,
};
