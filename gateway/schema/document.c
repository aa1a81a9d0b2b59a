#include "schema/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/slices.h"
#include "schema/judging.h"

static bool is_derived(const struct judging *j, size_t i)
{
    return j->remains && j->derived[i];
}

/* Nil in place of the text that a summary stands for. */
static bool is_summary(const struct judging *j, size_t i)
{
    if (!is_derived(j, i) || j->leaves[i].value.kind != VALUE_NIL)
        return false;
    const struct together *together = type_together(j->type);
    return together != NULL && slice_equal(j->leaves[i].path, together->text);
}

static bool is_short_text(const struct value *value)
{
    return value->kind == VALUE_TEXT && value->octets.length <= DERIVED_TEXT_MAX_BYTES;
}

/* A coarser form or a pseudonym is a short text, whatever type the sender's own value had; of an
 * array each element is one. */
static bool is_transformed(const struct judging *j, size_t i)
{
    const struct value *value = &j->leaves[i].value;
    const struct entry *e = j->entries[i];
    uint32_t max = e->rule.by_value ? 0 : e->declaration->value.array_max;
    if (!is_derived(j, i) || !value_type_transforms(value_rule_type(&e->declaration->value)))
        return false;
    if (max == 0)
        return is_short_text(value);
    struct mp_cursor c = mp_over(value->raw);
    for (uint32_t left = mp_array(&c, max); left > 0 && mp_ok(&c); left--) {
        struct value element = mp_value(&c);
        if (!is_short_text(&element))
            return false;
    }
    return mp_end(&c);
}

/* Each leaf has a place, and a value that may stand there. */
static struct status check_value(struct judging *j, size_t i)
{
    const struct leaf *leaf = &j->leaves[i];
    const struct entry *e = j->entries[i];
    bool fits = is_summary(j, i);
    switch (e->kind) {
    case ENTRY_FIELD:
        fits = fits || is_transformed(j, i) ||
               (e->rule.by_value ? value_element_fits(&e->declaration->value, &leaf->value)
                                 : value_fits(&e->declaration->value, &leaf->value));
        break;
    case ENTRY_LIST:
    case ENTRY_VALUES:
        fits = leaf->value.kind == VALUE_ARRAY && leaf->value.count == 0;
        break;
    case ENTRY_ELEMENT:
    case ENTRY_OBJECT:
    case ENTRY_PERSON:
        fits = leaf->value.kind == VALUE_EMPTY_MAP;
        break;
    }
    *j->ret_path = leaf->path;
    return fits ? OK : REFUSE(TYPE_VALUE);
}

static struct status find_places(struct judging *j)
{
    for (size_t i = 0; i < j->count; i++) {
        j->shared[i] = i == 0 ? 0 : (uint8_t)path_shared(j->leaves[i - 1].path, j->leaves[i].path);
        j->entries[i] = field_table_find(&j->type->table, j->leaves[i].path);
        *j->ret_path = j->leaves[i].path;
        if (j->entries[i] == NULL)
            return REFUSE(TYPE_FIELD);
    }
    return OK;
}

static struct status check_values(struct judging *j)
{
    for (size_t i = 0; i < j->count; i++) {
        struct status s = check_value(j, i);
        if (failed(s))
            return s;
    }
    return OK;
}

/* Fields that the type has only under a condition. */
static struct status check_conditions(struct judging *j)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct entry *e = j->entries[i];
        *j->ret_path = j->leaves[i].path;
        const struct declaration *d = e->declaration;
        if (e->kind == ENTRY_FIELD &&
            !judging_holds(j, d->only_when, e + d->only_target, entry_scope(e), j->leaves[i].path))
            return REFUSE(TYPE_FIELD);
    }
    return OK;
}

/* What is complete: all of it, in the order in which a sender can mend it. */
static struct status check_complete(struct judging *j)
{
    struct status s = judging_requirements(j, REQUIRED_AS_COMPLETE);
    if (!failed(s))
        s = check_conditions(j); /* they ask fields that are there now */
    if (!failed(s))
        s = judging_requirements(j, REQUIRED_AS_REASON);
    return s;
}

