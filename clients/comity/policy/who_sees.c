/* comity policy who-sees: everybody who could ever receive a category or a field. */

#include <stdio.h>

#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/reading.h"
#include "comity/policy/words.h"
#include "policy/lane.h"
#include "policy/reach.h"

struct seeing {
    const struct invocation *inv;
    const struct law *law;
    struct arena *arena;
    size_t count;
};

static const char *level_of(const struct seeing *x, const struct sighting *s)
{
    const char *level =
        s->answer == REACH_CAN ? policy_grade(x->arena, x->law, s->grade) : "undecided";
    return level == NULL ? "" : level;
}

static void put_sighting(const struct seeing *x, const struct sighting *s,
                         const struct party *party)
{
    put_json(json_pack("{s:o,s:o,s:s,s:o,s:o,s:s,s:s?}", "party", slice_json(party->id), "purpose",
                       slice_json(s->purpose), "level", level_of(x, s), "rule",
                       s->rule == NULL ? json_null() : slice_json(s->rule->title), "type",
                       slice_json(type_name(s->type)), "field", s->field, "example", s->example));
}

static void print_sighting(const struct seeing *x, const struct sighting *s,
                           const struct party *party)
{
    struct slice title = s->rule == NULL ? slice_text("") : s->rule->title;
    printf("%-14.*s %-18.*s ", (int)party->id.length, (const char *)party->id.at,
           (int)s->purpose.length, (const char *)s->purpose.at);
    put_painted(x->inv, PAINT_STRONG, level_of(x, s));
    printf("  %.*s\n", (int)title.length, (const char *)title.at);
}

static void print_example(const struct sighting *s)
{
    char text[4096];
    struct slice type = type_name(s->type);
    snprintf(text, sizeof text, "%s of %.*s%s%s", s->field, (int)type.length, (const char *)type.at,
             s->example == NULL || s->example[0] == '\0' ? "" : " where ",
             s->example == NULL ? "" : s->example);
    put_wrapped(&(struct wrapping){.columns = ANSWER_COLUMNS, .indent = 4}, slice_text(text));
}

/* Parties that no rule tells apart have one example. */
static void tell(void *context, const struct sighting *s)
{
    struct seeing *x = context;
    for (size_t i = 0; i < s->party_count; i++)
        if (x->inv->json)
            put_sighting(x, s, s->parties[i]);
        else
            print_sighting(x, s, s->parties[i]);
    if (!x->inv->json)
        print_example(s);
    x->count += s->party_count;
}

/* "location" and "tag.location" are the category, everything else is a field's name. */
static enum comity_exit read_sight(const struct rulebook *rulebook, const char *text,
                                   struct sight *ret_sight, struct comity_fault *reterr)
{
    struct slice word = slice_text(text), prefix = slice_text("tag.");
    bool tagged = slice_begins(word, prefix);
    struct sight sight = {
        .category = category_by_tag(tagged ? slice_part(word, prefix.length, SIZE_MAX) : word)};
    bool known = sight.category != CATEGORY_NONE;
    sight.pattern = word;
    for (size_t t = 0; t < schema_type_count(rulebook->schema) && !known && !tagged; t++) {
        const struct message_type *type = schema_type_at(rulebook->schema, t);
        for (size_t i = 0; i < type_rule_count(type) && !known; i++)
            known = pattern_covers_field(word, type_rule_at(type, i));
    }
    if (!known) {
        fail_usage(reterr, "%s is neither a category nor a field of the rulebook", text);
        return advise(reterr, "categories are tag.location and so on, fields person.name.family");
    }
    *ret_sight = sight;
    return COMITY_DONE;
}

static enum comity_exit see(const struct invocation *inv, struct comity_fault *reterr)
{
    struct policy_folder folder;
    struct sight sight;
    enum comity_exit exit = policy_reading_open(inv, invocation_word(inv, 1), &folder, reterr);
    if (exit == COMITY_DONE)
        exit = read_sight(folder.rulebook, inv->words[0], &sight, reterr);
    if (exit == COMITY_DONE) {
        struct seeing x = {.inv = inv, .law = folder.rulebook->law, .arena = folder.arena};
        if (failed(who_sees(folder.arena, folder.rulebook, &sight, policy_now_ms(), tell, &x)))
            exit = fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
        else if (x.count == 0)
            say(inv, "nobody, for no purpose");
    }
    policy_close(&folder);
    return exit;
}

const struct command policy_who_sees_command = {
    .noun = "policy",
    .verb = "who-sees",
    .arguments = "TAG|FIELD [DIR]",
    .summary = "Lists who could ever receive a category or a field, and for what purpose",
    .help =
        "TAG is a category, tag.location; FIELD a field as policies write it, "
        "person.name.family, or all below one, person.contact.*. For each party and purpose: the "
        "best level of all messages that can be written, the rule that grants it, and an example. "
        "A stated withholding counts, for it says that there is something. Whoever is not listed "
        "never receives it: that is proved. DIR is as of comity policy check; without it "
        "the rulebook that the context trusts is taken.\n\n"
        "Examples:\n"
        "  comity policy who-sees tag.location rulebook\n"
        "  comity policy who-sees person.name.family rulebook --json\n",
    .words_min = 1,
    .words_max = 2,
    .run = see,
};
