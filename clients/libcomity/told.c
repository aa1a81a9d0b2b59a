#include "libcomity/told.h"

#include "libcomity/clock.h"
#include "libcomity/reading.h"

/* Evidence has the id of the message that it came with; this came with none. */
static const uint8_t no_message[UUID_BYTES];

/* The directory may be older than the log, its row, or its key. */
static bool is_unknown(struct status s)
{
    return s.reason == REASON_NOTE_KEY || s.reason == REASON_NOTE_ORIGIN;
}

static struct status judge(struct comity *c, struct arena *arena, const struct checkpoint_frame *f,
                           struct comity_fault *reterr)
{
    const struct gateway_row *gateway = directory_owner(c->rulebook->directory, f->origin);
    struct proved proved = {
        .receipt = {.has_proof = f->old_size > 0, .old_size = f->old_size, .proof = f->path},
        .outer.id = slice_over(no_message, sizeof no_message),
    };
    if (gateway == NULL)
        return OK;
    struct status s =
        checkpoint_prove(f->note, gateway, clock_wall_ms(), &proved.note, &proved.log);
    if (is_unknown(s))
        return OK;
    if (failed(s))
        return fault_verify(reterr, s, "%s told a checkpoint of the log %.*s that does not hold",
                            c->context.gateway, (int)f->origin.length, (const char *)f->origin.at);
    return reading_told(c, arena, &proved, reterr);
}

static struct status judge_next(struct comity *c, struct comity_fault *reterr)
{
    struct frame f;
    struct arena *arena = arena_new(CLIENT_ARENA_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : connection_told(c->link, arena, &f);
    if (!failed(s))
        s = judge(c, arena, &f.as.checkpoint, reterr);
    arena_free(arena);
    return s;
}

/* On a link that is broken steps cannot be asked for any more. Whether the call needs one, it will
 * see for itself. */
struct status told_begin(struct comity *c, uint64_t wait_ms, struct comity_fault *reterr)
{
    struct status s = client_begin(c, wait_ms, reterr);
    while (!failed(s) && c->link != NULL && !connection_over(c->link))
        s = judge_next(c, reterr);
    if (s.code != CODE_ABSENT && s.code != CODE_NETWORK)
        return s;
    *reterr = (struct comity_fault){0};
    return OK;
}
