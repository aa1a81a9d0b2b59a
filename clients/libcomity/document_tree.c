#include "libcomity/document_tree.h"

#include <stdlib.h>
#include <string.h>

#include "wire/names.h"

#define LEVELS_MAX (PATH_MAX_SEGMENTS + 1)

/* Rows from..to share the first offset octets of their paths. */
struct span {
    size_t from, to, offset;
};

void tree_add(struct tree *t, const char *path, json_t *json)
{
    if (t->count == t->room) {
        size_t room = t->room == 0 ? 64 : t->room * 2;
        struct tree_row *rows = realloc(t->rows, room * sizeof *rows);
        if (rows != NULL) {
            t->rows = rows;
            t->room = room;
        }
    }
    char *copy = t->count < t->room ? strdup(path) : NULL;
    if (copy == NULL || json == NULL) {
        free(copy);
        json_decref(json);
        t->failed = true;
        return;
    }
    t->rows[t->count++] = (struct tree_row){copy, json};
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_row *)a)->path, ((const struct tree_row *)b)->path);
}

static size_t segment_length(const char *path)
{
    return strcspn(path, "/");
}

/* The rows of a span whose paths go on with the same segment as the first one's. */
static struct span same_segment(const struct tree *t, struct span in)
{
    const char *first = t->rows[in.from].path + in.offset;
    size_t length = segment_length(first);
    struct span same = {in.from, in.from + 1, in.offset + length};
    while (same.to < in.to) {
        const char *other = t->rows[same.to].path + in.offset;
        if (segment_length(other) != length || memcmp(first, other, length) != 0)
            break;
        same.to++;
    }
    return same;
}

static json_t *grow(const struct tree *t, struct span in, unsigned level);

/* What stands at the end of a span's common path: a value, or an object or list of what is below.
 */
static json_t *grow_below(const struct tree *t, struct span same, unsigned level)
{
    const struct tree_row *first = &t->rows[same.from];
    if (first->path[same.offset] == '\0' || level >= LEVELS_MAX)
        return json_incref(first->json);
    same.offset++; /* the slash */
    return grow(t, same, level);
}

static bool all_elements(const struct tree *t, struct span in)
{
    for (size_t i = in.from; i < in.to; i++)
        if (t->rows[i].path[in.offset] != '~')
            return false;
    return true;
}

static json_t *grow(const struct tree *t, struct span in, unsigned level)
{
    bool list = all_elements(t, in) && in.from < in.to;
    json_t *json = list ? json_array() : json_object();
    while (in.from < in.to) {
        struct span same = same_segment(t, in);
        json_t *below = grow_below(t, same, level + 1);
        const char *key = t->rows[in.from].path + in.offset;
        if (list)
            json_array_append_new(json, below);
        else
            json_object_setn_new(json, key, segment_length(key), below);
        in.from = same.to;
    }
    return json;
}

json_t *tree_json(struct tree *t)
{
    if (t->failed)
        return NULL;
    if (t->count > 0)
        qsort(t->rows, t->count, sizeof *t->rows, by_path);
    return grow(t, (struct span){0, t->count, 0}, 0);
}

void tree_done(struct tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->rows[i].path);
        json_decref(t->rows[i].json);
    }
    free(t->rows);
    *t = (struct tree){0};
}
