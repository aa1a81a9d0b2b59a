/* comity_show: what people see of a received message. */

#include <stdlib.h>
#include <string.h>

#include "libcomity/document.h"
#include "libcomity/message.h"
#include "libcomity/receive.h"
#include "libcomity/told.h"
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
    struct status s = told_begin(c, 0, reterr);
    struct shown_box *box = calloc(1, sizeof *box);
    if (box != NULL)
        box->arena = arena_new(CLIENT_ARENA_BYTES);
    if (box == NULL || box->arena == NULL)
        s = FAIL(MEMORY);
    if (!failed(s))
        s = show(c, id, mark, box, reterr);
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
