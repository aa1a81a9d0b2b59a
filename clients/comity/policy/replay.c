/* comity policy replay: what a candidate law would have made of the own messages. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"
#include "libcomity/client.h"
#include "libcomity/sent.h"
#include "message/remains.h"

#define MESSAGE_ARENA_BYTES (64UL << 20)
#define LAWS                2 /* the one in force, the candidate */

static const uint8_t no_key[32]; /* no pseudonym is shown */

/* What changes alike: never a value, never whose it is. */
struct change {
    char *type, *field, *before, *after;
    size_t count;
};

struct replaying {
    const struct invocation *inv;
    const struct rulebook *rulebooks[LAWS];
    uint64_t since_ms, now_ms;
    size_t messages, changed;
    struct change *changes;
    size_t change_count;
};

/* One message under one law. */
struct judged {
    const struct document *document; /* NULL: the law does not take it */
    const struct decision *decision;
    const char *outcome; /* "accepted", "refused E_CATEGORY" */
};

/* ---- one law ---- */

static struct status judge_fields(struct arena *arena, const struct rulebook *rulebook,
                                  const struct own_message *message, struct judged *judged)
{
    const struct claims *claims = &message->envelope->claims;
    const struct message_type *type = schema_type(rulebook->schema, claims->type, claims->schema);
    const struct claim_facts facts = {claims->purpose, claims->urgency, claims->instrument};
    const struct contents *contents = NULL;
    struct remains all;
    struct slice path = {NULL, 0};
    struct status s = contents_parse(arena, claims, message->submit->message.fields,
                                     (struct slices){NULL, 0}, &contents);
    if (failed(s))
        return s.code == CODE_REFUSED ? FAIL(CRYPTO) : s;
    if (failed(s = contents_remains(arena, contents, &all)))
        return s;
    judged->outcome = "refused E_SCHEMA";
    s = type == NULL
            ? REFUSE(TYPE_UNKNOWN)
            : document_judge(arena, type, &facts, all.leaves, all.count, &judged->document, &path);
    if (s.code == CODE_REFUSED && type != NULL)
        judged->outcome = arena_print(arena, "refused %s", refusal_name(reason_refusal(s.reason)));
    if (s.code == CODE_REFUSED)
        judged->document = NULL;
    return s.code == CODE_REFUSED ? OK : s;
}

static struct status decide(struct arena *arena, const struct replaying *x, size_t law,
                            const struct own_message *message, struct judged *judged)
{
    static const char *const outcomes[] = {
        [OUTCOME_REFUSE] = "refused", [OUTCOME_HOLD] = "held", [OUTCOME_DELIVER] = "accepted"};
    const struct submit *submit = message->submit;
    struct leaf *locals = arena_array(arena, submit->locals_count + 1, sizeof *locals);
    if (locals == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < submit->locals_count; i++)
        locals[i] = (struct leaf){submit->locals[i].path, submit->locals[i].value};
    const struct question question = {.rulebook = x->rulebooks[law],
                                      .claims = &message->envelope->claims,
                                      .document = judged->document,
                                      .locals = locals,
                                      .local_count = submit->locals_count,
                                      .at_ms = x->now_ms,
                                      .approved = submit->approvals.count > 0,
                                      .pseudonym_key = no_key};
    struct status s = policy_decide(arena, &question, &judged->decision);
    if (failed(s))
        return s;
    const struct decision *d = judged->decision;
    judged->outcome =
        arena_print(arena, "%s%s%s", outcomes[d->outcome], d->code == REFUSAL_NONE ? "" : " ",
                    d->code == REFUSAL_NONE ? "" : refusal_name(d->code));
    return judged->outcome == NULL ? FAIL(MEMORY) : OK;
}

/* ---- both of them ---- */

static bool is_change(const struct change *a, const struct change *b)
{
    return strcmp(a->type, b->type) == 0 && strcmp(a->field, b->field) == 0 &&
           strcmp(a->before, b->before) == 0 && strcmp(a->after, b->after) == 0;
}

