#include <inttypes.h>

#include "base/instant.h"
#include "base/slice.h"
#include "comity/check/check.h"
#include "comity/commands.h"

#define WARNING_S  2
#define CRITICAL_S 60

static void describe(struct check_report *report, const struct comity_checked *c,
                     const struct check_limits *limits)
{
    char theirs[INSTANT_TEXT_BYTES];
    struct check_limits inside = *limits;
    uint64_t off = (uint64_t)(c->offset_ms < 0 ? -c->offset_ms : c->offset_ms);
    instant_write(c->time_ms, theirs);
    inside.warning *= 1000;
    inside.critical *= 1000;
    struct check_row *row =
        check_add(report, "clock", CHECKED_OK,
                  "the gateway's is %" PRIu64 ".%03" PRIu64
                  " s %s this machine's, give or take %" PRIu64 " ms",
                  off / 1000, off % 1000, c->offset_ms < 0 ? "behind" : "ahead of", c->margin_ms);
    check_figure(row, "offset", c->offset_ms, "ms", &inside);
    row->exit = COMITY_CONFLICT;
    row->more = json_pack("{s:I,s:I,s:s}", "offset_ms", (json_int_t)c->offset_ms, "margin_ms",
                          (json_int_t)c->margin_ms, "gateway_time", theirs);
    report->hint = "set this machine's clock, or tell the gateway's administrators: messages are "
                   "refused (E_EXPIRED) beyond 5 minutes";
}

static enum comity_exit clock_of_both(const struct invocation *inv, struct comity_fault *reterr)
{
    struct check_report report = {.name = "clock"};
    struct check_limits limits = {CHECK_AROUND, true, WARNING_S, CRITICAL_S};
    struct comity_checked *checked = NULL;
    enum comity_exit exit = check_limits_read(inv, &limits, reterr);
    if (exit != COMITY_DONE)
        return exit;
    exit = check_gateway(inv, &checked, reterr);
    if (checked != NULL && checked->greeting_us != 0)
        describe(&report, checked, &limits);
    else if (checked != NULL || exit == COMITY_IDENTITY)
        check_add(&report, "clock", CHECKED_UNKNOWN, "the gateway did not say its time: %s",
                  reterr->message)
            ->exit = exit;
    comity_checked_free(checked);
    return report.count == 0 ? exit : check_finish(inv, &report, reterr);
}

static const struct argp_option options[] = {
    CHECK_OPTIONS("SECONDS"),
    CHECK_TIMEOUT,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command check_clock_command = {
    .noun = "check",
    .verb = "clock",
    .arguments = "",
    .summary = "Compares this machine's clock with the gateway's",
    .help = "The gateway says its time in WELCOME. Messages that are made more than five minutes "
            "before or after they arrive are refused (E_EXPIRED); it is a warning from 2 seconds "
            "on and critical from 60 on, unless told.\n\n"
            "Exit codes: 6 critical, for messages are or will be refused; 4 or 7 where the gateway "
            "did not say its time.\n\n"
            "In the row --json has \"offset_ms\" (above 0: the gateway's is ahead), \"margin_ms\", "
            "\"gateway_time\"." CHECK_HELP "Examples:\n"
            "  comity check clock --context xa-ca-01\n"
            "  comity check clock --nagios --warning 1 --critical 30\n",
    .options = options,
    .run = clock_of_both,
};