static struct status check(struct judging *j)
{
    struct status s = find_places(j);
    if (!failed(s))
        s = check_values(j);
    if (!failed(s))
        s = judging_counts(j);
    if (!failed(s) && !j->remains)
        s = check_complete(j);
    return s;
}

/* The sender's leaf at the place that a category depends on; NULL if there is none. */
static const struct leaf *source_leaf(const struct judging *j, const struct entry *source, size_t i)
{
    uint8_t room[PATH_MAX_BYTES];
    const struct leaf *leaf = source == j->entries[i]
                                  ? &j->leaves[i]
                                  : judging_leaf(j, judging_path(source, j->leaves[i].path, room));
    return leaf == NULL || is_derived(j, (size_t)(leaf - j->leaves)) ? NULL : leaf;
}

/* The category of a leaf: its line's, unless the codes it depends on have one of their own. */
static void find_category(const struct judging *j, size_t i, struct document_item *item)
{
    const struct entry *e = j->entries[i];
    item->category = e->rule.category;
    for (size_t s = 0; s < entry_source_count(e); s++) {
        const struct entry *source = entry_source(e, s);
        const struct leaf *leaf = source_leaf(j, source, i);
        enum category own = leaf == NULL
                                ? CATEGORY_NONE
                                : value_category(&source->declaration->value, &leaf->value);
        item->category = own != CATEGORY_NONE ? own : item->category;
        item->doubtful = item->doubtful || (leaf == NULL && j->remains);
    }
}

/* The persons of a document, in the order of their elements. */
static struct document_person *person_at(const struct judging *j, size_t i,
                                         struct document_person *persons, size_t *count)
{
    struct slice element = path_first(j->leaves[i].path, j->entries[i]->person_segments);
    if (*count == 0 || !slice_equal(persons[*count - 1].element, element))
        persons[(*count)++].element = element;
    return &persons[*count - 1];
}

static void describe_person(const struct judging *j, size_t i, struct document_person *person)
{
    struct slice value = j->leaves[i].value.octets;
    if (is_derived(j, i))
        return;
    if (j->entries[i]->member == MEMBER_SID)
        person->sid = value;
    else if (j->entries[i]->member == MEMBER_CAT)
        person->cat = value;
}

/* A person begins where the element changes; also one whose sid is withheld. */
static size_t count_persons(const struct judging *j)
{
    size_t count = 0;
    struct slice before = {NULL, 0};
    for (size_t i = 0; i < j->count; i++) {
        struct slice element = path_first(j->leaves[i].path, j->entries[i]->person_segments);
        if (j->entries[i]->person_segments == 0 || slice_equal(element, before))
            continue;
        before = element;
        count++;
    }
    return count;
}

static int sid_order(const void *a, const void *b)
{
    return slice_compare((*(struct document_person *const *)a)->sid,
                         (*(struct document_person *const *)b)->sid);
}

/* Listings of one sid: whether two of them are known to differ in their cat. */
static bool is_dual(struct document_person *const *listings, size_t count)
{
    struct slice cat = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        if (cat.length > 0 && listings[i]->cat.length > 0 && !slice_equal(listings[i]->cat, cat))
            return true;
        cat = listings[i]->cat.length > 0 ? listings[i]->cat : cat;
    }
    return false;
}

/* Sorted by sid, so that many persons cost little. */
static bool find_dual(struct arena *arena, struct document_person *persons, size_t count)
{
    struct document_person **by_sid = arena_array(arena, count, sizeof *by_sid);
    if (by_sid == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        by_sid[i] = &persons[i];
    if (count > 1)
        qsort(by_sid, count, sizeof *by_sid, sid_order);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && slice_equal(by_sid[end]->sid, by_sid[i]->sid);)
            end++;
        bool dual = by_sid[i]->sid.length > 0 && is_dual(&by_sid[i], end - i);
        for (size_t k = i; k < end; k++)
            by_sid[k]->dual = dual;
    }
    return true;
}

