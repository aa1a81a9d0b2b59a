#include "mirror/marks.h"

#include <stddef.h>
#include <stdio.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "base/slices.h"
#include "mirror/bits.h"
#include "mirror/mirror_parts.h"
#include "wire/names.h"

#define ENTRY_ARENA_BYTES (24U << 20) /* of an entry that is read again */
#define MARKS_ARENA_BYTES (32U << 20)
#define VALUE_MAX         200 /* longer ones are known by their digest */
#define MONTH_BYTES       7   /* of a date */
#define SINGLE_MARKS      32  /* that an entry has once at most */
#define FIELD_MARKS       (PATH_MAX_SEGMENTS + 3)

/* No text of a record holds a zero octet. */
const char marks_schema[] =
    "CREATE TABLE mark(mark BLOB NOT NULL, block INTEGER NOT NULL, bits BLOB NOT NULL,"
    "  PRIMARY KEY(mark, block)) WITHOUT ROWID, STRICT;"
    "CREATE VIRTUAL TABLE words USING fts5(text, content = '', columnsize = 0,"
    "  tokenize = 'unicode61 remove_diacritics 2');"
    "CREATE VIRTUAL TABLE word USING fts5vocab(words, instance);"; /* marks_sums.c reads it */

struct slice mark_make(struct arena *arena, const char *word, struct slice value)
{
    const struct slice none = {NULL, 0};
    const size_t head = strlen(word) + 1;
    struct digest digest;
    const bool is_long = value.length > VALUE_MAX;
    if (is_long) {
        digest = digest_plain(value);
        value = digest_slice(&digest);
    }
    uint8_t *at = arena_alloc(arena, head + is_long + value.length);
    if (at == NULL)
        return none;
    memcpy(at, word, head - 1);
    at[head - 1] = ':'; /* what follows a digest's word is the zero octet of the arena */
    if (value.length > 0)
        memcpy(at + head + is_long, value.at, value.length);
    return slice_over(at, head + is_long + value.length);
}

/* ---- what an entry says ---- */

struct gathering {
    struct arena *arena;
    struct slices marks;
    size_t room;
    bool failed;
};

static void add(struct gathering *g, const char *word, struct slice value)
{
    const struct slice mark = mark_make(g->arena, word, value);
    if (mark.at == NULL || g->marks.count == g->room)
        g->failed = true;
    else
        g->marks.at[g->marks.count++] = mark;
}

static void add_hex(struct gathering *g, const char *word, struct slice octets)
{
    char *text = arena_alloc(g->arena, 2 * octets.length + 1);
    if (text == NULL) {
        g->failed = true;
        return;
    }
    hex_write(octets, text);
    add(g, word, slice_text(text));
}

/* Members of a record that are a mark where they are not empty. */
struct member {
    const char *word;
    size_t offset;
    bool is_hex;
};

static const struct member outer_members[] = {
    {"type", offsetof(struct outer, type), false},
    {"purpose", offsetof(struct outer, purpose), false},
    {"code", offsetof(struct outer, code), false},
    {"rulebook", offsetof(struct outer, rulebook), true},
    {"id", offsetof(struct outer, id), true},
};

static const struct member inner_members[] = {
    {"op", offsetof(struct inner, op), false},
    {"actor", offsetof(struct inner, actor), false},
    {"officer", offsetof(struct inner, officer), false},
    {"instrument", offsetof(struct inner, instrument), false},
    {"tier", offsetof(struct inner, tier), false},
    {"transfer", offsetof(struct inner, transfer_basis), false},
    {"ground", offsetof(struct inner, ground), false},
    {"case", offsetof(struct inner, case_pseudonym), true},
};

static void add_members(struct gathering *g, const void *record, const struct member *members,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice value;
        memcpy(&value, (const uint8_t *)record + members[i].offset, sizeof value);
        if (value.length == 0)
            continue;
        if (members[i].is_hex)
            add_hex(g, members[i].word, value);
        else
            add(g, members[i].word, value);
    }
}

static void add_pair(struct gathering *g, struct slice a, struct slice b)
{
    const bool sorted = slice_compare(a, b) <= 0;
    const struct slice first = sorted ? a : b, second = sorted ? b : a;
    const char *pair = arena_print(g->arena, "%.*s,%.*s", (int)first.length, (const char *)first.at,
                                   (int)second.length, (const char *)second.at);
    if (pair == NULL)
        g->failed = true;
    else
        add(g, "pair", slice_text(pair));
}

/* A message is found by its parties and by their States. */
static void add_route(struct gathering *g, struct slice from, struct slice to)
{
    add(g, "from", from);
    add(g, "to", to);
    add_pair(g, from, to);
    add(g, "from", party_state(from));
    add(g, "to", party_state(to));
    add_pair(g, party_state(from), party_state(to));
}

static void add_outer(struct gathering *g, const struct outer *o)
{
    add_members(g, o, outer_members, sizeof outer_members / sizeof outer_members[0]);
    add(g, "kind", slice_text(entry_kind_name(o->kind)));
    if (o->stage != STAGE_NONE)
        add(g, "stage", slice_text(stage_name(o->stage)));
    if (o->from.length > 0)
        add_route(g, o->from, o->to);
}

static void add_path(struct gathering *g, struct slice path)
{
    uint8_t at[PATH_MAX_BYTES + 1];
    size_t length = 0;
    struct slice segment;
    while (path_next(&path, &segment) && length + segment.length < sizeof at) {
        if (name_is_element(segment))
            continue;
        if (length > 0)
            at[length++] = '/';
        memcpy(at + length, segment.at, segment.length);
        length += segment.length;
        add(g, "field", slice_over(at, length));
    }
}

