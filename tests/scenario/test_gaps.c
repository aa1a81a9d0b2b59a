/* A party keeps a checkpoint of a foreign log that its gateway has lost with its journal: the peer
 * is asked how its log goes on from there. */

#include <stdlib.h>
#include <string.h>

#include "exchange/gaps.h"
#include "exchange/link_peer.h"
#include "scenario/restoring.h"
#include "scenario/telling.h"
#include "session/query.h"

#define WAIT_MS 3000U /* longer than a gateway asks to wait, and looks itself */

struct lost {
    struct pair pair;
    struct arena *arena;
    struct peer_checkpoint seen; /* of XA's log, by a party of XC: after the backup */
    bool (*forge)(struct lost *lost, struct answer *answer, struct arena *arena);
    size_t passed; /* frames between the gateways, when the link was lost */
};

static bool gate(void *owner, unsigned from, struct frame *f, struct arena *arena)
{
    struct lost *l = owner;
    bool is_of_gap = f->kind == FRAME_ANSWER && (f->as.answer.what == QUERY_CONSISTENCY ||
                                                 f->as.answer.what == QUERY_CHECKPOINT);
    return from != PAIR_XA || !is_of_gap || l->forge == NULL || l->forge(l, &f->as.answer, arena);
}

/* XC has seen XA's log at this size, and its journal is as it was before. */
static struct lost *lost_at(uint64_t size)
{
    struct lost *l = calloc(1, sizeof *l);
    l->pair = telling_begin();
    l->arena = arena_new((size_t)1 << 20);
    restoring_back_up(l->pair.xc);
    while (world_log_size(l->pair.xa) < size)
        telling_grow(&l->pair);
    telling_step(&l->pair);
    l->seen = telling_kept(l->pair.xc, l->arena, WORLD_ORIGIN);
    CHECK_U64(l->seen.size, size);
    restoring_lose(&l->pair);
    CHECK_U64(telling_kept(l->pair.xc, l->arena, WORLD_ORIGIN).size, 1);
    l->pair.trunk->gate = gate;
    l->pair.trunk->owner = l;
    l->passed = l->pair.trunk->count;
    return l;
}

/* The link is there again, and XA's log, that has gone on, is told on it. */
static void meet(struct lost *l)
{
    telling_grow(&l->pair);
    trunk_dial(l->pair.trunk);
    telling_step(&l->pair);
    CHECK_U64(telling_kept(l->pair.xc, l->arena, WORLD_ORIGIN).size, l->seen.size + 1);
}

static void lost_end(struct lost *l)
{
    arena_free(l->arena);
    pair_end(&l->pair);
    free(l);
}

static const struct heard *ask(struct client *c, const char *origin, uint64_t old)
{
    return client_ask(
        c, &(struct query_args){
               .what = QUERY_STEPS, .origin = slice_text(origin), .old_size = old, .limit = 100});
}

static bool is_refused(const struct heard *h, const char *code)
{
    return CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_REFUSE) &&
           CHECK_BYTES(h->frame.as.refuse.code, slice_text(code)) &&
           CHECK((h->frame.as.refuse.retry_ms > 0) == (strcmp(code, "E_UNAVAILABLE") == 0));
}

/* The one step that the party is answered with now. */
static struct steps_row read_step(struct lost *l, struct client *c)
{
    struct steps_row row = {0};
    const struct heard *h = ask(c, WORLD_ORIGIN, l->seen.size);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.kind, FRAME_ANSWER) &&
        CHECK_U64(h->frame.as.answer.rows.count, 1))
        CHECK_OK(steps_row_parse(l->arena, h->frame.as.answer.rows.at[0], &row));
    CHECK_U64(row.old_size, l->seen.size);
    CHECK_U64(row.size, l->seen.size + 1);
    return row;
}

static bool leads(const struct lost *l, const struct steps_row *row)
{
    struct digest root = digest_read(row->root);
    return merkle_consistent(row->old_size, row->size, &l->seen.root, &root, row->path);
}

