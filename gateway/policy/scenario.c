#include "policy/scenario.h"

#include "policy/law_reading.h"
#include "policy/levels.h"

#define TESTS_FOLDER "law/tests/"
#define DOCUMENT_END ".json"

struct scenario_reading {
    struct law_reading law;
    struct scenarios *scenarios;
};

static bool ends_with(struct slice text, const char *end)
{
    struct slice tail = slice_text(end);
    return text.length >= tail.length &&
           slice_equal(slice_part(text, text.length - tail.length, SIZE_MAX), tail);
}

/* A party that there could be: scenarios go with the law to every State. */
static struct slice any_party_expect(struct scenario_reading *p)
{
    struct reading *r = &p->law.r;
    struct token at = r->lexer.token;
    struct slice party = lexer_word(&r->lexer, "a party: XA-CA-01");
    if (!r->lexer.failed && (party_state(party).length != 2 ||
                             !schema_has_code(p->law.names->schema, "role", party_role(party))))
        lexer_error(&r->lexer, &at, "\"%.*s\" is no party: XA-CA-01 is one", (int)party.length,
                    (const char *)party.at);
    return reading_copy(r, party);
}

static void parse_message(struct scenario_reading *p, struct scenario *scenario)
{
    struct reading *r = &p->law.r;
    struct slice name = lexer_string(&r->lexer, "the message's name in quotation marks");
    const char *path = arena_print(r->arena, TESTS_FOLDER "%.*s" DOCUMENT_END, (int)name.length,
                                   (const char *)name.at);
    if (path == NULL)
        reading_starve(r);
    else
        scenario->message = slice_text(path);
    lexer_expect(&r->lexer, "from");
    scenario->from = any_party_expect(p);
    lexer_expect(&r->lexer, "to");
    scenario->to = any_party_expect(p);
    if (lexer_take(&r->lexer, "on"))
        scenario->at_ms = lexer_date(&r->lexer, "the day on which the message is sent");
}

static struct slice path_expect(struct reading *r)
{
    return reading_copy(r, lexer_word(&r->lexer, "the path of a field: persons/V1/name"));
}

static void parse_value(struct reading *r, struct scenario_given *given, bool **numbers)
{
    bool number = r->lexer.token.kind == TOKEN_NUMBER;
    struct slice value = reading_copy(r, lexer_next(&r->lexer).text);
    size_t count = given->values.count;
    struct slice *more = reading_more(r, given->values.at, count, sizeof *more);
    bool *more_numbers = reading_more(r, *numbers, count, sizeof *more_numbers);
    if (more == NULL || more_numbers == NULL)
        return;
    more[count] = value;
    more_numbers[count] = number;
    given->values = (struct slices){more, count + 1};
    given->numbers = *numbers = more_numbers;
}

static void parse_given(struct scenario_reading *p, struct scenario *scenario)
{
    struct reading *r = &p->law.r;
    bool *numbers = NULL;
    struct scenario_given given = {.line = r->lexer.token.line};
    given.path = path_expect(r);
    given.missing = lexer_take(&r->lexer, "missing");
    if (!given.missing)
        do
            parse_value(r, &given, &numbers);
        while (reading_comma(r));
    struct scenario_given *more =
        reading_more(r, scenario->givens, scenario->given_count, sizeof *more);
    if (more == NULL)
        return;
    scenario->givens = more;
    more[scenario->given_count++] = given;
}

static const struct outcome_word {
    const char *word;
    enum outcome outcome;
    bool has_code;
} outcome_words[] = {
    {"delivered", OUTCOME_DELIVER, false},
    {"held", OUTCOME_HOLD, false},
    {"refused", OUTCOME_REFUSE, true},
};

#define OUTCOME_WORDS (sizeof outcome_words / sizeof outcome_words[0])

static bool take_outcome(struct scenario_reading *p, struct scenario_expect *expect)
{
    struct lexer *l = &p->law.r.lexer;
    for (size_t i = 0; i < OUTCOME_WORDS; i++) {
        if (!lexer_take(l, outcome_words[i].word))
            continue;
        expect->expected = EXPECTED_OUTCOME;
        expect->outcome = outcome_words[i].outcome;
        if (outcome_words[i].has_code && !lexer_at(l, "by"))
            expect->code = refusal_expect(&p->law);
        return true;
    }
    return false;
}

