#include "schema/vocabulary.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 40
#define LISTS_MAX      256

static const char *const category_codes[] = {
#define X(code, tag) #code,
    CATEGORIES(X)
#undef X
};

#define CODES_OF_CATEGORIES (sizeof category_codes / sizeof category_codes[0])

static int code_order(const void *a, const void *b)
{
    return slice_compare(((const struct code_row *)a)->text, ((const struct code_row *)b)->text);
}

const struct code_list *vocabulary_list(const struct vocabulary *v, struct slice name)
{
    for (size_t i = 0; i < v->count; i++)
        if (slice_equal(v->lists[i].name, name))
            return &v->lists[i];
    return NULL;
}

const struct code_row *code_find(const struct code_list *list, struct slice text)
{
    struct code_row key = {.text = text};
    return list == NULL || list->count == 0
               ? NULL
               : bsearch(&key, list->codes, list->count, sizeof key, code_order);
}

enum category category_expect(struct reading *r)
{
    struct token at = r->lexer.token;
    enum category category = at.kind == TOKEN_WORD ? category_by_code(at.text) : CATEGORY_NONE;
    if (category == CATEGORY_NONE)
        lexer_unexpected(&r->lexer, "a category", category_codes, CODES_OF_CATEGORIES);
    lexer_next(&r->lexer);
    return category;
}

const struct code_list *vocabulary_expect(struct reading *r, const struct vocabulary *v)
{
    const char *names[LISTS_MAX];
    struct token at = lexer_next(&r->lexer);
    const struct code_list *list = at.kind == TOKEN_WORD ? vocabulary_list(v, at.text) : NULL;
    if (list != NULL || r->lexer.failed)
        return list;
    for (size_t i = 0; i < v->count; i++)
        names[i] = (const char *)v->lists[i].name.at;
    lexer_unknown(&r->lexer, &at, "the name of a code list", names, v->count);
    return NULL;
}

static bool is_code_token(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING || token->kind == TOKEN_NUMBER;
}

static const struct code_row *expect_code(struct reading *r, const struct code_list *list)
{
    char expected[NAME_MAX_BYTES + 32];
    struct token at = lexer_next(&r->lexer);
    const struct code_row *code = is_code_token(&at) ? code_find(list, at.text) : NULL;
    if (code != NULL || r->lexer.failed)
        return code;
    snprintf(expected, sizeof expected, "a code of the list %.*s", (int)list->name.length,
             (const char *)list->name.at);
    lexer_unknown(&r->lexer, &at, expected, list->names, list->count);
    return NULL;
}

struct slices codes_expect(struct reading *r, const struct code_list *list)
{
    struct slices codes = {0};
    do {
        const struct code_row *code = expect_code(r, list);
        struct slice *at = reading_more(r, codes.at, codes.count, sizeof *at);
        if (code == NULL || at == NULL)
            return (struct slices){0};
        codes.at = at;
        codes.at[codes.count++] = code->text;
    } while (reading_comma(r));
    codes.at = reading_keep(r, codes.at, codes.count, sizeof *codes.at);
    return codes.at == NULL ? (struct slices){0} : codes;
}

/* Sorts a list and gives it the names that suggestions are made of. */
static void seal_list(struct reading *r, struct code_list *list)
{
    if (r->lexer.failed)
        return;
    assert(list->codes != NULL);
    const char **names = arena_array(r->arena, list->count, sizeof *names);
    if (names == NULL)
        reading_starve(r);
    list->codes = reading_keep(r, list->codes, list->count, sizeof *list->codes);
    if (names == NULL || list->codes == NULL)
        return;
    qsort(list->codes, list->count, sizeof *list->codes, code_order);
    for (size_t i = 0; i < list->count; i++)
        names[i] = (const char *)list->codes[i].text.at;
    list->names = names;
}

static bool has_code(const struct code_list *list, struct slice text)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->codes[i].text, text))
            return true;
    return false;
}

static void add_code(struct reading *r, struct code_list *list, struct slice text,
                     enum category category)
{
    struct code_row *codes = reading_more(r, list->codes, list->count, sizeof *codes);
    if (codes == NULL)
        return;
    list->codes = codes;
    codes[list->count++] = (struct code_row){reading_copy(r, text), category};
}

static void parse_code(struct reading *r, struct code_list *list)
{
    struct token at = r->lexer.token;
    if (!is_code_token(&at) || at.text.length == 0) {
        lexer_unexpected(&r->lexer, "a code", NULL, 0);
        return;
    }
    if (has_code(list, at.text))
        lexer_error(&r->lexer, &at, "the list has the code \"%.*s\" twice", (int)at.text.length,
                    (const char *)at.text.at);
    lexer_next(&r->lexer);
    enum category category = CATEGORY_NONE;
    if (lexer_take(&r->lexer, "as"))
        category = category_expect(r);
    add_code(r, list, at.text, category);
}

static struct code_list *new_list(struct reading *r, struct vocabulary *v, struct slice name)
{
    struct code_list *lists = reading_more(r, v->lists, v->count, sizeof *lists);
    if (lists == NULL)
        return NULL;
    v->lists = lists;
    lists[v->count] = (struct code_list){.name = reading_copy(r, name)};
    return &lists[v->count++];
}

static void parse_list(struct reading *r, struct vocabulary *v)
{
    struct token at = r->lexer.token;
    struct slice name = lexer_word(&r->lexer, "the name of a code list");
    if (name.length > NAME_MAX_BYTES || v->count == LISTS_MAX || vocabulary_list(v, name) != NULL)
        lexer_error(&r->lexer, &at,
                    "this list is there already, its name is too long, or there "
                    "are too many lists");
    struct code_list *list = new_list(r, v, name);
    if (list == NULL)
        return;
    do
        parse_code(r, list);
    while (reading_comma(r));
    seal_list(r, list);
}

/* A consent for ASY data, or a necessity of them, tells of the claim (R-ASY-04); so for WIT. */
static enum category own_category(struct slice code)
{
    enum category category = category_by_code(code);
    return category == CATEGORY_ASY || category == CATEGORY_WIT ? category : CATEGORY_NONE;
}

static void add_categories(struct reading *r, struct vocabulary *v)
{
    struct code_list *list = new_list(r, v, slice_text("category"));
    for (size_t i = 0; i < CODES_OF_CATEGORIES && list != NULL; i++) {
        struct slice code = slice_text(category_codes[i]);
        add_code(r, list, code, own_category(code));
    }
    if (list != NULL)
        seal_list(r, list);
}

void vocabulary_parse(struct reading *r, struct vocabulary *v)
{
    lexer_expect(&r->lexer, "law");
    lexer_expect(&r->lexer, "number");
    v->number = lexer_number(&r->lexer, INT64_MAX, "the law's number");
    if (v->number == 0 && !r->lexer.failed)
        lexer_error(&r->lexer, &r->lexer.token, "the law's number is 1 or more");
    add_categories(r, v);
    while (!r->lexer.failed && r->lexer.token.kind != TOKEN_END) {
        lexer_expect(&r->lexer, "codes");
        parse_list(r, v);
    }
    v->lists = reading_keep(r, v->lists, v->count, sizeof *v->lists);
}
