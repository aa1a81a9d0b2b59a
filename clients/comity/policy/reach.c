/* comity policy reach: what can ever reach somebody, whatever a message says. */

#include <stdio.h>
#include <string.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"
#include "policy/reach.h"

#define TYPE_ARENA_BYTES CONTEXT_MAX_BYTES
#define NAME_INDENT      4

struct reaching {
    const struct invocation *inv;
    const struct rulebook *rulebook;
    struct lane_scope lane;
    bool all;            /* also what never reaches anybody is listed */
    const char *example; /* that was printed last */
};

static const char *const answers[] = {
    [REACH_UNDECIDED] = "undecided", [REACH_NEVER] = "never", [REACH_CAN] = ""};

static const char *level_of(const struct reaching *x, struct arena *arena,
                            const struct reach_row *row)
{
    if (row->answer != REACH_CAN)
        return answers[row->answer];
    const char *level = policy_grade(arena, x->rulebook->law, row->grade);
    return level == NULL ? "" : level;
}

static json_t *title_json(const struct rule *rule)
{
    return rule == NULL ? json_null() : slice_json(rule->title);
}

static void put_row(const struct reaching *x, struct arena *arena, const struct reach_row *row)
{
    put_json(json_pack("{s:o,s:s,s:s,s:s,s:o,s:s?}", "type", slice_json(type_name(x->lane.type)),
                       "field", row->name, "category", category_code(row->category), "level",
                       level_of(x, arena, row), "rule", title_json(row->rule), "example",
                       row->example));
}

/* Fields of which the same is to be said. */
static bool is_alike(const struct reach_row *a, const struct reach_row *b)
{
    bool same = a->answer == b->answer && a->grade == b->grade && a->rule == b->rule &&
                a->category == b->category;
    return same && (a->example == NULL || b->example == NULL ? a->example == b->example
                                                             : strcmp(a->example, b->example) == 0);
}

static bool is_first(const struct reach *reach, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_alike(&reach->rows[k], &reach->rows[i]))
            return false;
    return true;
}

/* One that is the same as that before is not repeated. */
static void print_example(struct reaching *x, struct arena *arena, const struct reach_row *row)
{
    bool again =
        x->example != NULL && row->example != NULL && strcmp(x->example, row->example) == 0;
    if (row->example == NULL || row->example[0] == '\0')
        return;
    put_wrapped(
        &(struct wrapping){.columns = ANSWER_COLUMNS, .indent = NAME_INDENT},
        slice_text(again ? "where the same holds" : arena_print(arena, "where %s", row->example)));
    x->example = row->example;
}

static enum comity_exit print_alike(struct reaching *x, struct arena *arena,
                                    const struct reach *reach, size_t first,
                                    struct comity_fault *reterr)
{
    const struct reach_row *row = &reach->rows[first];
    struct buffer names = buffer_new(1UL << 20);
    for (size_t i = first; i < reach->count; i++)
        if (is_alike(row, &reach->rows[i]))
            buffer_print(&names, "%s ", reach->rows[i].name);
    fputs("  ", stdout);
    put_painted(x->inv, PAINT_STRONG, level_of(x, arena, row));
    printf(", %s", category_tag(row->category));
    if (row->rule != NULL)
        printf(", by \"%.*s\"", (int)row->rule->title.length, (const char *)row->rule->title.at);
    fputc('\n', stdout);
    print_example(x, arena, row);
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = NAME_INDENT},
                buffer_slice(&names));
    bool starved = names.failed;
    buffer_done(&names);
    return starved ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory") : COMITY_DONE;
}

/* A type of which nothing reaches anybody is no news where many are looked at. */
static bool is_told(const struct reaching *x, const struct reach *reach)
{
    for (size_t i = 0; i < reach->count; i++)
        if (x->all || reach->rows[i].answer != REACH_NEVER)
            return true;
    return false;
}

static enum comity_exit tell(struct reaching *x, struct arena *arena, const struct reach *reach,
                             struct comity_fault *reterr)
{
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < reach->count && x->inv->json; i++)
        put_row(x, arena, &reach->rows[i]);
    if (x->inv->json || !is_told(x, reach))
        return exit;
    struct slice name = type_name(x->lane.type);
    printf("%.*s\n", (int)name.length, (const char *)name.at);
    for (size_t i = 0; i < reach->count && exit == COMITY_DONE; i++)
        if (is_first(reach, i) && (x->all || reach->rows[i].answer != REACH_NEVER))
            exit = print_alike(x, arena, reach, i, reterr);
    return exit;
}

