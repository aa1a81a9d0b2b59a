/* comity policy explain: what the law makes of a document, field by field, and why. */

#include <stdio.h>
#include <string.h>

#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/policy_message.h"
#include "comity/policy_words.h"
#include "comity/request.h"
#include "libcomity/compose.h"
#include "policy/explain.h"

#define INDENT 4

struct explaining {
    const struct invocation *inv;
    const char *to;
    struct comity_recipient answer; /* the gateway's */
    struct policy_folder folder;    /* the own copy of the law */
    struct policy_message message;
};

static const char *const outcomes[] = {
    [OUTCOME_REFUSE] = "refused", [OUTCOME_HOLD] = "held", [OUTCOME_DELIVER] = "accepted"};

static enum comity_exit out_of_memory(struct comity_fault *reterr)
{
    return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
}

/* ---- the gateway is asked ---- */

static bool is_answered(const struct comity_recipient *r)
{
    return strcmp(r->outcome, "accepted") == 0 || strcmp(r->outcome, "held") == 0 ||
           strcmp(r->outcome, "refused") == 0;
}

/* Nobody is told what the law says who may not ask, and nobody without an entry in the log: the own
 * gateway decides first, as on a dry run. */
static enum comity_exit ask(struct explaining *x, struct comity *comity, struct slice document,
                            struct comity_fault *reterr)
{
    const struct comity_letter letter = {.document = (const char *)document.at,
                                         .length = document.length,
                                         .to = &x->to,
                                         .to_count = 1,
                                         .dry_run = true};
    struct comity_sent *sent = NULL;
    enum comity_exit exit = comity_send(comity, &letter, &sent, reterr);
    if (sent != NULL && is_answered(&sent->recipients[0])) {
        x->answer = sent->recipients[0];
        exit = COMITY_DONE;
    }
    comity_sent_free(sent);
    return exit;
}

/* ---- the own copy of the law explains ---- */

static enum comity_exit decide(struct explaining *x, const char *from, struct slice text,
                               struct comity_fault *reterr)
{
    json_t *document = NULL;
    struct status s = compose_parse(text, &document, reterr);
    if (failed(s))
        return s.code == CODE_CONFIG ? COMITY_INPUT : COMITY_FAILED;
    const struct policy_letter letter = {.document = document,
                                         .from = slice_text(from),
                                         .to = slice_text(x->to),
                                         .at_ms = policy_now_ms()};
    enum comity_exit exit = policy_message_begin(x->folder.rulebook, &letter, &x->message, reterr);
    json_decref(document);
    return exit == COMITY_DONE ? policy_message_decide(&x->message, reterr) : exit;
}

static bool differs(const struct explaining *x)
{
    return strcmp(outcomes[x->message.decision->outcome], x->answer.outcome) != 0;
}

/* What has no rule or basis has an empty one. */
static json_t *text_json(struct slice text)
{
    return text.length == 0 ? json_string("") : slice_json(text);
}

static json_t *names_json(const struct slices *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, slice_json(names->at[i]));
    return list;
}

static json_t *lost_json(const struct explanation *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->rule_count; i++) {
        const struct explained_rule *r = &e->rules[i];
        if (r != e->deciding)
            json_array_append_new(list,
                                  json_pack("{s:o,s:o,s:s,s:o}", "rule", slice_json(r->rule->title),
                                            "basis", slice_json(r->rule->basis), "condition",
                                            r->truth == TRUTH_TRUE ? "true" : "unknown", "missing",
                                            names_json(&r->missing)));
    }
    return list;
}

static json_t *field_json(const struct explaining *x, size_t item, const struct explanation *e)
{
    const struct verdict *v = &x->message.decision->verdicts[item];
    const char *level = policy_grade(x->message.arena, x->folder.rulebook->law, v->grade);
    return json_pack("{s:s,s:s?,s:o,s:o,s:o,s:o}", "path", x->message.labels[item], "level", level,
                     "rule", text_json(v->rule), "basis", text_json(v->basis), "missing",
                     names_json(&e->missing), "lost", lost_json(e));
}

static enum comity_exit explain_all(const struct explaining *x, json_t *fields,
                                    struct comity_fault *reterr)
{
    const struct policy_message *m = &x->message;
    for (size_t i = 0; i < m->document->count; i++) {
        const struct explanation *e = NULL;
        if (failed(policy_explain(m->arena, &m->question, i, &e)) ||
            json_array_append_new(fields, field_json(x, i, e)) != 0)
            return out_of_memory(reterr);
    }
    return COMITY_DONE;
}

/* ---- what is told ---- */

static const char *text_at(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void put_names(struct buffer *out, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buffer_print(out, "%s%s", i == 0 ? "" : ", ", json_string_value(json_array_get(names, i)));
}

static void put_line(struct buffer *line)
{
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = INDENT},
                buffer_slice(line));
    buffer_clear(line);
}

