#include "journal/write_steps.h"

#include "crypto/secret.h"
#include "journal/store_content.h"

/* Keys in force: what differs from what was kept, as entries. Lines of both are sorted. */

#define RUN_ENTRIES 64 /* of one turn: what is left is for the next */

/* A key that came, went or took another's place; an empty line where there was or is none. */
struct change {
    struct slice before, after;
};

struct changes {
    struct change *at;
    size_t count;
};

/* With ": ", so that no name is the beginning of another. */
static struct slice name_of(struct slice line)
{
    for (size_t i = 0; i + 1 < line.length; i++)
        if (line.at[i] == ':' && line.at[i + 1] == ' ')
            return slice_part(line, 0, i + 2);
    return line;
}

static struct slice value_of(struct slice line)
{
    struct slice value = slice_part(line, name_of(line).length, SIZE_MAX);
    return value.length == 0 ? slice_text("none") : value;
}

static struct slice named(const struct change *c)
{
    return name_of(c->before.length > 0 ? c->before : c->after);
}

static size_t lines_count(struct slice lines)
{
    size_t count = 0;
    struct slice line;
    while (slice_line(&lines, &line))
        count++;
    return count;
}

/* Lines of one that the other does not have. */
static struct status missing(struct arena *arena, struct slice lines, struct slice others,
                             struct slices *ret_missing)
{
    struct slice line, other = {NULL, 0};
    struct slices list = {arena_array(arena, lines_count(lines), sizeof *list.at), 0};
    bool has_other = slice_line(&others, &other);
    if (list.at == NULL)
        return FAIL(MEMORY);
    while (slice_line(&lines, &line)) {
        while (has_other && slice_compare(other, line) < 0)
            has_other = slice_line(&others, &other);
        if (!has_other || !slice_equal(other, line))
            list.at[list.count++] = line;
    }
    *ret_missing = list;
    return OK;
}

static struct slice next_of(struct slices list, size_t i)
{
    return i < list.count ? list.at[i] : (struct slice){NULL, 0};
}

/* One that went and one that came under the same name took its place. */
static struct status pair(struct arena *arena, struct slices gone, struct slices come,
                          struct changes *ret_changes)
{
    struct changes all = {arena_array(arena, gone.count + come.count, sizeof *all.at), 0};
    if (all.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0, k = 0; i < gone.count || k < come.count; all.count++) {
        struct change *c = &all.at[all.count];
        struct slice before = next_of(gone, i), after = next_of(come, k);
        int order = before.length == 0  ? 1
                    : after.length == 0 ? -1
                                        : slice_compare(name_of(before), name_of(after));
        if (order <= 0) {
            c->before = before;
            i++;
        }
        if (order >= 0) {
            c->after = after;
            k++;
        }
    }
    *ret_changes = all;
    return OK;
}

static struct status compare(struct arena *arena, struct slice before, struct slice after,
                             struct changes *ret_changes)
{
    struct slices gone, come;
    struct status s = missing(arena, before, after, &gone);
    if (!failed(s))
        s = missing(arena, after, before, &come);
    return failed(s) ? s : pair(arena, gone, come, ret_changes);
}

static struct status change_append(struct writing *w, struct item *item, const struct change *c)
{
    struct entry_keys keys;
    struct outer outer = item->posting.outer;
    struct inner inner = item->posting.inner;
    const struct addition addition = {.outer = &outer, .inner = &inner, .keys = &keys};
    const struct slice name = named(c), before = value_of(c->before), after = value_of(c->after);
    const char *text = arena_print(
        item->arena, "%.*s%.*s -> %.*s", (int)name.length, (const char *)name.at,
        (int)before.length, (const char *)before.at, (int)after.length, (const char *)after.at);
    struct status s = text == NULL ? FAIL(MEMORY) : entropy_fill(&keys, sizeof keys);
    inner.justification = slice_text(text);
    if (!failed(s))
        s = entry_append(w, item, &addition);
    secret_wipe(&keys, sizeof keys);
    return s;
}

/* How many of them make one turn; never some of a name alone, for what is kept is cut there. */
static size_t turn_of(const struct changes *changes)
{
    size_t count = changes->count < RUN_ENTRIES ? changes->count : RUN_ENTRIES;
    while (count < changes->count &&
           slice_equal(named(&changes->at[count]), named(&changes->at[count - 1])))
        count++;
    return count;
}

static void put_lines(struct buffer *out, struct slice lines, struct slice last, bool up_to)
{
    struct slice line;
    while (slice_line(&lines, &line))
        if ((slice_compare(name_of(line), last) <= 0) == up_to) {
            buffer_put(out, line);
            buffer_u8(out, '\n');
        }
}

/* Up to the name where the turn ends what is in force, behind it what was. */
static struct status keep(struct writing *w, struct slice before, struct slice after,
                          struct slice last)
{
    struct buffer lines = buffer_new(before.length + after.length);
    put_lines(&lines, after, last, true);
    put_lines(&lines, before, last, false);
    struct status s = lines.failed ? FAIL(MEMORY) : store_keys_set(w->store, buffer_slice(&lines));
    buffer_done(&lines);
    return s;
}

struct status keys_write(struct writing *w, struct item *item)
{
    struct slice before, after = item->posting.objects;
    struct changes changes = {NULL, 0};
    struct status s = store_keys(w->store, item->arena, &before);
    w->has_keys = false;
    if (s.code == CODE_ABSENT)
        return store_keys_set(w->store, after);
    if (!failed(s))
        s = compare(item->arena, before, after, &changes);
    if (failed(s) || changes.count == 0)
        return s;
    const size_t turn = turn_of(&changes);
    w->has_keys = turn < changes.count;
    s = keep(w, before, after, named(&changes.at[turn - 1]));
    for (size_t i = 0; !failed(s) && i < turn; i++)
        s = change_append(w, item, &changes.at[i]);
    return s;
}
