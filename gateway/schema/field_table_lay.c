#include "schema/laying.h"

static const struct slice element = {(const uint8_t *)"~", 1};

static void fault(struct laying *l, struct slice name, const char *what)
{
    lexer_error(&l->r->lexer, &l->at, "\"%.*s\" %s", (int)name.length, (const char *)name.at, what);
}

static struct slice joined(struct laying *l, struct slice first, char between, struct slice second)
{
    char *text = first.length == 0 ? arena_text(l->r->arena, second)
                                   : arena_print(l->r->arena, "%.*s%c%.*s", (int)first.length,
                                                 (const char *)first.at, between,
                                                 (int)second.length, (const char *)second.at);
    if (text == NULL)
        reading_starve(l->r);
    return slice_text(text);
}

static struct entry *parent_of(struct entry *e)
{
    return e->parent == 0 ? NULL : e - e->parent;
}

static struct entry *below(struct laying *l, const struct entry *parent, struct slice segment)
{
    const struct entry *e = field_table_below(l->table, parent, segment);
    return e == NULL ? NULL : &l->table->entries[e - l->table->entries];
}

/* The next place of the table, to be filled in and filed; NULL after a failure. */
static struct entry *next_entry(struct laying *l, struct slice name)
{
    if (!l->r->lexer.failed && l->table->count == l->room)
        fault(l, name, "makes more places than a message can have");
    return l->r->lexer.failed ? NULL : &l->table->entries[l->table->count];
}

/* A path of this pattern must still be a path when its element names are written out. An object
 * may have a claim's name (urgency/reason is a field), a value may not. */
static void check_path(struct laying *l, const struct entry *e, unsigned segments)
{
    size_t length = e->pattern.length;
    for (size_t i = 0; i < e->pattern.length; i++)
        length += e->pattern.at[i] == '~' ? 16 : 0;
    if (length > PATH_MAX_BYTES || segments > PATH_MAX_SEGMENTS)
        fault(l, e->rule.name, "makes paths that are too long");
    if (l->message && e->kind != ENTRY_OBJECT && name_is_reserved(e->pattern))
        fault(l, e->rule.name, "is a claim and cannot be a field");
}

/* A place has its pattern and name: the path is checked, and from now on it is found. */
static struct entry *file_entry(struct laying *l, struct entry *e, unsigned segments,
                                unsigned person_segments)
{
    check_path(l, e, segments);
    if (l->r->lexer.failed)
        return NULL;
    e->segments = (uint8_t)segments;
    e->person_segments = (uint8_t)person_segments;
    e->rule.in_person = l->local || person_segments > 0;
    e->rule.group_segments = (uint8_t)(person_segments + (e->kind == ENTRY_PERSON ? 0 : 1));
    e->rule.number = (uint16_t)l->table->count;
    field_table_file(l->table, l->table->count++);
    return e;
}

static bool is_scope(const struct entry *e)
{
    return e->kind == ENTRY_ELEMENT || e->kind == ENTRY_PERSON;
}

/* Where below its person the place's name begins; what lies above a person has no such part. */
static size_t member_start(const struct laying *l, const struct entry *e)
{
    const struct entry *parent = entry_parent(e);
    if (e->kind == ENTRY_PERSON)
        return e->rule.name.length;
    if (parent == NULL)
        return l->local ? l->name.length + 1 : 0;
    return parent->kind == ENTRY_PERSON ? parent->rule.name.length + 1 : parent->rule.member;
}

/* One more place, below parent or at the top. NULL after a failure. */
static struct entry *add_entry(struct laying *l, struct entry *parent, struct slice segment,
                               enum entry_kind kind)
{
    struct slice above = parent != NULL ? parent->rule.name : l->name;
    struct entry *e = next_entry(l, above);
    if (e == NULL)
        return NULL;
    unsigned segments = (parent != NULL ? parent->segments : 0) + path_segments(segment);
    unsigned around = parent != NULL ? parent->person_segments : 0;
    e->kind = kind;
    if (parent != NULL) {
        e->parent = (uint16_t)(e - parent);
        e->scope = is_scope(parent)     ? e->parent
                   : parent->scope == 0 ? 0
                                        : (uint16_t)(e->parent + parent->scope);
    }
    e->pattern = joined(l, parent != NULL ? parent->pattern : slice_text(""), '/', segment);
    bool same = above.length == 0 && e->pattern.length == segment.length;
    e->rule.name = slice_equal(segment, element) ? above
                   : same                        ? e->pattern
                                                 : joined(l, above, '.', segment);
    e->rule.member = (uint8_t)member_start(l, e);
    return file_entry(l, e, segments, kind == ENTRY_PERSON ? segments : around);
}

