#include "schema/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX  60
#define NEAR_MAX   40 /* longer words are not compared */
#define NEAR_EDITS 2

/* How much of text an error shows; never half a character. */
static int shown_length(struct slice text)
{
    size_t length = text.length < SHOWN_MAX ? text.length : SHOWN_MAX;
    while (length < text.length && length > 0 && (text.at[length] & 0xc0U) == 0x80)
        length--;
    return (int)length;
}

void lexer_error(struct lexer *l, const struct token *at, const char *format, ...)
{
    if (!l->failed && l->error != NULL) {
        va_list args;
        va_start(args, format);
        *l->error = (struct text_error){.line = at->line, .column = at->column};
        slice_copy_text(l->file, l->error->file, sizeof l->error->file);
        vsnprintf(l->error->message, sizeof l->error->message, format, args);
        va_end(args);
    }
    l->failed = true;
    l->token = (struct token){.line = l->line, .column = l->column};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b. */
static size_t edits_between(struct slice a, struct slice b)
{
    size_t rows[NEAR_MAX + 1][NEAR_MAX + 1];
    for (size_t i = 0; i <= a.length; i++)
        rows[i][0] = i;
    for (size_t j = 0; j <= b.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.length; i++)
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.at[i - 1] == b.at[j - 1];
            size_t best = smaller(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            best = smaller(best, rows[i - 1][j - 1] + !same);
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
                best = smaller(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    return rows[a.length][b.length];
}

const char *text_nearest(struct slice word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = NEAR_EDITS + 1;
    for (size_t i = 0; i < count; i++) {
        struct slice name = slice_text(names[i]);
        size_t shorter = smaller(word.length, name.length);
        if (word.length > NEAR_MAX || name.length > NEAR_MAX)
            continue;
        size_t edits = edits_between(word, name);
        if (edits < least && edits < shorter) {
            least = edits;
            nearest = names[i];
        }
    }
    return nearest;
}

void lexer_unknown(struct lexer *l, const struct token *at, const char *expected,
                   const char *const *names, size_t count)
{
    static const char *const marks[] = {[TOKEN_WORD] = "\"",
                                        [TOKEN_STRING] = "\"",
                                        [TOKEN_NUMBER] = "",
                                        [TOKEN_DATE] = "",
                                        [TOKEN_PUNCT] = "\""};
    const char *near = at->kind == TOKEN_WORD ? text_nearest(at->text, names, count) : NULL;
    if (at->kind == TOKEN_END)
        lexer_error(l, at, "expected %s, found the end of the text", expected);
    else
        lexer_error(l, at, "expected %s, found %s%s%.*s%s%s%s%s", expected,
                    at->kind == TOKEN_STRING ? "the string " : "", marks[at->kind],
                    shown_length(at->text), (const char *)at->text.at, marks[at->kind],
                    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                    near != NULL ? "\"?" : "");
}

void lexer_unexpected(struct lexer *l, const char *expected, const char *const *names, size_t count)
{
    struct token at = l->token;
    lexer_unknown(l, &at, expected, names, count);
}
