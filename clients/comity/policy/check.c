/* comity policy check: whether a law can be read, its scenarios are well formed and its guarantees
 * hold. */

#include <stdio.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"
#include "policy/guarantee.h"
#include "policy/lint.h"
#include "policy/scenario.h"

struct checking {
    const struct invocation *inv;
    struct policy_folder folder;
    json_t *errors;
    size_t findings; /* of lint: none of them keeps a law from coming into force */
};

static void add_error(struct checking *c, const struct text_error *wrong)
{
    struct slice file = policy_file(&c->folder, slice_text(wrong->file));
    json_array_append_new(c->errors, json_pack("{s:o,s:i,s:i,s:s}", "file", slice_json(file),
                                               "line", (int)wrong->line, "column",
                                               (int)wrong->column, "message", wrong->message));
}

static enum comity_exit out_of_memory(struct comity_fault *reterr)
{
    return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
}

static enum comity_exit check_scenarios(struct checking *c, struct comity_fault *reterr)
{
    struct scenarios scenarios;
    struct text_error wrong = {0};
    const struct policy_folder *f = &c->folder;
    struct status s = scenarios_parse(f->arena, &f->files, f->rulebook, &scenarios, &wrong);
    if (s.code == CODE_CONFIG)
        add_error(c, &wrong);
    return failed(s) && s.code != CODE_CONFIG ? out_of_memory(reterr) : COMITY_DONE;
}

/* A rule stands at its title, in the policy's file. */
static void add_rule_error(struct checking *c, const struct rule *rule, const char *message)
{
    const struct law *law = c->folder.rulebook->law;
    struct slice file = policy_file(&c->folder, law->policies[rule->policy].file);
    json_array_append_new(c->errors,
                          json_pack("{s:o,s:i,s:i,s:s}", "file", slice_json(file), "line",
                                    (int)rule->line, "column", 1, "message", message));
}

static const char *broken(struct checking *c, const struct guarantee_result *r)
{
    const struct policy_folder *f = &c->folder;
    struct slice title = r->guarantee->title, type = type_name(r->type);
    if (r->answer == GUARANTEE_UNDECIDED)
        return arena_print(f->arena,
                           "the guarantee \"%.*s\" could not be decided for %s of %.*s, so it "
                           "counts as violated",
                           (int)title.length, (const char *)title.at, r->field, (int)type.length,
                           (const char *)type.at);
    const char *level = policy_grade(f->arena, f->rulebook->law, r->grade);
    struct slice by = r->rule == NULL ? slice_text("no rule") : r->rule->title;
    return arena_print(f->arena,
                       "the guarantee \"%.*s\" is violated: %s of %.*s reaches \"%s\" by \"%.*s\" "
                       "where %s",
                       (int)title.length, (const char *)title.at, r->field, (int)type.length,
                       (const char *)type.at, level == NULL ? "" : level, (int)by.length,
                       (const char *)by.at,
                       r->example[0] == '\0' ? "nothing is known" : r->example);
}

static enum comity_exit check_guarantees(struct checking *c, struct comity_fault *reterr)
{
    const struct policy_folder *f = &c->folder;
    struct guarantee_result *results = NULL;
    if (failed(guarantees_check(f->arena, f->rulebook, policy_now_ms(), &results)))
        return out_of_memory(reterr);
    for (size_t i = 0; i < f->rulebook->law->guarantee_count; i++) {
        const char *message = results[i].answer == GUARANTEE_HOLDS ? "" : broken(c, &results[i]);
        if (message == NULL)
            return out_of_memory(reterr);
        if (message[0] != '\0')
            add_rule_error(c, results[i].guarantee, message);
    }
    return COMITY_DONE;
}

static enum comity_exit count_findings(struct checking *c, struct comity_fault *reterr)
{
    struct lint_findings findings = {0};
    const struct policy_folder *f = &c->folder;
    if (failed(lint_law(f->arena, f->rulebook, policy_now_ms(), &findings)))
        return out_of_memory(reterr);
    c->findings = findings.count;
    return COMITY_DONE;
}

/* ---- what is told ---- */

