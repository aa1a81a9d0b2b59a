#include "libcomity/pushes.h"

#include <stdlib.h>
#include <string.h>

#include "audit/note.h"

struct push {
    struct push *next;
    size_t length;
    char origin[ORIGIN_MAX_BYTES + 1]; /* of a CHECKPOINT: its log */
    uint8_t body[];
};

static struct push *push_new(struct slice body)
{
    struct push *push = calloc(1, sizeof *push + body.length);
    if (push == NULL)
        return NULL;
    push->length = body.length;
    if (body.at != NULL)
        memcpy(push->body, body.at, body.length);
    return push;
}

static struct status push_open(struct push *push, struct arena *arena, struct frame *ret_frame)
{
    struct slice body = arena_copy(arena, slice_over(push->body, push->length));
    free(push);
    return body.at == NULL ? FAIL(MEMORY) : frame_parse(arena, body, ret_frame);
}

struct status pushes_keep(struct pushes *p, struct slice body)
{
    struct push *push = push_new(body);
    if (push == NULL)
        return FAIL(MEMORY);
    if (p->first == NULL)
        p->first = push;
    else
        p->last->next = push;
    p->last = push;
    return OK;
}

static void drop_told(struct pushes *p, struct slice origin)
{
    struct push **at = &p->told;
    while (*at != NULL && !slice_is(origin, (*at)->origin))
        at = &(*at)->next;
    struct push *found = *at;
    if (found == NULL)
        return;
    *at = found->next;
    p->told_count--;
    free(found);
}

struct status pushes_keep_told(struct pushes *p, struct slice body,
                               const struct checkpoint_frame *checkpoint)
{
    char origin[ORIGIN_MAX_BYTES + 1];
    if (checkpoint->note.length > NOTE_MAX_BYTES ||
        !slice_copy_text(checkpoint->origin, origin, sizeof origin))
        return REFUSE(NOTE_SHAPE);
    drop_told(p, checkpoint->origin);
    if (p->told_count == HELLO_LIST_MAX)
        return OK;
    struct push *push = push_new(body);
    if (push == NULL)
        return FAIL(MEMORY);
    memcpy(push->origin, origin, sizeof origin);
    push->next = p->told;
    p->told = push;
    p->told_count++;
    return OK;
}

bool pushes_wait(const struct pushes *p)
{
    return p->first != NULL || p->told != NULL;
}

struct status pushes_take(struct pushes *p, struct arena *arena, struct frame *ret_frame)
{
    struct push *push = p->first;
    ret_frame->kind = FRAME_NONE;
    if (push == NULL)
        return OK;
    p->first = push->next;
    return push_open(push, arena, ret_frame);
}

struct status pushes_take_told(struct pushes *p, struct arena *arena, struct frame *ret_frame)
{
    struct push *push = p->told;
    if (push == NULL)
        return FAIL(ABSENT);
    p->told = push->next;
    p->told_count--;
    return push_open(push, arena, ret_frame);
}

static void free_all(struct push *first)
{
    for (struct push *push = first, *next; push != NULL; push = next) {
        next = push->next;
        free(push);
    }
}

void pushes_free(struct pushes *p)
{
    free_all(p->first);
    free_all(p->told);
    *p = (struct pushes){0};
}
