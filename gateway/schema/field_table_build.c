#include "schema/field_table.h"

#define SLOTS 1024

static const struct slice element = {(const uint8_t *)"~", 1};

struct build {
    struct reading *r;
    struct field_table *table;
    const struct declarations *person;
    struct slices carried;
    struct slice name; /* that all names begin with; empty for a message */
    bool local;
    struct token at; /* the line of the text that is being read; a person's lines are elsewhere */
};

static void fault(struct build *b, struct slice name, const char *what)
{
    lexer_error(&b->r->lexer, &b->at, "\"%.*s\" %s", (int)name.length, (const char *)name.at, what);
}

static struct slice joined(struct build *b, struct slice first, char between, struct slice second)
{
    char *text = first.length == 0 ? arena_text(b->r->arena, second)
                                   : arena_print(b->r->arena, "%.*s%c%.*s", (int)first.length,
                                                 (const char *)first.at, between,
                                                 (int)second.length, (const char *)second.at);
    if (text == NULL)
        reading_starve(b->r);
    return slice_text(text);
}

static struct slice pattern_below(struct build *b, const struct entry *parent, struct slice segment)
{
    return joined(b, parent != NULL ? parent->pattern : slice_text(""), '/', segment);
}

static void link_entry(struct build *b, struct entry *e)
{
    struct field_table *table = b->table;
    struct entry **at = reading_more(b->r, table->entries.at, table->entries.count, sizeof *at);
    if (at == NULL)
        return;
    table->entries.at = at;
    at[table->entries.count++] = e;
    struct entry **slot = &table->slots[pattern_hash(e->pattern) & (table->slot_count - 1)];
    e->next = *slot;
    *slot = e;
}

/* A path of this pattern must still be a path when its element names are written out. An object
 * may have a claim's name (urgency/reason is a field), a value may not. */
static void check_path(struct build *b, const struct entry *e)
{
    size_t length = e->pattern.length;
    for (size_t i = 0; i < e->pattern.length; i++)
        length += e->pattern.at[i] == '~' ? 16 : 0;
    if (length > PATH_MAX_BYTES || e->segments > PATH_MAX_SEGMENTS)
        fault(b, e->rule.name, "makes paths that are too long");
    if (!b->local && e->kind != ENTRY_OBJECT && name_is_reserved(e->pattern))
        fault(b, e->rule.name, "is a claim and cannot be a field");
}

static bool is_scope(const struct entry *e)
{
    return e->kind == ENTRY_ELEMENT || e->kind == ENTRY_PERSON;
}

/* One more place, below parent or at the top. NULL after a failure. */
static struct entry *add_entry(struct build *b, struct entry *parent, struct slice segment,
                               enum entry_kind kind)
{
    struct slice above = parent != NULL ? parent->rule.name : b->name;
    struct entry *e = arena_alloc(b->r->arena, sizeof *e);
    if (e == NULL) {
        reading_starve(b->r);
        return NULL;
    }
    e->kind = kind;
    e->parent = parent;
    e->scope = parent == NULL || is_scope(parent) ? parent : parent->scope;
    e->pattern = pattern_below(b, parent, segment);
    e->segments = path_segments(e->pattern);
    e->person_segments = kind == ENTRY_PERSON ? e->segments
                         : parent != NULL     ? parent->person_segments
                                              : 0;
    e->rule.name = slice_equal(segment, element) ? above : joined(b, above, '.', segment);
    e->rule.in_person = b->local || e->person_segments > 0;
    e->rule.group_segments = e->person_segments + (kind == ENTRY_PERSON ? 0 : 1);
    check_path(b, e);
    link_entry(b, e);
    return b->r->lexer.failed ? NULL : e;
}

/* The place that a line's last segment lies in; objects on the way are made. */
static struct entry *parent_of(struct build *b, struct entry *top, struct slice name,
                               struct slice *ret_last)
{
    struct entry *parent = top;
    struct slice segment;
    while (dotted_next(&name, &segment) && name.length > 0 && !b->r->lexer.failed) {
        struct entry *next = field_table_at(b->table, pattern_below(b, parent, segment));
        if (next == NULL)
            next = add_entry(b, parent, segment, ENTRY_OBJECT);
        else if (next->kind == ENTRY_LIST)
            next = field_table_at(b->table, pattern_below(b, next, element));
        else if (next->kind != ENTRY_OBJECT)
            fault(b, next->rule.name, "can have no fields of the message below it");
        parent = next;
    }
    *ret_last = segment;
    return parent;
}

static bool is_carried(const struct build *b, const struct entry *e)
{
    struct slice member = path_segment(e->pattern, e->person_segments);
    for (size_t i = 0; i < b->carried.count; i++)
        if (slice_equal(member, b->carried.at[i]))
            return true;
    return e->person_segments == 0;
}

/* A place that no field has described yet takes after the first field below it: to say that it is
 * empty tells as much. */
static void describe_containers(struct entry *e)
{
    for (struct entry *p = e->parent; p != NULL && p->rule.category == CATEGORY_NONE;
         p = p->parent) {
        p->rule.category = e->rule.category;
        p->rule.carried = e->rule.carried;
    }
}

static enum member member_of(const struct entry *e)
{
    bool own = e->parent != NULL && e->parent->kind == ENTRY_PERSON;
    struct slice last = path_segment(e->pattern, e->segments - 1);
    if (own && slice_is(last, "sid"))
        return MEMBER_SID;
    return own && slice_is(last, "cat") ? MEMBER_CAT : MEMBER_OTHER;
}

static void describe_field(struct build *b, struct entry *e, const struct declaration *d)
{
    e->declaration = d;
    e->member = member_of(e);
    e->rule.category = d->category;
    e->rule.leak = d->leak;
    e->rule.prose = d->prose;
    e->rule.by_value = d->by_value;
    e->rule.carried = is_carried(b, e);
    describe_containers(e);
}