static void add_decisions(struct gathering *g, const struct inner *i)
{
    for (size_t k = 0; k < i->field_count; k++) {
        const struct inner_field *f = &i->fields[k];
        add_path(g, f->path);
        add(g, "category", f->category);
        add(g, "level", f->level);
        if (f->rule.length > 0)
            add(g, "rule", f->rule);
    }
    for (size_t k = 0; k < i->silent_count; k++)
        add(g, "category", i->silent[k].category);
}

static void add_inner(struct gathering *g, const struct inner *i)
{
    add_members(g, i, inner_members, sizeof inner_members / sizeof inner_members[0]);
    for (size_t k = 0; k < i->legal_basis.count; k++) {
        const struct slice basis = i->legal_basis.at[k];
        add(g, "basis", basis);
        add(g, "basis", slice_part(basis, 0, slice_find(basis, ' ')));
    }
    for (size_t k = 0; k < i->subjects.count; k++)
        add_hex(g, "subject", i->subjects.at[k]);
    if (i->has_related) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)i->related);
        add(g, "related", slice_text(number));
    }
    add_decisions(g, i);
}

static void add_all(struct gathering *g, const struct opened *o)
{
    char date[INSTANT_TEXT_BYTES];
    date_write(o->time_ms, date);
    add(g, "month", slice_over(date, MONTH_BYTES));
    add(g, "opened",
        slice_text(o->has_closed  ? "closed"
                   : o->has_inner ? "inner"
                   : o->has_outer ? "outer"
                                  : "no"));
    if (o->has_outer)
        add_outer(g, &o->outer);
    if (o->has_inner)
        add_inner(g, &o->inner);
    if (o->has_closed)
        add_decisions(g, &o->closed);
}

static size_t room_of(const struct inner *i)
{
    return i->field_count * FIELD_MARKS + i->silent_count + i->subjects.count +
           2 * i->legal_basis.count;
}

static void drop_doubles(struct slices *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || !slice_equal(list->at[kept - 1], list->at[i]))
            list->at[kept++] = list->at[i];
    list->count = kept;
}

struct status marks_of(struct arena *arena, const struct mirror_entry *entry,
                       struct slices *ret_marks)
{
    const struct opened *o = &entry->opened;
    struct gathering g = {.arena = arena,
                          .room = SINGLE_MARKS + room_of(&o->inner) + room_of(&o->closed)};
    g.marks.at = arena_array(arena, g.room, sizeof *g.marks.at);
    if (g.marks.at == NULL)
        return FAIL(MEMORY);
    add_all(&g, o);
    if (g.failed)
        return FAIL(MEMORY);
    slices_sort(g.marks);
    drop_doubles(&g.marks);
    *ret_marks = g.marks;
    return OK;
}

/* ---- in the mirror ---- */

struct status marks_text(struct arena *arena, const struct mirror_entry *entry,
                         struct slice *ret_text)
{
    const struct opened *o = &entry->opened;
    const struct slice open = o->inner.justification, closed = o->closed.closed_justification;
    if (open.length + closed.length == 0) {
        *ret_text = (struct slice){NULL, 0};
        return OK;
    }
    const char *text = arena_print(arena, "%.*s\n%.*s", (int)open.length, (const char *)open.at,
                                   (int)closed.length, (const char *)closed.at);
    *ret_text = slice_text(text);
    return text == NULL ? FAIL(MEMORY) : OK;
}

struct change {
    struct status (*bit)(struct mirror *m, struct slice mark, uint64_t index);
    const char *words; /* SQL of an index and a text */
};

static const struct change putting = {bits_put, "INSERT INTO words(rowid, text) VALUES(?, ?)"};
static const struct change removing = {
    bits_take, "INSERT INTO words(words, rowid, text) VALUES('delete', ?, ?)"};

static struct status change_within(struct mirror *m, struct arena *arena,
                                   const struct mirror_entry *entry, const struct change *change)
{
    struct slices marks = {NULL, 0};
    struct slice text = {NULL, 0};
    struct status s = marks_of(arena, entry, &marks);
    for (size_t i = 0; i < marks.count && !failed(s); i++)
        s = change->bit(m, marks.at[i], entry->index);
    if (!failed(s))
        s = marks_text(arena, entry, &text);
    const struct mirror_value values[] = {NUMBER(entry->index), TEXT(text)};
    if (!failed(s) && text.length > 0)
        s = mirror_run(m, change->words, values, 2);
    return s;
}

static struct status change_all(struct mirror *m, const struct mirror_entry *entry,
                                const struct change *change)
{
    struct arena *arena = arena_new(MARKS_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : change_within(m, arena, entry, change);
    arena_free(arena);
    return s;
}

struct status marks_put(struct mirror *m, const struct mirror_entry *entry)
{
    return change_all(m, entry, &putting);
}

struct status marks_remove(struct mirror *m, const struct mirror_entry *entry)
{
    return change_all(m, entry, &removing);
}

/* One whose openings were not put has no marks. */
struct status marks_shed(struct mirror *m, uint64_t from)
{
    struct status s = OK;
    for (uint64_t index = from; index < mirror_unopened(m) && !failed(s); index++) {
        struct mirror_entry entry;
        struct arena *arena = arena_new(ENTRY_ARENA_BYTES);
        s = arena == NULL ? FAIL(MEMORY) : mirror_entry_any(m, arena, index, &entry);
        if (!failed(s))
            s = marks_remove(m, &entry);
        arena_free(arena);
    }
    return failed(s) ? s : bits_write(m);
}

/* A word that was removed stands in older segments of the index until they are merged. */
struct status marks_settle(struct mirror *m)
{
    return mirror_run(m, "INSERT INTO words(words) VALUES('optimize')", NULL, 0);
}
