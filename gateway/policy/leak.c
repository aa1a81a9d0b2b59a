#include "policy/leak.h"

#include "policy/facts.h"
#include "policy/fold.h"
#include "policy/needles.h"
#include "policy/scalars.h"
#include "policy/traces.h"

/* What is looked for in one kind of text. */
struct search {
    struct arena *arena;
    struct needles words, numbers, unspaced;
    bool starved, found;
};

static struct search search_new(struct arena *arena)
{
    return (struct search){.arena = arena,
                           .words = needles_new(arena),
                           .numbers = needles_new(arena),
                           .unspaced = needles_new(arena)};
}

static void search_add(struct search *s, const struct trace *trace)
{
    struct needles *words = trace->unspaced ? &s->unspaced : &s->words;
    needles_add(trace->leak == LEAK_NUMBER ? &s->numbers : words, trace->folded);
}

/* A number shown for somebody else is still a trace; a name is none. */
static void search_settle(struct search *s, const struct needles *shown)
{
    const struct needles none = needles_new(s->arena);
    needles_settle(&s->words, shown);
    needles_settle(&s->numbers, &none);
    needles_settle(&s->unspaced, shown);
    s->starved = s->words.starved || s->numbers.starved || s->unspaced.starved || shown->starved;
}

static void look_in(struct search *s, const struct needles *needles,
                    bool (*stands_in)(const struct needles *, struct slice), struct slice folded)
{
    s->starved = s->starved || folded.at == NULL;
    s->found = s->found || stands_in(needles, folded);
}

static void look_in_text(struct search *s, enum prose prose, struct slice text)
{
    if (prose == PROSE_FREE && s->words.count > 0)
        look_in(s, &s->words, needles_in_words, fold_words(s->arena, text));
    if (prose == PROSE_FREE && s->words.count > 0 && fold_has_apostrophe(text))
        look_in(s, &s->words, needles_in_words, fold_joined(s->arena, text));
    if (prose == PROSE_FREE && s->unspaced.count > 0)
        look_in(s, &s->unspaced, needles_in_number, fold_number(s->arena, text));
    if (prose != PROSE_NONE && s->numbers.count > 0)
        look_in(s, &s->numbers, needles_in_number, fold_number(s->arena, text));
}

static void look_in_value(struct search *s, enum prose prose, const struct value *value)
{
    struct scalar_walk walk = scalars_of(value);
    for (struct value scalar; prose != PROSE_NONE && scalars_next(&walk, &scalar);)
        if (scalar.kind == VALUE_TEXT)
            look_in_text(s, prose, scalar.octets);
}

static void look_in_claims(struct search *s, const struct claims *claims)
{
    look_in_text(s, PROSE_FREE, claims->case_ref);
    look_in_text(s, PROSE_FREE, claims->their_ref);
    for (size_t i = 0; i < claims->legal_basis.count; i++)
        look_in_text(s, PROSE_FREE, claims->legal_basis.at[i]);
}

static struct traces traces_of(struct arena *arena, const struct leak_question *q)
{
    struct traces t = {.arena = arena};
    const struct document *d = q->document;
    for (size_t i = 0; i < d->count; i++)
        traces_add(&t, i, d->items[i].rule->leak, &d->items[i].leaf.value);
    for (size_t i = 0; i < q->local_count; i++) {
        struct slice path = q->locals[i].path;
        const struct field_rule *rule =
            type_local(d->type, path_below(path, type_person(d->type, path)));
        traces_add(&t, TRACE_LOCAL, rule == NULL ? LEAK_WORDS : rule->leak, &q->locals[i].value);
    }
    return t;
}

static struct search search_text(struct arena *arena, const struct leak_question *q,
                                 const struct traces *t)
{
    struct search s = search_new(arena);
    struct needles shown = needles_new(arena);
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].item == TRACE_LOCAL || !q->verdicts[t->at[i].item].released)
            search_add(&s, &t->at[i]);
        else if (t->at[i].leak == LEAK_WORDS)
            needles_add(&shown, t->at[i].folded);
    needles_sort(&shown);
    search_settle(&s, &shown);
    for (size_t i = 0; i < q->document->count; i++)
        if (q->verdicts[i].released)
            look_in_value(&s, q->document->items[i].rule->prose, &q->document->items[i].leaf.value);
    look_in_claims(&s, q->claims);
    return s;
}

/* R-GEN-05: names, dates of birth, documents, phones and accounts. */
static bool is_personal(const struct document_item *item)
{
    static const bool personal[CATEGORY_COUNT] = {
        [CATEGORY_ID] = true,  [CATEGORY_CON] = true, [CATEGORY_LOC] = true,
        [CATEGORY_FIN] = true, [CATEGORY_COM] = true,
    };
    return personal[item->category];
}

static struct search search_claims(struct arena *arena, const struct leak_question *q,
                                   const struct traces *t)
{
    struct search s = search_new(arena);
    const struct needles none = needles_new(arena);
    for (size_t i = 0; i < t->count; i++)
        if (t->at[i].item != TRACE_LOCAL && is_personal(&q->document->items[t->at[i].item]))
            search_add(&s, &t->at[i]);
    search_settle(&s, &none);
    look_in_claims(&s, q->claims);
    return s;
}

struct status leak_search(struct arena *arena, const struct leak_question *q,
                          struct leaks *ret_leaks)
{
    struct traces t = traces_of(arena, q);
    struct search text = search_text(arena, q, &t), claims = search_claims(arena, q, &t);
    if (t.starved || text.starved || claims.starved)
        return FAIL(MEMORY);
    *ret_leaks = (struct leaks){.in_text = text.found, .in_claims = claims.found};
    return OK;
}
