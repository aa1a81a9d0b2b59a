/* comity_show and comity_inbox: what people see of received messages. */

#include <stdlib.h>
#include <string.h>

#include "libcomity/document.h"
#include "libcomity/message.h"
#include "libcomity/receive.h"
#include "libcomity/uuid.h"

/* What is given out, and what it lives in. */
struct shown_box {
    struct comity_shown shown; /* first: the caller holds this */
    struct arena *arena;
    char *json;
};

static struct status fill_shown(struct shown_box *box, const struct delivery_verified *delivery)
{
    json_t *json = NULL;
    char id[UUID_TEXT_BYTES];
    struct comity_shown *shown = &box->shown;
    struct status s = document_values(box->arena, delivery, &shown->values, &shown->count);
    if (!failed(s))
        s = document_show(delivery, shown->values, shown->count, &json);
    if (failed(s))
        return s;
    uuid_write(delivery->envelope->claims.id, id);
    shown->id = arena_text(box->arena, slice_text(id));
    shown->type = arena_text(box->arena, delivery->envelope->claims.type);
    shown->json = box->json = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return box->json == NULL || shown->id == NULL || shown->type == NULL ? FAIL(MEMORY) : OK;
}

static struct status show(struct comity *c, const char *id, bool mark, struct shown_box *box,
                          struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    const struct delivery_verified *delivery;
    if (!uuid_read(slice_text(id), octets))
        return fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a message", id);
    struct slice uuid = slice_over(octets, sizeof octets);
    struct status s = message_open(c, box->arena, uuid, &delivery, reterr);
    if (!failed(s))
        s = fill_shown(box, delivery);
    if (failed(s) || !mark)
        return s;
    const struct claims *claims = &delivery->envelope->claims;
    struct message_key key = {claims->from, claims->id, claims->to};
    return receive_tell(c, &key, STAGE_RETRIEVED, 0, reterr);
}

enum comity_exit comity_show(struct comity *c, const char *id, bool mark,
                             struct comity_shown **ret_shown, struct comity_fault *reterr)
{
    memset(reterr, 0, sizeof *reterr);
    struct shown_box *box = calloc(1, sizeof *box);
    if (box != NULL)
        box->arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s =
        box == NULL || box->arena == NULL ? FAIL(MEMORY) : show(c, id, mark, box, reterr);
    if (failed(s)) {
        comity_shown_free(box == NULL ? NULL : &box->shown);
        return fault_exit(reterr, s);
    }
    *ret_shown = &box->shown;
    return COMITY_DONE;
}

void comity_shown_free(struct comity_shown *shown)
{
    struct shown_box *box = (struct shown_box *)shown;
    if (box == NULL)
        return;
    free(box->json);
    arena_free(box->arena);
    free(box);
}

/* ---- the inbox ---- */

struct inbox {
    struct comity *comity;
    struct comity_rows *rows;
    size_t room;
};

static void put_text(char *text, size_t room, struct slice from)
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
    put_text(text, room, buffer_slice(&b));
    buffer_done(&b);
}

static struct status list_row(void *owner, const struct inbox_row *in)
{
    struct inbox *inbox = owner;
    struct comity_rows *rows = inbox->rows;
    if (rows->count == inbox->room) {
        size_t room = inbox->room == 0 ? 32 : 2 * inbox->room;
        struct comity_row *at = realloc(rows->at, room * sizeof *at);
        if (at == NULL)
            return FAIL(MEMORY);
        rows->at = at;
        inbox->room = room;
    }
    struct comity_row *r = &rows->at[rows->count++];
    memset(r, 0, sizeof *r);
    uuid_write(in->key.id, r->id);
    uuid_write(in->thread, r->thread);
    put_text(r->type, sizeof r->type, in->type);
    put_text(r->from, sizeof r->from, in->key.from);
    put_text(r->to, sizeof r->to, in->key.to);
    if (in->stage <= STAGE_NOT_RETRIEVED)
        put_text(r->stage, sizeof r->stage, slice_text(stage_name((enum stage)in->stage)));
    put_text(r->state, sizeof r->state,
             slice_text(reply_known(inbox->comity->archive, in->key.id) ? "answered" : "open"));
    put_text(r->urgency, sizeof r->urgency, in->urgency);
    put_handling(r->handling, sizeof r->handling, in->handling);
    put_text(r->case_ref, sizeof r->case_ref, in->case_ref);
    r->due_ms = in->deadline_ms;
    r->received_ms = in->received_ms;
    return OK;
}

enum comity_exit comity_inbox(struct comity *c, const char *thread, struct comity_rows **ret_rows,
                              struct comity_fault *reterr)
{
    uint8_t octets[UUID_BYTES];
    struct slice only = slice_over(octets, thread == NULL ? 0 : sizeof octets);
    memset(reterr, 0, sizeof *reterr);
    if (thread != NULL && !uuid_read(slice_text(thread), octets))
        return fault_exit(
            reterr, fault_input(reterr, REFUSAL_UNKNOWN, "\"%s\" is no id of a thread", thread));
    struct inbox inbox = {c, calloc(1, sizeof(struct comity_rows)), 0};
    struct status s =
        inbox.rows == NULL ? FAIL(MEMORY) : inbox_each(c, only, list_row, &inbox, reterr);
    if (failed(s)) {
        comity_rows_free(inbox.rows);
        return fault_exit(reterr, s);
    }
    *ret_rows = inbox.rows;
    return COMITY_DONE;
}

void comity_rows_free(struct comity_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->at);
    free(rows);
}
