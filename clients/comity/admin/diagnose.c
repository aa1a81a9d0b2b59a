/* comity admin diagnose: all that can be found out about a gateway, in one list. */

#include "comity/admin/diagnose.h"

#include <stdarg.h>
#include <string.h>

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/program.h"

struct check_row *diagnose_add(struct check_report *report, const char *name,
                               enum check_state state, const char *todo, const char *format, ...)
{
    char text[sizeof report->rows[0].words];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct check_row *row = check_add(report, name, state, "%s", text);
    row->more = json_pack("{s:s}", "todo", todo);
    return row;
}

static enum check_state state_of(const char *name)
{
    for (enum check_state s = CHECKED_OK; s <= CHECKED_CRITICAL; s++)
        if (strcmp(check_state_name(s), name) == 0)
            return s;
    return CHECKED_UNKNOWN;
}

/* ---- what comityd finds ---- */

static void add_finding(struct check_report *report, const json_t *finding)
{
    struct check_row *row =
        diagnose_add(report, admin_text(finding, "name"), state_of(admin_text(finding, "state")),
                     admin_text(finding, "todo"), "%s", admin_text(finding, "message"));
    row->exit = (enum comity_exit)admin_number(finding, "exit");
    if (row->exit == COMITY_DONE)
        row->exit = COMITY_FAILED;
}

static void look_at_files(const struct invocation *inv, struct check_report *report)
{
    static const char *const words[PROGRAM_WORDS_MAX] = {"--diagnose"};
    struct comity_fault fault = {0};
    json_t *answer = NULL;
    if (program_run(inv, words, &answer, &fault) != COMITY_DONE) {
        diagnose_add(report, "comityd", CHECKED_UNKNOWN, fault.hint, "%s", fault.message);
        return;
    }
    const json_t *findings = json_object_get(answer, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++)
        add_finding(report, json_array_get(findings, i));
    json_decref(answer);
}

/* ---- the command ---- */

/* Before the list of all. */
static void print_todo(const struct check_report *report)
{
    const char *before = "what to do, by headings of deploy/RUNBOOK.md:\n";
    for (size_t i = 0; i < report->count; i++) {
        const struct check_row *row = &report->rows[i];
        const char *todo = admin_text(row->more, "todo");
        if (row->state == CHECKED_OK || todo[0] == '\0')
            continue;
        printf("%s  %s: ", before, row->name);
        put_text(stdout, todo);
        fputc('\n', stdout);
        before = "";
    }
    if (before[0] == '\0')
        fputc('\n', stdout);
}

static enum comity_exit diagnose(const struct invocation *inv, struct comity_fault *reterr)
{
    static const char hint[] = "deploy/RUNBOOK.md: what diagnose says";
    struct check_report report = {.name = "diagnose", .hint = hint};
    if (invocation_value(inv, FLAG_CONFIG) == NULL)
        return fail_usage(reterr, "which gateway? --config FILE was not given");
    look_at_files(inv, &report);
    diagnose_live(inv, &report);
    if (!inv->json && !invocation_has(inv, FLAG_NAGIOS))
        print_todo(&report);
    return check_finish(inv, &report, reterr);
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    PROGRAM_OPTIONS,
    {"nagios", FLAG_NAGIOS, NULL, 0, "One line and the exit code 0, 1, 2 or 3 of a Nagios plugin",
     2},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_diagnose_command = {
    .noun = "admin",
    .verb = "diagnose",
    .arguments = "--config FILE",
    .summary = "Looks at all there is of a gateway, and says what is wrong and what to do",
    .help =
        "Whether the gateway works or not: configuration, keys and rulebook; rights of files; when "
        "certificates and lists end; room on the disks; journal, lock database and published log; "
        "open files; versions. Of a gateway that works also its clock, its peers and what waits "
        "for them, what peers offer of the rulebook, and whether its journal was once restored. It "
        "only looks. There is nothing secret in it, and nothing of a message: names of files and "
        "of gateways are the most.\n\n"
        "Exit codes: 0 as long as nothing is CRITICAL or UNKNOWN; else that of the worst finding: "
        "1 rights or room, 2 the configuration, 4 certificates, 6 the clock is behind the log, 7 "
        "the gateway or a peer does not "
        "answer, 9 a file cannot be read, 11 the log cannot go on so, or a peer's has two "
        "histories.\n\n"
        "With --json: {\"check\",\"state\",\"rows\":[{\"name\",\"state\",\"message\",\"todo\"}]}; "
        "state is OK, WARNING, CRITICAL or UNKNOWN, todo a heading of deploy/RUNBOOK.md.\n\n"
        "Examples:\n"
        "  comity admin diagnose --config /etc/comity/comityd.yaml\n"
        "  comity admin diagnose --json --config /etc/comity/comityd.yaml > for-support.json\n",
    .options = options,
    .run = diagnose,
};
