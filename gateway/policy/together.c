#include "policy/derive.h"
#include "policy/scalars.h"

#define TOGETHER_RULE  "R-GEN-07"
#define TOGETHER_BASIS "LED art. 4(1)(c)"

/* What the rules make of all that a text declares: every category of every listing of a subject. */
struct declared {
    bool clear, falls; /* all of it is in clear; some of it certainly is not */
    uint32_t obligations;
};

static void declare(const struct weighing *w, struct slice sid, enum category category,
                    struct declared *all)
{
    const struct document *d = w->facts->document;
    size_t person = document_person_by_sid(d, sid);
    all->clear = all->clear && person != NO_PERSON && category != CATEGORY_NONE;
    for (; person != NO_PERSON && category != CATEGORY_NONE;
         person = document_person_again(d, person)) {
        struct tally tally = weigh_declared(w, person, category);
        bool clear = tally_verdict(&tally, category).level == LEVEL_CLEAR;
        all->clear = all->clear && clear;
        all->falls = all->falls || !clear;
        all->obligations |= tally.obligations;
    }
}

static bool is_filled(const struct document_item *item)
{
    return item != NULL && item->leaf.value.kind == VALUE_ARRAY && item->leaf.value.count > 0;
}

/* A text that declares nothing, or nobody, is not in clear. */
static struct declared declared_by(const struct weighing *w, const struct together *t)
{
    const struct document *d = w->facts->document;
    const struct document_item *subjects = document_find(d, t->subjects);
    const struct document_item *cats = document_find(d, t->cats);
    struct declared all = {.clear = is_filled(subjects) && is_filled(cats)};
    if (!all.clear)
        return all;
    struct scalar_walk codes = scalars_of(&cats->leaf.value);
    for (struct value code; scalars_next(&codes, &code);) {
        struct scalar_walk sids = scalars_of(&subjects->leaf.value);
        for (struct value sid; scalars_next(&sids, &sid);)
            declare(w, sid.octets, category_by_code(code.octets), &all);
    }
    return all;
}

/* The verdict of a field; NULL if the message does not have it. */
static struct verdict *verdict_of(const struct document *d, struct verdict *verdicts,
                                  struct slice path)
{
    const struct document_item *item = document_find(d, path);
    return item == NULL ? NULL : &verdicts[item - d->items];
}

/* Half a statement in another form misleads: what would be transformed counts as withheld. */
static bool is_transformed(const struct verdict *v)
{
    return v != NULL && v->grade >= GRADE_FIRST;
}

static void withhold(struct verdict *v)
{
    if (v != NULL)
        *v = (struct verdict){.level = LEVEL_SILENT,
                              .grade = GRADE_SILENT,
                              .rule = slice_text(TOGETHER_RULE),
                              .basis = slice_text(TOGETHER_BASIS)};
}

/* What arrived stands unless it certainly falls. */
static void keep_together(const struct weighing *w, const struct together *t,
                          struct verdict *verdicts, uint32_t *ret_obligations)
{
    const struct document *d = w->facts->document;
    struct declared all = declared_by(w, t);
    const struct document_item *item = document_find(d, t->text);
    const struct verdict *summary = verdict_of(d, verdicts, t->summary);
    bool derived = item != NULL && item->derived;
    bool stands = derived ? summary != NULL && summary->released : item != NULL && !all.falls;
    if (!stands)
        withhold(verdict_of(d, verdicts, t->text));
    if (stands && !derived && verdict_of(d, verdicts, t->text)->released) {
        *ret_obligations |= all.obligations;
        return;
    }
    withhold(verdict_of(d, verdicts, t->subjects));
    withhold(verdict_of(d, verdicts, t->cats));
}

struct status derive_together(const struct weighing *w, struct verdict *verdicts,
                              struct derivations *derivations, uint32_t *ret_obligations)
{
    static const uint8_t nil[] = {0xc0};
    const struct document *d = w->facts->document;
    const struct together *t = type_together(d->type);
    if (t == NULL)
        return OK;
    if (w->facts->relayed) {
        keep_together(w, t, verdicts, ret_obligations);
        return OK;
    }
    struct verdict *text = verdict_of(d, verdicts, t->text);
    const struct verdict *summary = verdict_of(d, verdicts, t->summary);
    struct verdict *subjects = verdict_of(d, verdicts, t->subjects);
    struct verdict *cats = verdict_of(d, verdicts, t->cats);
    struct declared all = declared_by(w, t);
    if (text != NULL && text->released && !is_transformed(subjects) && !is_transformed(cats) &&
        all.clear) {
        *ret_obligations |= all.obligations;
        return OK;
    }
    withhold(text);
    withhold(subjects);
    withhold(cats);
    if (text != NULL && summary != NULL && summary->released)
        derivations->at[derivations->count++] = (struct derivation){
            .path = t->text,
            .transform = slice_text(transform_name(TRANSFORM_SUMMARY)),
            .source = (size_t)(summary - verdicts),
            .value = slice_over(nil, sizeof nil),
        };
    return OK;
}