/* The place that a line's last segment lies in; objects on the way are made. */
static struct entry *place_for(struct laying *l, struct entry *top, struct slice name,
                               struct slice *ret_last)
{
    struct entry *parent = top;
    struct slice segment;
    while (dotted_next(&name, &segment) && name.length > 0 && !l->r->lexer.failed) {
        struct entry *next = below(l, parent, segment);
        if (next == NULL)
            next = add_entry(l, parent, segment, ENTRY_OBJECT);
        else if (next->kind == ENTRY_LIST)
            next = below(l, next, element);
        else if (next->kind != ENTRY_OBJECT)
            fault(l, next->rule.name, "can have no fields of the message below it");
        parent = next;
    }
    *ret_last = segment;
    return parent;
}

static bool is_carried(const struct laying *l, const struct entry *e)
{
    struct slice member = path_segment(e->pattern, e->person_segments);
    for (size_t i = 0; i < l->carried.count; i++)
        if (slice_equal(member, l->carried.at[i]))
            return true;
    return e->person_segments == 0;
}

/* A place that no field has described yet takes after the first field below it: to say that it is
 * empty tells as much. */
static void describe_containers(struct entry *container, const struct entry *field)
{
    for (; container != NULL && container->rule.category == CATEGORY_NONE;
         container = parent_of(container)) {
        container->rule.category = field->rule.category;
        container->rule.carried = field->rule.carried;
    }
}

static enum member member_of(struct entry *e)
{
    const struct entry *parent = parent_of(e);
    bool own = parent != NULL && parent->kind == ENTRY_PERSON;
    struct slice last = path_segment(e->pattern, e->segments - 1U);
    if (own && slice_is(last, "sid"))
        return MEMBER_SID;
    return own && slice_is(last, "cat") ? MEMBER_CAT : MEMBER_OTHER;
}

static void describe_field(struct laying *l, struct entry *e, const struct line *line)
{
    e->member = member_of(e);
    e->rule.category = line->category;
    e->rule.leak = line->leak;
    e->rule.prose = line->prose;
    e->rule.by_value = line->by_value;
    e->rule.carried = is_carried(l, e);
    describe_containers(parent_of(e), e);
}

static void add_demand(struct laying *l, size_t scope, size_t place)
{
    struct field_table *table = l->table;
    struct demand *at = reading_more(l->r, table->demands, table->demand_count, sizeof *at);
    if (at == NULL)
        return;
    table->demands = at;
    at[table->demand_count++] = (struct demand){(uint16_t)scope, (uint16_t)place};
}

/* A place of the person object, below this person. */
static void copy_entry(struct laying *l, const struct entry *person, const struct person_use *use,
                       size_t index)
{
    const struct entry *form = &l->person->table.entries[index];
    struct entry *e = next_entry(l, person->rule.name);
    if (e == NULL)
        return;
    *e = *form;
    e->pattern =
        use != NULL ? use->person[index].pattern : joined(l, person->pattern, '/', form->pattern);
    e->rule.name = use != NULL ? use->person[index].rule.name
                               : joined(l, person->rule.name, '.', form->rule.name);
    e->rule.member = (uint8_t)(person->rule.name.length + 1);
    file_entry(l, e, 0U + person->segments + form->segments, person->segments);
    e->rule.carried = e->rule.category != CATEGORY_NONE && is_carried(l, e);
}

/* The places of the person object follow the person's, as they follow it there. */
static void lay_person(struct laying *l, struct entry *person)
{
    if (person == NULL)
        return;
    if (l->person == NULL) {
        fault(l, person->rule.name, "is a person, but the law has no objects/person");
        return;
    }
    const struct field_table *form = &l->person->table;
    const struct person_use *use = person_use_find(l->person, person->pattern);
    size_t at = (size_t)(person - l->table->entries), field = 0;
    for (size_t i = 1; i < form->count && !l->r->lexer.failed; i++) {
        copy_entry(l, person, use, i);
        field = field == 0 && form->entries[i].kind == ENTRY_FIELD ? i : field;
    }
    for (size_t i = 0; i < form->demand_count; i++)
        add_demand(l, at + form->demands[i].scope, at + form->demands[i].place);
    if (!l->r->lexer.failed)
        describe_containers(person, person + field);
}

