/* comity policy test: the scenarios that stand beside the law, each decided as it expects. */

#include <stdarg.h>
#include <stdio.h>

#include "base/encoding.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/change.h"
#include "comity/policy/message.h"
#include "comity/policy/reading.h"
#include "policy/coverage.h"
#include "policy/law.h"

struct testing {
    const struct invocation *inv;
    struct policy_folder folder;
    struct scenarios scenarios;
    struct coverage coverage;
    size_t passed, failed;
};

/* ---- one expectation ---- */

static const char *const outcomes[] = {
    [OUTCOME_REFUSE] = "refused", [OUTCOME_HOLD] = "held", [OUTCOME_DELIVER] = "delivered"};

static bool speaks_of(struct slice path, const char *label)
{
    struct slice l = slice_text(label);
    return slice_equal(path, l) ||
           (slice_begins(l, path) && l.length > path.length && l.at[path.length] == '/');
}

[[gnu::format(printf, 3, 4)]] static bool missed(const struct scenario *scenario, unsigned line,
                                                 const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%.*s:%u: %.*s: %s\n", (int)scenario->file.length,
            (const char *)scenario->file.at, line, (int)scenario->title.length,
            (const char *)scenario->title.at, text);
    return false;
}

static bool is_level(const struct scenario_expect *expect, enum level level)
{
    return expect->expected == EXPECTED_WITHHELD ? level <= LEVEL_STATED : level == expect->level;
}

static bool check_item(const struct scenario *scenario, const struct scenario_expect *expect,
                       const struct policy_message *m, size_t item)
{
    const struct verdict *v = &m->decision->verdicts[item];
    if (!is_level(expect, v->level))
        return missed(scenario, expect->line, "%s is %s by \"%.*s\"", m->labels[item],
                      level_name(v->level), (int)v->rule.length, (const char *)v->rule.at);
    if (expect->by.length > 0 && !slice_equal(expect->by, v->rule))
        return missed(scenario, expect->line, "%s is %s, but by \"%.*s\"", m->labels[item],
                      level_name(v->level), (int)v->rule.length, (const char *)v->rule.at);
    return true;
}

static bool check_fields(const struct scenario *scenario, const struct scenario_expect *expect,
                         const struct policy_message *m)
{
    size_t met = 0;
    bool holds = true;
    for (size_t i = 0; i < m->document->count; i++)
        if (speaks_of(expect->path, m->labels[i])) {
            met++;
            holds = check_item(scenario, expect, m, i) && holds;
        }
    return met > 0 ? holds
                   : missed(scenario, expect->line, "the message has no field %.*s",
                            (int)expect->path.length, (const char *)expect->path.at);
}

static bool check_outcome(const struct scenario *scenario, const struct scenario_expect *expect,
                          const struct policy_message *m)
{
    const struct decision *d = m->decision;
    bool same = d->outcome == expect->outcome &&
                (expect->code == REFUSAL_NONE || d->code == expect->code) &&
                (expect->by.length == 0 || slice_equal(expect->by, d->rule));
    return same || missed(scenario, expect->line, "the message is %s%s%s%s%.*s%s",
                          outcomes[d->outcome], d->code == REFUSAL_NONE ? "" : " ",
                          d->code == REFUSAL_NONE ? "" : refusal_name(d->code),
                          d->rule.length > 0 ? " by \"" : "", (int)d->rule.length,
                          d->rule.length > 0 ? (const char *)d->rule.at : "",
                          d->rule.length > 0 ? "\"" : "");
}

/* ---- one scenario ---- */

static const struct text_file *message_file(const struct testing *t,
                                            const struct scenario *scenario)
{
    for (size_t i = 0; i < t->folder.files.count; i++)
        if (slice_equal(t->folder.files.at[i].path, scenario->message))
            return &t->folder.files.at[i];
    return NULL;
}

/* The document with the scenario's changes; NULL where it cannot be had, which is told. */
static json_t *document_of(struct testing *t, const struct scenario *scenario)
{
    json_error_t error = {.text = "there is no such file"};
    const struct text_file *file = message_file(t, scenario);
    json_t *document = file == NULL ? NULL
                                    : json_loadb((const char *)file->text.at, file->text.length,
                                                 JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(document)) {
        struct slice path = policy_file(&t->folder, scenario->message);
        missed(scenario, scenario->line, "%.*s: %s", (int)path.length, (const char *)path.at,
               error.text);
        json_decref(document);
        return NULL;
    }
    for (size_t i = 0; i < scenario->given_count; i++)
        if (!policy_change(document, &scenario->givens[i])) {
            missed(scenario, scenario->givens[i].line, "there is no place %.*s in the message",
                   (int)scenario->givens[i].path.length, (const char *)scenario->givens[i].path.at);
            json_decref(document);
            return NULL;
        }
    return document;
}

static bool check_all(const struct scenario *scenario, const struct policy_message *m)
{
    bool holds = true;
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct scenario_expect *expect = &scenario->expects[i];
        bool met = expect->expected == EXPECTED_OUTCOME ? check_outcome(scenario, expect, m)
                                                        : check_fields(scenario, expect, m);
        holds = met && holds;
    }
    return holds;
}

