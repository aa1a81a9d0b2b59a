/* A recipient that takes whatever is delivered to it, as fast as it comes. */

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
};

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

/* take PARTIES LINKS COUNT: prints how many were taken once COUNT have been, or it is told to end
 */
int role_take(const struct request *r)
{
    static const struct role role = {.frame = take, .ended = ended};
    struct taking t = {0};
    size_t links = number_of(word(r, 1), 1, LINKS_MAX);
    size_t count = number_of(word(r, 2), 1, SIZE_MAX >> 1);
    struct crowd *c = crowd_new(r->demo, r->address, word(r, 0), links);
    c->role = &role;
    c->owner = &t;
    c->credits = CREDITS;
    crowd_open(c, links);
    tell("ready");
    while (t.delivered < count && !c->over)
        crowd_turn(c, TURN_MS);
    tell("{\"delivered\":%zu}", t.delivered);
    crowd_free(c);
    return 0;
}
