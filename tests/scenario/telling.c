#include "scenario/telling.h"

#include "exchange/link_peer.h"

void telling_grow(struct pair *p)
{
    struct letter *letter = plain_letter(p->xa);
    letter->submit.flags = SUBMIT_DRY_RUN;
    CHECK(scene_send(p->sender, letter) != NULL);
    letter_free(letter);
}

static void tick(struct client *c)
{
    struct moment now = c->world->now;
    if (c->link != NULL && now.mono_ms >= exchange_deadline(c->link))
        CHECK_OK(exchange_tick(c->link, now));
    client_drain(c);
}

static void tick_all(struct world *w)
{
    for (struct client *c = w->clients; c != NULL; c = c->next)
        tick(c);
}

void telling_pass(struct pair *p, uint64_t ms)
{
    trunk_pass(p->trunk, ms);
    pair_settle(p);
    tick_all(p->xa);
    tick_all(p->xc);
}

void telling_step(struct pair *p)
{
    telling_pass(p, PEER_CHECKPOINT_MS);
    telling_pass(p, PEER_CHECKPOINT_MS);
}

struct peer_checkpoint telling_kept(struct world *w, struct arena *arena, const char *origin)
{
    struct peer_checkpoint kept = {0};
    struct status s = journal_peer_checkpoint(w->reader, arena, slice_text(origin), &kept);
    CHECK(!failed(s) || s.code == CODE_ABSENT);
    return kept;
}

struct pair telling_begin(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    telling_pass(&p, PEER_CHECKPOINT_MS);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_CHECKPOINT, 0), 1);
    CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_CHECKPOINT, 0), 1);
    return p;
}

size_t telling_steps(struct world *w)
{
    struct arena *arena = arena_new((size_t)1 << 20);
    struct peer_checkpoint *rows;
    size_t count = 0;
    CHECK_OK(journal_peer_steps(w->reader, arena, slice_text(WORLD_ORIGIN), 0, 100, &rows, &count));
    arena_free(arena);
    return count;
}
