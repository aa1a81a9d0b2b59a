#include "support/trunk.h"

#include <stdlib.h>

#include "support/pki.h"
#include "support/world_parts.h"

#define WAY_BYTES   ((size_t)32 << 20)
#define FRAME_ARENA ((size_t)4 << 20)

struct trunk *trunk_new(struct world *dialler, struct world *listener)
{
    struct trunk *t = calloc(1, sizeof *t);
    world_need(t != NULL, "memory");
    t->ends[0] = dialler;
    t->ends[1] = listener;
    for (unsigned i = 0; i < 2; i++) {
        t->way[i] = buffer_new(WAY_BYTES);
        t->ends[i]->trunk = t;
    }
    return t;
}

void trunk_cut(struct trunk *t)
{
    for (unsigned i = 0; i < 2; i++) {
        exchange_close(t->links[i]);
        t->links[i] = NULL;
        buffer_clear(&t->way[i]);
    }
}

void trunk_dial(struct trunk *t)
{
    struct identity dialler = pki_identity(t->ends[0]->gateway);
    struct identity listener = pki_identity(t->ends[1]->gateway);
    struct exchange *from = t->ends[0]->exchange, *to = t->ends[1]->exchange;
    trunk_cut(t);
    world_need(!failed(exchange_dialled(from, &listener, t, t->ends[0]->now, &t->links[0])) &&
                   !failed(exchange_open(to, &dialler, t, t->ends[1]->now, &t->links[1])),
               "link between gateways");
    trunk_turn(t);
}

static void note_passed(struct trunk *t, unsigned from, enum frame_kind kind, size_t length)
{
    world_need(t->count < TRUNK_FRAMES, "too many frames between the gateways");
    t->passed[t->count++] = (struct passed){from, kind, length};
}

/* Hands one whole frame over; false where the connection was lost. */
static bool carry_frame(struct trunk *t, unsigned from, struct slice octets)
{
    struct frame frame;
    struct arena *arena = arena_new(FRAME_ARENA);
    struct buffer changed = buffer_new(FRAME_HEAD_BYTES + FRAME_MAX_BYTES);
    world_need(arena != NULL && !failed(frame_parse(
                                    arena, slice_part(octets, FRAME_HEAD_BYTES, SIZE_MAX), &frame)),
               "a frame between the gateways");
    bool passes = t->gate == NULL || t->gate(t->owner, from, &frame, arena);
    if (passes) {
        frame_write(&changed, &frame);
        world_need(!changed.failed, "a frame that is too long");
        note_passed(t, from, frame.kind, changed.length);
        /* Whether it was taken, the frames that come back say. */
        (void)exchange_take(t->links[1 - from], buffer_slice(&changed), t->ends[1 - from]->now);
    }
    buffer_done(&changed);
    arena_free(arena);
    if (!passes)
        trunk_cut(t);
    return passes;
}

static bool carry_one(struct trunk *t, unsigned from)
{
    size_t length = 0;
    struct slice way = buffer_slice(&t->way[from]);
    if (t->links[1 - from] == NULL || failed(frame_length(way, &length)) || length == 0)
        return false;
    struct buffer frame = buffer_new(length);
    buffer_put(&frame, slice_part(way, 0, length));
    buffer_drop(&t->way[from], length);
    (void)carry_frame(t, from, buffer_slice(&frame));
    buffer_done(&frame);
    return true;
}

/* As edge does: what is to be sent goes first, then frames that waited for their turn are judged.
 */
static bool take_output(struct trunk *t, unsigned end)
{
    struct exchange_link *link = t->links[end];
    if (link == NULL)
        return false;
    struct buffer *out = exchange_output(link);
    bool moved = out->length > 0;
    buffer_put(&t->way[end], buffer_slice(out));
    buffer_drop(out, out->length);
    if (exchange_wants(link)) {
        (void)exchange_take(link, (struct slice){0}, t->ends[end]->now);
        moved = moved || !exchange_wants(link) || exchange_output(link)->length > 0;
    }
    return moved;
}

static bool is_over(const struct trunk *t, unsigned end)
{
    return t->links[end] != NULL && exchange_over(t->links[end]) && t->way[end].length == 0;
}

static bool carry(struct trunk *t)
{
    bool moved = false;
    for (unsigned i = 0; i < 2; i++) {
        moved = take_output(t, i) || moved;
        while (carry_one(t, i))
            moved = true;
    }
    if (!moved && (is_over(t, 0) || is_over(t, 1)))
        trunk_cut(t);
    return moved;
}

void trunk_turn(struct trunk *t)
{
    do {
        world_turn_alone(t->ends[0]);
        world_turn_alone(t->ends[1]);
    } while (carry(t));
}

static void tick(struct trunk *t, unsigned end)
{
    struct exchange_link *link = t->links[end];
    struct moment now = t->ends[end]->now;
    if (link != NULL && now.mono_ms >= exchange_deadline(link) && failed(exchange_tick(link, now)))
        trunk_cut(t);
}

void trunk_pass(struct trunk *t, uint64_t ms)
{
    for (unsigned i = 0; i < 2; i++)
        world_pass(t->ends[i], ms);
    for (unsigned i = 0; i < 2; i++)
        tick(t, i);
    trunk_turn(t);
}

size_t trunk_passed(const struct trunk *t, unsigned from, enum frame_kind kind, size_t since)
{
    size_t count = 0;
    for (size_t i = since; i < t->count; i++)
        count += t->passed[i].from == from && t->passed[i].kind == kind;
    return count;
}

void trunk_free(struct trunk *t)
{
    if (t == NULL)
        return;
    trunk_cut(t);
    for (unsigned i = 0; i < 2; i++) {
        buffer_done(&t->way[i]);
        t->ends[i]->trunk = NULL;
    }
    free(t);
}
