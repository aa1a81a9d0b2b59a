/* A peer gateway with valid keys that does not keep to the rules, and honest ones beside it. */

#include <stdio.h>
#include <string.h>

#include "exchange/link_peer.h"
#include "scenario/pair.h"
#include "session/query.h"

static const struct entry_wanted relayed = {ENTRY_STAGE, STAGE_RELAYED, 2};
static const struct entry_wanted not_relayed = {ENTRY_STAGE, STAGE_NOT_RELAYED, 1};

/* What a malicious gateway does to the next DELIVER that it sends. */
struct spoiler {
    void (*spoil)(const struct spoiler *spoiler, struct frame *frame, struct arena *arena);
    const struct letter *other;
    bool done;
};

static bool spoil_next(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct spoiler *s = owner;
    if (from == PAIR_XA && frame->kind == FRAME_DELIVER && !s->done) {
        s->done = true;
        s->spoil(s, frame, arena);
    }
    return true;
}

static struct slice flip(struct arena *arena, struct slice octets, size_t at)
{
    uint8_t *copy = arena_alloc(arena, octets.length);
    memcpy(copy, octets.at, octets.length);
    copy[at] ^= 1;
    return slice_over(copy, octets.length);
}

static void bring_another_states(const struct spoiler *s, struct frame *f, struct arena *arena)
{
    (void)arena;
    f->as.deliver.message = s->other->submit.message;
}

static void alter_a_field(const struct spoiler *s, struct frame *f, struct arena *arena)
{
    (void)s;
    struct slice *last = &f->as.deliver.message.fields.at[f->as.deliver.message.fields.count - 1];
    *last = flip(arena, *last, last->length - 1);
}

static void add_a_field(const struct spoiler *s, struct frame *f, struct arena *arena)
{
    (void)arena;
    f->as.deliver.message.fields = s->other->submit.message.fields;
}

static void bring_anothers_release(const struct spoiler *s, struct frame *f, struct arena *arena)
{
    (void)s;
    f->as.deliver.releases.at[0] = flip(arena, f->as.deliver.releases.at[0], 40);
}

static void alter_the_seal(const struct spoiler *s, struct frame *f, struct arena *arena)
{
    (void)s;
    f->as.deliver.message.seal =
        flip(arena, f->as.deliver.message.seal, f->as.deliver.message.seal.length - 1);
}

static const struct {
    const char *name;
    void (*spoil)(const struct spoiler *spoiler, struct frame *frame, struct arena *arena);
    const char *code;
} tricks[] = {
    {"another State's message", bring_another_states, "E_ROUTE"},
    {"an altered field", alter_a_field, "E_HASH"},
    {"another message's fields", add_a_field, "E_HASH"},
    {"an altered release", bring_anothers_release, "E_HASH"},
    {"an altered seal", alter_the_seal, "E_HASH"},
};

static void what_a_peer_changed_is_refused_and_logged(void)
{
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct pair p = pair_new(&(struct pair_settings){0});
        struct letter *foreign =
            scene_letter(p.xc, plain_document("UNTOC18"), "XB-CA-01", "XC-CA-01");
        struct letter *bad = plain_letter(p.xa), *good = plain_letter(p.xa);
        struct spoiler spoiler = {tricks[i].spoil, foreign, false};
        struct proved proved;
        uint64_t size = world_log_size(p.xc);
        p.trunk->gate = spoil_next;
        p.trunk->owner = &spoiler;
        CHECK(scene_send(p.sender, bad) != NULL);
        const struct heard *h = client_hear(p.sender, FRAME_RECEIPT);
        if (CHECK(h != NULL) &&
            scene_receipt(p.xa, bad, h->frame.as.receipt.receipt, &not_relayed, &proved) &&
            !CHECK(slice_is(proved.outer.code, tricks[i].code)))
            fprintf(stderr, "%s: %.*s\n", tricks[i].name, (int)proved.outer.code.length,
                    (const char *)proved.outer.code.at);
        pair_settle(&p);
        CHECK_U64(world_log_size(p.xc), size + 1);
        CHECK(!client_has_unread(p.recipient));
        CHECK(scene_send(p.sender, good) != NULL); /* and what is right goes on */
        CHECK(pair_notice(&p, good, &relayed));
        CHECK(pair_delivery(&p, good) != 0);
        CHECK(!client_has_unread(p.recipient));
        letter_free(foreign);
        letter_free(bad);
        letter_free(good);
        pair_end(&p);
    }
}

