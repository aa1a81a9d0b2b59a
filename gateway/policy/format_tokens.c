#include "policy/format_tokens.h"

/*
 * Where a line begins follows from the words alone. A word that begins a clause elsewhere can also
 * be an operand ("when purpose is EVIDENCE"), so it counts only where no operand is due.
 */
struct place {
    unsigned inside;   /* one of enum inside; 0: nothing has begun */
    bool due;          /* an operand is due */
    bool generalising; /* the word before was "generalise" */
};

/* What a line can stand inside of, as bits. */
enum inside {
    IN_HEAD = 1, /* of a policy */
    IN_RULE = 2,
    IN_SCENARIO = 4,
};

struct opening {
    const char *word;
    enum begins begins;
    unsigned indent;
    unsigned inside; /* where it opens a line; 0: anywhere */
};

static const struct opening openings[] = {
    /* clang-format off */
    {"policy",    BEGINS_POLICY, 0, 0},
    {"agreement", BEGINS_POLICY, 0, 0},
    {"order",     BEGINS_POLICY, 0, 0},
    {"scenario",  BEGINS_POLICY, 0, 0},
    {"end",       BEGINS_END,    0, 0},
    {"permit",    BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"limit",     BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"forbid",    BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"hold",      BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"refuse",    BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"guarantee", BEGINS_RULE,   2, IN_HEAD | IN_RULE},
    {"between",   BEGINS_CLAUSE, 2, IN_HEAD},
    {"version",   BEGINS_CLAUSE, 2, IN_HEAD},
    {"authority", BEGINS_CLAUSE, 2, IN_HEAD},
    {"basis",     BEGINS_CLAUSE, 2, IN_HEAD},
    {"in",        BEGINS_CLAUSE, 2, IN_HEAD},
    {"clear",     BEGINS_CLAUSE, 2, IN_HEAD},
    {"from",      BEGINS_CLAUSE, 4, IN_RULE},
    {"to",        BEGINS_CLAUSE, 4, IN_RULE},
    {"purpose",   BEGINS_CLAUSE, 4, IN_RULE},
    {"fields",    BEGINS_CLAUSE, 4, IN_RULE},
    {"when",      BEGINS_CLAUSE, 4, IN_RULE},
    {"unless",    BEGINS_CLAUSE, 4, IN_RULE},
    {"release",   BEGINS_CLAUSE, 4, IN_RULE},
    {"require",   BEGINS_CLAUSE, 4, IN_RULE},
    {"notice",    BEGINS_CLAUSE, 4, IN_RULE},
    {"code",      BEGINS_CLAUSE, 4, IN_RULE},
    {"basis",     BEGINS_CLAUSE, 4, IN_RULE},
    {"message",   BEGINS_CLAUSE, 2, IN_SCENARIO},
    {"given",     BEGINS_CLAUSE, 2, IN_SCENARIO},
    {"expect",    BEGINS_CLAUSE, 2, IN_SCENARIO},
    /* clang-format on */
};

#define OPENINGS (sizeof openings / sizeof openings[0])

static bool is_among(struct slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, words[i]))
            return true;
    return false;
}

/* Words inside of a clause after which an operand is due. */
static bool is_joining(struct slice word)
{
    static const char *const words[] = {"and", "or",    "is",      "as",   "of",
                                        "not", "until", "checked", "most", "to"};
    return is_among(word, words, sizeof words / sizeof words[0]);
}

static const struct opening *opening_of(const struct place *place, struct slice word)
{
    bool step = place->generalising && slice_is(word, "to");
    for (size_t i = 0; i < OPENINGS && !place->due && !step; i++) {
        const struct opening *o = &openings[i];
        if ((o->inside == 0 || (o->inside & place->inside) != 0) && slice_is(word, o->word))
            return o;
    }
    return NULL;
}

static void open_line(struct place *place, const struct opening *o, struct format_token *t)
{
    t->begins = o->begins;
    t->indent = o->indent;
    t->condition = slice_is(t->octets, "when") || slice_is(t->octets, "unless");
    if (o->begins == BEGINS_POLICY)
        place->inside = slice_is(t->octets, "scenario") ? IN_SCENARIO : IN_HEAD;
    if (o->begins == BEGINS_RULE)
        place->inside = IN_RULE;
    if (o->begins == BEGINS_END)
        place->inside = 0;
    place->due = o->begins != BEGINS_END && !slice_is(t->octets, "clear");
}

static void pass_word(struct place *place, struct format_token *t)
{
    const struct opening *o = opening_of(place, t->octets);
    bool negates = place->due && slice_is(t->octets, "not");
    bool joins = !place->due && is_joining(t->octets);
    if (o != NULL)
        open_line(place, o, t);
    else
        place->due = negates || joins;
    place->generalising = slice_is(t->octets, "generalise");
}

static void pass(struct place *place, struct format_token *t)
{
    if (t->kind == TOKEN_WORD) {
        pass_word(place, t);
        return;
    }
    place->due = t->kind == TOKEN_PUNCT && (slice_is(t->octets, ",") || slice_is(t->octets, "("));
    place->generalising = false;
}

/* The octets of a token in the text: a string's with its quotation marks. */
static struct slice octets_of(const struct token *token)
{
    size_t mark = token->kind == TOKEN_STRING ? 1 : 0;
    return token->kind == TOKEN_END
               ? (struct slice){NULL, 0}
               : slice_over(token->text.at - mark, token->text.length + 2 * mark);
}

/* Each token takes an octet of text at least, so its length bounds their number. */
struct status format_read(struct arena *arena, struct slice file, struct slice text,
                          struct format_token **ret_tokens, size_t *ret_count,
                          struct text_error *reterr)
{
    struct lexer l = lexer_over(file, text, reterr);
    struct format_token *tokens = arena_array(arena, text.length + 1, sizeof *tokens);
    struct place place = {.inside = 0};
    const uint8_t *last = text.at;
    size_t count = 0;
    if (tokens == NULL)
        return FAIL(MEMORY);
    for (; !l.failed && l.token.kind != TOKEN_END; lexer_next(&l)) {
        struct format_token *t = &tokens[count++];
        t->octets = octets_of(&l.token);
        t->kind = l.token.kind;
        t->before = slice_over(last, (size_t)(t->octets.at - last));
        last = t->octets.at + t->octets.length;
        pass(&place, t);
        if (count == 1 && t->begins == BEGINS_NOTHING)
            t->begins = BEGINS_TEXT;
    }
    if (l.failed)
        return FAIL(CONFIG);
    size_t passed = text.length == 0 ? 0 : (size_t)(last - text.at);
    tokens[count++] =
        (struct format_token){.before = slice_part(text, passed, SIZE_MAX), .begins = BEGINS_TEXT};
    *ret_tokens = tokens;
    *ret_count = count;
    return OK;
}
