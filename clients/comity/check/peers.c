/* check peers and check backlog: two questions about the same rows of the gateway's answer. */

#include <inttypes.h>

#include "comity/admin/admin.h"
#include "comity/check/check.h"
#include "comity/commands.h"

/** What is looked at in each row. */
struct look {
    const char *name, *hint;
    const char *nobody; /* said where there is no row */
    struct check_limits limits;
    void (*describe)(struct check_report *report, const json_t *peer,
                     const struct check_limits *limits);
};

static void describe_link(struct check_report *report, const json_t *peer,
                          const struct check_limits *limits)
{
    char age[32];
    bool up = admin_true(peer, "up"), forked = admin_true(peer, "fork");
    int64_t away_s = admin_number(peer, "away_s");
    admin_duration((uint64_t)away_s, age, sizeof age);
    struct check_row *row = check_add(
        report, admin_text(peer, "id"), CHECKED_OK, "%s since %s%s%s%s", up ? "up" : "away",
        admin_text(peer, "since"), up && away_s > 0 ? ", but it comes and goes for " : "",
        up && away_s > 0 ? age : "", forked ? "; two histories of its log are known" : "");
    check_figure(row, row->name, away_s, "s", limits);
    row->exit = forked ? COMITY_FORK : COMITY_UNAVAILABLE;
    if (forked)
        row->state = CHECKED_CRITICAL;
    row->more = json_pack("{s:b,s:I,s:b}", "up", (int)up, "away_s", (json_int_t)away_s, "fork",
                          (int)forked);
}

static void describe_waiting(struct check_report *report, const json_t *peer,
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

static enum comity_exit look_at(const struct invocation *inv, const struct look *look,
                                struct comity_fault *reterr)
{
    struct check_report report = {.name = look->name, .hint = look->hint};
    struct check_limits limits = look->limits;
    json_t *answer = NULL;
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit == COMITY_DONE)
        exit = admin_ask(inv, "peers", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    const json_t *peers = json_object_get(answer, "peers");
    for (size_t i = 0; i < json_array_size(peers); i++)
        look->describe(&report, json_array_get(peers, i), &limits);
    if (report.count == 0)
        check_add(&report, look->name, CHECKED_OK, "%s", look->nobody);
    json_decref(answer);
    return check_finish(inv, &report, reterr);
}

static enum comity_exit peers_of(const struct invocation *inv, struct comity_fault *reterr)
{
    static const struct look links = {
        .name = "peers",
        .hint = "deploy/RUNBOOK.md: a peer is away; a peer's log has two histories",
        .nobody = "the directory has no other gateway",
        .limits = {CHECK_ABOVE, true, 60, 600},
        .describe = describe_link,
    };
    return look_at(inv, &links, reterr);
}

static enum comity_exit backlog(const struct invocation *inv, struct comity_fault *reterr)
{
    static const struct look waiting = {
        .name = "backlog",
        .hint = "deploy/RUNBOOK.md: a peer is away; what waits expires as its sender has said",
        .nobody = "there is nobody to wait for",
        .limits = {CHECK_ABOVE, true, 600, 3600},
        .describe = describe_waiting,
    };
    return look_at(inv, &waiting, reterr);
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    CHECK_OPTIONS("SECONDS"),
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_peers_command = {
    .noun = "check",
    .verb = "peers",
    .arguments = "--config FILE",
    .summary = "Checks that the other gateways have a link with the one on this machine",
    .help = ADMIN_HELP
    "One that has been away for 60 seconds is a warning, for 600 critical, unless told; so is one "
    "that comes and goes. Two histories of a gateway's log are always critical.\n\n"
    "Exit codes: 7 where one is away, 11 where a log has two histories.\n\n"
    "In each row --json has \"up\", \"away_s\", \"fork\"." CHECK_HELP "Examples:\n"
    "  comity check peers --config /etc/comity/comityd.yaml\n"
    "  comity check peers --nagios --critical 3600 --control /var/lib/comity/journal/control\n",
    .options = options,
    .run = peers_of,
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
