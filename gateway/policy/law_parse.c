#include "policy/law_reading.h"

#include <stdlib.h>

#include "base/instant.h"

#define LAW_FOLDER    "law/rules/"
#define LAW_MAX_BYTES (64UL << 20)

bool pattern_covers(struct slice pattern, struct slice name)
{
    size_t stem = pattern.length - 1;
    if (pattern.length < 2 || pattern.at[stem] != '*')
        return slice_equal(pattern, name);
    return slice_begins(name, slice_part(pattern, 0, stem));
}

static void parse_head(struct law_reading *p)
{
    lexer_string(&p->r.lexer, "the policy's title in quotation marks");
    lexer_expect(&p->r.lexer, "version");
    lexer_number(&p->r.lexer, INT64_MAX, "the policy's version");
    lexer_expect(&p->r.lexer, "authority");
    lexer_string(&p->r.lexer, "the authority that made the policy");
    lexer_expect(&p->r.lexer, "in");
    lexer_expect(&p->r.lexer, "force");
    p->from_ms = lexer_date(&p->r.lexer, "the first day in force");
    lexer_expect(&p->r.lexer, "until");
    struct token at = p->r.lexer.token;
    p->until_ms = lexer_date(&p->r.lexer, "the last day in force") + MS_PER_DAY;
    if (!p->r.lexer.failed && p->until_ms <= p->from_ms)
        lexer_error(&p->r.lexer, &at, "the last day in force is before the first");
}

static void parse_policy(struct law_reading *p)
{
    lexer_expect(&p->r.lexer, "policy");
    parse_head(p);
    while (!p->r.lexer.failed && rule_at(&p->r.lexer))
        rule_parse(p);
    if (!lexer_take(&p->r.lexer, "end"))
        lexer_unexpected(
            &p->r.lexer, "a rule (permit, limit, forbid, hold, refuse) or \"end\"",
            (const char *const[]){"permit", "limit", "forbid", "hold", "refuse", "end"}, 6);
}

static struct status parse_file(struct law_reading *p, const struct text_file *file,
                                struct text_error *reterr)
{
    p->r = (struct reading){.lexer = lexer_over(file->path, file->text, reterr),
                            .arena = p->law->arena};
    while (!p->r.lexer.failed && p->r.lexer.token.kind != TOKEN_END)
        parse_policy(p);
    return reading_status(&p->r);
}

/* Rules stand in an order of their own, so that neither files nor lines decide anything. */
static int rule_order(const void *a, const void *b)
{
    const struct rule *one = a, *other = b;
    int order = slice_compare(one->title, other->title);
    if (order == 0)
        order = slice_compare(one->basis, other->basis);
    return order;
}

static struct law *law_new(void)
{
    struct arena *arena = arena_new(LAW_MAX_BYTES);
    struct law *law = arena == NULL ? NULL : arena_alloc(arena, sizeof *law);
    if (law == NULL) {
        arena_free(arena);
        return NULL;
    }
    law->arena = arena;
    return law;
}

struct status law_parse(const struct text_files *files, const struct law_names *names,
                        struct law **ret_law, struct text_error *reterr)
{
    struct law *law = law_new();
    struct status s = law == NULL ? FAIL(MEMORY) : OK;
    struct law_reading p = {.names = names, .law = law};
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (slice_begins(files->at[i].path, slice_text(LAW_FOLDER)))
            s = parse_file(&p, &files->at[i], reterr);
    if (failed(s)) {
        law_free(law);
        return s;
    }
    if (law->rule_count > 1)
        qsort(law->rules, law->rule_count, sizeof *law->rules, rule_order);
    *ret_law = law;
    return OK;
}

void law_free(struct law *law)
{
    if (law != NULL)
        arena_free(law->arena);
}