static struct entry *lay_field(struct laying *l, struct entry *parent, struct slice segment,
                               const struct line *line)
{
    struct entry *e = add_entry(l, parent, segment, line->by_value ? ENTRY_VALUES : ENTRY_FIELD);
    struct entry *each = e != NULL && line->by_value ? add_entry(l, e, element, ENTRY_FIELD) : e;
    if (each != NULL)
        describe_field(l, each, line);
    return e;
}

static struct entry *lay_list(struct laying *l, struct entry *parent, struct slice segment,
                              const struct line *line)
{
    bool persons = line->declared == DECLARED_PERSONS;
    struct entry *list = add_entry(l, parent, segment, ENTRY_LIST);
    if (list == NULL)
        return NULL;
    struct entry *each = add_entry(l, list, element, persons ? ENTRY_PERSON : ENTRY_ELEMENT);
    if (persons)
        lay_person(l, each);
    return list;
}

/* Gives the place of a line; NULL after a failure. */
static struct entry *lay_line(struct laying *l, struct entry *top, const struct line *line)
{
    struct slice last;
    struct entry *parent = place_for(l, top, line->name, &last);
    if (l->r->lexer.failed)
        return NULL;
    if (below(l, parent, last) != NULL)
        fault(l, line->name, "is an object already");
    if (line->declared == DECLARED_FIELD)
        return lay_field(l, parent, last, line);
    if (line->declared != DECLARED_PERSON)
        return lay_list(l, parent, last, line);
    struct entry *person = add_entry(l, parent, last, ENTRY_PERSON);
    lay_person(l, person);
    return person;
}

/* Where a field is named, its values are meant: of an array by value, the fields below it. */
static struct entry *values_of(struct laying *l, struct entry *e)
{
    return e != NULL && e->kind == ENTRY_VALUES ? below(l, e, element) : e;
}

static bool is_around(const struct entry *scope, const struct entry *e)
{
    const struct entry *s = entry_scope(e);
    while (s != NULL && s != scope)
        s = entry_scope(s);
    return s == scope;
}

/* How far it is from a place to the values of the field that its line names. */
static int32_t named(struct laying *l, struct entry *const *made, const struct entry *from,
                     const struct named_line *line, struct slice name)
{
    const struct entry *target = values_of(l, made[line->target]);
    if (target == NULL)
        fault(l, name, "depends on a field that only LOCAL values have");
    return target == NULL ? 0 : (int32_t)(target - from);
}

/* Lets a place find the places that its line names. */
static void connect(struct laying *l, struct entry *const *made, size_t index,
                    const struct lines *lines)
{
    const struct line *line = &lines->at[index];
    struct declaration *d = &lines->declarations[index];
    struct entry *e = made[index], *values = values_of(l, e);
    for (size_t i = 0; i < d->source_count; i++) {
        d->sources[i] = named(l, made, values, &line->sources[i], line->name);
        if (d->sources[i] != 0 && !is_around(entry_scope(values + d->sources[i]), values))
            fault(l, line->name, "takes its category from a field of other elements");
    }
    e->declaration = d;
    values->declaration = d;
    if (d->requirement != REQUIRED_NEVER) {
        size_t place = (size_t)(e - l->table->entries);
        add_demand(l, e->scope == 0 ? 0 : place - e->scope + 1, place);
    }
    if (line->required_when.condition.asked == ASKED_OF_FIELD)
        d->required_target = named(l, made, e, &line->required_when.named, line->name);
    if (line->only_when.condition.asked == ASKED_OF_FIELD)
        d->only_target = named(l, made, values, &line->only_when.named, line->name);
}

void lay_lines(struct laying *l, const struct lines *lines, struct entry *top)
{
    struct entry **made = arena_array(l->r->scratch, lines->count, sizeof *made);
    if (made == NULL) {
        reading_starve(l->r);
        return;
    }
    for (size_t i = 0; i < lines->count && !l->r->lexer.failed; i++) {
        l->at = lines->at[i].at;
        if (l->local || !lines->at[i].local)
            made[i] = lay_line(l, top, &lines->at[i]);
    }
    for (size_t i = 0; i < lines->count && !l->r->lexer.failed; i++) {
        l->at = lines->at[i].at;
        if (made[i] != NULL)
            connect(l, made, i, lines);
    }
}
