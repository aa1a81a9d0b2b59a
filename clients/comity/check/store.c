#include <inttypes.h>

#include "comity/admin/admin.h"
#include "comity/check/check.h"
#include "comity/commands.h"

#define WARNING_MIB  1024
#define CRITICAL_MIB 256
#define MIB          INT64_C(1048576)

static void describe_room(struct check_report *report, const json_t *journal,
                          const struct check_limits *limits)
{
    int64_t free_mib = admin_number(journal, "free_bytes") / MIB;
    bool low = admin_true(journal, "low");
    struct check_row *row = check_add(report, "room", CHECKED_OK, "%" PRId64 " MiB are free%s",
                                      free_mib, low ? ": no new messages are taken in" : "");
    check_figure(row, "free", free_mib, "MB", limits);
    if (low)
        row->state = CHECKED_CRITICAL;
    row->more =
        json_pack("{s:I,s:I}", "free_bytes", (json_int_t)admin_number(journal, "free_bytes"),
                  "floor_bytes", (json_int_t)admin_number(journal, "floor_bytes"));
}

static void describe_journal(struct check_report *report, const json_t *journal)
{
    static const struct check_limits none = {.side = CHECK_ABOVE};
    bool stalled = admin_true(journal, "stalled");
    int64_t queued = admin_number(journal, "queued_bytes");
    struct check_row *row =
        check_add(report, "journal", stalled ? CHECKED_CRITICAL : CHECKED_OK,
                  stalled ? "what is committed cannot be signed: no new messages are taken in"
                          : "%" PRId64 " KiB wait to be written, the last entry is of %s",
                  queued / 1024, admin_text(journal, "last_entry"));
    check_figure(row, "queued", queued, "B", &none);
}

static void describe_log(struct check_report *report, const json_t *log, const json_t *journal)
{
    static const struct check_limits none = {.side = CHECK_ABOVE};
    bool fails = admin_true(journal, "publishing_failed");
    int64_t size = admin_number(log, "signed"), published = admin_number(log, "published");
    struct check_row *row = check_add(report, "log", fails ? CHECKED_CRITICAL : CHECKED_OK,
                                      "%" PRId64 " entries are signed, %" PRId64 " published%s",
                                      size, published, fails ? ": publishing fails" : "");
    check_figure(row, "unpublished", size - published, "", &none);
    row->more =
        json_pack("{s:I,s:I}", "signed", (json_int_t)size, "published", (json_int_t)published);
}

static void describe_work(struct check_report *report, const json_t *status)
{
    bool draining = admin_true(status, "draining");
    check_add(report, "work", draining ? CHECKED_WARNING : CHECKED_OK,
              draining ? "it is draining: new submissions are refused"
                       : "new submissions are taken");
}

static enum comity_exit store(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "store", .hint = "deploy/RUNBOOK.md: the disk is full"};
    struct check_limits limits = {CHECK_BELOW, true, WARNING_MIB, CRITICAL_MIB};
    json_t *answer = NULL;
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit == COMITY_DONE)
        exit = admin_ask(inv, "status", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const json_t *journal = json_object_get(answer, "journal");
    describe_room(&report, journal, &limits);
    describe_journal(&report, journal);
    describe_log(&report, json_object_get(answer, "log"), journal);
    describe_work(&report, answer);
    json_decref(answer);
    return check_finish(inv, &report, reterr);
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    CHECK_OPTIONS("MIB"),
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_store_command = {
    .noun = "check",
    .verb = "store",
    .arguments = "--config FILE",
    .summary = "Checks the journal of the gateway on this machine, and its audit log",
    .help = ADMIN_HELP
    "Less than 1024 MiB of free room are a warning, less than 256 critical, unless told. Below "
    "its own floor the gateway takes no new messages in, which is always critical; so is what "
    "cannot be signed or published. A gateway that drains is a warning.\n\n"
    "Exit code: 1 where something is critical.\n\n"
    "In its rows --json has \"free_bytes\", \"floor_bytes\", \"signed\", "
    "\"published\"." CHECK_HELP "Examples:\n"
    "  comity check store --config /etc/comity/comityd.yaml\n"
    "  comity check store --nagios --critical 4096 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = store,
};
