#include "app/rising.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/cbor.h"
#include "wire/frame.h"

#define KEPT_MAX_BYTES 262144U
#define KEPT_MAX       1024U

struct row {
    struct slice name;
    uint64_t number;
    struct digest digest;
};

struct rows {
    struct row *at;
    size_t count;
};

static struct status read_rows(struct arena *arena, struct slice kept, size_t more,
                               struct rows *ret_rows)
{
    if (kept.length > 0 && failed(cbor_scan(kept)))
        return FAIL(STORE);
    struct cbor_cursor c = cbor_over(kept);
    size_t count = kept.length == 0 ? 0 : (size_t)cbor_array(&c, 0, KEPT_MAX);
    struct rows rows = {arena_array(arena, count + more, sizeof *rows.at), count};
    if (rows.at == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < count; i++) {
        cbor_array(&c, 3, 3);
        rows.at[i].name = cbor_text(&c, 1, OBJECT_NAME_BYTES);
        rows.at[i].number = cbor_uint(&c, 0, COUNT_MAX);
        rows.at[i].digest =
            digest_read(cbor_bytes(&c, sizeof(struct digest), sizeof(struct digest)));
    }
    if (kept.length > 0 && !cbor_end(&c))
        return FAIL(STORE);
    *ret_rows = rows;
    return OK;
}

static struct row *find(const struct rows *rows, struct slice name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (slice_equal(rows->at[i].name, name))
            return &rows->at[i];
    return NULL;
}

static struct status follow(struct rows *rows, const struct object *o, char *why)
{
    struct row *row = find(rows, o->name);
    if (row == NULL) {
        rows->at[rows->count++] = (struct row){o->name, o->number, o->digest};
        return OK;
    }
    const bool same = digest_equal(&row->digest, digest_slice(&o->digest));
    if (o->number > row->number || (o->number == row->number && same)) {
        *row = (struct row){o->name, o->number, o->digest};
        return OK;
    }
    snprintf(why, RISING_WHY_BYTES,
             o->number == row->number
                 ? "%.*s number %" PRIu64 " is another text than the one in force with that number "
                   "(%" PRIu64 "): give it a higher number and have it signed"
                 : "%.*s number %" PRIu64 " is older than number %" PRIu64
                   ", which was in force: an earlier text comes back only under a higher number, "
                   "signed anew (comity policy rollback)",
             (int)o->name.length, (const char *)o->name.at, o->number, row->number);
    return REFUSE(OBJECT_OLD);
}

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static struct status write_rows(struct arena *arena, struct rows *rows, struct slice *ret_kept)
{
    struct buffer b = buffer_new(KEPT_MAX_BYTES);
    qsort(rows->at, rows->count, sizeof *rows->at, by_name);
    cbor_put_array(&b, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        cbor_put_array(&b, 3);
        cbor_put_text(&b, rows->at[i].name);
        cbor_put_uint(&b, rows->at[i].number);
        cbor_put_bytes(&b, digest_slice(&rows->at[i].digest));
    }
    const struct slice copy =
        b.failed ? (struct slice){NULL, 0} : arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    if (copy.at == NULL)
        return FAIL(MEMORY);
    *ret_kept = copy;
    return OK;
}

struct status rising_join(struct arena *arena, struct slice kept, struct slice locked,
                          struct slice *ret_kept)
{
    struct rows rows, others;
    struct status s = read_rows(arena, locked, 0, &others);
    if (!failed(s))
        s = read_rows(arena, kept, others.count, &rows);
    for (size_t i = 0; !failed(s) && i < others.count; i++) {
        struct row *row = find(&rows, others.at[i].name);
        if (row == NULL)
            rows.at[rows.count++] = others.at[i];
        else if (others.at[i].number >= row->number)
            *row = others.at[i];
    }
    if (failed(s) || rows.count > 0)
        return failed(s) ? s : write_rows(arena, &rows, ret_kept);
    *ret_kept = (struct slice){NULL, 0};
    return OK;
}

struct status rising_judge(struct arena *arena, struct slice kept, const struct objects *objects,
                           struct slice *ret_kept, char why[static RISING_WHY_BYTES])
{
    struct rows rows;
    struct status s = read_rows(arena, kept, objects->count, &rows);
    snprintf(why, RISING_WHY_BYTES, "what the journal keeps of rulebooks before cannot be read");
    for (size_t i = 0; !failed(s) && i < objects->count; i++)
        if (object_is_folder(objects->at[i].name))
            s = follow(&rows, &objects->at[i], why);
    return failed(s) ? s : write_rows(arena, &rows, ret_kept);
}

bool rising_knows(struct arena *arena, struct slice kept, const struct object *object)
{
    struct rows rows = {NULL, 0};
    const struct row *row =
        failed(read_rows(arena, kept, 0, &rows)) ? NULL : find(&rows, object->name);
    return row != NULL && row->number == object->number &&
           digest_equal(&row->digest, digest_slice(&object->digest));
}
