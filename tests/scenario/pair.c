#include "scenario/pair.h"

#include <string.h>

#define DAY_MS 86400000ULL

struct pair pair_new(const struct pair_settings *settings)
{
    struct pair p = {0};
    p.xa = world_new(&(struct world_settings){
        .apart = true,
        .witnessed = settings->witnessed,
        .law = settings->xa_law,
        .ends = settings->ends,
        .rules = settings->xa_rules == NULL ? settings->rules : settings->xa_rules,
        .lists = settings->xa_lists,
        .list_count = settings->xa_lists != NULL,
        .offered = settings->offered,
        .offered_owner = settings->xa_owner});
    p.xc = world_new(&(struct world_settings){.gateway = "XC-GW-01",
                                              .apart = true,
                                              .witnessed = settings->witnessed,
                                              .law = settings->xc_law,
                                              .ends = settings->ends,
                                              .rules = settings->rules,
                                              .lists = settings->xc_lists,
                                              .list_count = settings->xc_lists != NULL,
                                              .offered = settings->offered,
                                              .offered_owner = settings->xc_owner});
    p.trunk = trunk_new(p.xa, p.xc);
    trunk_dial(p.trunk);
    p.sender = client_dial(p.xa, "XA-CA-01");
    p.recipient = client_dial(p.xc, "XC-CA-01");
    return p;
}

void pair_end(struct pair *p)
{
    trunk_free(p->trunk);
    world_free(p->xa);
    world_free(p->xc);
}

void pair_renew(struct pair *p, unsigned law, const char *rules)
{
    p->xa->settings.rules = rules;
    p->xc->settings.rules = rules;
    world_renew_law(p->xa, law);
    world_renew_law(p->xc, law);
    trunk_turn(p->trunk);
}

void pair_dial_at_midnight(struct pair *p)
{
    world_pass(p->xc, DAY_MS);
    trunk_dial(p->trunk);
    pair_settle(p);
    world_pass(p->xa, DAY_MS);
}

void pair_pass(struct pair *p, uint64_t ms)
{
    world_pass(p->xa, ms);
    world_pass(p->xc, ms);
}

void pair_redial(struct pair *p)
{
    client_free(p->sender);
    client_free(p->recipient);
    p->sender = client_dial(p->xa, "XA-CA-01");
    p->recipient = client_dial(p->xc, "XC-CA-01");
}

void pair_restart(struct pair *p, struct world *w, uint64_t floor_bytes)
{
    world_stop(w);
    w->settings.floor_bytes = floor_bytes;
    world_start(w);
    trunk_dial(p->trunk);
    pair_redial(p);
}

void pair_settle(struct pair *p)
{
    size_t frames;
    uint64_t results;
    do {
        frames = p->trunk->count;
        results = p->xa->results + p->xc->results;
        world_settle(p->xa);
        world_settle(p->xc);
    } while (p->trunk->count != frames || p->xa->results + p->xc->results != results);
}

bool pair_notice(struct pair *p, const struct letter *letter, const struct entry_wanted *wanted)
{
    struct proved proved;
    const struct heard *h = client_hear(p->sender, FRAME_RECEIPT);
    if (!CHECK(h != NULL) || !CHECK_U64(h->frame.as.receipt.answers, 0) ||
        !scene_receipt(p->xa, letter, h->frame.as.receipt.receipt, wanted, &proved))
        return false;
    client_take(p->sender, h->frame.number, &letter->key, STAGE_NONE);
    return true;
}

uint64_t pair_delivery_by(struct pair *p, const struct letter *letter, struct pair_laws laws)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    const struct heard *h = client_hear(p->recipient, FRAME_DELIVER);
    const struct delivery_verified *v =
        CHECK(h != NULL) ? scene_verify(p->xc, arena, &h->frame.as.deliver, "XC-CA-01") : NULL;
    if (CHECK(v != NULL) && CHECK_U64(v->hops, 2)) {
        CHECK_BYTES(v->envelope->claims.id, letter->key.id);
        CHECK(laws.first == 0 || v->releases[0].rulebook.law == laws.first);
        CHECK(laws.second == 0 || v->releases[1].rulebook.law == laws.second);
    }
    arena_free(arena);
    return v == NULL ? 0 : h->frame.number;
}

uint64_t pair_delivery(struct pair *p, const struct letter *letter)
{
    return pair_delivery_by(p, letter, (struct pair_laws){0});
}

void pair_take(struct pair *p, const struct letter *letter, uint64_t number)
{
    static const struct entry_wanted delivered = {ENTRY_STAGE, STAGE_DELIVERED, 2};
    client_take(p->recipient, number, &letter->key, STAGE_DELIVERED);
    CHECK(pair_notice(p, letter, &delivered));
}

struct letter *pair_send(struct pair *p)
{
    static const uint8_t thread[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    struct letter *letter = plain_letter(p->xa);
    letter->draft.claims.thread = slice_over(thread, sizeof thread);
    letter_seal(letter, "XA-CA-01");
    CHECK(scene_send(p->sender, letter) != NULL);
    return letter;
}

struct letter *pair_begin_away(struct pair *p)
{
    static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
    *p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    client_cut(p->recipient);
    struct letter *letter = pair_send(p);
    CHECK(pair_notice(p, letter, &relayed));
    pair_settle(p);
    return letter;
}

void pair_renew_and_meet(struct pair *p, const char *rules)
{
    pair_renew(p, 2, rules);
    trunk_dial(p->trunk);
    p->recipient = client_dial(p->xc, "XC-CA-01");
    pair_settle(p);
}

void pair_end_quiet(struct pair *p, struct letter *letter)
{
    pair_settle(p);
    CHECK(!client_has_unread(p->sender));
    CHECK(!client_has_unread(p->recipient));
    letter_free(letter);
    pair_end(p);
}