static void parse_level(struct scenario_reading *p, struct scenario_expect *expect)
{
    const char *names[LEVELS + 2] = {"withheld", "silent"};
    struct lexer *l = &p->law.r.lexer;
    size_t count = 2 + levels_of_release(names + 2);
    struct token at = l->token;
    if (lexer_take(l, "withheld")) {
        expect->expected = EXPECTED_WITHHELD;
        return;
    }
    expect->level = level_find(at.text);
    if (at.kind != TOKEN_WORD || (expect->level == LEVEL_SILENT && !slice_is(at.text, "silent")))
        lexer_unexpected(l, "withheld, or a level (clear, mask, generalise, ...)", names, count);
    lexer_next(l);
}

/* A misspelt rule would be an expectation that nothing meets. */
static void parse_by(struct scenario_reading *p, struct scenario_expect *expect)
{
    struct lexer *l = &p->law.r.lexer;
    struct token at = l->token;
    const struct law *law = p->law.law;
    struct slice title = lexer_string(l, "the deciding rule's title in quotation marks");
    bool known = l->failed || expect->expected == EXPECTED_OUTCOME ||
                 slice_is(title, "default deny") || slice_is(title, "R-GEN-07");
    for (size_t i = 0; !known && i < law->rule_count; i++)
        known = slice_equal(law->rules[i].title, title);
    if (!known)
        lexer_error(l, &at, "no rule has the title \"%.*s\"", (int)title.length,
                    (const char *)title.at);
    expect->by = reading_copy(&p->law.r, title);
}

static void parse_expect(struct scenario_reading *p, struct scenario *scenario)
{
    struct reading *r = &p->law.r;
    struct scenario_expect expect = {.line = r->lexer.token.line};
    if (!take_outcome(p, &expect)) {
        expect.path = path_expect(r);
        parse_level(p, &expect);
    }
    if (lexer_take(&r->lexer, "by"))
        parse_by(p, &expect);
    struct scenario_expect *more =
        reading_more(r, scenario->expects, scenario->expect_count, sizeof *more);
    if (more == NULL)
        return;
    scenario->expects = more;
    more[scenario->expect_count++] = expect;
}

static void parse_scenario(struct scenario_reading *p)
{
    static const char *const clauses[] = {"given", "expect", "end"};
    struct reading *r = &p->law.r;
    struct scenario scenario = {.line = r->lexer.token.line};
    lexer_expect(&r->lexer, "scenario");
    struct token title = r->lexer.token;
    scenario.title = reading_copy(r, lexer_string(&r->lexer, "what is expected, in a sentence"));
    scenario.file = reading_copy(r, r->lexer.file);
    lexer_expect(&r->lexer, "message");
    parse_message(p, &scenario);
    while (!r->lexer.failed && !lexer_take(&r->lexer, "end")) {
        if (lexer_take(&r->lexer, "given"))
            parse_given(p, &scenario);
        else if (lexer_take(&r->lexer, "expect"))
            parse_expect(p, &scenario);
        else
            lexer_unexpected(&r->lexer, "\"given\", \"expect\" or \"end\"", clauses, 3);
    }
    if (!r->lexer.failed && scenario.expect_count == 0)
        lexer_error(&r->lexer, &title, "the scenario expects nothing");
    struct scenario *more = reading_more(r, p->scenarios->at, p->scenarios->count, sizeof *more);
    if (more == NULL)
        return;
    p->scenarios->at = more;
    more[p->scenarios->count++] = scenario;
}

struct status scenarios_parse(struct arena *arena, const struct text_files *files,
                              const struct rulebook *rulebook, struct scenarios *ret_scenarios,
                              struct text_error *reterr)
{
    const struct law_names names = {rulebook->schema, rulebook->directory};
    struct scenarios scenarios = {0};
    for (size_t i = 0; i < files->count; i++) {
        const struct text_file *file = &files->at[i];
        if (!slice_begins(file->path, slice_text(TESTS_FOLDER)) ||
            ends_with(file->path, DOCUMENT_END))
            continue;
        struct scenario_reading p = {
            .law = {.r = {.lexer = lexer_over(file->path, file->text, reterr), .arena = arena},
                    .names = &names,
                    .law = rulebook->law},
            .scenarios = &scenarios,
        };
        while (!p.law.r.lexer.failed && p.law.r.lexer.token.kind != TOKEN_END)
            parse_scenario(&p);
        struct status s = reading_status(&p.law.r);
        if (failed(s))
            return s;
    }
    *ret_scenarios = scenarios;
    return OK;
}
