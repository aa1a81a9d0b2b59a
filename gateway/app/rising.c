#include "app/rising.h"

#include <inttypes.h>
#include <stdio.h>

static struct status follow(struct rising_rows *rows, const struct object *o, char *why)
{
    struct rising_row *row = rising_rows_find(rows, o->name);
    if (row == NULL) {
        rows->at[rows->count++] = (struct rising_row){o->name, o->number, o->digest};
        return OK;
    }
    const bool same = digest_equal(&row->digest, digest_slice(&o->digest));
    if (o->number > row->number || (o->number == row->number && same)) {
        *row = (struct rising_row){o->name, o->number, o->digest};
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

struct status rising_join(struct arena *arena, struct slice kept, struct slice locked,
                          struct slice *ret_kept)
{
    struct rising_rows rows, others;
    struct status s = rising_rows_read(arena, locked, 0, &others);
    if (!failed(s))
        s = rising_rows_read(arena, kept, others.count, &rows);
    for (size_t i = 0; !failed(s) && i < others.count; i++) {
        struct rising_row *row = rising_rows_find(&rows, others.at[i].name);
        if (row == NULL)
            rows.at[rows.count++] = others.at[i];
        else if (others.at[i].number >= row->number)
            *row = others.at[i];
    }
    if (failed(s) || rows.count > 0)
        return failed(s) ? s : rising_rows_write(arena, &rows, ret_kept);
    *ret_kept = (struct slice){NULL, 0};
    return OK;
}

struct status rising_judge(struct arena *arena, struct slice kept, const struct objects *objects,
                           struct slice *ret_kept, char why[static RISING_WHY_BYTES])
{
    struct rising_rows rows;
    struct status s = rising_rows_read(arena, kept, objects->count, &rows);
    snprintf(why, RISING_WHY_BYTES, "what the journal keeps of rulebooks before cannot be read");
    for (size_t i = 0; !failed(s) && i < objects->count; i++)
        if (object_is_folder(objects->at[i].name))
            s = follow(&rows, &objects->at[i], why);
    return failed(s) ? s : rising_rows_write(arena, &rows, ret_kept);
}

bool rising_knows(const struct rising_rows *kept, const struct object *object)
{
    const struct rising_row *row = rising_rows_find(kept, object->name);
    return row != NULL && row->number == object->number &&
           digest_equal(&row->digest, digest_slice(&object->digest));
}