/* The whole DELIVER of before in place of the next one. */
struct replay {
    struct arena *arena;
    struct buffer first;
};

static bool replay_first(void *owner, unsigned from, struct frame *frame, struct arena *arena)
{
    struct replay *r = owner;
    struct frame first;
    if (from != PAIR_XA || frame->kind != FRAME_DELIVER)
        return true;
    if (r->first.length == 0) {
        frame_write(&r->first, frame);
        return true;
    }
    uint64_t number = frame->number;
    (void)arena;
    if (CHECK_OK(frame_parse(
            r->arena, slice_part(buffer_slice(&r->first), FRAME_HEAD_BYTES, SIZE_MAX), &first)))
        *frame = first;
    frame->number = number;
    return true;
}

static void what_a_peer_brings_twice_is_kept_once(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct replay replay = {arena_new((size_t)4 << 20), buffer_new(FRAME_MAX_BYTES)};
    struct letter *one = plain_letter(p.xa), *two = plain_letter(p.xa);
    p.trunk->gate = replay_first;
    p.trunk->owner = &replay;
    CHECK(scene_send(p.sender, one) != NULL);
    CHECK(pair_notice(&p, one, &relayed));
    CHECK(pair_delivery(&p, one) != 0);
    uint64_t size = world_log_size(p.xc);
    CHECK(scene_send(p.sender, two) != NULL);
    pair_settle(&p);
    CHECK_U64(world_log_size(p.xc), size);
    CHECK(!client_has_unread(p.recipient));
    /* its own gateway sees that the receipt is another's, and does not pass it on */
    CHECK(!client_has_unread(p.sender));
    CHECK(p.trunk->links[0] == NULL);
    CHECK(scene_reason(p.xa, "receipt.claims"));
    p.trunk->gate = NULL;
    trunk_dial(p.trunk);
    CHECK(pair_notice(&p, two, &relayed));
    CHECK(pair_delivery(&p, two) != 0);
    arena_free(replay.arena);
    buffer_done(&replay.first);
    letter_free(one);
    letter_free(two);
    pair_end(&p);
}

static void a_forked_log_ends_the_link_for_good(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = plain_letter(p.xa);
    CHECK(scene_send(p.sender, letter) != NULL);
    CHECK(pair_notice(&p, letter, &relayed));
    world_stop(p.xa);
    world_start_anew(p.xa);
    p.sender = client_dial(p.xa, "XA-CA-01");
    scene_send_many(p.sender, 4);
    CHECK_U64(scene_lines(p.xc, "peer.fork"), 0);
    trunk_dial(p.trunk);
    pair_settle(&p);
    CHECK(p.trunk->links[0] == NULL);
    CHECK_U64(scene_lines(p.xc, "peer.fork"), 1);
    CHECK_U64(scene_lines(p.xc, "\"level\":\"alarm\""), 1);
    CHECK_U64(scene_lines(p.xc, "kept: size 2 root "), 1);
    CHECK(client_hear(p.recipient, FRAME_DELIVER) != NULL); /* the first one, and no other */
    CHECK(!client_has_unread(p.recipient));
    for (unsigned i = 0; i < 2; i++) { /* also after a restart */
        size_t count = p.trunk->count;
        trunk_dial(p.trunk);
        CHECK(p.trunk->links[0] == NULL);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XA, FRAME_DELIVER, count), 0);
        CHECK_U64(trunk_passed(p.trunk, PAIR_XC, FRAME_WELCOME, count), 0);
        world_stop(p.xc);
        world_start(p.xc);
    }
    letter_free(letter);
    pair_end(&p);
}