static void print_field(const struct invocation *inv, const json_t *field)
{
    struct buffer line = buffer_new(1UL << 20);
    const json_t *lost = json_object_get(field, "lost"),
                 *missing = json_object_get(field, "missing");
    put_text(stdout, text_at(field, "path"));
    fputs("  ", stdout);
    put_painted(inv, PAINT_STRONG, text_at(field, "level"));
    fputc('\n', stdout);
    buffer_print(&line, "by \"%s\" %s", text_at(field, "rule"), text_at(field, "basis"));
    put_line(&line);
    for (size_t i = 0; i < json_array_size(lost); i++) {
        const json_t *rule = json_array_get(lost, i);
        buffer_print(&line, "beside \"%s\" (%s)", text_at(rule, "rule"),
                     text_at(rule, "condition"));
        put_line(&line);
    }
    if (json_array_size(missing) > 0) {
        buffer_text(&line, "not known: ");
        put_names(&line, missing);
        put_line(&line);
    }
    buffer_done(&line);
}

static void print_outcome(const struct explaining *x)
{
    const struct decision *d = x->message.decision;
    printf("%s would be ", x->to);
    put_painted(x->inv, strcmp(x->answer.outcome, "accepted") == 0 ? PAINT_GOOD : PAINT_BAD,
                x->answer.outcome);
    if (x->answer.code[0] != '\0')
        printf(" (%s)", x->answer.code);
    if (d->rule.length > 0)
        printf(" by \"%.*s\"", (int)d->rule.length, (const char *)d->rule.at);
    fputc('\n', stdout);
    if (differs(x))
        printf("By its fields alone it would be %s: the gateway judges more than they say, and "
               "what\nfollows does not\n",
               outcomes[d->outcome]);
}

static enum comity_exit tell(const struct explaining *x, struct comity_fault *reterr)
{
    const struct decision *d = x->message.decision;
    json_t *fields = json_array();
    enum comity_exit exit = explain_all(x, fields, reterr);
    if (exit == COMITY_DONE && x->inv->json)
        put_json(json_pack("{s:s,s:s,s:s,s:o,s:b,s:O}", "outcome", x->answer.outcome, "code",
                           x->answer.code, "by_document", outcomes[d->outcome], "rule",
                           text_json(d->rule), "logged", (int)x->answer.proved, "fields", fields));
    if (exit == COMITY_DONE && !x->inv->json) {
        print_outcome(x);
        for (size_t i = 0; i < json_array_size(fields); i++)
            print_field(x->inv, json_array_get(fields, i));
    }
    if (exit == COMITY_DONE)
        say(x->inv, "nothing was sent; %s",
            x->answer.proved ? "the question itself is in the gateway's audit log"
                             : "this is the gateway's word without a proof: no receipt");
    json_decref(fields);
    return exit;
}

static enum comity_exit explain_document(struct explaining *x, struct comity *comity,
                                         struct slice document, struct comity_fault *reterr)
{
    const struct comity_context *context = comity_context_of(comity);
    enum comity_exit exit = ask(x, comity, document, reterr);
    if (exit == COMITY_DONE)
        exit = policy_open(context->directory, &x->folder, reterr);
    if (exit == COMITY_DONE)
        exit = decide(x, context->party, document, reterr);
    if (exit == COMITY_DONE)
        exit = tell(x, reterr);
    policy_message_end(&x->message);
    policy_close(&x->folder);
    return exit;
}

static enum comity_exit explain(const struct invocation *inv, struct comity_fault *reterr)
{
    struct explaining x = {.inv = inv, .to = invocation_value(inv, FLAG_TO)};
    const char *path = invocation_value(inv, FLAG_FILE);
    struct comity *comity = NULL;
    struct buffer document = {0};
    if (path == NULL || x.to == NULL)
        return fail_usage(reterr, path == NULL ? "say what to explain: -f FILE"
                                               : "say to whom it would go: --to PARTY");
    enum comity_exit exit = request_read(path, &document, reterr);
    if (exit == COMITY_DONE)
        exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = explain_document(&x, comity, buffer_slice(&document), reterr);
    comity_close(comity);
    buffer_done(&document);
    return exit;
}

static const struct argp_option options[] = {
    {"file", FLAG_FILE, "FILE", 0, "The request as JSON; - for standard input", 1},
    {"to", FLAG_TO, "PARTY", 0, "To whom it would go", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_explain_command = {
    .noun = "policy",
    .verb = "explain",
    .arguments = "-f FILE --to PARTY",
    .summary = "Explains what the law lets through of a document, field by field",
    .help =
        "The own gateway is asked as by request send --dry-run: nothing is sent, and the question "
        "is an entry of its audit log. What it would do is the outcome. Why, the context's own "
        "copy of the law says: for each field its level, the rule that decides it with its basis, "
        "the other rules that speak of it, and what the document would have to say for a condition "
        "to be known. That copy knows the document only. Where the gateway knows or asks more, of "
        "protection or of routes for example, the outcome can differ, which is said.\n\n"
        "Ends with 0 where it is explained, whatever the outcome.\n\n"
        "Example:\n"
        "  comity policy explain -f request.json --to XC-CA-01\n",
    .options = options,
    .words_max = 0,
    .run = explain,
};
