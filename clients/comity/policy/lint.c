/* comity policy lint: what is odd about a law. */

#include <stdio.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "policy/lint.h"

static json_t *finding_json(const struct policy_folder *folder, const struct lint_finding *finding)
{
    const struct law *law = folder->rulebook->law;
    json_t *json = json_pack("{s:s,s:o,s:s}", "code", finding->code, "subject",
                             slice_json(finding->subject), "message", finding->sentence);
    if (finding->rule != NULL) {
        struct slice file = policy_file(folder, law->policies[finding->rule->policy].file);
        json_object_set_new(json, "file", slice_json(file));
        json_object_set_new(json, "line", json_integer((json_int_t)finding->rule->line));
    }
    return json;
}

static void print_finding(const struct invocation *inv, const struct policy_folder *folder,
                          const struct lint_finding *finding)
{
    const struct law *law = folder->rulebook->law;
    if (finding->rule != NULL) {
        struct slice file = policy_file(folder, law->policies[finding->rule->policy].file);
        printf("%s/%.*s:%zu: ", folder->path, (int)file.length, (const char *)file.at,
               finding->rule->line);
    }
    put_painted(inv, PAINT_STRONG, finding->code);
    printf(" %.*s: ", (int)finding->subject.length, (const char *)finding->subject.at);
    put_text(stdout, finding->sentence);
    fputc('\n', stdout);
}

static enum comity_exit lint(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder folder;
    struct lint_findings findings = {0};
    enum comity_exit exit = policy_reading_open(inv, invocation_word(inv, 0), &folder, reterr);
    if (exit == COMITY_DONE &&
        failed(lint_law(folder.arena, folder.rulebook, policy_now_ms(), &findings)))
        exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    for (size_t i = 0; i < findings.count && exit == COMITY_DONE; i++)
        if (inv->json)
            put_json(finding_json(&folder, &findings.at[i]));
        else
            print_finding(inv, &folder, &findings.at[i]);
    if (exit == COMITY_DONE)
        say(inv, "%zu finding%s", findings.count, findings.count == 1 ? "" : "s");
    policy_close(&folder);
    return exit;
}

const struct command policy_lint_command = {
    .noun = "policy",
    .verb = "lint",
    .arguments = "[DIR]",
    .summary = "Says what is odd about a law: rules that do nothing, fields nobody thought of",
    .help =
        "Findings, one a line, none of which is an error:\n"
        "  vacuous       no message makes the rule apply\n"
        "  shadowed      a permit beside which another always grants as much\n"
        "  overridden    a permit that restrictions always take back\n"
        "  redundant     a restriction that says the same as another\n"
        "  out-of-force  the policy's last day is past, or its first is to come\n"
        "  ends-soon     or is within 90 days\n"
        "  no-party      from or to names parties of which there are none\n"
        "  unhandled     a field with neither a permit nor an explicit never\n"
        "  unrestricted  a category that is granted and that nothing restricts\n"
        "  free-text     free text that is granted whatever it speaks of\n\n"
        "Those about rules are proved over all messages that can be written. DIR is as of comity "
        "policy check; without it "
        "the rulebook that the context trusts is taken.\n\n"
        "Example:\n"
        "  comity policy lint rulebook --json\n",
    .words_min = 0,
    .words_max = 1,
    .run = lint,
};
