#include <inttypes.h>

#include "comity/admin.h"
#include "comity/check.h"
#include "comity/commands.h"

#define WARNING_S  60
#define CRITICAL_S 600

static void describe(struct check_report *report, const json_t *peer,
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

static enum comity_exit peers_of(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "peers",
                                  .hint = "deploy/RUNBOOK.md: a peer is away; a peer's log has "
                                          "two histories"};
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
        check_add(&report, "peers", CHECKED_OK, "the directory has no other gateway");
    json_decref(answer);
    return check_finish(inv, &report, reterr);
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
