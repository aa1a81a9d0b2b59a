#include "schema/declaration.h"

/* The line that a token names; an error if there is none, or if its values are not codes. */
static size_t resolve(struct reading *r, const struct declarations *all, const struct token *field)
{
    const struct declaration *d = declaration_find(all, field->text);
    if (r->lexer.failed)
        return 0;
    if (d == NULL) {
        const char *const *names = declaration_names(r, all);
        lexer_unknown(&r->lexer, field, "a field of this text", names, names ? all->count : 0);
        return 0;
    }
    if (d->declared != DECLARED_FIELD || !value_rule_is_coded(&d->value))
        lexer_error(&r->lexer, field, "\"%.*s\" holds no code", (int)field->text.length,
                    (const char *)field->text.at);
    return (size_t)(d - all->at);
}

static const struct code_list *list_asked(const struct condition *c, const struct declarations *all,
                                          const struct vocabulary *v)
{
    static const char *const claims[] = {[ASKED_OF_PURPOSE] = "purpose",
                                         [ASKED_OF_URGENCY] = "urgency",
                                         [ASKED_OF_INSTRUMENT] = "instrument"};
    if (c->asked == ASKED_OF_FIELD)
        return all->at[c->target].value.list;
    return vocabulary_list(v, slice_text(claims[c->asked]));
}

static void resolve_condition(struct reading *r, struct condition *c,
                              const struct declarations *all, const struct vocabulary *v)
{
    if (c->asked == ASKED_OF_NOTHING)
        return;
    if (c->asked == ASKED_OF_FIELD)
        c->target = resolve(r, all, &c->field);
    for (size_t i = 0; i < c->codes.count && !r->lexer.failed; i++) {
        const struct code_list *list = list_asked(c, all, v);
        struct token code = c->field; /* its line is near enough */
        code.text = c->codes.at[i];
        if (code_find(list, code.text) == NULL)
            lexer_unknown(&r->lexer, &code, "a code of that field", list ? list->names : NULL,
                          list ? list->count : 0);
    }
}

void declarations_resolve(struct reading *r, struct declarations *all, const struct vocabulary *v)
{
    for (size_t i = 0; i < all->count && !r->lexer.failed; i++) {
        struct declaration *d = &all->at[i];
        for (size_t s = 0; s < d->source_count; s++)
            d->sources[s].target = resolve(r, all, &d->sources[s].field);
        resolve_condition(r, &d->required_when, all, v);
        resolve_condition(r, &d->only_when, all, v);
    }
}
