#include "policy/facts.h"

#include "policy/list.h"
#include "policy/scalars.h"

static bool says_unknown(struct slice code)
{
    static const char unknown[] = "unknown";
    if (code.length != sizeof unknown - 1)
        return false;
    for (size_t i = 0; i < code.length; i++)
        if ((code.at[i] | 0x20) != unknown[i])
            return false;
    return true;
}

bool codes_have(const struct codes *codes, struct slice code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (slice_equal(codes->at[i], code))
            return true;
    return false;
}

void codes_add(struct facts *f, struct codes *codes, struct slice code)
{
    codes->known = true;
    if (says_unknown(code)) {
        codes->open = true;
        return;
    }
    if (codes_have(codes, code))
        return;
    if (codes->count == CODES_MAX) {
        codes->open = true;
        return;
    }
    struct slice *at = list_grow(f->arena, codes->at, codes->count, &codes->room, sizeof *at);
    if (at == NULL) {
        f->starved = true;
        return;
    }
    codes->at = at;
    codes->at[codes->count++] = code;
}

static void add_scalar(struct facts *f, struct codes *codes, const struct value *scalar)
{
    if (scalar->kind == VALUE_TEXT) {
        codes_add(f, codes, scalar->octets);
    } else if (scalar->kind == VALUE_BOOL) {
        codes_add(f, codes, slice_text(scalar->boolean ? "true" : "false"));
    } else if (scalar->kind == VALUE_INT) {
        char *text = arena_print(f->arena, "%lld", (long long)scalar->integer);
        f->starved = f->starved || text == NULL;
        codes_add(f, codes, slice_text(text));
    } else {
        codes->known = codes->open = true; /* nil says that nobody knows */
    }
}

void codes_add_value(struct facts *f, struct codes *codes, const struct value *value)
{
    struct scalar_walk walk = scalars_of(value);
    codes->known = true;
    for (struct value scalar; scalars_next(&walk, &scalar);)
        add_scalar(f, codes, &scalar);
}

struct slice path_below(struct slice path, struct slice element)
{
    return slice_part(path, element.length + 1, SIZE_MAX);
}

/* The next part of a dotted name, which is moved behind it. */
static struct slice name_next(struct slice *rest)
{
    size_t end = slice_find(*rest, '.');
    struct slice part = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return part;
}

/* Whether a path is a dotted name once element names are left out of it. */
static bool is_named(struct slice path, struct slice name)
{
    struct slice segment;
    while (path_next(&path, &segment)) {
        if (segment.at[0] == '~')
            continue;
        if (name.length == 0 || !slice_equal(segment, name_next(&name)))
            return false;
    }
    return name.length == 0;
}

/* A single field is there as a whole; of what stands in lists some may be withheld. */
static bool is_single(struct slice path)
{
    for (struct slice segment; path_next(&path, &segment);)
        if (segment.at[0] == '~')
            return false;
    return true;
}

/* What the sender's field says, here path below its person. Derived values are no facts. */
static void add_item(struct facts *f, struct codes *codes, const struct document_item *item,
                     struct slice path)
{
    if (item->derived)
        return;
    codes_add_value(f, codes, &item->leaf.value);
    codes->partial = codes->partial && !is_single(path);
}

struct slice item_member(const struct facts *f, const struct document_item *item)
{
    return slice_part(item->rule->name, f->ranges[item->person].name_length, SIZE_MAX);
}

void codes_add_member(struct facts *f, struct codes *codes, size_t person, struct slice member)
{
    const struct person_range *range = &f->ranges[person];
    struct slice element = f->document->persons[person].element;
    codes->partial = f->relayed;
    for (size_t i = range->item; i < range->item_end; i++) {
        const struct document_item *item = &f->document->items[i];
        if (item->rule->name.length == range->name_length + member.length &&
            slice_equal(item_member(f, item), member))
            add_item(f, codes, item, path_below(item->leaf.path, element));
    }
    for (size_t i = range->local; i < range->local_end; i++)
        if (is_named(path_below(f->locals[i].path, element), member))
            codes_add_value(f, codes, &f->locals[i].value);
}

void codes_add_case(struct facts *f, struct codes *codes, struct slice name)
{
    codes->partial = f->relayed;
    for (size_t i = 0; i < f->document->count; i++) {
        const struct document_item *item = &f->document->items[i];
        if (item->person == NO_PERSON && slice_equal(item->rule->name, name))
            add_item(f, codes, item, item->leaf.path);
    }
}

/* Index of the first LOCAL value that does not stand before the path. */
static size_t first_local(const struct facts *f, struct slice path)
{
    size_t low = 0;
    for (size_t high = f->local_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(f->locals[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The dotted name of an element's list and its dot: "persons." */
static size_t name_length(struct slice element)
{
    size_t length = 0;
    for (struct slice segment; path_next(&element, &segment);)
        length += segment.at[0] == '~' ? 0 : segment.length + 1;
    return length;
}

/* What lies below an element stands together, because "/" sorts before all of a segment. */
static void find_ranges(const struct facts *f, struct person_range *ranges)
{
    const struct document *d = f->document;
    for (size_t i = d->count; i-- > 0;)
        if (d->items[i].person != NO_PERSON)
            ranges[d->items[i].person].item = i;
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].person != NO_PERSON)
            ranges[d->items[i].person].item_end = i + 1;
    for (size_t p = 0; p < d->person_count; p++) {
        size_t local = first_local(f, d->persons[p].element);
        ranges[p].local = local;
        ranges[p].name_length = name_length(d->persons[p].element);
        while (local < f->local_count && path_covers(d->persons[p].element, f->locals[local].path))
            local++;
        ranges[p].local_end = local;
    }
}

static void find_necessity(struct facts *f)
{
    const struct document *d = f->document;
    while (f->necessity < d->count &&
           !slice_begins(d->items[f->necessity].leaf.path, slice_text(NECESSITY)))
        f->necessity++;
    f->necessity_end = f->necessity;
    while (f->necessity_end < d->count &&
           slice_begins(d->items[f->necessity_end].leaf.path, slice_text(NECESSITY)))
        f->necessity_end++;
}

struct status facts_gather(struct arena *arena, const struct question *question, bool with_locals,
                           struct facts *ret_facts)
{
    const struct document *document = question->document;
    struct person_range *ranges = arena_array(arena, document->person_count + 1, sizeof *ranges);
    if (ranges == NULL)
        return FAIL(MEMORY);
    struct facts f = {
        .arena = arena,
        .question = question,
        .document = document,
        .locals = question->locals,
        .local_count = with_locals ? question->local_count : 0,
        .ranges = ranges,
        .abroad =
            !slice_equal(party_state(question->claims->from), party_state(question->claims->to)),
        .relayed = question->relayed != NULL,
    };
    find_ranges(&f, ranges);
    find_necessity(&f);
    *ret_facts = f;
    return OK;
}
