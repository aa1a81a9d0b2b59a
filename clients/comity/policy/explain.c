/* comity policy explain: what the law makes of a document or message, field by field, and why. */

#include <stdio.h>
#include <string.h>

#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/policy/explained.h"
#include "comity/policy/words.h"
#include "comity/request/request.h"
#include "libcomity/compose.h"
#include "libcomity/sent.h"
#include "libcomity/told.h"

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

static json_t *field_json(const struct explaining *x, size_t item, const struct explanation *e)
{
    const struct verdict *v = &x->message.decision->verdicts[item];
    return explained_json(&(struct explained){
        .path = x->message.labels[item],
        .level = policy_grade(x->message.arena, x->folder.rulebook->law, v->grade),
        .rule = v->rule,
        .basis = v->basis,
        .explanation = e,
    });
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
                           d->rule.length == 0 ? json_string("") : slice_json(d->rule), "logged",
                           (int)x->answer.proved, "fields", fields));
    if (exit == COMITY_DONE && !x->inv->json) {
        print_outcome(x);
        explained_print(x->inv, fields);
    }
    if (exit == COMITY_DONE)
        say(x->inv, "nothing was sent; %s",
            x->answer.proved ? "the question itself is in the gateway's audit log"
                             : "this is the gateway's word without a proof: no receipt");
    json_decref(fields);
    return exit;
}

static enum comity_exit open_law(struct explaining *x, struct comity *comity,
                                 struct comity_fault *reterr)
{
    return policy_open(comity_context_of(comity)->directory, &x->folder, reterr);
}

static void done(struct explaining *x)
{
    policy_message_end(&x->message);
    policy_close(&x->folder);
}

static enum comity_exit explain_document(struct explaining *x, struct comity *comity,
                                         struct slice document, struct comity_fault *reterr)
{
    enum comity_exit exit = ask(x, comity, document, reterr);
    if (exit == COMITY_DONE)
        exit = open_law(x, comity, reterr);
    if (exit == COMITY_DONE)
        exit = decide(x, comity_context_of(comity)->party, document, reterr);
    if (exit == COMITY_DONE)
        exit = tell(x, reterr);
    done(x);
    return exit;
}

static enum comity_exit explain_file(const struct invocation *inv, struct comity *comity,
                                     struct comity_fault *reterr)
{
    struct explaining x = {.inv = inv, .to = invocation_value(inv, FLAG_TO)};
    struct buffer document = {0};
    enum comity_exit exit = request_read(invocation_value(inv, FLAG_FILE), &document, reterr);
    if (exit == COMITY_DONE)
        exit = explain_document(&x, comity, buffer_slice(&document), reterr);
    buffer_done(&document);
    return exit;
}

/* ---- a message that was sent ---- */

static enum comity_exit ask_again(struct explaining *x, struct comity *comity, struct arena *arena,
                                  const struct own_message *own, struct comity_fault *reterr)
{
    struct comity_recipient answer = {0};
    struct status s = sent_ask(comity, arena, own, &answer, reterr);
    if (failed(s))
        return fault_exit(reterr, s);
    if (!is_answered(&answer))
        return answer.exit;
    *reterr = (struct comity_fault){0};
    x->answer = answer;
    x->to = x->answer.party;
    return COMITY_DONE;
}

/* What was accepted or refused then is not asked: this is what would be now. */
static enum comity_exit decide_sealed(struct explaining *x, struct arena *arena,
                                      const struct own_message *own, struct comity_fault *reterr)
{
    const struct contents *contents = NULL;
    struct status s = contents_parse(arena, &own->envelope->claims, own->submit->message.fields,
                                     (struct slices){NULL, 0}, &contents);
    if (s.code == CODE_REFUSED)
        return fail(reterr, COMITY_VERIFY, "CRYPTO", "the archived message does not open (%s)",
                    reason_name(s.reason));
    if (failed(s))
        return out_of_memory(reterr);
    const struct policy_sealed sealed = {.claims = &own->envelope->claims,
                                         .contents = contents,
                                         .locals = own->submit->locals,
                                         .local_count = own->submit->locals_count,
                                         .at_ms = policy_now_ms()};
    enum comity_exit exit = policy_message_open(x->folder.rulebook, &sealed, &x->message, reterr);
    return exit == COMITY_DONE ? policy_message_decide(&x->message, reterr) : exit;
}

