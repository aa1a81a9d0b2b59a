/* Thresholds, states and the two ways in which a check ends. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comity/check/check.h"
#include "comity/commands.h"
#include "comity/pki/pki.h"
#include "support/check.h"

#include "base/instant.h"

static void values_are_judged_by_the_side_that_is_bad(void)
{
    static const struct {
        enum check_side side;
        bool given;
        uint64_t warning, critical;
        int64_t value;
        enum check_state state;
    } rows[] = {
        {CHECK_BELOW, true, 30, 7, 31, CHECKED_OK},
        {CHECK_BELOW, true, 30, 7, 30, CHECKED_OK},
        {CHECK_BELOW, true, 30, 7, 29, CHECKED_WARNING},
        {CHECK_BELOW, true, 30, 7, 7, CHECKED_WARNING},
        {CHECK_BELOW, true, 30, 7, 6, CHECKED_CRITICAL},
        {CHECK_BELOW, true, 0, 0, -1, CHECKED_CRITICAL},
        {CHECK_ABOVE, true, 200, 1000, 200, CHECKED_OK},
        {CHECK_ABOVE, true, 200, 1000, 201, CHECKED_WARNING},
        {CHECK_ABOVE, true, 200, 1000, 1001, CHECKED_CRITICAL},
        {CHECK_AROUND, true, 2000, 60000, -2000, CHECKED_OK},
        {CHECK_AROUND, true, 2000, 60000, -2001, CHECKED_WARNING},
        {CHECK_AROUND, true, 2000, 60000, 60001, CHECKED_CRITICAL},
        {CHECK_AROUND, true, 2000, 60000, -60001, CHECKED_CRITICAL},
        {CHECK_ABOVE, false, 0, 0, 1000000, CHECKED_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct check_limits limits = {rows[i].side, rows[i].given, rows[i].warning,
                                      rows[i].critical};
        if (!CHECK_U64(check_judge(rows[i].value, &limits), rows[i].state))
            fprintf(stderr, "row %zu\n", i);
    }
}

static void the_worst_row_counts_and_has_the_plugins_exit_code(void)
{
    static const struct {
        enum check_state state;
        int exit;
        const char *name;
    } rows[] = {{CHECKED_OK, 0, "OK"},
                {CHECKED_UNKNOWN, 3, "UNKNOWN"},
                {CHECKED_WARNING, 1, "WARNING"},
                {CHECKED_CRITICAL, 2, "CRITICAL"}};
    struct check_report report = {.name = "x"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_add(&report, "row", rows[i].state, "words");
        check_add(&report, "row", CHECKED_OK, "words");
        CHECK_U64(check_worst(&report), rows[i].state);
        CHECK_U64((uint64_t)check_nagios_exit(rows[i].state), (uint64_t)rows[i].exit);
        CHECK_TEXT(check_state_name(rows[i].state), rows[i].name);
    }
}

static void a_figure_makes_a_row_worse_and_never_better(void)
{
    struct check_report report = {.name = "x"};
    struct check_limits limits = {CHECK_BELOW, true, 30, 7};
    struct check_row *row = check_add(&report, "a", CHECKED_OK, "%d days", 3);
    check_figure(row, "a_days", 3, "", &limits);
    CHECK_U64(row->state, CHECKED_CRITICAL);
    CHECK_TEXT(row->words, "3 days");
    row = check_add(&report, "b", CHECKED_CRITICAL, "not valid yet");
    check_figure(row, "b_days", 90, "", &limits);
    CHECK_U64(row->state, CHECKED_CRITICAL);
}

static void more_rows_than_fit_take_the_place_of_the_least_bad(void)
{
    struct check_report report = {.name = "x"};
    char last[16];
    snprintf(last, sizeof last, "%u", CHECK_ROWS_MAX + 4U);
    for (unsigned i = 0; i < CHECK_ROWS_MAX + 5; i++)
        check_add(&report, "row", CHECKED_OK, "%u", i)->more = json_object();
    CHECK_U64(report.count, CHECK_ROWS_MAX);
    CHECK_TEXT(report.rows[CHECK_ROWS_MAX - 1].words, last);
    check_add(&report, "row", CHECKED_CRITICAL, "bad")->more = json_object();
    for (unsigned i = 0; i < 5; i++)
        check_add(&report, "row", CHECKED_OK, "good")->more = json_object();
    CHECK_U64(report.count, CHECK_ROWS_MAX);
    CHECK_U64(check_worst(&report), CHECKED_CRITICAL);
    for (size_t i = 0; i < report.count; i++)
        json_decref(report.rows[i].more);
}

/* What a report looks like on standard output; to be freed. */
static char *printed(const char *option, enum comity_exit *ret_exit, struct comity_fault *fault)
{
    char verb[] = "crl", path[] = "/tmp/comity-out-XXXXXX", word[16];
    char *argv[] = {verb, word, NULL};
    struct invocation inv = {0};
    struct check_report report = {.name = "crl", .hint = "look"};
    struct check_limits below = {CHECK_BELOW, true, 24, 6}, around = {CHECK_AROUND, true, 2, 60};
    snprintf(word, sizeof word, "%s", option);
    CHECK_U64(invocation_read(&check_crl_command, 2, argv, &inv, fault), COMITY_DONE);
    check_figure(check_add(&report, "one", CHECKED_OK, "fine"), "one", 30, "", &below);
    struct check_row *row = check_add(&report, "two", CHECKED_OK, "a|b\n");
    check_figure(row, "two", -70, "ms", &around);
    row->exit = COMITY_STALE;
    row->more = json_pack("{s:i}", "number", 7);
    (void)fflush(stdout);
    int out = dup(STDOUT_FILENO), file = mkstemp(path);
    CHECK(out >= 0 && file >= 0 && dup2(file, STDOUT_FILENO) >= 0);
    *ret_exit = check_finish(&inv, &report, fault);
    (void)fflush(stdout);
    CHECK(dup2(out, STDOUT_FILENO) >= 0);
    close(out);
    close(file);
    invocation_done(&inv);
    struct slice text = file_octets(path);
    unlink(path);
    return strndup((const char *)text.at, text.length);
}

