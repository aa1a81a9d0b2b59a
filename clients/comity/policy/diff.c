/* comity policy diff: what a new law lets through more, and what less. */

#include <stdio.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"
#include "policy/law_diff.h"

#define ARENA_BYTES (1024UL << 20)

struct comparing {
    const struct invocation *inv;
    struct arena *arena;
    size_t narrower, other; /* other: wider, incomparable or undecided */
    bool starved;
};

static const char *const changes[] = {
    [CHANGE_UNDECIDED] = "undecided",
    [CHANGE_WIDER] = "wider",
    [CHANGE_NARROWER] = "narrower",
    [CHANGE_INCOMPARABLE] = "incomparable",
};

static const char *text_of(struct comparing *x, const char *text)
{
    x->starved = x->starved || text == NULL;
    return text == NULL ? "" : text;
}

static void put_difference(struct comparing *x, const struct law_difference *d, const char *from,
                           const char *to)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < d->field_count; i++)
        json_array_append_new(fields,
                              json_string(text_of(x, group_field_name(x->arena, d->fields[i]))));
    put_json(json_pack("{s:s,s:o,s:s,s:s,s:o,s:o,s:s?,s:s?}", "change", changes[d->change], "type",
                       slice_json(type_name(d->type)), "from", from, "to", to, "purpose",
                       slice_json(d->purpose), "fields", fields, "wider", d->wider, "narrower",
                       d->narrower));
}

static void print_example(struct comparing *x, const char *direction, const char *example)
{
    if (example != NULL)
        put_wrapped(
            &(struct wrapping){.columns = ANSWER_COLUMNS, .indent = 4},
            slice_text(text_of(x, arena_print(x->arena, "%s where %s", direction,
                                              example[0] == '\0' ? "nothing is known" : example))));
}

static void print_difference(struct comparing *x, const struct law_difference *d, const char *from,
                             const char *to)
{
    struct buffer names = buffer_new(1UL << 20);
    struct slice type = type_name(d->type);
    for (size_t i = 0; i < d->field_count; i++)
        buffer_print(&names, "%s ", text_of(x, group_field_name(x->arena, d->fields[i])));
    put_painted(x->inv, d->change == CHANGE_NARROWER ? PAINT_GOOD : PAINT_BAD, changes[d->change]);
    printf("  %.*s from %s to %s, %.*s\n", (int)type.length, (const char *)type.at, from, to,
           (int)d->purpose.length, (const char *)d->purpose.at);
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = 4}, buffer_slice(&names));
    print_example(x, "wider", d->wider);
    print_example(x, "narrower", d->narrower);
    x->starved = x->starved || names.failed;
    buffer_done(&names);
}

static void tell(void *context, const struct law_difference *d)
{
    struct comparing *x = context;
    const char *from = text_of(x, policy_pattern(x->arena, &d->from->pattern));
    const char *to = text_of(x, policy_pattern(x->arena, &d->to->pattern));
    if (x->inv->json)
        put_difference(x, d, from, to);
    else
        print_difference(x, d, from, to);
    if (d->change == CHANGE_NARROWER)
        x->narrower++;
    else
        x->other++;
}

static enum comity_exit compare(struct comparing *x, const struct rulebook *old_rulebook,
                                const struct rulebook *new_rulebook, struct comity_fault *reterr)
{
    if (digest_equal(&old_rulebook->digest, digest_slice(&new_rulebook->digest))) {
        say(x->inv, "both are the same text");
        return COMITY_DONE;
    }
    x->arena = arena_new(ARENA_BYTES);
    struct status s =
        x->arena == NULL ? FAIL(MEMORY)
                         : law_diff(x->arena, old_rulebook, new_rulebook, policy_now_ms(), tell, x);
    arena_free(x->arena);
    if (failed(s) || x->starved)
        return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
    if (x->other == 0) {
        say(x->inv, x->narrower == 0 ? "both let the same through"
                                     : "the new one lets less through, and nothing more");
        return COMITY_DONE;
    }
    fail(reterr, COMITY_REFUSED, "WIDER",
         "the new law can let more through: %zu difference%s that %s not only narrower", x->other,
         x->other == 1 ? "" : "s", x->other == 1 ? "is" : "are");
    return advise(reterr, "whoever signs it is to have seen each of them");
}

static enum comity_exit diff(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder before, after = {0};
    struct comparing x = {.inv = inv};
    enum comity_exit exit = policy_reading_open(inv, inv->words[0], &before, reterr);
    if (exit == COMITY_DONE)
        exit = policy_reading_open(inv, inv->words[1], &after, reterr);
    if (exit == COMITY_DONE)
        exit = compare(&x, before.rulebook, after.rulebook, reterr);
    policy_close(&before);
    policy_close(&after);
    return exit;
}

const struct command policy_diff_command = {
    .noun = "policy",
    .verb = "diff",
    .arguments = "OLD NEW",
    .summary = "Says what a new law lets through more and what less, with examples",
    .help =
        "Over all messages that can be written: for each message type, sender, recipient and "
        "purpose, the fields of which the new law lets through more (wider), less (narrower), or "
        "more of some messages and less of others (incomparable), each with a message that shows "
        "it. What is equal is not told; \"undecided\" took too long to find out. OLD and NEW are "
        "as DIR of comity policy check.\n\n"
        "Ends with 0 where nothing is wider: both are equal, or the new one is only narrower; "
        "with 3 where something is wider, incomparable or undecided.\n\n"
        "Example:\n"
        "  comity policy diff rulebook next\n",
    .words_min = 2,
    .words_max = 2,
    .run = diff,
};
