#include "exchange/grounds.h"

#include "wire/names.h"

#define REASONS_BYTES 256U

/* The last word of "items.ground". */
static struct slice last_word(struct slice name)
{
    size_t from = name.length;
    while (from > 0 && name.at[from - 1] != '.')
        from--;
    return slice_part(name, from, SIZE_MAX);
}

struct slice grounds_code(const struct document *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct document_item *item = &d->items[i];
        const struct value *value = &item->leaf.value;
        if (!item->derived && item->category == CATEGORY_MET && value->kind == VALUE_TEXT &&
            slice_is(last_word(item->rule->name), "ground") && name_is_code(value->octets))
            return value->octets;
    }
    return (struct slice){NULL, 0};
}

static bool gives_reasons(struct slice name)
{
    static const char *const words[] = {"why", "why_held", "reason", "reasons", "justification"};
    const struct slice last = last_word(name);
    bool gives = slice_is(name, "necessity.text");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        gives = gives || slice_is(last, words[i]);
    return gives;
}

/* Whether an item before this one is of the same field: lists repeat them. */
static bool is_named(const struct document *d, size_t i)
{
    size_t k = 0;
    while (k < i && d->items[k].rule != d->items[i].rule)
        k++;
    return k < i;
}

static void put_reasons(struct buffer *b, const struct document *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct slice name = d->items[i].rule->name;
        if (!gives_reasons(name) || is_named(d, i))
            continue;
        buffer_text(b, b->length == 0 ? "in the message: " : ", ");
        buffer_put(b, name);
    }
}

struct status grounds_reasons(struct arena *arena, const struct document *d,
                              struct slice *ret_reasons)
{
    struct buffer b = buffer_new(REASONS_BYTES);
    put_reasons(&b, d);
    struct slice kept = {NULL, 0};
    bool any = b.length > 0;
    if (any)
        kept = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    if (any && kept.at == NULL)
        return FAIL(MEMORY);
    *ret_reasons = kept;
    return OK;
}
