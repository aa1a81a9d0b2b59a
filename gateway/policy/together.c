#include "policy/derive.h"
#include "policy/scalars.h"

#define TOGETHER_RULE  "R-GEN-07"
#define TOGETHER_BASIS "LED art. 4(1)(c)"

/* Whether one declared category is in clear for every declared subject. */
static bool clear_for_all(const struct weighing *w, struct value subjects, struct slice code)
{
    enum category category = category_by_code(code);
    struct scalar_walk walk = scalars_of(&subjects);
    bool clear = category != CATEGORY_NONE;
    for (struct value sid; clear && scalars_next(&walk, &sid);) {
        size_t person = document_person_by_sid(w->facts->document, sid.octets);
        clear = person != NO_PERSON && weigh_declared(w, person, category) == LEVEL_CLEAR;
    }
    return clear;
}

static bool is_filled(const struct document_item *item)
{
    return item != NULL && item->leaf.value.kind == VALUE_ARRAY && item->leaf.value.count > 0;
}

static bool stands(const struct weighing *w, const struct together *t)
{
    const struct document *d = w->facts->document;
    const struct document_item *subjects = document_find(d, t->subjects);
    const struct document_item *cats = document_find(d, t->cats);
    if (!is_filled(subjects) || !is_filled(cats))
        return false;
    bool clear = true;
    struct scalar_walk walk = scalars_of(&cats->leaf.value);
    for (struct value code; clear && scalars_next(&walk, &code);)
        clear = clear_for_all(w, subjects->leaf.value, code.octets);
    return clear;
}

/* The verdict of a field; NULL if the message does not have it. */
static struct verdict *verdict_of(const struct document *d, struct verdict *verdicts,
                                  struct slice path)
{
    const struct document_item *item = document_find(d, path);
    return item == NULL ? NULL : &verdicts[item - d->items];
}

static void withhold(struct verdict *v)
{
    if (v != NULL)
        *v = (struct verdict){LEVEL_SILENT, false, slice_text(TOGETHER_RULE),
                              slice_text(TOGETHER_BASIS)};
}

/* Whether a declared category is withheld of a subject for certain. */
static bool falls(const struct weighing *w, const struct together *t)
{
    const struct document *d = w->facts->document;
    const struct document_item *subjects = document_find(d, t->subjects);
    const struct document_item *cats = document_find(d, t->cats);
    if (!is_filled(subjects) || !is_filled(cats))
        return false;
    struct scalar_walk codes = scalars_of(&cats->leaf.value);
    for (struct value code; scalars_next(&codes, &code);) {
        enum category category = category_by_code(code.octets);
        struct scalar_walk sids = scalars_of(&subjects->leaf.value);
        for (struct value sid; category != CATEGORY_NONE && scalars_next(&sids, &sid);) {
            size_t person = document_person_by_sid(d, sid.octets);
            if (person != NO_PERSON && weigh_declared(w, person, category) != LEVEL_CLEAR)
                return true;
        }
    }
    return false;
}

/* What arrived stands unless it certainly falls. */
static void keep_together(const struct weighing *w, const struct together *t,
                          struct verdict *verdicts)
{
    const struct document *d = w->facts->document;
    const struct document_item *item = document_find(d, t->text);
    const struct verdict *summary = verdict_of(d, verdicts, t->summary);
    bool derived = item != NULL && item->derived;
    bool stands = derived ? summary != NULL && summary->released : item != NULL && !falls(w, t);
    if (!stands)
        withhold(verdict_of(d, verdicts, t->text));
    if (stands && !derived && verdict_of(d, verdicts, t->text)->released)
        return;
    withhold(verdict_of(d, verdicts, t->subjects));
    withhold(verdict_of(d, verdicts, t->cats));
}

struct status derive_together(const struct weighing *w, struct verdict *verdicts,
                              struct derivations *derivations)
{
    static const uint8_t nil[] = {0xc0};
    const struct document *d = w->facts->document;
    const struct together *t = type_together(d->type);
    if (t == NULL)
        return OK;
    if (w->facts->relayed) {
        keep_together(w, t, verdicts);
        return OK;
    }
    struct verdict *text = verdict_of(d, verdicts, t->text);
    const struct verdict *summary = verdict_of(d, verdicts, t->summary);
    if (text != NULL && text->released && stands(w, t))
        return OK;
    withhold(text);
    withhold(verdict_of(d, verdicts, t->subjects));
    withhold(verdict_of(d, verdicts, t->cats));
    if (text != NULL && summary != NULL && summary->released)
        derivations->at[derivations->count++] = (struct derivation){
            .path = t->text,
            .transform = slice_text(transform_name(TRANSFORM_SUMMARY)),
            .source = (size_t)(summary - verdicts),
            .value = slice_over(nil, sizeof nil),
        };
    return OK;
}
