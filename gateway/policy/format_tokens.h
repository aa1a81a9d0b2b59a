#ifndef POLICY_FORMAT_TOKENS_H
#define POLICY_FORMAT_TOKENS_H

/* A text as the formatter sees it: tokens with what stands before each, and where lines begin. */

#include "base/arena.h"
#include "schema/text.h"

enum begins {
    BEGINS_NOTHING, /* goes on with the line */
    BEGINS_POLICY,
    BEGINS_RULE,
    BEGINS_CLAUSE,
    BEGINS_END,  /* the word "end" */
    BEGINS_TEXT, /* the end of the text, or whatever comes first */
};

struct format_token {
    struct slice before; /* blanks and comments */
    struct slice octets; /* with the quotation marks of a string; empty at the end of the text */
    enum token_kind kind;
    enum begins begins;
    unsigned indent; /* of the line that it begins, in columns */
    bool condition;  /* that line is a condition */
};

/** All tokens, the end of the text the last. CONFIG with *reterr filled; MEMORY */
struct status format_read(struct arena *arena, struct slice file, struct slice text,
                          struct format_token **ret_tokens, size_t *ret_count,
                          struct text_error *reterr);

#endif