static struct status add_change(struct replaying *x, const struct change *change)
{
    for (size_t i = 0; i < x->change_count; i++)
        if (is_change(&x->changes[i], change)) {
            x->changes[i].count++;
            return OK;
        }
    struct change *more = realloc(x->changes, (x->change_count + 1) * sizeof *more);
    if (more == NULL)
        return FAIL(MEMORY);
    x->changes = more;
    struct change *added = &more[x->change_count++];
    *added = (struct change){.type = strdup(change->type),
                             .field = strdup(change->field),
                             .before = strdup(change->before),
                             .after = strdup(change->after),
                             .count = 1};
    bool whole = added->type != NULL && added->field != NULL && added->before != NULL &&
                 added->after != NULL;
    return whole ? OK : FAIL(MEMORY);
}

static void changes_done(struct replaying *x)
{
    for (size_t i = 0; i < x->change_count; i++) {
        free(x->changes[i].type);
        free(x->changes[i].field);
        free(x->changes[i].before);
        free(x->changes[i].after);
    }
    free(x->changes);
}

/* Both documents have the same leaves in the same order. */
static struct status compare_fields(struct arena *arena, struct replaying *x,
                                    const struct judged judged[static LAWS], char *type,
                                    bool *changed)
{
    const struct document *d = judged[0].document;
    for (size_t i = 0; i < d->count; i++) {
        const char *levels[LAWS];
        for (size_t l = 0; l < LAWS; l++)
            levels[l] =
                policy_grade(arena, x->rulebooks[l]->law, judged[l].decision->verdicts[i].grade);
        char *field = arena_text(arena, d->items[i].rule->name);
        if (field == NULL || levels[0] == NULL || levels[1] == NULL)
            return FAIL(MEMORY);
        if (strcmp(levels[0], levels[1]) == 0)
            continue;
        *changed = true;
        const struct change change = {type, field, arena_text(arena, slice_text(levels[0])),
                                      arena_text(arena, slice_text(levels[1])), 1};
        struct status s =
            change.before == NULL || change.after == NULL ? FAIL(MEMORY) : add_change(x, &change);
        if (failed(s))
            return s;
    }
    return OK;
}

static struct status compare(struct arena *arena, struct replaying *x,
                             const struct own_message *message)
{
    struct judged judged[LAWS] = {0};
    struct status s = OK;
    bool changed = false;
    for (size_t l = 0; l < LAWS && !failed(s); l++) {
        s = judge_fields(arena, x->rulebooks[l], message, &judged[l]);
        if (!failed(s) && judged[l].document != NULL)
            s = decide(arena, x, l, message, &judged[l]);
        if (!failed(s) && judged[l].outcome == NULL)
            s = FAIL(MEMORY);
    }
    char *type = arena_text(arena, message->envelope->claims.type);
    if (failed(s) || type == NULL)
        return failed(s) ? s : FAIL(MEMORY);
    if (strcmp(judged[0].outcome, judged[1].outcome) != 0) {
        char whole[] = "message";
        const struct change change = {type, whole, arena_text(arena, slice_text(judged[0].outcome)),
                                      arena_text(arena, slice_text(judged[1].outcome)), 1};
        changed = true;
        s = change.before == NULL || change.after == NULL ? FAIL(MEMORY) : add_change(x, &change);
    }
    if (!failed(s) && judged[0].document != NULL && judged[1].document != NULL)
        s = compare_fields(arena, x, judged, type, &changed);
    x->messages++;
    x->changed += changed;
    return s;
}

