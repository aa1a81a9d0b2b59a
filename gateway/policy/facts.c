#include "policy/facts.h"

#include <stdio.h>

#include "base/slices.h"
#include "policy/engine.h"
#include "policy/list.h"
#include "policy/scalars.h"

#define CODES_FIRST 2
#define SPARE_CODES 128

bool code_is_unknown(struct slice code)
{
    static const char unknown[] = "unknown";
    if (code.at == NULL || code.length != sizeof unknown - 1)
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

/* Most sets are small and there are many, so their first places are cut from one piece. */
static struct slice *first_room(struct facts *f, struct codes *codes)
{
    if (f->spare_count < CODES_FIRST) {
        f->spare = arena_array(f->arena, SPARE_CODES, sizeof *f->spare);
        f->spare_count = f->spare == NULL ? 0 : SPARE_CODES;
    }
    if (f->spare == NULL)
        return NULL;
    struct slice *at = f->spare;
    f->spare += CODES_FIRST;
    f->spare_count -= CODES_FIRST;
    codes->room = CODES_FIRST;
    return at;
}

void codes_add(struct facts *f, struct codes *codes, struct slice code)
{
    codes->known = true;
    if (code_is_unknown(code)) {
        codes->open = true;
        return;
    }
    if (codes_have(codes, code))
        return;
    if (codes->count == CODES_MAX) {
        codes->open = true;
        return;
    }
    struct slice *at = codes->room == 0
                           ? first_room(f, codes)
                           : list_grow(f->arena, codes->at, codes->count, &codes->room, sizeof *at);
    if (at == NULL) {
        f->starved = true;
        return;
    }
    codes->at = at;
    codes->at[codes->count++] = code;
}

struct slice scalar_code(const struct value *scalar, char room[static SCALAR_CODE_BYTES])
{
    if (scalar->kind == VALUE_TEXT)
        return scalar->octets.at == NULL ? slice_text("") : scalar->octets;
    if (scalar->kind == VALUE_BOOL)
        return slice_text(scalar->boolean ? "true" : "false");
    if (scalar->kind != VALUE_INT)
        return (struct slice){NULL, 0};
    snprintf(room, SCALAR_CODE_BYTES, "%lld", (long long)scalar->integer);
    return slice_text(room);
}

static void add_scalar(struct facts *f, struct codes *codes, const struct value *scalar)
{
    char room[SCALAR_CODE_BYTES];
    struct slice code = scalar_code(scalar, room);
    if (code.at == NULL) {
        codes->known = codes->open = true; /* nil says that nobody knows */
        return;
    }
    if (scalar->kind == VALUE_INT)
        code = arena_copy(f->arena, code);
    f->starved = f->starved || code.at == NULL;
    codes_add(f, codes, code);
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

/* A single field is there as a whole; of what stands in lists some may be withheld. */
static bool is_single(struct slice path)
{
    for (struct slice segment; path_next(&path, &segment);)
        if (segment.at[0] == '~')
            return false;
    return true;
}

size_t context_of(const struct facts *f, size_t person)
{
    return person == NO_PERSON ? f->document->person_count : person;
}

static const struct fact *fact_at(const struct facts *f, uint32_t index)
{
    return index == 0 ? NULL : &f->known[index - 1];
}

const struct fact *fact_first(const struct facts *f, size_t context, uint32_t source)
{
    const struct engine *engine = f->question->rulebook->law->engine;
    return fact_at(f, f->first[context * engine->sources.count + source]);
}

const struct fact *fact_next(const struct facts *f, const struct fact *fact)
{
    return fact_at(f, fact->next);
}

void codes_add_source(struct facts *f, struct codes *codes, size_t person, uint32_t source)
{
    codes->partial = f->relayed;
    for (const struct fact *fact = fact_first(f, context_of(f, person), source); fact != NULL;
         fact = fact_next(f, fact)) {
        codes_add_value(f, codes, fact->value);
        codes->partial = codes->partial && !fact->single;
    }
}

/* Facts are added from the last to the first, so that each stands before those added earlier. */
static void add_fact(struct facts *f, size_t context, uint32_t source, struct fact fact)
{
    const struct engine *engine = f->question->rulebook->law->engine;
    uint32_t *first = &f->first[context * engine->sources.count + source];
    fact.next = *first;
    f->known[f->known_count++] = fact;
    *first = f->known_count;
}

/* The name of a LOCAL value below its person, element names left out: "docs.type". */
static struct slice local_name(struct slice path, uint8_t name[static PATH_MAX_BYTES])
{
    size_t length = 0;
    for (struct slice segment; path_next(&path, &segment);) {
        if (segment.at[0] == '~')
            continue;
        if (length + segment.length + 1 > PATH_MAX_BYTES)
            return (struct slice){NULL, 0};
        if (length > 0)
            name[length++] = '.';
        memcpy(name + length, segment.at, segment.length);
        length += segment.length;
    }
    return slice_over(name, length);
}

static void add_locals(struct facts *f, size_t person)
{
    const struct engine *engine = f->question->rulebook->law->engine;
    struct slice element = f->document->persons[person].element;
    for (size_t i = f->ranges[person].local_end; i-- > f->ranges[person].local;) {
        uint8_t name[PATH_MAX_BYTES];
        uint32_t source = engine_source(engine, SOURCE_OF_PERSON,
                                        local_name(path_below(f->locals[i].path, element), name));
        if (source != NO_SOURCE)
            add_fact(f, person, source, (struct fact){.value = &f->locals[i].value});
    }
}

/* What the sender's fields say. Derived values are no facts. */
static void add_items(struct facts *f)
{
    const struct document *d = f->document;
    for (size_t i = d->count; i-- > 0;) {
        const struct document_item *item = &d->items[i];
        uint32_t source = f->type->sources[item->rule->number];
        if (source == NO_SOURCE || item->derived)
            continue;
        struct slice path = item->leaf.path;
        if (f->relayed && item->person != NO_PERSON)
            path = path_below(path, d->persons[item->person].element);
        add_fact(
            f, context_of(f, item->person), source,
            (struct fact){.value = &item->leaf.value, .single = f->relayed && is_single(path)});
    }
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
        size_t local =
            rows_from(f->locals, f->local_count, sizeof *f->locals, d->persons[p].element);
        ranges[p].local = local;
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

static bool find_known(struct facts *f)
{
    const struct law *law = f->question->rulebook->law;
    const struct document *d = f->document;
    f->type = engine_type(law, d->type, f->arena);
    f->known = arena_array(f->arena, d->count + f->local_count + 1, sizeof *f->known);
    f->first =
        arena_array(f->arena, (d->person_count + 1) * law->engine->sources.count, sizeof *f->first);
    if (f->type == NULL || f->known == NULL || f->first == NULL)
        return false;
    for (size_t p = 0; p < d->person_count; p++)
        add_locals(f, p);
    add_items(f);
    return true;
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
    if (!find_known(&f))
        return FAIL(MEMORY);
    *ret_facts = f;
    return OK;
}
