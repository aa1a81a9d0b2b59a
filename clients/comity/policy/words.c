#include "comity/policy/words.h"

#include <stdlib.h>
#include <string.h>

const char *policy_grade(struct arena *arena, const struct law *law, uint8_t number)
{
    const struct grade *grade = &law->grades->at[number];
    if (grade->step.length > 0)
        return arena_print(arena, "%s to %.*s", level_name(grade->level), (int)grade->step.length,
                           (const char *)grade->step.at);
    if (grade->characters > 0)
        return arena_print(arena, "%s %u", level_name(grade->level), grade->characters);
    return level_name(grade->level);
}

const char *policy_pattern(struct arena *arena, const struct party_pattern *p)
{
    const struct slice any = slice_text("*");
    struct slice state = p->state.length > 0 ? p->state : any;
    struct slice role = p->role.length > 0 ? p->role : any;
    if (p->id.length > 0)
        return arena_text(arena, p->id);
    if (p->state.length == 0 && p->role.length == 0)
        return "*";
    return arena_print(arena, "%.*s.%.*s", (int)state.length, (const char *)state.at,
                       (int)role.length, (const char *)role.at);
}

/* A State or any, a dot, a role or any. */
static bool read_parts(const struct rulebook *rulebook, struct slice text,
                       struct party_pattern *pattern)
{
    size_t dot = slice_find(text, '.');
    struct slice state = slice_part(text, 0, dot), role = slice_part(text, dot + 1, SIZE_MAX);
    if (dot == text.length)
        return false;
    if (!slice_is(state, "*"))
        pattern->state = state;
    if (!slice_is(role, "*"))
        pattern->role = role;
    return (pattern->state.length == 0 || directory_state(rulebook->directory, state) != NULL) &&
           (pattern->role.length == 0 || schema_has_code(rulebook->schema, "role", role));
}

enum comity_exit policy_pattern_read(const struct rulebook *rulebook, const char *text,
                                     struct party_pattern *ret_pattern, struct comity_fault *reterr)
{
    struct slice word = slice_text(text);
    struct party_pattern pattern = {0};
    if (directory_party(rulebook->directory, word) != NULL)
        pattern.id = word;
    else if (strcmp(text, "*") != 0 && !read_parts(rulebook, word, &pattern)) {
        fail_usage(reterr, "%s is no party of the rulebook, nor a pattern of its States and roles",
                   text);
        return advise(reterr, "patterns are XC.*, *.CA, XC.CA and *");
    }
    *ret_pattern = pattern;
    return COMITY_DONE;
}

size_t text_width(struct slice text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.length; i++)
        width += (text.at[i] & 0xc0U) != 0x80;
    return width;
}

static struct slice next_word(struct slice *rest)
{
    while (rest->length > 0 && rest->at[0] == ' ')
        *rest = slice_part(*rest, 1, SIZE_MAX);
    struct slice word = slice_part(*rest, 0, slice_find(*rest, ' '));
    *rest = slice_part(*rest, word.length, SIZE_MAX);
    return word;
}

void wrap_text(struct buffer *out, const struct wrapping *w, struct slice text)
{
    size_t column = w->indent;
    bool begun = w->begun; /* there is something, or all there is to be, before the next word */
    bool first = true;
    for (struct slice word; (word = next_word(&text)).length > 0; first = false) {
        size_t width = text_width(word);
        if (!first && column + 1 + width > w->columns) {
            buffer_text(out, "\n");
            begun = false;
        }
        if (!begun) {
            buffer_print(out, "%*s", (int)w->indent, "");
            column = w->indent;
        } else if (!first) {
            buffer_text(out, " ");
            column++;
        }
        begun = true;
        buffer_put(out, word);
        column += width;
    }
    buffer_text(out, "\n");
}

bool put_lines(const struct buffer *lines)
{
    struct slice rest = buffer_slice(lines);
    char *line = lines->failed ? NULL : malloc(rest.length + 1);
    if (line == NULL)
        return false;
    for (size_t end; rest.length > 0; rest = slice_part(rest, end + 1, SIZE_MAX)) {
        end = slice_find(rest, '\n');
        (void)slice_copy_text(slice_part(rest, 0, end), line, end + 1);
        put_text(stdout, line);
        fputc('\n', stdout);
    }
    free(line);
    return true;
}

void put_wrapped(const struct wrapping *w, struct slice text)
{
    struct buffer lines = buffer_new(4 * text.length + 1024);
    wrap_text(&lines, w, text);
    (void)put_lines(&lines);
    buffer_done(&lines);
}
