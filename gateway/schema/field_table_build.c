#include "schema/laying.h"

#include <stdlib.h>
#include <string.h>

/* Enough, if not too many: a line makes the objects on its way, its place and an element below it,
 * and each person the places of one. */
static size_t room_for(const struct laying *l, const struct lines *lines)
{
    size_t room = 1;
    size_t person = l->person == NULL ? 0 : l->person->table.count;
    for (size_t i = 0; i < lines->count && room < PLACES_MAX; i++) {
        const struct line *line = &lines->at[i];
        struct slice name = line->name, segment;
        while (dotted_next(&name, &segment))
            room++;
        bool persons = line->declared == DECLARED_PERSONS || line->declared == DECLARED_PERSON;
        room += 1 + (persons ? person : 0);
    }
    return room < PLACES_MAX ? room : PLACES_MAX;
}

static uint16_t *slots_for(struct laying *l, struct arena *arena, size_t count)
{
    size_t slots = 8;
    while (slots < 2 * count)
        slots *= 2;
    uint16_t *at = arena_array(arena, slots, sizeof *at);
    if (at == NULL)
        reading_starve(l->r);
    l->table->slot_count = at == NULL ? 0 : slots;
    return at;
}

static void begin(struct laying *l, const struct lines *lines)
{
    l->room = room_for(l, lines);
    l->table->entries = arena_array(l->r->scratch, l->room, sizeof *l->table->entries);
    if (l->table->entries == NULL)
        reading_starve(l->r);
    l->table->slots = slots_for(l, l->r->scratch, l->room);
}

static int demand_order(const void *a, const void *b)
{
    const struct demand *x = a, *y = b;
    return x->scope != y->scope ? x->scope - y->scope : x->place - y->place;
}

static void *keep(struct laying *l, const void *at, size_t count, size_t size)
{
    void *kept = arena_array(l->arena, count, size);
    if (kept == NULL)
        reading_starve(l->r);
    else if (count > 0)
        memcpy(kept, at, count * size);
    return kept;
}

/* All that stays, without room for more. */
static void finish(struct laying *l)
{
    struct field_table *t = l->table;
    if (l->r->lexer.failed)
        return;
    if (t->demand_count > 0)
        qsort(t->demands, t->demand_count, sizeof *t->demands, demand_order);
    t->demands = keep(l, t->demands, t->demand_count, sizeof *t->demands);
    t->entries = keep(l, t->entries, t->count, sizeof *t->entries);
    t->slots = slots_for(l, l->arena, t->count);
    for (size_t i = 0; i < t->count && !l->r->lexer.failed; i++)
        field_table_file(t, i);
}

static void lay(struct laying *l, const struct lines *lines)
{
    begin(l, lines);
    if (!l->r->lexer.failed)
        lay_lines(l, lines, NULL);
    finish(l);
}

/* Later persons under the same pattern have the same patterns and names below it. */
static void note_uses(struct reading *r, struct person_object *person,
                      const struct field_table *table)
{
    for (size_t i = 0; i < table->count && !r->lexer.failed; i++) {
        const struct entry *e = &table->entries[i];
        if (e->kind != ENTRY_PERSON || person_use_find(person, e->pattern) != NULL)
            continue;
        const struct person_use use = {e, person->uses};
        person->uses = reading_keep(r, &use, 1, sizeof use);
    }
}

void field_table_build(struct reading *r, const struct field_source *source,
                       struct field_table *table)
{
    struct laying l = {.r = r,
                       .arena = source->arena,
                       .table = table,
                       .person = source->person,
                       .carried = source->carried,
                       .message = true};
    lay(&l, source->fields);
    note_uses(r, source->person, table);
}

void field_table_build_local(struct reading *r, const struct lines *person,
                             struct field_table *table)
{
    struct laying l = {
        .r = r, .arena = r->arena, .table = table, .name = slice_text("persons"), .local = true};
    lay(&l, person);
}

void field_table_build_person(struct reading *r, const struct lines *person,
                              struct person_object *object)
{
    struct field_table *table = &object->table;
    struct laying l = {.r = r, .arena = r->arena, .table = table};
    begin(&l, person);
    if (!r->lexer.failed) {
        table->entries[0].kind = ENTRY_PERSON;
        table->count = 1;
        lay_lines(&l, person, &table->entries[0]);
    }
    finish(&l);
}

/* Copies count elements to the end of a joint array; gives where they are now. */
static void *moved(void *joint, size_t *used, const void *at, size_t count, size_t size)
{
    uint8_t *to = (uint8_t *)joint + *used * size;
    if (count > 0)
        memcpy(to, at, count * size);
    *used += count;
    return to;
}

struct status field_tables_join(struct arena *arena, struct field_table *const *tables,
                                size_t count)
{
    size_t entries = 0, demands = 0, slots = 0;
    for (size_t i = 0; i < count; i++) {
        entries += tables[i]->count;
        demands += tables[i]->demand_count;
        slots += tables[i]->slot_count;
    }
    struct entry *all_entries = arena_array(arena, entries, sizeof *all_entries);
    struct demand *all_demands = arena_array(arena, demands, sizeof *all_demands);
    uint16_t *all_slots = arena_array(arena, slots, sizeof *all_slots);
    if (all_entries == NULL || all_demands == NULL || all_slots == NULL)
        return FAIL(MEMORY);
    entries = demands = slots = 0;
    for (size_t i = 0; i < count; i++) {
        struct field_table *t = tables[i];
        t->entries = moved(all_entries, &entries, t->entries, t->count, sizeof *t->entries);
        t->demands = moved(all_demands, &demands, t->demands, t->demand_count, sizeof *t->demands);
        t->slots = moved(all_slots, &slots, t->slots, t->slot_count, sizeof *t->slots);
    }
    return OK;
}
