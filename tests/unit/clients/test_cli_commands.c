#include <stdlib.h>
#include <string.h>

#include "comity/commands.h"
#include "comity/demo/demo.h"
#include "comity/output.h"
#include "support/check.h"

static void exit_codes_ascend_and_each_is_explained(void)
{
    size_t count = 0;
    const struct exit_row *rows = exit_rows(&count);
    if (!CHECK_U64(count, 13))
        return;
    for (size_t i = 0; i + 1 < count; i++)
        CHECK_U64((uint64_t)rows[i].code, i);
    CHECK_U64((uint64_t)rows[count - 1].code, 130);
    for (size_t i = 0; i < count; i++)
        CHECK(strlen(rows[i].meaning) > 10);
}

static void every_command_has_a_noun_a_summary_and_an_example(void)
{
    size_t count = 0;
    const struct command *const *commands = commands_all(&count);
    CHECK(count >= 12);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = commands[i];
        char call[64];
        snprintf(call, sizeof call, "  comity %s %s", c->noun, c->verb);
        CHECK(noun_find(c->noun) != NULL);
        CHECK(command_find(c->noun, c->verb) == c);
        CHECK(c->summary[strlen(c->summary) - 1] != '.');
        CHECK(strstr(c->help, call) != NULL);
        CHECK(c->words_min <= c->words_max);
    }
}

static void a_misspelt_noun_or_verb_is_recognised(void)
{
    CHECK_TEXT(noun_nearest("requst"), "request");
    CHECK_TEXT(verb_nearest("request", "sned"), "send");
    CHECK_TEXT(verb_nearest("audit", "verfy"), "verify");
    CHECK(noun_nearest("elephant") == NULL);
    CHECK(command_find("audit", "send") == NULL);
}

/* Reads words as the command line of request send; the words are kept apart for each call. */
static enum comity_exit read_send(const char *const *words, size_t count,
                                  struct invocation *ret_invocation, struct comity_fault *fault)
{
    static char texts[12][64];
    static char *argv[13];
    *fault = (struct comity_fault){0};
    snprintf(texts[0], sizeof texts[0], "send");
    for (size_t i = 0; i < count; i++)
        snprintf(texts[i + 1], sizeof texts[i + 1], "%s", words[i]);
    for (size_t i = 0; i <= count; i++)
        argv[i] = texts[i];
    argv[count + 1] = NULL;
    return invocation_read(&request_send_command, (int)count + 1, argv, ret_invocation, fault);
}

static void options_and_words_are_read_in_any_order(void)
{
    static const char *const words[] = {"XC-CA-01", "--json",    "-f",        "a.json",
                                        "--to",     "XB-JUD-01", "--dry-run", "--to=XD-CA-01"};
    struct invocation inv = {0};
    struct comity_fault fault;
    if (!CHECK_U64(read_send(words, 8, &inv, &fault), COMITY_DONE))
        return;
    CHECK(inv.json && inv.dry_run && !inv.quiet && !inv.color && !inv.help);
    CHECK_TEXT(invocation_value(&inv, FLAG_FILE), "a.json");
    CHECK_TEXT(invocation_value(&inv, FLAG_TO), "XD-CA-01");
    CHECK(invocation_value(&inv, FLAG_RESUME) == NULL);
    CHECK_U64(inv.word_count, 1);
    CHECK_TEXT(inv.words[0], "XC-CA-01");
    invocation_done(&inv);
}

/* What is wrong with one word after request send, and what is advised. */
static void check_wrong(const char *word, const char *message, const char *hint)
{
    struct invocation inv = {0};
    struct comity_fault fault;
    CHECK_U64(read_send(&word, 1, &inv, &fault), COMITY_INPUT);
    CHECK_TEXT(fault.code, "USAGE");
    CHECK_TEXT(fault.message, message);
    CHECK_TEXT(fault.hint, hint);
    invocation_done(&inv);
}

static void a_wrong_option_is_named_and_the_right_one_advised(void)
{
    check_wrong("--jsno", "there is no option --jsno here", "did you mean --json?");
    check_wrong("--zzzzzzzz", "there is no option --zzzzzzzz here",
                "comity request send --help shows what it takes");
    check_wrong("--to", "--to needs a value", "comity request send --help shows what it takes");
    check_wrong("-f", "-f needs a value", "comity request send --help shows what it takes");
    check_wrong("--json=1", "--json takes no value",
                "comity request send --help shows what it takes");
    check_wrong("-x", "there is no option -x here",
                "comity request send --help shows what it takes");
}