static enum comity_exit reach_type(struct reaching *x, const struct message_type *type,
                                   struct comity_fault *reterr)
{
    struct reach reach;
    struct arena *arena = arena_new(TYPE_ARENA_BYTES);
    x->lane.type = type;
    x->example = NULL;
    enum comity_exit exit = arena == NULL || failed(reach_of(arena, x->rulebook, &x->lane, &reach))
                                ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                : tell(x, arena, &reach, reterr);
    arena_free(arena);
    return exit;
}

static enum comity_exit reach_all(struct reaching *x, struct comity_fault *reterr)
{
    const struct schema *schema = x->rulebook->schema;
    enum comity_exit exit = COMITY_DONE;
    for (size_t i = 0; i < schema_type_count(schema) && exit == COMITY_DONE; i++)
        exit = reach_type(x, schema_type_at(schema, i), reterr);
    return exit;
}

static enum comity_exit reach_asked(struct reaching *x, struct comity_fault *reterr)
{
    const char *name = invocation_value(x->inv, FLAG_TYPE);
    const struct message_type *type =
        name == NULL ? NULL : schema_newest(x->rulebook->schema, slice_text(name));
    if (name != NULL && type == NULL)
        return fail_usage(reterr, "--type %s: the rulebook has no such message type", name);
    x->all = type != NULL;
    return type == NULL ? reach_all(x, reterr) : reach_type(x, type, reterr);
}

static enum comity_exit read_lane(const struct invocation *inv, struct reaching *x,
                                  struct comity_fault *reterr)
{
    const char *to = invocation_value(inv, FLAG_TO), *from = invocation_value(inv, FLAG_FROM);
    const char *purpose = invocation_value(inv, FLAG_PURPOSE);
    enum comity_exit exit = policy_pattern_read(x->rulebook, to, &x->lane.to, reterr);
    if (exit == COMITY_DONE && from != NULL)
        exit = policy_pattern_read(x->rulebook, from, &x->lane.from, reterr);
    if (exit == COMITY_DONE && purpose != NULL &&
        !schema_has_code(x->rulebook->schema, "purpose", slice_text(purpose)))
        exit = fail_usage(reterr, "--purpose %s: the rulebook has no such purpose", purpose);
    x->lane.purpose = slice_text(purpose);
    x->lane.at_ms = policy_now_ms();
    return exit;
}

static enum comity_exit reach(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder folder;
    struct reaching x = {.inv = inv};
    if (!invocation_has(inv, FLAG_TO))
        return fail_usage(reterr, "whom can it reach? --to PARTY was not given");
    enum comity_exit exit = policy_reading_open(inv, invocation_word(inv, 0), &folder, reterr);
    x.rulebook = folder.rulebook;
    if (exit == COMITY_DONE)
        exit = read_lane(inv, &x, reterr);
    if (exit == COMITY_DONE)
        exit = reach_asked(&x, reterr);
    policy_close(&folder);
    return exit;
}

static const struct argp_option options[] = {
    {"to", FLAG_TO, "PARTY", 0, "Who is reached: XC-CA-01, XC.*, *.CA, XC.CA", 1},
    {"from", FLAG_FROM, "PARTY", 0, "Who sends it; anybody unless told", 1},
    {"purpose", FLAG_PURPOSE, "CODE", 0, "For what; anything unless told", 1},
    {"type", FLAG_TYPE, "TYPE", 0, "Of which message type; all unless told", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_reach_command = {
    .noun = "policy",
    .verb = "reach",
    .arguments = "--to PARTY [DIR]",
    .summary = "Says of each field the most that can ever reach a party, with an example",
    .help =
        "Over all messages that can be written, not over those that were: the best level that any "
        "of them reaches, the rule that grants it, and what has to be true for it. \"never\" is "
        "proved. \"undecided\" means that it took too long to find out. With --json there is one "
        "object a line; without it fields of which the same is to be said stand together, and "
        "what never reaches the party is listed only with --type. DIR is as of comity policy "
        "check; without it the rulebook that the context trusts is taken.\n\n"
        "Examples:\n"
        "  comity policy reach --to XC-CA-01 --type mla.request rulebook\n"
        "  comity policy reach --to '*.IGO' --purpose PROTECTION rulebook --json\n",
    .options = options,
    .words_min = 0,
    .words_max = 1,
    .run = reach,
};
