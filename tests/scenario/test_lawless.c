/* What would be judged again while the signatures of the rulebook have ended waits alone. */

#include "scenario/pair.h"

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};

/* The signatures of this State's object have ended. */
static void end_law_of(const struct world *w, const char *state)
{
    const struct directory *d = w->rulebook->directory;
    for (size_t i = 0; i < d->parties_count; i++)
        if (slice_is(d->parties_of[i], state))
            w->rulebook->parties_until_ms[i] = w->now.wall_ms;
}

static void check_delivered(struct world *w, struct client *recipient, const struct letter *letter)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct heard *h = client_hear(recipient, FRAME_DELIVER);
    const struct delivery_verified *v =
        CHECK(h != NULL) ? scene_verify(w, arena, &h->frame.as.deliver, "XC-CA-01") : NULL;
    if (CHECK(v != NULL))
        CHECK_BYTES(v->envelope->claims.id, letter->key.id);
    arena_free(arena);
}

/* Law 2 came into force since, so it is judged again before it goes; what is behind it is not. */
static void what_there_is_no_law_for_holds_up_nothing_behind_it(void)
{
    struct world *w = world_new(&(struct world_settings){.law = 1});
    struct client *sender = client_dial(w, "XA-CA-01");
    struct letter *lawless = plain_letter(w), *good = plain_letter(w);
    CHECK(scene_send(sender, lawless) != NULL);
    world_renew_law(w, 2);
    CHECK(scene_send(sender, good) != NULL);
    end_law_of(w, "XA");
    struct client *recipient = client_dial(w, "XC-CA-01");
    check_delivered(w, recipient, good);
    world_settle(w);
    CHECK(!client_has_unread(recipient));
    CHECK_U64(scene_lines(w, "delivery.lawless"), 1);
    world_renew_law(w, 3); /* it is signed again */
    CHECK(client_hear(recipient, FRAME_BYE) != NULL);
    recipient = client_dial(w, "XC-CA-01");
    check_delivered(w, recipient, lawless);
    letter_free(lawless);
    letter_free(good);
    world_free(w);
}

/* The same on a link to a peer: the message is there on the next one. */
static void what_there_is_no_law_for_waits_for_the_next_link_to_a_peer(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    trunk_cut(p.trunk);
    struct letter *letter = pair_send(&p);
    pair_renew(&p, 2, NULL);
    struct letter *good = pair_send(&p);
    end_law_of(p.xa, "XC");
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, good, &relayed));
    CHECK(pair_delivery(&p, good) != 0);
    pair_settle(&p);
    CHECK(!client_has_unread(p.recipient));
    CHECK_U64(scene_lines(p.xa, "delivery.lawless"), 1);
    pair_renew(&p, 3, NULL);
    CHECK(p.trunk->links[PAIR_XA] == NULL);
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, letter, &relayed));
    CHECK(pair_delivery(&p, letter) != 0);
    letter_free(letter);
    letter_free(good);
    pair_end(&p);
}

TESTS(lawless,
      {"what there is no law for holds up nothing behind it",
       what_there_is_no_law_for_holds_up_nothing_behind_it},
      {"what there is no law for waits for the next link to a peer",
       what_there_is_no_law_for_waits_for_the_next_link_to_a_peer})