static void print_error(const struct checking *c, const json_t *error)
{
    const char *file = json_string_value(json_object_get(error, "file"));
    printf("%s/", c->folder.path);
    put_text(stdout, file);
    printf(":%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT ": ",
           json_integer_value(json_object_get(error, "line")),
           json_integer_value(json_object_get(error, "column")));
    put_text(stdout, json_string_value(json_object_get(error, "message")));
    fputc('\n', stdout);
}

static json_t *counts_json(const struct checking *c)
{
    const struct rulebook *rulebook = c->folder.rulebook;
    size_t rules = rulebook == NULL ? 0 : rulebook->law->rule_count;
    size_t guarantees = rulebook == NULL ? 0 : rulebook->law->guarantee_count;
    size_t unchecked = rulebook == NULL ? 0 : policy_unchecked(rulebook);
    return json_pack("{s:b,s:I,s:I,s:I,s:I,s:O}", "ok", (int)(json_array_size(c->errors) == 0),
                     "rules", (json_int_t)rules, "guarantees", (json_int_t)guarantees, "unchecked",
                     (json_int_t)unchecked, "findings", (json_int_t)c->findings, "errors",
                     c->errors);
}

static void print_counts(const struct checking *c)
{
    const struct rulebook *rulebook = c->folder.rulebook;
    size_t unchecked = policy_unchecked(rulebook);
    printf("%zu rules and %zu guarantees, all of which hold\n", rulebook->law->rule_count,
           rulebook->law->guarantee_count);
    if (unchecked > 0)
        printf("%zu citations are UNCHECKED: nobody has compared them with their source\n",
               unchecked);
    if (c->findings > 0)
        printf("%zu findings: comity policy lint %s shows them\n", c->findings, c->folder.path);
}

static enum comity_exit tell(const struct checking *c, struct comity_fault *reterr)
{
    size_t count = json_array_size(c->errors);
    if (c->inv->json)
        put_json(counts_json(c));
    for (size_t i = 0; i < count && !c->inv->json; i++)
        print_error(c, json_array_get(c->errors, i));
    if (count > 0)
        return fail(reterr, COMITY_INPUT, "CONFIG", "%s: %zu error%s", c->folder.path, count,
                    count == 1 ? "" : "s");
    if (!c->inv->json)
        print_counts(c);
    return COMITY_DONE;
}

/* Everything that can be said of a law which can be read. */
static enum comity_exit check_law(struct checking *c, struct comity_fault *reterr)
{
    enum comity_exit exit = check_scenarios(c, reterr);
    if (exit == COMITY_DONE)
        exit = check_guarantees(c, reterr);
    return exit == COMITY_DONE ? count_findings(c, reterr) : exit;
}

static enum comity_exit check(const struct invocation *inv, struct comity_fault *reterr)
{
    struct checking c = {.inv = inv, .errors = json_array()};
    enum comity_exit exit = policy_reading_open(inv, inv->words[0], &c.folder, reterr);
    if (exit == COMITY_DONE) {
        exit = check_law(&c, reterr);
    } else if (c.folder.wrong.line > 0) {
        add_error(&c, &c.folder.wrong);
        exit = COMITY_DONE;
    }
    if (exit == COMITY_DONE)
        exit = tell(&c, reterr);
    json_decref(c.errors);
    policy_close(&c.folder);
    return exit;
}

const struct command policy_check_command = {
    .noun = "policy",
    .verb = "check",
    .arguments = "DIR",
    .summary = "Checks that a law can be put into force: its texts, its guarantees",
    .help =
        "DIR is a rulebook, or a law alone with the vocabulary at its top, which is then read with "
        "the States and parties of the context. The texts must be readable, the scenarios in "
        "tests/ well formed, and no message whatsoever may break a guarantee: of one that is "
        "broken the message that breaks it is shown. Ends with 2 if there is an error. How many "
        "citations are UNCHECKED is said, too, and how much comity policy lint finds odd; neither "
        "is an "
        "error.\n\n"
        "Examples:\n"
        "  comity policy check rulebook\n"
        "  comity policy check policies --context xa-ca-01 --json\n",
    .words_min = 1,
    .words_max = 1,
    .run = check,
};
