#include "libcomity/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 32

struct status listing_add(struct listing *l, struct list_item **ret_item)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? ROOM_FIRST : 2 * l->room;
        struct list_item *at = realloc(l->at, room * sizeof *at);
        if (at == NULL)
            return FAIL(MEMORY);
        l->at = at;
        l->room = room;
    }
    *ret_item = &l->at[l->count++];
    memset(*ret_item, 0, sizeof **ret_item);
    return OK;
}

struct list_item *listing_find(struct listing *l, const char *direction, struct slice from,
                               struct slice id)
{
    char text[UUID_TEXT_BYTES];
    uuid_write(id, text);
    for (size_t i = 0; i < l->count; i++) {
        const struct comity_row *row = &l->at[i].row;
        if (strcmp(row->id, text) == 0 && strcmp(row->direction, direction) == 0 &&
            slice_is(from, row->from))
            return &l->at[i];
    }
    return NULL;
}

struct status listing_rows(const struct listing *l, row_wanted *wanted, const void *owner,
                           struct comity_rows **ret_rows)
{
    struct comity_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return FAIL(MEMORY);
    rows->at = calloc(l->count + 1, sizeof *rows->at);
    if (rows->at == NULL) {
        free(rows);
        return FAIL(MEMORY);
    }
    for (size_t i = 0; i < l->count; i++)
        if (wanted == NULL || wanted(owner, &l->at[i].row))
            rows->at[rows->count++] = l->at[i].row;
    *ret_rows = rows;
    return OK;
}

void listing_done(struct listing *l)
{
    free(l->at);
    *l = (struct listing){0};
}

void comity_rows_free(struct comity_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->at);
    free(rows);
}

const char *stage_word(enum stage stage)
{
    static const struct {
        enum stage stage;
        const char *word;
    } failures[] = {
        {STAGE_NOT_RELAYED, "not relayed"},
        {STAGE_NOT_DELIVERED, "not delivered"},
        {STAGE_NOT_RETRIEVED, "not retrieved"},
    };
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (failures[i].stage == stage)
            return failures[i].word;
    return stage_name(stage);
}

void text_cut(char *text, size_t room, struct slice from)
{
    if (!slice_copy_text(from, text, room))
        text[room - 1] = '\0';
}

static void put_handling(char *text, size_t room, struct slices codes)
{
    struct buffer b = buffer_new(room - 1);
    for (size_t i = 0; i < codes.count; i++) {
        if (i > 0)
            buffer_u8(&b, ' ');
        buffer_put(&b, codes.at[i]);
    }
    text_cut(text, room, buffer_slice(&b));
    buffer_done(&b);
}

void row_from_inbox(struct comity_row *r, const struct inbox_row *in)
{
    snprintf(r->direction, sizeof r->direction, "%s", ROW_RECEIVED);
    uuid_write(in->key.id, r->id);
    uuid_write(in->thread, r->thread);
    text_cut(r->type, sizeof r->type, in->type);
    text_cut(r->from, sizeof r->from, in->key.from);
    text_cut(r->to, sizeof r->to, in->key.to);
    if (in->stage <= STAGE_NOT_RETRIEVED)
        text_cut(r->stage, sizeof r->stage, slice_text(stage_word((enum stage)in->stage)));
    text_cut(r->urgency, sizeof r->urgency, in->urgency);
    put_handling(r->handling, sizeof r->handling, in->handling);
    text_cut(r->case_ref, sizeof r->case_ref, in->case_ref);
    r->due_ms = in->deadline_ms;
    r->received_ms = in->received_ms;
}

void row_from_claims(struct comity_row *r, const struct claims *claims)
{
    uuid_write(claims->id, r->id);
    uuid_write(claims->thread, r->thread);
    text_cut(r->type, sizeof r->type, claims->type);
    text_cut(r->from, sizeof r->from, claims->from);
    text_cut(r->to, sizeof r->to, claims->to);
    text_cut(r->urgency, sizeof r->urgency, claims->urgency);
    put_handling(r->handling, sizeof r->handling, claims->handling);
    text_cut(r->case_ref, sizeof r->case_ref, claims->case_ref);
    r->due_ms = claims->deadline_ms;
    r->received_ms = claims->created_ms;
}