static size_t questions(const struct lost *l)
{
    return trunk_passed(l->pair.trunk, PAIR_XC, FRAME_QUERY, l->passed);
}

static void check_led_on(uint64_t size)
{
    struct lost *l = lost_at(size);
    struct client *party = l->pair.recipient;
    is_refused(ask(party, WORLD_ORIGIN, size), "E_UNAVAILABLE");
    CHECK_U64(questions(l), 0);
    meet(l);
    telling_pass(&l->pair, WAIT_MS);
    struct steps_row row = read_step(l, party);
    CHECK(leads(l, &row));
    struct peer_checkpoint newest = telling_kept(l->pair.xc, l->arena, WORLD_ORIGIN);
    CHECK_BYTES(row.root, digest_slice(&newest.root));
    size_t asked = questions(l);
    row = read_step(l, party); /* once is enough, for whoever asks */
    row = read_step(l, client_dial(l->pair.xc, "XC-POL-01"));
    CHECK(leads(l, &row));
    CHECK_U64(questions(l), asked);
    lost_end(l);
}

static void a_party_that_has_seen_more_than_its_gateway_is_led_on(void)
{
    check_led_on(5);
}

static void from_a_power_of_two_as_well(void)
{
    check_led_on(4);
}

/* Behind it come several: what a message comes with may be any of them. */
static void it_is_led_to_the_next_that_is_kept_and_from_there_by_the_steps(void)
{
    struct lost *l = lost_at(5);
    meet(l);
    telling_grow(&l->pair);
    telling_step(&l->pair);
    struct peer_checkpoint newest = telling_kept(l->pair.xc, l->arena, WORLD_ORIGIN);
    CHECK_U64(newest.size, 7);
    is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 5), "E_UNAVAILABLE");
    telling_pass(&l->pair, 0);
    struct steps_row row = read_step(l, l->pair.recipient), next;
    CHECK(leads(l, &row));
    const struct heard *h = ask(l->pair.recipient, WORLD_ORIGIN, row.size);
    if (CHECK(h != NULL) && CHECK_U64(h->frame.as.answer.rows.count, 1) &&
        CHECK_OK(steps_row_parse(l->arena, h->frame.as.answer.rows.at[0], &next)))
        CHECK_BYTES(next.root, digest_slice(&newest.root));
    lost_end(l);
}

static void what_is_kept_already_is_asked_for_at_once(void)
{
    struct lost *l = lost_at(6);
    meet(l);
    is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 6), "E_UNAVAILABLE");
    telling_pass(&l->pair, 0);
    struct steps_row row = read_step(l, l->pair.recipient);
    CHECK(leads(l, &row));
    CHECK_U64(questions(l), 1);
    lost_end(l);
}

/* So many boxes were announced at once that the mailbox says only that there is something. */
static void it_is_asked_for_too_where_everybody_is_woken(void)
{
    struct lost *l = lost_at(6);
    struct gap_question question = {.party = slice_text("XC-CA-01"),
                                    .gateway = slice_text("XA-GW-01"),
                                    .origin = slice_text(WORLD_ORIGIN),
                                    .old_size = 6};
    struct exchange *x = l->pair.xc->exchange;
    struct peer_checkpoint step;
    enum gap_state state = GAP_OPEN;
    meet(l);
    CHECK_OK(
        gaps_look(x->settings.gaps, l->arena, &question, l->pair.xc->now.mono_ms, &state, &step));
    CHECK(state == GAP_NEW);
    telling_pass(&l->pair, WAIT_MS);
    CHECK_U64(questions(l), 0);
    exchange_mail_all(x, l->pair.xc->now);
    telling_pass(&l->pair, 0);
    CHECK_U64(questions(l), 1);
    struct steps_row row = read_step(l, l->pair.recipient);
    CHECK(leads(l, &row));
    lost_end(l);
}