static struct status describe(const struct judging *j, struct document *document)
{
    struct document_item *items = arena_array(j->arena, j->count, sizeof *items);
    struct document_person *persons = arena_array(j->arena, count_persons(j), sizeof *persons);
    size_t person_count = 0;
    if (items == NULL || persons == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < j->count; i++) {
        const struct entry *e = j->entries[i];
        items[i] =
            (struct document_item){.leaf = j->leaves[i],
                                   .rule = &e->rule,
                                   .person = NO_PERSON,
                                   .group = path_first(j->leaves[i].path, e->rule.group_segments),
                                   .derived = is_derived(j, i)};
        find_category(j, i, &items[i]);
        if (e->person_segments == 0)
            continue;
        struct document_person *person = person_at(j, i, persons, &person_count);
        describe_person(j, i, person);
        items[i].person = (size_t)(person - persons);
    }
    if (!find_dual(j->arena, persons, person_count))
        return FAIL(MEMORY);
    *document = (struct document){.type = j->type,
                                  .items = items,
                                  .count = j->count,
                                  .persons = persons,
                                  .person_count = person_count};
    return OK;
}

static struct status judge(struct judging *j, const struct document **ret_document)
{
    struct document *document = arena_alloc(j->arena, sizeof *document);
    j->entries = arena_array(j->arena, j->count, sizeof *j->entries);
    j->shared = arena_alloc(j->arena, j->count);
    if (j->entries == NULL || j->shared == NULL || document == NULL)
        return FAIL(MEMORY);
    struct status s = check(j);
    if (!failed(s))
        s = describe(j, document);
    if (!failed(s))
        *ret_document = document;
    return s;
}

struct status document_judge(struct arena *arena, const struct message_type *type,
                             const struct claim_facts *claims, const struct leaf *leaves,
                             size_t count, const struct document **ret_document,
                             struct slice *ret_path)
{
    struct slice path = {NULL, 0};
    struct judging j = {.arena = arena,
                        .type = type,
                        .claims = claims,
                        .leaves = leaves,
                        .count = count,
                        .ret_path = &path};
    struct status s = judge(&j, ret_document);
    if (s.code == CODE_REFUSED)
        *ret_path = path;
    return s;
}

struct status document_judge_remains(struct arena *arena, const struct message_type *type,
                                     const struct remains *remains,
                                     const struct document **ret_document, struct slice *ret_path)
{
    struct slice path = {NULL, 0};
    struct judging j = {.arena = arena,
                        .type = type,
                        .leaves = remains->leaves,
                        .count = remains->count,
                        .remains = true,
                        .derived = remains->derived,
                        .ret_path = &path};
    struct status s = judge(&j, ret_document);
    if (s.code == CODE_REFUSED)
        *ret_path = path;
    return s;
}

struct status local_judge(const struct message_type *type, const struct leaf *leaf)
{
    struct slice person = type_person(type, leaf->path);
    const struct entry *e =
        person.length == 0 || person.length == leaf->path.length
            ? NULL
            : field_table_find(type->locals, slice_part(leaf->path, person.length + 1, SIZE_MAX));
    if (e == NULL)
        return REFUSE(TYPE_FIELD);
    struct slice path;
    struct judging j = {.leaves = leaf, .count = 1, .entries = &e, .ret_path = &path};
    return check_value(&j, 0);
}

const struct document_item *document_find(const struct document *document, struct slice path)
{
    return rows_find(document->items, document->count, sizeof *document->items, path);
}

static size_t person_from(const struct document *document, size_t first, struct slice sid)
{
    for (size_t i = first; i < document->person_count; i++)
        if (slice_equal(document->persons[i].sid, sid))
            return i;
    return NO_PERSON;
}

size_t document_person_by_sid(const struct document *document, struct slice sid)
{
    return person_from(document, 0, sid);
}

size_t document_person_again(const struct document *document, size_t person)
{
    return person_from(document, person + 1, document->persons[person].sid);
}

const struct document_item *document_member(const struct document *document, size_t person,
                                            const char *member)
{
    uint8_t room[PATH_MAX_BYTES];
    if (person >= document->person_count)
        return NULL;
    struct slice element = document->persons[person].element,
                 name = slice_over(member, strlen(member));
    if (element.length + 1 + name.length > sizeof room)
        return NULL;
    memcpy(room, element.at, element.length);
    room[element.length] = '/';
    memcpy(room + element.length + 1, name.at, name.length);
    return document_find(document, slice_over(room, element.length + 1 + name.length));
}
