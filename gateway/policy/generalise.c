#include "policy/derive.h"

#define AGE_GROUP_CHILD "0 to 17 years"
#define AGE_GROUP_ADULT "18 years or over"

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

/* Whether the type lets this person have an age group (R-GEN-03), and the sender's does not go. */
static bool has_place(const struct facts *f, const struct verdict *verdicts, size_t person,
                      struct slice path)
{
    const struct field_rule *rule = type_field(f->document->type, path);
    const struct document_item *own = document_find(f->document, path);
    return rule != NULL && (rule->carried || !person_is_protected(f, person)) &&
           (own == NULL || !verdicts[own - f->document->items].released);
}

static struct status derive_age_group(struct facts *f, size_t person,
                                      const struct verdict *verdicts, struct derivations *d)
{
    const struct document_item *dob = document_member(f->document, person, "dob");
    enum truth child = dob == NULL ? TRUTH_UNKNOWN : person_is_child(f, person);
    if (f->starved)
        return FAIL(MEMORY);
    if (child == TRUTH_UNKNOWN)
        return OK;
    struct slice element = f->document->persons[person].element;
    char *path =
        arena_print(f->arena, "%.*s/age_group", (int)element.length, (const char *)element.at);
    struct slice value =
        packed_text(f->arena, child == TRUTH_TRUE ? AGE_GROUP_CHILD : AGE_GROUP_ADULT);
    if (path == NULL || value.at == NULL)
        return FAIL(MEMORY);
    if (has_place(f, verdicts, person, slice_text(path)))
        d->at[d->count++] = (struct derivation){
            .path = slice_text(path),
            .transform = slice_text(transform_name(TRANSFORM_GENERALISE)),
            .source = (size_t)(dob - f->document->items),
            .value = value,
        };
    return OK;
}

struct status derive_generalised(struct facts *f, struct verdict *verdicts, struct derivations *d)
{
    struct status s = OK;
    for (size_t p = 0; p < f->document->person_count && !failed(s) && !f->relayed; p++) {
        bool demographic = false;
        for (size_t i = f->ranges[p].item; i < f->ranges[p].item_end; i++)
            demographic = demographic || (verdicts[i].level == LEVEL_GENERALISE &&
                                          f->document->items[i].category == CATEGORY_DEM);
        if (demographic)
            s = derive_age_group(f, p, verdicts, d);
    }
    for (size_t i = 0; i < f->document->count; i++)
        if (verdicts[i].level == LEVEL_GENERALISE)
            verdicts[i].released =
                f->document->items[i].derived || is_coarse(f, &f->document->items[i]);
    return s;
}
