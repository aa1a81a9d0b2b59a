#include "schema/text.h"

#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"

#define DATE_BYTES 10

static bool is_letter(uint8_t octet)
{
    return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

static bool is_among(uint8_t octet, const char *set)
{
    return octet != 0 && strchr(set, octet) != NULL;
}

static bool begins_word(uint8_t octet)
{
    return is_letter(octet) || is_among(octet, "*~");
}

static bool continues_word(uint8_t octet)
{
    return begins_word(octet) || is_digit(octet) || is_among(octet, "_.-/+:@=");
}

static uint8_t octet_at(const struct lexer *l, size_t offset)
{
    return offset < l->rest.length ? l->rest.at[offset] : 0;
}

/* Columns count characters, not octets: an editor shows it so. */
static void pass(struct lexer *l, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t octet = l->rest.at[i];
        if (octet == '\n') {
            l->line++;
            l->column = 1;
        } else if ((octet & 0xc0U) != 0x80) {
            l->column++;
        }
    }
    l->rest = slice_part(l->rest, length, SIZE_MAX);
}

static void pass_blanks(struct lexer *l)
{
    for (;;) {
        size_t length = 0;
        while (is_among(octet_at(l, length), " \t\r\n"))
            length++;
        if (octet_at(l, length) == '#')
            length = length + slice_find(slice_part(l->rest, length, SIZE_MAX), '\n');
        if (length == 0)
            return;
        pass(l, length);
    }
}

static size_t word_length(const struct lexer *l)
{
    size_t length = 0;
    while (length < l->rest.length && continues_word(octet_at(l, length)))
        length++;
    return length;
}

static void lex_word(struct lexer *l)
{
    size_t length = word_length(l);
    l->token.kind = TOKEN_WORD;
    l->token.text = slice_part(l->rest, 0, length);
    pass(l, length);
}

static bool is_date_shaped(struct slice text)
{
    return text.length == DATE_BYTES && text.at[4] == '-' && text.at[7] == '-';
}

static void lex_number(struct lexer *l)
{
    size_t length = word_length(l), digits = 0;
    struct slice text = slice_part(l->rest, 0, length);
    while (digits < length && is_digit(text.at[digits]))
        digits++;
    l->token.text = text;
    if (digits == length)
        l->token.kind = TOKEN_NUMBER;
    else if (is_date_shaped(text))
        l->token.kind = TOKEN_DATE;
    else
        lexer_error(l, &l->token,
                    "\"%.*s\" is neither a number nor a date; put it in quotation marks",
                    (int)(length < 40 ? length : 40), (const char *)text.at);
    if (!l->failed)
        pass(l, length);
}

static void lex_string(struct lexer *l)
{
    size_t length = 1;
    while (length < l->rest.length && octet_at(l, length) != '"' && octet_at(l, length) >= ' ')
        length++;
    if (octet_at(l, length) != '"') {
        lexer_error(l, &l->token, "the string does not end on its line");
        return;
    }
    l->token.kind = TOKEN_STRING;
    l->token.text = slice_part(l->rest, 1, length - 1);
    pass(l, length + 1);
}

static void lex(struct lexer *l)
{
    pass_blanks(l);
    l->token = (struct token){.line = l->line, .column = l->column};
    uint8_t first = octet_at(l, 0);
    if (l->rest.length == 0)
        return;
    if (begins_word(first)) {
        lex_word(l);
    } else if (is_digit(first)) {
        lex_number(l);
    } else if (first == '"') {
        lex_string(l);
    } else if (is_among(first, "(),[]{}")) {
        l->token.kind = TOKEN_PUNCT;
        l->token.text = slice_part(l->rest, 0, 1);
        pass(l, 1);
    } else if (first > ' ' && first < 0x7f) {
        lexer_error(l, &l->token, "the character %c has no meaning here", first);
    } else {
        lexer_error(l, &l->token, "a character outside of strings and comments is not ASCII");
    }
}

/* What turns text around for the eye, so that it reads other than it is: U+200E, U+200F, U+202A to
 * U+202E, U+2066 to U+2069. */
static bool is_turning(const uint8_t *at)
{
    return at[0] == 0xe2 && ((at[1] == 0x80 && (at[2] == 0x8e || at[2] == 0x8f ||
                                                (at[2] >= 0xaa && at[2] <= 0xae))) ||
                             (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

static bool is_readable(struct slice line)
{
    for (size_t i = 0; i + 2 < line.length; i++)
        if (is_turning(line.at + i))
            return false;
    return utf8_valid(line);
}

/* A whole text is judged before it is read: comments too must be what they seem. */
static void check_encoding(struct lexer *l)
{
    struct slice rest = l->rest;
    for (unsigned line = 1; rest.length > 0 && !l->failed; line++) {
        size_t end = slice_find(rest, '\n');
        if (!is_readable(slice_part(rest, 0, end)))
            lexer_error(l, &(struct token){.line = line, .column = 1},
                        "the line is not UTF-8, or it holds characters that change the direction "
                        "of writing");
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
}

struct lexer lexer_over(struct slice file, struct slice text, struct text_error *reterr)
{
    struct lexer l = {.file = file, .rest = text, .line = 1, .column = 1, .error = reterr};
    check_encoding(&l);
    if (!l.failed)
        lex(&l);
    return l;
}

struct token lexer_next(struct lexer *l)
{
    struct token passed = l->token;
    if (!l->failed && passed.kind != TOKEN_END)
        lex(l);
    return passed;
}

bool lexer_at(const struct lexer *l, const char *word)
{
    return (l->token.kind == TOKEN_WORD || l->token.kind == TOKEN_PUNCT) &&
           slice_is(l->token.text, word);
}

bool lexer_take(struct lexer *l, const char *word)
{
    bool there = lexer_at(l, word);
    if (there)
        lexer_next(l);
    return there;
}

void lexer_expect(struct lexer *l, const char *word)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", word);
    if (!lexer_take(l, word))
        lexer_unexpected(l, quoted, NULL, 0);
}

static struct slice take_kind(struct lexer *l, enum token_kind kind, const char *expected)
{
    if (l->token.kind == kind)
        return lexer_next(l).text;
    lexer_unexpected(l, expected, NULL, 0);
    return (struct slice){NULL, 0};
}

struct slice lexer_word(struct lexer *l, const char *expected)
{
    return take_kind(l, TOKEN_WORD, expected);
}

struct slice lexer_string(struct lexer *l, const char *expected)
{
    return take_kind(l, TOKEN_STRING, expected);
}

uint64_t lexer_number(struct lexer *l, uint64_t max, const char *expected)
{
    struct token at = l->token;
    uint64_t value = 0;
    struct slice text = take_kind(l, TOKEN_NUMBER, expected);
    if (at.kind == TOKEN_NUMBER && !decimal_read(text, max, &value))
        lexer_error(l, &at, "expected %s: a number without leading zeros, at most %llu", expected,
                    (unsigned long long)max);
    return l->failed ? 0 : value;
}

uint64_t lexer_date(struct lexer *l, const char *expected)
{
    struct token at = l->token;
    uint64_t value = 0;
    struct slice text = take_kind(l, TOKEN_DATE, expected);
    if (at.kind == TOKEN_DATE && !date_read(text, &value))
        lexer_error(l, &at, "there is no such day");
    return l->failed ? 0 : value;
}