static void a_missing_or_superfluous_word_is_refused(void)
{
    char verb[] = "show", id[] = "1", more[] = "2";
    char *none[] = {verb, NULL};
    char *two[] = {verb, id, more, NULL};
    struct invocation inv = {0};
    struct comity_fault fault = {0};
    CHECK_U64(invocation_read(&request_show_command, 1, none, &inv, &fault), COMITY_INPUT);
    CHECK_TEXT(fault.message, "something is missing: ID");
    CHECK_U64(invocation_read(&request_show_command, 3, two, &inv, &fault), COMITY_INPUT);
    CHECK_TEXT(fault.message, "2 is one word too many");
}

static void the_demo_is_a_hub_unless_states_are_named(void)
{
    struct demo hub = {0}, each = {0};
    struct comity_fault fault = {0};
    char line[DEMO_PATH_BYTES];
    CHECK_U64(demo_plan(&hub, NULL, false, &fault), COMITY_DONE);
    demo_line(&hub, line);
    CHECK_TEXT(line, "hub XA XC");
    CHECK_U64(hub.gateway_count, 1);
    CHECK_TEXT(demo_home(&hub, hub.states[1])->id, "XA-GW-01");
    CHECK_U64(demo_plan(&each, "XA,XC,XD", false, &fault), COMITY_DONE);
    demo_line(&each, line);
    CHECK_TEXT(line, "each XA XC XD");
    CHECK_U64(each.gateway_count, 3);
    CHECK_TEXT(demo_home(&each, each.states[1])->id, "XC-GW-01");
    CHECK_TEXT(demo_tier(each.states[1], each.states[0]), "T3");
    CHECK(demo_tier(each.states[0], each.states[2]) == NULL);
}

static void states_that_the_demo_does_not_know_are_refused(void)
{
    static const char *const wrong[] = {"", "XQ", "XA,", ",XA", "XA,XA", "XA;XC", "XAXC", "xa"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct demo demo = {0};
        struct comity_fault fault = {0};
        CHECK_U64(demo_plan(&demo, wrong[i], false, &fault), COMITY_INPUT);
    }
}

static void check_printed(const char *text, const char *printed)
{
    char *got = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&got, &length);
    if (!CHECK(out != NULL))
        return;
    put_text(out, text);
    fclose(out);
    CHECK_TEXT(got, printed);
    free(got);
}

static void text_of_others_cannot_steer_a_terminal(void)
{
    check_printed("Mirela \xc5\xbd \xe2\x82\xac \xf0\x9f\x95\x8a",
                  "Mirela \xc5\xbd \xe2\x82\xac \xf0\x9f\x95\x8a");
    check_printed("a\033[2Jb\nc", "a<U+001B>[2Jb<U+000A>c");
    check_printed("\xc2\x9b"
                  "31m",
                  "<U+009B>31m");
    check_printed("x\xe2\x80\xaey", "x<U+202E>y");
    check_printed("\xff\xc3(", "<FF><C3>(");
    check_printed("cut \xe2\x82", "cut <E2><82>");
}

TESTS(cli_commands,
      {"exit codes ascend and each is explained", exit_codes_ascend_and_each_is_explained},
      {"every command has a noun, a summary and an example",
       every_command_has_a_noun_a_summary_and_an_example},
      {"a misspelt noun or verb is recognised", a_misspelt_noun_or_verb_is_recognised},
      {"options and words are read in any order", options_and_words_are_read_in_any_order},
      {"a wrong option is named and the right one advised",
       a_wrong_option_is_named_and_the_right_one_advised},
      {"a missing or superfluous word is refused", a_missing_or_superfluous_word_is_refused},
      {"the demo is a hub unless States are named", the_demo_is_a_hub_unless_states_are_named},
      {"States that the demo does not know are refused",
       states_that_the_demo_does_not_know_are_refused},
      {"text of others cannot steer a terminal", text_of_others_cannot_steer_a_terminal})
