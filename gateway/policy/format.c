#include "policy/format.h"

#include "policy/format_tokens.h"

#define COLUMNS         100
#define STEP            2  /* of indentation */
#define DEPTH_MAX       32 /* parentheses; what is deeper stays on its line */
#define ARENA_MAX_BYTES (256UL << 20)

/* A text as it is written. */
struct page {
    struct buffer *out;
    size_t column; /* characters on the line so far */
    bool begun;    /* there is a line already */
};

/* Columns are characters, as an editor shows them. */
static size_t width_of(struct slice octets)
{
    size_t width = 0;
    for (size_t i = 0; i < octets.length; i++)
        width += (octets.at[i] & 0xc0U) != 0x80;
    return width;
}

static void put(struct page *page, struct slice octets)
{
    buffer_put(page->out, octets);
    page->column += width_of(octets);
}

static void line_begin(struct page *page, unsigned indent, bool blank)
{
    if (page->begun)
        put(page, slice_text(blank ? "\n\n" : "\n"));
    page->begun = true;
    page->column = 0;
    for (unsigned i = 0; i < indent; i++)
        put(page, slice_text(" "));
}

/* The comments before a token, one by one. */
struct comments {
    struct slice rest;
    bool beside; /* the next one stands on the line of the token before it */
};

struct comment {
    struct slice octets;
    bool beside, blank; /* on that line; after a blank line */
};

static size_t count_lines(struct slice blanks)
{
    size_t count = 0;
    for (size_t i = 0; i < blanks.length; i++)
        count += blanks.at[i] == '\n';
    return count;
}

static struct slice without_end(struct slice line)
{
    while (line.length > 0 && line.at[line.length - 1] <= ' ')
        line.length--;
    return line;
}

/* The rest then begins with the line break that ends the comment. */
static bool comment_next(struct comments *c, struct comment *ret_comment)
{
    size_t at = slice_find(c->rest, '#');
    if (at == c->rest.length)
        return false;
    size_t lines = count_lines(slice_part(c->rest, 0, at));
    struct slice comment = slice_part(c->rest, at, SIZE_MAX);
    size_t length = slice_find(comment, '\n');
    c->rest = slice_part(comment, length, SIZE_MAX);
    *ret_comment = (struct comment){.octets = without_end(slice_part(comment, 0, length)),
                                    .beside = c->beside && lines == 0,
                                    .blank = lines > 1};
    c->beside = false;
    return true;
}

static bool has_comment(const struct format_token *t)
{
    return slice_find(t->before, '#') < t->before.length;
}

/* Writes what stands before a token; blank: a blank line is due before it. Gives whether one is due
 * before the token itself. */
static bool put_comments(struct page *page, const struct format_token *t, unsigned indent,
                         bool blank)
{
    struct comments comments = {.rest = t->before, .beside = page->begun};
    bool first = true, keeps = t->begins != BEGINS_NOTHING && t->begins != BEGINS_CLAUSE;
    for (struct comment c; comment_next(&comments, &c);) {
        if (c.beside) {
            put(page, slice_text(" "));
        } else {
            line_begin(page, indent, first ? blank : c.blank);
            first = false;
        }
        put(page, c.octets);
    }
    return first ? blank : keeps && count_lines(comments.rest) > 1;
}

static bool is_punct(const struct format_token *t, const char *punct)
{
    return t->kind == TOKEN_PUNCT && slice_is(t->octets, punct);
}

/* Whether a token stands at the one before it without a blank. */
static bool is_glued(const struct format_token *before, const struct format_token *t)
{
    return is_punct(t, ",") || is_punct(t, ")") || is_punct(before, "(");
}

/* One line of the grammar: the tokens from the one that begins it to the next that does. */
struct line {
    const struct format_token *at;
    size_t count;
};

static struct line line_at(const struct format_token *tokens, size_t first, size_t count)
{
    struct line line = {&tokens[first], 1};
    while (first + line.count < count && line.at[line.count].begins == BEGINS_NOTHING)
        line.count++;
    return line;
}

/* How wide the token is with all that has to stay at it. */
static size_t width_at(const struct line *line, size_t i)
{
    size_t width = width_of(line->at[i].octets);
    for (; i + 1 < line->count && is_glued(&line->at[i], &line->at[i + 1]) &&
           !has_comment(&line->at[i + 1]);
         i++)
        width += width_of(line->at[i + 1].octets);
    return width;
}

static bool fits(const struct line *line)
{
    size_t width = line->at[0].indent + width_of(line->at[0].octets);
    for (size_t i = 1; i < line->count; i++) {
        if (has_comment(&line->at[i]))
            return false;
        width += !is_glued(&line->at[i - 1], &line->at[i]) + width_of(line->at[i].octets);
    }
    return width <= COLUMNS;
}

static bool is_word(const struct format_token *t, const char *word)
{
    return t->kind == TOKEN_WORD && slice_is(t->octets, word);
}

/* A line that is too long: where its parentheses stand open, and how far in it goes on. */
struct breaking {
    struct page *page;
    const struct line *line;
    size_t depth;              /* open parentheses */
    size_t groups;             /* of these, conditions; the others are lists of codes */
    bool is_group[DEPTH_MAX];  /* by depth */
    bool is_broken[DEPTH_MAX]; /* the group goes over several lines */
    bool has_or[DEPTH_MAX];    /* so "and", which binds closer, stands further in */
    unsigned indent;           /* where "and" and "or" of no group begin */
    unsigned wrap;             /* where the elements of a list go on */
};

