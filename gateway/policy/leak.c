#include "policy/leak.h"

#include "policy/facts.h"
#include "policy/haystack.h"
#include "policy/needles.h"
#include "policy/traces.h"

/* What is looked for in one kind of text. */
struct search {
    struct arena *arena;
    struct needles words, numbers, unspaced;
    bool starved;
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

static bool stands_in(const struct search *s, const struct hay *hay)
{
    return (hay->words.at != NULL && needles_in_words(&s->words, hay->words)) ||
           (hay->joined.at != NULL && needles_in_words(&s->words, hay->joined)) ||
           (hay->free && needles_in_number(&s->unspaced, hay->number)) ||
           needles_in_number(&s->numbers, hay->number);
}

static bool search_in(const struct search *s, const struct haystack *in)
{
    bool found = false;
    for (size_t i = 0; s->words.count + s->numbers.count + s->unspaced.count > 0 && i < in->count;
         i++)
        found = found || stands_in(s, &in->at[i]);
    return found;
}

/* ---- in what ---- */

static void add_claims(struct haystack *h, const struct claims *claims)
{
    haystack_add(h, PROSE_FREE, claims->case_ref);
    haystack_add(h, PROSE_FREE, claims->their_ref);
    for (size_t i = 0; i < claims->legal_basis.count; i++)
        haystack_add(h, PROSE_FREE, claims->legal_basis.at[i]);
}

static void add_released(struct haystack *h, const struct leak_question *q)
{
    for (size_t i = 0; i < q->document->count; i++)
        if (q->verdicts[i].released)
            haystack_add_value(h, q->document->items[i].rule->prose,
                               &q->document->items[i].leaf.value);
}

static bool is_withheld(const struct leak_question *q, size_t item)
{
    return q->document->items[item].rule->leak != LEAK_NONE && !q->verdicts[item].released;
}

static bool is_any_withheld(const struct leak_question *q)
{
    bool any = q->local_count > 0;
    for (size_t i = 0; !any && i < q->document->count; i++)
        any = is_withheld(q, i);
    return any;
}

/* ---- what ---- */

/* R-GEN-05: names, dates of birth, documents, phones and accounts. */
static bool is_personal(const struct document_item *item)
{
    static const bool personal[CATEGORY_COUNT] = {
        [CATEGORY_ID] = true,  [CATEGORY_CON] = true, [CATEGORY_LOC] = true,
        [CATEGORY_FIN] = true, [CATEGORY_COM] = true,
    };
    return personal[item->category];
}

static void add_item(struct traces *t, const struct leak_question *q, size_t item)
{
    const struct document_item *d = &q->document->items[item];
    traces_add(t, item, d->rule->leak, &d->leaf.value);
}

static void add_locals(struct traces *t, const struct leak_question *q)
{
    const struct document *d = q->document;
    for (size_t i = 0; i < q->local_count; i++) {
        struct slice path = q->locals[i].path;
        const struct field_rule *rule =
            type_local(d->type, path_below(path, type_person(d->type, path)));
        traces_add(t, TRACE_LOCAL, rule == NULL ? LEAK_WORDS : rule->leak, &q->locals[i].value);
    }
}

/* What is shown counts only where something that is looked for may stand in a text. */
static struct traces traces_of(struct arena *arena, const struct leak_question *q,
                               const struct haystack *within)
{
    struct traces t = {.arena = arena, .within = within};
    const struct document *d = q->document;
    for (size_t i = 0; i < d->count; i++)
        if (is_withheld(q, i) || is_personal(&d->items[i]))
            add_item(&t, q, i);
    add_locals(&t, q);
    for (size_t i = 0; t.count > 0 && i < d->count; i++)
        if (d->items[i].rule->leak == LEAK_WORDS && !is_withheld(q, i) &&
            !is_personal(&d->items[i]))
            add_item(&t, q, i);
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
    return s;
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
    return s;
}

struct status leak_search(struct arena *arena, const struct leak_question *q,
                          struct leaks *ret_leaks)
{
    struct haystack claims = {.arena = arena};
    add_claims(&claims, q->claims);
    struct haystack text = claims; /* whatever is released to it stands beside the claims */
    if (is_any_withheld(q))
        add_released(&text, q);
    struct traces t = traces_of(arena, q, &text);
    struct leaks leaks = {0};
    if (t.count > 0) {
        struct search in_text = search_text(arena, q, &t), in_claims = search_claims(arena, q, &t);
        t.starved = t.starved || in_text.starved || in_claims.starved;
        leaks = (struct leaks){search_in(&in_text, &text), search_in(&in_claims, &claims)};
    }
    if (t.starved || text.starved)
        return FAIL(MEMORY);
    *ret_leaks = leaks;
    return OK;
}