static void what_no_log_has_is_unknown(void)
{
    struct lost *l = lost_at(5);
    struct client *party = l->pair.recipient;
    meet(l);
    is_refused(ask(party, "nobody.example/log", 5), "E_UNKNOWN");
    is_refused(ask(party, l->pair.xc->origin, 5), "E_UNKNOWN");
    CHECK_U64(questions(l), 0);
    is_refused(ask(party, WORLD_ORIGIN, 1000), "E_UNAVAILABLE");
    telling_pass(&l->pair, 0);
    is_refused(ask(party, WORLD_ORIGIN, 1000), "E_UNKNOWN"); /* its log ends before that */
    is_refused(ask(party, WORLD_ORIGIN, 1000), "E_UNKNOWN");
    CHECK_U64(questions(l), 1);
    telling_pass(&l->pair, GAP_MS); /* it may have come so far */
    is_refused(ask(party, WORLD_ORIGIN, 1000), "E_UNAVAILABLE");
    lost_end(l);
}

static void a_party_that_asks_for_everything_makes_nothing_grow(void)
{
    struct lost *l = lost_at(5);
    struct client *greedy = client_dial(l->pair.xc, "XC-POL-01");
    meet(l);
    for (uint64_t old = 100; old < 3100; old++) {
        const struct heard *h = ask(greedy, WORLD_ORIGIN, old);
        if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_REFUSE))
            break;
    }
    telling_pass(&l->pair, WAIT_MS);
    CHECK_U64(questions(l), GAPS_PER_PARTY);
    is_refused(ask(greedy, WORLD_ORIGIN, 100), "E_UNKNOWN");
    is_refused(ask(greedy, WORLD_ORIGIN, 3099), "E_UNAVAILABLE"); /* not asked for */
    is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 5), "E_UNAVAILABLE");
    telling_pass(&l->pair, 0);
    struct steps_row row = read_step(l, l->pair.recipient); /* others have their place */
    CHECK(leads(l, &row));
    lost_end(l);
}

/* ---- a peer that answers as it likes ---- */

static struct slice kept_row(struct arena *arena, struct buffer *row)
{
    struct slice octets = arena_copy(arena, buffer_slice(row));
    buffer_done(row);
    return octets;
}

static bool forge_path(struct lost *l, struct answer *answer, struct arena *arena)
{
    struct slices path;
    struct buffer b = buffer_new(8192);
    CHECK_OK(consistency_row_parse(arena, answer->rows.at[0], &path));
    path.at[path.count - 1] = digest_slice(&l->seen.root);
    consistency_row_write(&b, path);
    answer->rows.at[0] = kept_row(arena, &b);
    return true;
}

static bool forge_length(struct lost *l, struct answer *answer, struct arena *arena)
{
    struct slices path;
    struct buffer b = buffer_new(8192);
    (void)l;
    CHECK_OK(consistency_row_parse(arena, answer->rows.at[0], &path));
    path.count--;
    consistency_row_write(&b, path);
    answer->rows.at[0] = kept_row(arena, &b);
    return true;
}

static bool forge_shape(struct lost *l, struct answer *answer, struct arena *arena)
{
    struct buffer b = buffer_new(64);
    (void)l;
    mp_put_array(&b, 1);
    mp_put_uint(&b, 7);
    answer->rows.at[0] = kept_row(arena, &b);
    return true;
}

static bool forge_count(struct lost *l, struct answer *answer, struct arena *arena)
{
    (void)l, (void)arena;
    answer->rows.count = 0;
    return true;
}

static bool forge_what(struct lost *l, struct answer *answer, struct arena *arena)
{
    (void)l, (void)arena;
    answer->what = QUERY_STEPS;
    return true;
}

static bool forge_note(struct lost *l, struct answer *answer, struct arena *arena)
{
    struct slice note;
    struct buffer b = buffer_new(NOTE_MAX_BYTES + 64);
    (void)l;
    CHECK_OK(checkpoint_row_parse(answer->rows.at[0], &note));
    note = arena_copy(arena, note);
    uint8_t *sign = (uint8_t *)(uintptr_t)note.at + note.length - 12;
    *sign = *sign == 'A' ? 'B' : 'A';
    checkpoint_row_write(&b, note);
    answer->rows.at[0] = kept_row(arena, &b);
    return true;
}

