#include <inttypes.h>

#include "comity/admin.h"
#include "comity/check.h"
#include "comity/commands.h"

#define WARNING_S  600
#define CRITICAL_S 3600

static void describe(struct check_report *report, const json_t *peer,
                     const struct check_limits *limits)
{
    char age[32];
    int64_t waiting = admin_number(peer, "waiting"), oldest_s = admin_number(peer, "oldest_s");
    admin_duration((uint64_t)oldest_s, age, sizeof age);
    struct check_row *row =
        waiting == 0 ? check_add(report, admin_text(peer, "id"), CHECKED_OK, "nothing waits")
                     : check_add(report, admin_text(peer, "id"), CHECKED_OK,
                                 "%" PRId64 " wait, the oldest for %s", waiting, age);
    check_figure(row, row->name, oldest_s, "s", limits);
    row->exit = COMITY_UNAVAILABLE;
    row->more =
        json_pack("{s:I,s:I}", "waiting", (json_int_t)waiting, "oldest_s", (json_int_t)oldest_s);
}

static enum comity_exit backlog(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "backlog",
                                  .hint = "deploy/RUNBOOK.md: a peer is away; what waits expires "
                                          "as its sender has said"};
    struct check_limits limits = {CHECK_ABOVE, true, WARNING_S, CRITICAL_S};
    json_t *answer = NULL;
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit == COMITY_DONE)
        exit = admin_ask(inv, "peers", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const json_t *peers = json_object_get(answer, "peers");
    for (size_t i = 0; i < json_array_size(peers); i++)
        describe(&report, json_array_get(peers, i), &limits);
    if (report.count == 0)
        check_add(&report, "backlog", CHECKED_OK, "there is nobody to wait for");
    json_decref(answer);
    return check_finish(inv, &report, reterr);
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    CHECK_OPTIONS("SECONDS"),
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_backlog_command = {
    .noun = "check",
    .verb = "backlog",
    .arguments = "--config FILE",
    .summary = "Checks how long messages have waited for other gateways",
    .help = ADMIN_HELP
    "By the age of the oldest message that a gateway has not taken: 600 seconds are a warning, "
    "3600 critical, unless told.\n\n"
    "Exit code: 7 where messages wait for too long.\n\n"
    "In each row --json has \"waiting\", \"oldest_s\"." CHECK_HELP "Examples:\n"
    "  comity check backlog --config /etc/comity/comityd.yaml\n"
    "  comity check backlog --nagios --critical 86400 --config /etc/comity/comityd.yaml\n",
    .options = options,
    .run = backlog,
};