static bool run_scenario(struct testing *t, const struct scenario *scenario)
{
    struct comity_fault fault = {0};
    struct policy_message m = {0};
    json_t *document = document_of(t, scenario);
    if (document == NULL)
        return false;
    const struct policy_letter letter = {
        .document = document,
        .from = scenario->from,
        .to = scenario->to,
        .at_ms = scenario->at_ms > 0 ? scenario->at_ms : policy_now_ms(),
    };
    enum comity_exit exit = policy_message_begin(t->folder.rulebook, &letter, &m, &fault);
    if (exit == COMITY_DONE)
        exit = policy_message_decide(&m, &fault);
    bool holds = exit == COMITY_DONE && check_all(scenario, &m);
    if (exit != COMITY_DONE)
        missed(scenario, scenario->line, "%s", fault.message);
    else if (failed(coverage_add(&t->coverage, &m.question)))
        holds = missed(scenario, scenario->line, "out of memory");
    policy_message_end(&m);
    json_decref(document);
    return holds;
}

/* ---- all of them ---- */

static unsigned percent(const struct testing *t)
{
    size_t rules = t->folder.rulebook->law->rule_count;
    return rules == 0 ? 100 : (unsigned)(100 * coverage_count(&t->coverage) / rules);
}

static void print_unseen(const struct testing *t)
{
    const struct law *law = t->folder.rulebook->law;
    for (size_t r = 0; r < law->rule_count; r++)
        if (!t->coverage.applied[r] || !t->coverage.left[r])
            say(t->inv, "never seen %s: \"%.*s\"",
                t->coverage.applied[r] ? "not to apply" : "to apply",
                (int)law->rules[r].title.length, (const char *)law->rules[r].title.at);
}

static enum comity_exit run_all(struct testing *t, unsigned bar, struct comity_fault *reterr)
{
    for (size_t i = 0; i < t->scenarios.count; i++)
        if (run_scenario(t, &t->scenarios.at[i]))
            t->passed++;
        else
            t->failed++;
    if (t->inv->json)
        put_json(json_pack("{s:I,s:I,s:I}", "passed", (json_int_t)t->passed, "failed",
                           (json_int_t)t->failed, "coverage", (json_int_t)percent(t)));
    else
        printf(
            "%zu scenarios passed, %zu failed; %u %% of the rules are seen to apply and not to\n",
            t->passed, t->failed, percent(t));
    if (t->failed > 0) {
        fail(reterr, COMITY_FAILED, "TEST", "%zu of %zu scenarios failed", t->failed,
             t->scenarios.count);
        return t->folder.alone ? advise(reterr, "a law alone is read with the States and parties "
                                                "of --context NAME")
                               : COMITY_FAILED;
    }
    if (percent(t) >= bar)
        return COMITY_DONE;
    print_unseen(t);
    fail(reterr, COMITY_REFUSED, "COVERAGE",
         "%u %% of the rules are seen both ways, the bar is %u %%", percent(t), bar);
    return advise(reterr, "add scenarios to law/tests/, or lower the bar with --bar");
}

static enum comity_exit read_scenarios(struct testing *t, struct comity_fault *reterr)
{
    struct text_error wrong = {0};
    struct policy_folder *f = &t->folder;
    struct status s = scenarios_parse(f->arena, &f->files, f->rulebook, &t->scenarios, &wrong);
    if (!failed(s))
        s = coverage_new(f->arena, f->rulebook->law, &t->coverage);
    if (s.code == CODE_CONFIG)
        return policy_text_fault(f, &wrong, reterr);
    if (failed(s))
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    for (size_t i = 0; i < t->scenarios.count; i++)
        t->scenarios.at[i].file = policy_file(f, t->scenarios.at[i].file);
    return COMITY_DONE;
}

static enum comity_exit test(const struct invocation *inv, struct comity_fault *reterr)
{
    struct testing t = {.inv = inv};
    uint64_t bar = 0;
    const char *text = invocation_value(inv, FLAG_BAR);
    if (text != NULL && !decimal_read(slice_text(text), 100, &bar))
        return fail_usage(reterr, "--bar %s is no percentage", text);
    enum comity_exit exit = policy_reading_open(inv, inv->words[0], &t.folder, reterr);
    if (exit == COMITY_DONE)
        exit = read_scenarios(&t, reterr);
    if (exit == COMITY_DONE)
        exit = run_all(&t, (unsigned)bar, reterr);
    policy_close(&t.folder);
    return exit;
}

static const struct argp_option options[] = {
    {"bar", FLAG_BAR, "PERCENT", 0,
     "How many of the rules must be seen to apply and not to; no bar unless told", 0},
    {0},
};

const struct command policy_test_command = {
    .noun = "policy",
    .verb = "test",
    .arguments = "DIR",
    .summary = "Decides the scenarios that stand beside a law as they expect",
    .help =
        "A scenario in law/tests/ names a message, what is different in it, and what is to become "
        "of its fields. DIR is as of comity policy check. A rule that no scenario shows, to apply "
        "and not to, may say something else than is meant: with --bar, where fewer percent are "
        "shown, the command ends with 3 and names them.\n\n"
        "Example:\n"
        "  comity policy test rulebook --bar 80\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = test,
};