static void check_bye(struct client *c, const char *code)
{
    const struct heard *bye = client_hear(c, FRAME_BYE);
    if (CHECK(bye != NULL))
        CHECK_BYTES(bye->frame.as.bye_code, slice_text(code));
    CHECK(c->link == NULL);
}

static void send_without_end(struct client *c, struct frame *frame)
{
    for (unsigned i = 0; i < 1000 && c->link != NULL; i++) {
        frame->number = ++c->session.out.number; /* the table would not let it be given */
        c->session.out.unponged = frame->number;
        client_force(c, frame);
    }
}

/* Frames without end end the link, and leave no more entries than the rate allows. */
static void endless_frames_end_the_link(void)
{
    const uint64_t entries = link_limits_default.refusals_per_minute + 1;
    struct pair p = pair_new(&(struct pair_settings){0});
    struct letter *letter = plain_letter(p.xa);
    struct slice octets[] = {slice_text("release"), slice_text("receipt")};
    struct frame frames[] = {
        {.kind = FRAME_DELIVER,
         .as.deliver = {.message = letter->submit.message,
                        .releases = {&octets[0], 1},
                        .receipts = {&octets[1], 1}}},
        {.kind = FRAME_PING},
        {.kind = FRAME_CHECKPOINT,
         .as.checkpoint = {.origin = slice_text("log"), .note = slice_text("note")}},
        {.kind = FRAME_SUBMIT, .as.submit = letter->submit},
    };
    static const char *const codes[] = {"E_STATE", "E_STATE", "E_SCHEMA", "E_STATE"};
    uint64_t size = world_log_size(p.xc);
    trunk_cut(p.trunk);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct client *rogue = client_dial(p.xc, "XA-GW-01");
        rogue->waits = true;
        send_without_end(rogue, &frames[i]);
        check_bye(rogue, codes[i]);
        client_free(rogue);
    }
    pair_settle(&p);
    CHECK(world_log_size(p.xc) > size);
    CHECK(world_log_size(p.xc) <= size + entries);
    trunk_dial(p.trunk); /* the State's own messages still come */
    CHECK(scene_send(p.sender, letter) != NULL);
    CHECK(pair_notice(&p, letter, &relayed));
    letter_free(letter);
    pair_end(&p);
}

static void more_links_than_a_gateway_needs_are_refused(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    for (unsigned i = 1; i < link_limits_default.links_per_gateway; i++)
        CHECK(client_connect(p.xc, "XA-GW-01")->link != NULL);
    check_bye(client_connect(p.xc, "XA-GW-01"), "E_UNAVAILABLE");
    pair_end(&p);
}

/* A gateway is no party: it cannot look into mailboxes. */
static void gateways_ask_for_no_mailbox(void)
{
    static const uint8_t id[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    const struct message_key key = {slice_text("XA-CA-01"), slice_over(id, sizeof id),
                                    slice_text("XC-CA-01")};
    const struct query_args args[] = {
        {.what = QUERY_INBOX, .limit = 10},
        {.what = QUERY_FETCH, .key = key},
        {.what = QUERY_STATUS, .limit = 10},
        {.what = QUERY_STEPS, .origin = slice_text(WORLD_ORIGIN), .limit = 10},
    };
    struct pair p = pair_new(&(struct pair_settings){0});
    scene_send_many(p.sender, 1);
    pair_settle(&p);
    trunk_cut(p.trunk);
    struct client *rogue = client_dial(p.xc, "XA-GW-01");
    for (size_t i = 0; i < sizeof args / sizeof args[0]; i++) {
        const struct heard *h = client_ask(rogue, &args[i]);
        if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE))
            CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNKNOWN"));
    }
    pair_end(&p);
}

TESTS(malice,
      {"what a peer changed is refused and logged", what_a_peer_changed_is_refused_and_logged},
      {"what a peer brings twice is kept once", what_a_peer_brings_twice_is_kept_once},
      {"a forked log ends the link for good", a_forked_log_ends_the_link_for_good},
      {"endless frames end the link", endless_frames_end_the_link},
      {"more links than a gateway needs are refused", more_links_than_a_gateway_needs_are_refused},
      {"gateways ask for no mailbox", gateways_ask_for_no_mailbox})
