#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

/*
 * The one lexer for every text of the rulebook: vocabulary, message types, directory, policies.
 * Words, "strings", numbers, dates and punctuation; # begins a comment. Every error carries file,
 * line, column, what was expected and, where one is near, the known name that was probably meant.
 */

#include "base/slice.h"
#include "base/status.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* letters, digits, _ . - * / + : ~ @ = beginning with a letter, * or ~ */
    TOKEN_STRING, /* "..." without line breaks; no escapes, so no quotation marks inside */
    TOKEN_NUMBER, /* digits only */
    TOKEN_DATE,   /* 2026-01-31 */
    TOKEN_PUNCT,  /* one of ( ) , [ ] { } */
};

struct token {
    enum token_kind kind;
    struct slice text;     /* of a string, without the quotation marks */
    unsigned line, column; /* from 1 */
};

struct text_error {
    char file[160];
    unsigned line, column;
    char message[240]; /* "expected a category, found \"IDD\"; did you mean \"ID\"?" */
};

struct lexer {
    struct slice file; /* for errors */
    struct slice rest;
    unsigned line, column;
    struct token token; /* the one to be looked at next */
    bool failed;
    struct text_error *error; /* the first one */
};

/** A lexer over a text; the first token is ready. */
struct lexer lexer_over(struct slice file, struct slice text, struct text_error *reterr);

/** Moves on and gives the token that was passed. */
struct token lexer_next(struct lexer *l);

/** Whether the next token is this word; not passed. */
bool lexer_at(const struct lexer *l, const char *word);

/** Passes this word or punctuation if it is next. */
bool lexer_take(struct lexer *l, const char *word);

/** Passes this word or punctuation; an error if something else is there. */
void lexer_expect(struct lexer *l, const char *word);

/** Passes a token of this kind; an error saying what was expected otherwise. */
struct slice lexer_word(struct lexer *l, const char *expected);
struct slice lexer_string(struct lexer *l, const char *expected);
uint64_t lexer_number(struct lexer *l, uint64_t max, const char *expected);
uint64_t lexer_date(struct lexer *l, const char *expected); /* Unix ms */

/** Records the first error at a token; format as printf. The lexer then stays failed. */
[[gnu::format(printf, 3, 4)]] void lexer_error(struct lexer *l, const struct token *at,
                                               const char *format, ...);

/**
 * Records "expected a category, found "IDD"; did you mean "ID"?" at a token, with the nearest of
 * the known names if one is near. names may be NULL when count is 0.
 */
void lexer_unknown(struct lexer *l, const struct token *at, const char *expected,
                   const char *const *names, size_t count);

/** The same at the token that is next. */
void lexer_unexpected(struct lexer *l, const char *expected, const char *const *names,
                      size_t count);

/** The known name nearest to word within two edits; NULL if none is near. */
const char *text_nearest(struct slice word, const char *const *names, size_t count);

#endif