/* The width of a group from its parenthesis to the other one, and what has to stay at that. */
static size_t group_width(const struct line *line, size_t first)
{
    size_t width = 0, depth = 0;
    for (size_t i = first; i < line->count; i++) {
        if (i > first && has_comment(&line->at[i]))
            return SIZE_MAX / 2;
        width +=
            (i > first && !is_glued(&line->at[i - 1], &line->at[i])) + width_of(line->at[i].octets);
        depth += is_punct(&line->at[i], "(");
        depth -= depth > 0 && is_punct(&line->at[i], ")");
        if (depth == 0 && (i + 1 == line->count || !is_punct(&line->at[i + 1], ")")))
            break;
    }
    return width;
}

/* Whether there is an "or" between the parenthesis at first and the other one, in no further one.
 * The line itself is a group that begins at its first word. */
static bool find_or(const struct line *line, size_t first)
{
    size_t depth = is_punct(&line->at[first], "(") ? 0 : 1;
    for (size_t i = first; i < line->count; i++) {
        depth += is_punct(&line->at[i], "(");
        depth -= depth > 0 && is_punct(&line->at[i], ")");
        if (depth == 0)
            return false;
        if (depth == 1 && is_word(&line->at[i], "or"))
            return true;
    }
    return false;
}

static void open_group(struct breaking *b, size_t i)
{
    bool list = i > 0 && is_word(&b->line->at[i - 1], "of");
    if (++b->depth >= DEPTH_MAX)
        return;
    b->is_group[b->depth] = !list;
    b->has_or[b->depth] = find_or(b->line, i);
    b->is_broken[b->depth] =
        !list && b->is_broken[b->depth - 1] && b->page->column + group_width(b->line, i) > COLUMNS;
    b->groups += !list;
}

static void close_group(struct breaking *b)
{
    if (b->depth == 0)
        return;
    if (b->depth < DEPTH_MAX)
        b->groups -= b->is_group[b->depth];
    b->depth--;
}

/* A condition goes on before "and" and "or", anything else after a comma or before "checked". */
static bool is_joint(const struct breaking *b, const struct format_token *t)
{
    return b->line->at[0].condition && b->depth < DEPTH_MAX && b->is_broken[b->depth] &&
           (is_word(t, "and") || is_word(t, "or"));
}

static bool may_wrap(const struct format_token *t)
{
    return is_punct(t - 1, ",") || is_word(t, "checked");
}

static void put_next(struct breaking *b, size_t i)
{
    const struct format_token *t = &b->line->at[i];
    bool glued = is_glued(t - 1, t), forced = has_comment(t), joint = is_joint(b, t);
    bool inner = joint && b->has_or[b->depth] && is_word(t, "and");
    unsigned indent = joint ? b->indent + STEP * (unsigned)(b->groups + inner) : b->wrap;
    bool over = may_wrap(t) && b->page->column + 1 + width_at(b->line, i) > COLUMNS;
    if (forced)
        put_comments(b->page, t, indent, false);
    if (forced || joint || (over && !glued))
        line_begin(b->page, indent, false);
    else if (!glued)
        put(b->page, slice_text(" "));
    if (joint)
        b->wrap = indent + STEP;
    if (is_punct(t, "("))
        open_group(b, i);
    if (is_punct(t, ")"))
        close_group(b);
    put(b->page, t->octets);
}

static void put_broken(struct page *page, const struct line *line)
{
    unsigned indent = line->at[0].indent + STEP;
    struct breaking b = {.page = page, .line = line, .indent = indent, .wrap = indent};
    b.is_broken[0] = true;
    b.has_or[0] = find_or(line, 0);
    for (size_t i = 1; i < line->count; i++)
        put_next(&b, i);
}

static void put_whole(struct page *page, const struct line *line)
{
    for (size_t i = 1; i < line->count; i++) {
        if (!is_glued(&line->at[i - 1], &line->at[i]))
            put(page, slice_text(" "));
        put(page, line->at[i].octets);
    }
}

static void put_line(struct page *page, const struct line *line)
{
    const struct format_token *t = line->at;
    bool blank = t->begins == BEGINS_POLICY || t->begins == BEGINS_RULE ||
                 (t->begins == BEGINS_TEXT && has_comment(t));
    blank = put_comments(page, t, t->begins == BEGINS_END ? STEP : t->indent, blank);
    if (t->octets.length == 0)
        return;
    line_begin(page, t->indent, blank);
    put(page, t->octets);
    if (fits(line))
        put_whole(page, line);
    else
        put_broken(page, line);
}

struct status format_text(struct slice file, struct slice text, struct buffer *out,
                          struct text_error *reterr)
{
    struct format_token *tokens;
    size_t count = 0;
    struct page page = {.out = out};
    struct arena *arena = arena_new(ARENA_MAX_BYTES);
    struct status s =
        arena == NULL ? FAIL(MEMORY) : format_read(arena, file, text, &tokens, &count, reterr);
    for (size_t i = 0; !failed(s) && i < count;) {
        struct line line = line_at(tokens, i, count);
        put_line(&page, &line);
        i += line.count;
    }
    if (page.begun)
        buffer_text(out, "\n");
    arena_free(arena);
    return failed(s) || !out->failed ? s : FAIL(MEMORY);
}