static struct status visit(void *owner, struct arena *borrowed, const struct own_message *message)
{
    struct replaying *x = owner;
    (void)borrowed; /* has room for the message alone */
    if (message->envelope->claims.created_ms < x->since_ms)
        return OK;
    struct arena *arena = arena_new(MESSAGE_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : compare(arena, x, message);
    arena_free(arena);
    return s;
}

/* ---- what is told ---- */

static int by_names(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    int order = strcmp(x->type, y->type);
    order = order != 0 ? order : strcmp(x->field, y->field);
    order = order != 0 ? order : strcmp(x->before, y->before);
    return order != 0 ? order : strcmp(x->after, y->after);
}

static void tell(struct replaying *x)
{
    char since[INSTANT_TEXT_BYTES];
    json_t *changes = json_array();
    instant_write(x->since_ms, since);
    if (x->change_count > 0)
        qsort(x->changes, x->change_count, sizeof *x->changes, by_names);
    for (size_t i = 0; i < x->change_count; i++) {
        const struct change *c = &x->changes[i];
        json_array_append_new(changes, json_pack("{s:s,s:s,s:s,s:s,s:I}", "type", c->type, "field",
                                                 c->field, "before", c->before, "after", c->after,
                                                 "count", (json_int_t)c->count));
        if (!x->inv->json)
            printf("%6zu  %s %s: %s becomes %s\n", c->count, c->type, c->field, c->before,
                   c->after);
    }
    if (x->inv->json)
        put_json(json_pack("{s:s,s:I,s:I,s:O}", "since", since, "messages", (json_int_t)x->messages,
                           "changed", (json_int_t)x->changed, "changes", changes));
    else
        printf("%zu of %zu messages since %s would change\n", x->changed, x->messages, since);
    json_decref(changes);
}

/* "7d", "12h", or a day. */
static enum comity_exit read_since(const char *text, uint64_t now_ms, uint64_t *ret_ms,
                                   struct comity_fault *reterr)
{
    static const struct {
        uint8_t unit;
        uint64_t ms;
    } units[] = {{'d', MS_PER_DAY}, {'h', MS_PER_DAY / 24}};
    uint64_t count = 0;
    struct slice word = slice_text(text);
    if (date_read(word, ret_ms) || instant_read(word, ret_ms))
        return COMITY_DONE;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (word.length < 2 || word.at[word.length - 1] != units[i].unit ||
            !decimal_read(slice_part(word, 0, word.length - 1), now_ms / units[i].ms, &count))
            continue;
        *ret_ms = now_ms - count * units[i].ms;
        return COMITY_DONE;
    }
    return fail_usage(reterr, "--since %s is neither a time (7d, 12h) nor a day (2026-01-31)",
                      text);
}

static enum comity_exit walk(struct replaying *x, struct comity *comity,
                             struct comity_fault *reterr)
{
    size_t unsound = 0;
    struct status s = sent_each(comity, visit, x, &unsound);
    if (failed(s))
        return fail(reterr, COMITY_FAILED, code_name(s.code), "the archive cannot be read (%s)",
                    code_name(s.code));
    tell(x);
    return unsound == 0 ? COMITY_DONE
                        : fail(reterr, COMITY_VERIFY, "CRYPTO",
                               "%zu records of the archive do not open", unsound);
}

static enum comity_exit replay(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder candidate = {0};
    struct comity *comity = NULL;
    struct replaying x = {.inv = inv, .now_ms = policy_now_ms()};
    const char *since = invocation_value(inv, FLAG_SINCE);
    enum comity_exit exit = read_since(since == NULL ? "7d" : since, x.now_ms, &x.since_ms, reterr);
    if (exit == COMITY_DONE)
        exit = policy_reading_open(inv, inv->words[0], &candidate, reterr);
    if (exit == COMITY_DONE)
        exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE) {
        x.rulebooks[0] = comity->rulebook;
        x.rulebooks[1] = candidate.rulebook;
        exit = walk(&x, comity, reterr);
    }
    changes_done(&x);
    comity_close(comity);
    policy_close(&candidate);
    return exit;
}

static const struct argp_option options[] = {
    {"since", FLAG_SINCE, "TIME", 0, "7d, 12h or 2026-01-31; 7d unless told", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_replay_command = {
    .noun = "policy",
    .verb = "replay",
    .arguments = "[--since TIME] NEW",
    .summary = "Says what a candidate law would have made of this party's own messages",
    .help =
        "Decides the messages that the context has sent since then, as its archive has them, once "
        "by the law that the context trusts and once by NEW, as if they were sent now. Nothing is "
        "sent and no gateway is asked. Tells for each message type and field how often its level "
        "would change, and for \"message\" how often it would be held or refused instead; no "
        "value is shown, nor whose it was. What a gateway knows beside a message is not "
        "considered. NEW is as DIR of comity policy check.\n\n"
        "Example:\n"
        "  comity policy replay --since 30d next\n",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = replay,
};
