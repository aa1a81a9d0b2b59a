#include "policy/coarser.h"
#include "policy/derive.h"
#include "policy/transform.h"

static bool is_coarse(const struct facts *f, const struct document_item *item)
{
    return item->category == CATEGORY_DEM && item->person != NO_PERSON &&
           slice_is(path_below(item->leaf.path, f->document->persons[item->person].element), "sex");
}

/* One text as MessagePack; all that is derived is shorter than 32 octets. */
static struct slice packed_text(struct arena *arena, const char *text)
{
    struct buffer packed = buffer_new(64);
    mp_put_text(&packed, slice_text(text));
    struct slice copy =
        packed.failed ? (struct slice){NULL, 0} : arena_copy(arena, buffer_slice(&packed));
    buffer_done(&packed);
    return copy;
}

/* A rule that names the birth date means what is made of it too; that its category is withheld is
 * why there is an age group, unless not even the category is to be told. */
static bool is_source(const struct weighing *w, const struct document_item *dob)
{
    struct tally tally = weigh_item(w, dob);
    bool silenced =
        tally.capping != NULL && tally_verdict(&tally, dob->category).level == LEVEL_SILENT;
    return !silenced && weigh_named(w, dob->person, dob->rule) >= LEVEL_GENERALISE;
}

static bool is_shown(const struct verdict *v)
{
    return v->released || v->grade >= GRADE_FIRST;
}

/* Whether the type lets this person have an age group (R-GEN-03), the law leaves so much of a field
 * of that name, and the sender's is not shown. */
static bool has_place(const struct weighing *w, const struct verdict *verdicts, size_t person,
                      struct slice path, uint32_t *ret_obligations)
{
    const struct facts *f = w->facts;
    const struct field_rule *rule = type_field(f->document->type, path);
    const struct document_item *own = document_find(f->document, path);
    if (rule == NULL || (!rule->carried && person_is_protected(w->facts, person)) ||
        (own != NULL && is_shown(&verdicts[own - f->document->items])))
        return false;
    struct tally tally = weigh_field(w, person, rule, rule->category);
    *ret_obligations = tally.obligations;
    return tally_verdict(&tally, rule->category).level >= LEVEL_GENERALISE;
}

static struct status put_age_group(const struct weighing *w, const struct document_item *dob,
                                   struct slice path, struct derivations *d)
{
    struct facts *f = w->facts;
    enum truth child = person_is_child(f, dob->person);
    if (f->starved)
        return FAIL(MEMORY);
    if (child == TRUTH_UNKNOWN)
        return OK;
    struct slice value =
        packed_text(f->arena, child == TRUTH_TRUE ? AGE_GROUP_CHILD : AGE_GROUP_ADULT);
    if (value.at == NULL)
        return FAIL(MEMORY);
    d->at[d->count++] = (struct derivation){
        .path = path,
        .transform = slice_text(transform_name(TRANSFORM_GENERALISE)),
        .source = (size_t)(dob - f->document->items),
        .value = value,
    };
    return OK;
}

static struct status derive_age_group(const struct weighing *w, size_t person,
                                      const struct verdict *verdicts, struct derivations *d,
                                      uint32_t *ret_obligations)
{
    const struct document *document = w->facts->document;
    const struct document_item *dob = document_member(document, person, "dob");
    if (dob == NULL || !is_source(w, dob))
        return OK;
    struct slice element = document->persons[person].element;
    char *path = arena_print(w->facts->arena, "%.*s/age_group", (int)element.length,
                             (const char *)element.at);
    if (path == NULL)
        return FAIL(MEMORY);
    uint32_t obligations = 0;
    size_t before = d->count;
    struct status s = OK;
    if (has_place(w, verdicts, person, slice_text(path), &obligations))
        s = put_age_group(w, dob, slice_text(path), d);
    if (d->count > before)
        *ret_obligations |= obligations;
    return s;
}

struct status derive_generalised(const struct weighing *w, struct verdict *verdicts,
                                 struct derivations *d, uint32_t *ret_obligations)
{
    struct facts *f = w->facts;
    struct status s = OK;
    for (size_t p = 0; p < f->document->person_count && !failed(s) && !f->relayed; p++) {
        bool demographic = false;
        for (size_t i = f->ranges[p].item; i < f->ranges[p].item_end; i++)
            demographic = demographic || (verdicts[i].level == LEVEL_GENERALISE &&
                                          f->document->items[i].category == CATEGORY_DEM);
        if (demographic)
            s = derive_age_group(w, p, verdicts, d, ret_obligations);
    }
    for (size_t i = 0; i < f->document->count; i++) {
        const struct document_item *item = &f->document->items[i];
        if (verdicts[i].level == LEVEL_GENERALISE)
            verdicts[i].released = item->derived
                                       ? transform_is_within(w->law->grades, GRADE_GENERALISE, item)
                                       : is_coarse(f, item);
    }
    return s;
}