static void lay_lines(struct build *b, const struct declarations *lines, struct entry *top);

static struct entry *lay_field(struct build *b, struct entry *parent, struct slice segment,
                               const struct declaration *d)
{
    struct entry *e = add_entry(b, parent, segment, d->by_value ? ENTRY_VALUES : ENTRY_FIELD);
    struct entry *each = e;
    if (e != NULL && d->by_value) {
        e->max = d->value.array_max;
        each = add_entry(b, e, element, ENTRY_FIELD);
    }
    if (each != NULL)
        describe_field(b, each, d);
    return e;
}

static void lay_person(struct build *b, struct entry *person)
{
    if (person == NULL)
        return;
    if (b->person == NULL)
        fault(b, person->rule.name, "is a person, but the law has no objects/person");
    else
        lay_lines(b, b->person, person);
}

static struct entry *lay_list(struct build *b, struct entry *parent, struct slice segment,
                              const struct declaration *d)
{
    bool persons = d->declared == DECLARED_PERSONS;
    struct entry *list = add_entry(b, parent, segment, ENTRY_LIST);
    if (list == NULL)
        return NULL;
    list->max = d->max;
    list->declaration = d;
    struct entry *each = add_entry(b, list, element, persons ? ENTRY_PERSON : ENTRY_ELEMENT);
    if (persons)
        lay_person(b, each);
    return list;
}

/* Gives the place of a line; NULL after a failure. */
static struct entry *lay_line(struct build *b, struct entry *top, const struct declaration *d)
{
    struct slice last;
    struct entry *parent = parent_of(b, top, d->name, &last);
    if (b->r->lexer.failed)
        return NULL;
    if (field_table_at(b->table, pattern_below(b, parent, last)) != NULL)
        fault(b, d->name, "is an object already");
    if (d->declared == DECLARED_FIELD)
        return lay_field(b, parent, last, d);
    if (d->declared != DECLARED_PERSON)
        return lay_list(b, parent, last, d);
    struct entry *person = add_entry(b, parent, last, ENTRY_PERSON);
    lay_person(b, person);
    return person;
}

/* Where a field is named, its values are meant: of an array by value, the fields below it. */
static struct entry *values_of(struct build *b, struct entry *e)
{
    return e != NULL && e->kind == ENTRY_VALUES
               ? field_table_at(b->table, pattern_below(b, e, element))
               : e;
}

static void add_demand(struct build *b, struct entry *e)
{
    struct entry_list *list = e->scope != NULL ? &e->scope->demands : &b->table->demands;
    struct entry **at = reading_more(b->r, list->at, list->count, sizeof *at);
    if (at == NULL)
        return;
    list->at = at;
    at[list->count++] = e;
}

static bool is_around(const struct entry *scope, const struct entry *e)
{
    const struct entry *s = e->scope;
    while (s != NULL && s != scope)
        s = s->scope;
    return s == scope;
}

/* The values of the field that a line names. */
static struct entry *named(struct build *b, struct entry *const *made, size_t target,
                           const struct declaration *d)
{
    if (made[target] == NULL)
        fault(b, d->name, "depends on a field that only LOCAL values have");
    return values_of(b, made[target]);
}

/* Lets a place find the places that its line names. */
static void connect(struct build *b, struct entry *const *made, size_t index,
                    const struct declaration *d)
{
    struct entry *e = made[index], *values = values_of(b, e);
    for (size_t i = 0; i < d->source_count; i++) {
        struct entry *source = named(b, made, d->sources[i].target, d);
        values->sources[i] = source;
        if (source != NULL && source != values && !is_around(source->scope, values))
            fault(b, d->name, "takes its category from a field of other elements");
    }
    values->source_count = d->source_count;
    e->declaration = d;
    if (d->requirement != REQUIRED_NEVER)
        add_demand(b, e);
    if (d->required_when.asked == ASKED_OF_FIELD)
        e->required_target = named(b, made, d->required_when.target, d);
    if (d->only_when.asked == ASKED_OF_FIELD)
        values->only_target = named(b, made, d->only_when.target, d);
}

static void lay_lines(struct build *b, const struct declarations *lines, struct entry *top)
{
    struct entry **made = arena_array(b->r->arena, lines->count, sizeof *made);
    if (made == NULL) {
        reading_starve(b->r);
        return;
    }
    for (size_t i = 0; i < lines->count && !b->r->lexer.failed; i++) {
        b->at = top == NULL ? lines->at[i].at : b->at;
        if (b->local || !lines->at[i].local)
            made[i] = lay_line(b, top, &lines->at[i]);
    }
    for (size_t i = 0; i < lines->count && !b->r->lexer.failed; i++) {
        b->at = top == NULL ? lines->at[i].at : b->at;
        if (made[i] != NULL)
            connect(b, made, i, &lines->at[i]);
    }
}

static void prepare(struct build *b)
{
    b->table->slots = arena_array(b->r->arena, SLOTS, sizeof(struct entry *));
    b->table->slot_count = SLOTS;
    if (b->table->slots == NULL)
        reading_starve(b->r);
}

void field_table_build(struct reading *r, const struct field_source *source,
                       struct field_table *table)
{
    struct build b = {.r = r, .table = table, .person = source->person, .carried = source->carried};
    prepare(&b);
    if (!r->lexer.failed)
        lay_lines(&b, source->fields, NULL);
}

void field_table_build_local(struct reading *r, const struct declarations *person,
                             struct field_table *table)
{
    struct build b = {.r = r, .table = table, .name = slice_text("persons"), .local = true};
    prepare(&b);
    if (!r->lexer.failed)
        lay_lines(&b, person, NULL);
}
