/* A recipient that takes whatever is delivered to it, as fast as it comes. */

#include <inttypes.h>
#include <stdio.h>

#include "base/encoding.h"
#include "crowd.h"
#include "message/seal.h"
#include "roles.h"
#include "stop.h"

#define LINKS_MAX 64
#define CREDITS   32
#define TURN_MS   1000
#define DELIVERED 3 /* the stage that TAKEN says */

struct taking {
    size_t delivered;
    size_t owed[LINKS_MAX]; /* credits to be given back */
    FILE *arrivals;         /* NULL: nobody wants to know */
};

/* Its id, its thread, and when it came, by the monotonic clock. */
static void note_arrival(FILE *arrivals, const struct claims *c)
{
    char id[2 * UUID_BYTES + 1], thread[2 * UUID_BYTES + 1];
    hex_write(c->id, id);
    hex_write(c->thread, thread);
    fprintf(arrivals, "%s %s %" PRIu64 "\n", id, thread, now_ns());
}

static void deliver(struct peer *p, const struct frame *f, struct arena *arena)
{
    struct taking *t = p->crowd->owner;
    const struct deliver *d = &f->as.deliver;
    const struct envelope *envelope;
    if (failed(envelope_open(arena, d->message.seal, d->message.seal.length, &envelope)))
        stop("a delivered seal cannot be opened");
    const struct claims *c = &envelope->claims;
    struct frame taken = {
        .kind = FRAME_TAKEN,
        .as.taken = {.answers = f->number, .key = {c->from, c->id, c->to}, .stage = DELIVERED},
    };
    peer_put(p, &taken);
    t->delivered++;
    if (t->arrivals != NULL)
        note_arrival(t->arrivals, c);
    if (++t->owed[p->index] >= CREDITS / 2) {
        struct frame credit = {.kind = FRAME_CREDIT, .as.credit = {0, t->owed[p->index]}};
        peer_put(p, &credit);
        t->owed[p->index] = 0;
    }
    peer_flush(p);
}

static void take(struct peer *p, const struct frame *f, struct arena *arena)
{
    if (f->kind == FRAME_DELIVER)
        deliver(p, f, arena);
    else if (f->kind == FRAME_BYE)
        stop("the gateway ended a link");
}

static void ended(struct peer *p)
{
    (void)p;
    stop("a link broke");
}

/* take PARTIES LINKS COUNT [ARRIVALS]: prints how many were taken once COUNT have been, or it is
 * told to end, with a line about each in the file */
int role_take(const struct request *r)
{
    static const struct role role = {.frame = take, .ended = ended};
    struct taking t = {0};
    size_t links = number_of(word(r, 1), 1, LINKS_MAX);
    size_t count = number_of(word(r, 2), 1, SIZE_MAX >> 1);
    if (r->count > 3 && (t.arrivals = fopen(word(r, 3), "w")) == NULL)
        stop("the file of arrivals cannot be written");
    struct crowd *c = crowd_new(&r->target, word(r, 0), links);
    c->role = &role;
    c->owner = &t;
    c->credits = CREDITS;
    crowd_open(c, links);
    tell("ready");
    while (t.delivered < count && !c->over)
        crowd_turn(c, TURN_MS);
    if (t.arrivals != NULL && fclose(t.arrivals) != 0)
        stop("the file of arrivals cannot be written");
    tell("{\"delivered\":%zu}", t.delivered);
    crowd_free(c);
    return 0;
}
