#include "support/check.h"

#include <stdio.h>

#include "schema/text.h"

static struct text_error fault;

static struct lexer over(const char *text)
{
    fault = (struct text_error){.message = "none"};
    return lexer_over(slice_text("law/example"), slice_text(text), &fault);
}

/* "law/example:2:5: message", as people are shown it. */
static const char *shown(void)
{
    static char line[512];
    snprintf(line, sizeof line, "%s:%u:%u: %s", fault.file, fault.line, fault.column,
             fault.message);
    return line;
}

static void tokens_are_what_they_look_like(void)
{
    static const struct {
        enum token_kind kind;
        const char *text;
        unsigned line, column;
    } wanted[] = {
        {TOKEN_WORD, "permit", 1, 1},    {TOKEN_STRING, "Art. 4 é #1", 1, 8},
        {TOKEN_WORD, "XA-CA-01", 1, 22}, /* after a two-octet letter: columns are characters */
        {TOKEN_PUNCT, ",", 1, 30},       {TOKEN_WORD, "XC.*", 1, 32},
        {TOKEN_NUMBER, "02042", 3, 3},   {TOKEN_DATE, "2026-01-31", 3, 9},
        {TOKEN_PUNCT, "(", 3, 20},       {TOKEN_WORD, "~x/y_z:a@b=c+d", 3, 21},
        {TOKEN_PUNCT, ")", 3, 35},       {TOKEN_STRING, "", 4, 1},
        {TOKEN_END, "", 4, 3},           {TOKEN_END, "", 4, 3},
    };
    struct lexer l = over("permit \"Art. 4 é #1\" XA-CA-01, XC.* # the rest is talk \"\n"
                          "# more talk\r\n"
                          "\t 02042 2026-01-31 (~x/y_z:a@b=c+d)\n\"\"");
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct token got = lexer_next(&l);
        CHECK_U64(got.kind, wanted[i].kind);
        CHECK_BYTES(got.text, slice_text(wanted[i].text));
        CHECK_U64(got.line, wanted[i].line);
        CHECK_U64(got.column, wanted[i].column);
    }
    CHECK(!l.failed);
}

static void what_is_no_token_is_an_error_with_its_place(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"a\n b !", "law/example:2:4: the character ! has no meaning here"},
        {"a é", "law/example:1:3: a character outside of strings and comments is not ASCII"},
        {"a \"b\n\"", "law/example:1:3: the string does not end on its line"},
        {"a \"b", "law/example:1:3: the string does not end on its line"},
        {"a \"b\tc\"", "law/example:1:3: the string does not end on its line"},
        {"18--20",
         "law/example:1:1: \"18--20\" is neither a number nor a date; put it in quotation "
         "marks"},
        {"a\nb \xff", "law/example:2:1: the line is not UTF-8, or it holds characters that change "
                      "the direction of writing"},
        {"# \xe2\x80\xae", "law/example:1:1: the line is not UTF-8, or it holds characters that "
                           "change the direction of writing"},
        {"# \xe2\x81\xa6", "law/example:1:1: the line is not UTF-8, or it holds characters that "
                           "change the direction of writing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lexer l = over(rows[i].text);
        while (lexer_next(&l).kind != TOKEN_END)
            ;
        CHECK(l.failed);
        CHECK_TEXT(shown(), rows[i].error);
    }
}

static void reading_says_what_was_expected_and_found(void)
{
    struct lexer l = over("from 2026-02-30");
    CHECK(lexer_take(&l, "from"));
    CHECK(!lexer_take(&l, "until"));
    CHECK_U64(lexer_date(&l, "a date"), 0);
    CHECK_TEXT(shown(), "law/example:1:6: there is no such day");

    l = over("unti 2026");
    lexer_expect(&l, "until");
    CHECK_TEXT(shown(), "law/example:1:1: expected \"until\", found \"unti\"");

    l = over("quorum 17");
    lexer_expect(&l, "quorum");
    CHECK_U64(lexer_number(&l, 16, "a quorum"), 0);
    CHECK_TEXT(shown(),
               "law/example:1:8: expected a quorum: a number without leading zeros, at most "
               "16");

    l = over("quorum");
    lexer_expect(&l, "quorum");
    lexer_number(&l, 16, "a quorum");
    CHECK_TEXT(shown(), "law/example:1:7: expected a quorum, found the end of the text");

    l = over("basis \"Art. 4\"");
    lexer_expect(&l, "basis");
    CHECK_U64(lexer_word(&l, "a code").length, 0);
    CHECK_TEXT(shown(), "law/example:1:7: expected a code, found the string \"Art. 4\"");

    l = over("2026-02-28 7 \"x\" y");
    CHECK_U64(lexer_date(&l, "a date"), 1772236800000);
    CHECK_U64(lexer_number(&l, 7, "a number"), 7);
    CHECK_BYTES(lexer_string(&l, "a text"), slice_text("x"));
    CHECK_BYTES(lexer_word(&l, "a word"), slice_text("y"));
    CHECK(!l.failed);
}

static void only_the_first_error_is_kept_and_nothing_is_read_after_it(void)
{
    struct lexer l = over("a b c");
    lexer_error(&l, &l.token, "first %d", 1);
    lexer_error(&l, &l.token, "second");
    CHECK_TEXT(shown(), "law/example:1:1: first 1");
    CHECK_U64(lexer_next(&l).kind, TOKEN_END);
    CHECK(!lexer_take(&l, "a"));
    CHECK_U64(lexer_word(&l, "a word").length, 0);
}

static void the_nearest_name_is_within_two_edits(void)
{
    static const char *const names[] = {"ID", "FIN", "asylum", "identity", "location"};
    static const struct {
        const char *word, *nearest;
    } rows[] = {
        {"IDD", "ID"},
        {"FNI", "FIN"},
        {"asilum", "asylum"},
        {"idenity", "identity"},
        {"locatoin", "location"},
        {"locat", NULL},
        {"XX", NULL},
        {"", NULL},
        {"a-word-of-more-than-forty-characters-is-not-compared", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *near = text_nearest(slice_text(rows[i].word), names, 5);
        CHECK_TEXT(near, rows[i].nearest);
    }
}

TESTS(schema_text, {"tokens are what they look like", tokens_are_what_they_look_like},
      {"what is no token is an error with its place", what_is_no_token_is_an_error_with_its_place},
      {"reading says what was expected and found", reading_says_what_was_expected_and_found},
      {"only the first error is kept and nothing is read after it",
       only_the_first_error_is_kept_and_nothing_is_read_after_it},
      {"the nearest name is within two edits", the_nearest_name_is_within_two_edits})