/* Found false here, no party is to judge by it. */
static void a_path_that_leads_elsewhere_is_not_handed_on(void)
{
    static bool (*const forged[])(struct lost *, struct answer *, struct arena *) = {forge_path,
                                                                                     forge_length};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        struct lost *l = lost_at(5);
        l->forge = forged[i];
        meet(l);
        is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 5), "E_UNAVAILABLE");
        telling_pass(&l->pair, 0);
        is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 5), "E_UNKNOWN");
        CHECK_U64(scene_lines(l->pair.xc, "peer.unproved"), 1);
        CHECK(l->pair.trunk->links[PAIR_XC] != NULL);
        lost_end(l);
    }
}

/* What the root was there only the party knows. */
static void where_the_gateway_cannot_see_it_the_party_does(void)
{
    struct lost *l = lost_at(4);
    l->forge = forge_path;
    meet(l);
    is_refused(ask(l->pair.recipient, WORLD_ORIGIN, 4), "E_UNAVAILABLE");
    telling_pass(&l->pair, 0);
    struct steps_row row = read_step(l, l->pair.recipient);
    CHECK(!leads(l, &row));
    lost_end(l);
}

static void what_is_no_answer_ends_the_link(void)
{
    static const struct {
        bool (*forge)(struct lost *, struct answer *, struct arena *);
        uint64_t old;
        const char *reason;
    } cases[] = {
        {forge_shape, 5, "frame.shape"},      {forge_count, 5, "frame.shape"},
        {forge_what, 5, "frame.shape"},       {forge_shape, 1000, "frame.shape"},
        {forge_note, 1000, "note.signature"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lost *l = lost_at(5);
        l->forge = cases[i].forge;
        meet(l);
        is_refused(ask(l->pair.recipient, WORLD_ORIGIN, cases[i].old), "E_UNAVAILABLE");
        telling_pass(&l->pair, 0);
        CHECK(l->pair.trunk->links[PAIR_XC] == NULL);
        CHECK(scene_reason(l->pair.xc, cases[i].reason));
        is_refused(ask(l->pair.recipient, WORLD_ORIGIN, cases[i].old), "E_UNAVAILABLE");
        l->forge = NULL; /* on the next link it is asked once more */
        trunk_dial(l->pair.trunk);
        telling_pass(&l->pair, FETCH_ANSWER_MS + WAIT_MS);
        if (cases[i].old == 5)
            (void)read_step(l, l->pair.recipient);
        else
            is_refused(ask(l->pair.recipient, WORLD_ORIGIN, cases[i].old), "E_UNKNOWN");
        lost_end(l);
    }
}

TESTS(scenario_gaps,
      {"a party that has seen more than its gateway is led on",
       a_party_that_has_seen_more_than_its_gateway_is_led_on},
      {"from a power of two as well", from_a_power_of_two_as_well},
      {"it is led to the next that is kept and from there by the steps",
       it_is_led_to_the_next_that_is_kept_and_from_there_by_the_steps},
      {"what is kept already is asked for at once", what_is_kept_already_is_asked_for_at_once},
      {"it is asked for, too, where everybody is woken",
       it_is_asked_for_too_where_everybody_is_woken},
      {"what no log has is unknown", what_no_log_has_is_unknown},
      {"a party that asks for everything makes nothing grow",
       a_party_that_asks_for_everything_makes_nothing_grow},
      {"a path that leads elsewhere is not handed on",
       a_path_that_leads_elsewhere_is_not_handed_on},
      {"where the gateway cannot see it the party does",
       where_the_gateway_cannot_see_it_the_party_does},
      {"what is no answer ends the link", what_is_no_answer_ends_the_link})
