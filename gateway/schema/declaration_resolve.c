#include "schema/declaration.h"

/* The line that a token names; an error if there is none, or if its values are not codes. */
static size_t resolve(struct reading *r, const struct lines *all, const struct token *field)
{
    const struct line *line = line_find(all, field->text);
    if (r->lexer.failed)
        return 0;
    if (line == NULL) {
        const char *const *names = line_names(r, all);
        lexer_unknown(&r->lexer, field, "a field of this text", names, names ? all->count : 0);
        return 0;
    }
    if (line->declared != DECLARED_FIELD || !value_rule_is_coded(&line->declaration.value))
        lexer_error(&r->lexer, field, "\"%.*s\" holds no code", (int)field->text.length,
                    (const char *)field->text.at);
    return (size_t)(line - all->at);
}

static const struct code_list *list_asked(const struct line_condition *c, const struct lines *all,
                                          const struct vocabulary *v)
{
    static const char *const claims[] = {[ASKED_OF_PURPOSE] = "purpose",
                                         [ASKED_OF_URGENCY] = "urgency",
                                         [ASKED_OF_INSTRUMENT] = "instrument"};
    if (c->condition.asked == ASKED_OF_FIELD)
        return all->at[c->named.target].declaration.value.list;
    return vocabulary_list(v, slice_text(claims[c->condition.asked]));
}

/* The codes as the vocabulary has them, which outlives the text. */
static void resolve_codes(struct reading *r, struct line_condition *c, const struct code_list *list)
{
    struct slices *codes = &c->condition.codes;
    for (size_t i = 0; i < codes->count && !r->lexer.failed; i++) {
        const struct code_row *row = code_find(list, codes->at[i]);
        struct token code = c->named.field; /* its line is near enough */
        code.text = codes->at[i];
        if (row == NULL)
            lexer_unknown(&r->lexer, &code, "a code of that field", list ? list->names : NULL,
                          list ? list->count : 0);
        else
            codes->at[i] = row->text;
    }
    codes->at = reading_keep(r, codes->at, codes->count, sizeof *codes->at);
}

/* NULL if it always holds, and after a failure. */
static const struct condition *resolve_condition(struct reading *r, struct line_condition *c,
                                                 const struct lines *all,
                                                 const struct vocabulary *v)
{
    if (c->condition.asked == ASKED_OF_NOTHING)
        return NULL;
    if (c->condition.asked == ASKED_OF_FIELD)
        c->named.target = resolve(r, all, &c->named.field);
    if (!r->lexer.failed)
        resolve_codes(r, c, list_asked(c, all, v));
    return reading_keep(r, &c->condition, 1, sizeof c->condition);
}

void lines_resolve(struct reading *r, struct lines *all, const struct vocabulary *v)
{
    for (size_t i = 0; i < all->count && !r->lexer.failed; i++) {
        struct line *line = &all->at[i];
        struct declaration *d = &line->declaration;
        for (size_t s = 0; s < d->source_count; s++)
            line->sources[s].target = resolve(r, all, &line->sources[s].field);
        d->required_when = resolve_condition(r, &line->required_when, all, v);
        d->only_when = resolve_condition(r, &line->only_when, all, v);
    }
}

void lines_declare(struct reading *r, struct lines *all)
{
    if (r->lexer.failed)
        return;
    all->declarations = arena_array(r->arena, all->count, sizeof *all->declarations);
    if (all->declarations == NULL)
        reading_starve(r);
    for (size_t i = 0; all->declarations != NULL && i < all->count; i++)
        all->declarations[i] = all->at[i].declaration;
}