static enum comity_exit explain_sent(struct explaining *x, struct comity *comity,
                                     struct arena *arena, const struct own_message *own,
                                     struct comity_fault *reterr)
{
    enum comity_exit exit = ask_again(x, comity, arena, own, reterr);
    if (exit == COMITY_DONE)
        exit = open_law(x, comity, reterr);
    if (exit == COMITY_DONE)
        exit = decide_sealed(x, arena, own, reterr);
    if (exit == COMITY_DONE)
        exit = tell(x, reterr);
    done(x);
    return exit;
}

static enum comity_exit explain_message(const struct invocation *inv, struct comity *comity,
                                        struct comity_fault *reterr)
{
    struct own_message own;
    struct explaining x = {.inv = inv};
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : told_begin(comity, 0, reterr);
    if (!failed(s))
        s = sent_find(comity, arena, inv->words[0], &own, reterr);
    enum comity_exit exit = COMITY_DONE;
    if (s.code == CODE_ABSENT)
        exit = explain_received(inv, comity, inv->words[0], reterr);
    else if (failed(s))
        exit = fault_exit(reterr, s);
    else
        exit = explain_sent(&x, comity, arena, &own, reterr);
    arena_free(arena);
    return exit;
}

static enum comity_exit check_words(const struct invocation *inv, struct comity_fault *reterr)
{
    const bool has_file = invocation_has(inv, FLAG_FILE), has_to = invocation_has(inv, FLAG_TO);
    if (inv->word_count == 0 && !has_file)
        return fail_usage(reterr, "say what to explain: -f FILE, or a message's id");
    if (inv->word_count > 0 && (has_file || has_to))
        return fail_usage(reterr, "a message that there is has its recipient: ID alone");
    return inv->word_count == 0 && !has_to
               ? fail_usage(reterr, "say to whom it would go: --to PARTY")
               : COMITY_DONE;
}

static enum comity_exit explain(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = check_words(inv, reterr);
    if (exit == COMITY_DONE)
        exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = inv->word_count > 0 ? explain_message(inv, comity, reterr)
                                   : explain_file(inv, comity, reterr);
    comity_close(comity);
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
    .arguments = "-f FILE --to PARTY | ID",
    .summary = "Explains what the law lets through of a document or message, field by field",
    .help =
        "The own gateway is asked as by request send --dry-run: nothing is sent, and the question "
        "is an entry of its audit log. What it would do is the outcome. Why, the context's own "
        "copy of the law says: for each field its level, the rule that decides it with its basis, "
        "the other rules that speak of it, and what the document would have to say for a condition "
        "to be known. That copy knows the document only. Where the gateway knows or asks more, of "
        "protection or of routes for example, the outcome can differ, which is said.\n\n"
        "ID is of a message that this context has sent or received. One that was sent is explained "
        "in the same way, as if it were sent now: what it says is sealed again, under an id that "
        "is not kept, and asked about; that two officers have approved it does not count. Of one "
        "that was received, what came and what was stated as withheld is explained, without the "
        "gateway: the rule stands there only where the context's own law and what the message "
        "shows are enough to tell; \"outcome\" is \"received\". Of what was withheld in silence "
        "nothing can be said.\n\n"
        "Ends with 0 where it is explained, whatever the outcome.\n\n"
        "Examples:\n"
        "  comity policy explain -f request.json --to XC-CA-01\n"
        "  comity policy explain 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1 --context xc-ca-01\n",
    .options = options,
    .words_max = 1,
    .run = explain,
};