static void a_report_is_one_line_for_nagios_and_an_object_for_json(void)
{
    struct comity_fault fault = {0};
    enum comity_exit exit = COMITY_DONE;
    char *text = printed("--nagios", &exit, &fault);
    CHECK_TEXT(text, "COMITY CRL CRITICAL - two: a/b<U+000A> |"
                     " one=30;24:;6: two=-70ms;-2:2;-60:60\n");
    CHECK_U64(exit, 2);
    CHECK_TEXT(fault.message, "");
    free(text);
    text = printed("--json", &exit, &fault);
    CHECK_TEXT(text,
               "{\"check\":\"crl\",\"state\":\"CRITICAL\",\"rows\":[{\"name\":\"one\",\"state\":"
               "\"OK\",\"message\":\"fine\"},{\"name\":\"two\",\"state\":\"CRITICAL\",\"message\":"
               "\"a|b\\n\",\"number\":7}]}\n");
    CHECK_U64(exit, COMITY_STALE);
    CHECK_TEXT(fault.message, "check crl: two: a|b\n");
    CHECK_TEXT(fault.hint, "look");
    free(text);
    text = printed("--no-color", &exit, &fault);
    CHECK_TEXT(text, "OK       one          fine\nCRITICAL two          a|b<U+000A>\n");
    CHECK_U64(exit, COMITY_STALE);
    free(text);
}

/* Thresholds as given; COMITY_INPUT where they are wrong. */
static enum comity_exit read_limits(const char *first, const char *second,
                                    struct check_limits *limits)
{
    char words[3][48];
    char *argv[] = {words[0], words[1], words[2], NULL};
    struct invocation inv = {0};
    struct comity_fault fault = {0};
    snprintf(words[0], sizeof words[0], "crl");
    snprintf(words[1], sizeof words[1], "%s", first);
    snprintf(words[2], sizeof words[2], "%s", second);
    enum comity_exit exit =
        invocation_read(&check_crl_command, second[0] == '\0' ? 2 : 3, argv, &inv, &fault);
    if (exit == COMITY_DONE)
        exit = check_limits_read(&inv, limits, &fault);
    invocation_done(&inv);
    return exit;
}

static void thresholds_are_numbers_in_their_order(void)
{
    struct check_limits limits = {CHECK_BELOW, true, 30, 7};
    CHECK_U64(read_limits("--warning=60", "--critical=10", &limits), COMITY_DONE);
    CHECK_U64(limits.warning, 60);
    CHECK_U64(limits.critical, 10);
    CHECK_U64(read_limits("--critical=60", "", &limits), COMITY_DONE);
    CHECK_U64(read_limits("--critical=61", "", &limits), COMITY_INPUT);
    CHECK_U64(read_limits("--warning=x", "", &limits), COMITY_INPUT);
    CHECK_U64(read_limits("--warning=-1", "", &limits), COMITY_INPUT);
    CHECK_U64(read_limits("--warning=99999999999999999999", "", &limits), COMITY_INPUT);
    limits = (struct check_limits){CHECK_ABOVE, false, 0, 0};
    CHECK_U64(read_limits("--warning=10", "", &limits), COMITY_INPUT);
    CHECK_U64(read_limits("--warning=10", "--critical=9", &limits), COMITY_INPUT);
    CHECK_U64(read_limits("--warning=10", "--critical=10", &limits), COMITY_DONE);
    CHECK(limits.given);
}

static void days_are_whole_and_below_zero_once_they_are_over(void)
{
    CHECK(pki_days_left(10 * MS_PER_DAY, 10 * MS_PER_DAY) == 0);
    CHECK(pki_days_left(10 * MS_PER_DAY, 9 * MS_PER_DAY + 1) == 0);
    CHECK(pki_days_left(10 * MS_PER_DAY, 9 * MS_PER_DAY) == 1);
    CHECK(pki_days_left(10 * MS_PER_DAY, 10 * MS_PER_DAY + 1) == -1);
    CHECK(pki_days_left(10 * MS_PER_DAY, 12 * MS_PER_DAY) == -2);
}

TESTS(cli_check,
      {"values are judged by the side that is bad", values_are_judged_by_the_side_that_is_bad},
      {"the worst row counts and has the plugin's exit code",
       the_worst_row_counts_and_has_the_plugins_exit_code},
      {"a figure makes a row worse and never better", a_figure_makes_a_row_worse_and_never_better},
      {"more rows than fit take the place of the least bad",
       more_rows_than_fit_take_the_place_of_the_least_bad},
      {"a report is one line for Nagios and an object for JSON",
       a_report_is_one_line_for_nagios_and_an_object_for_json},
      {"thresholds are numbers in their order", thresholds_are_numbers_in_their_order},
      {"days are whole and below zero once they are over",
       days_are_whole_and_below_zero_once_they_are_over})
