/* How far the other State's log is, told to parties that have a link and get no mail. */

#include <stdio.h>
#include <stdlib.h>

#include "exchange/foreign.h"
#include "exchange/link_peer.h"
#include "scenario/telling.h"
#include "session/query.h"

#define LOGS 20U

/* In steps, so that every deadline has its moment. */
static void pass_seconds(struct pair *p, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++)
        telling_pass(p, 1000);
}

static const struct heard *hear_told(struct client *c)
{
    for (struct heard *h = c->heard; h != NULL; h = h->next)
        if (!h->read && h->frame.kind == FRAME_CHECKPOINT) {
            h->read = true;
            return h;
        }
    return NULL;
}

/* Checks it as a party does; its size. */
static uint64_t read_told(struct pair *p, const struct heard *h)
{
    struct note note;
    const struct log_row *log;
    const struct gateway_row *row =
        directory_gateway(p->xc->rulebook->directory, slice_text("XA-GW-01"));
    CHECK(h != NULL);
    if (h == NULL || !CHECK_OK(checkpoint_prove(h->frame.as.checkpoint.note, row,
                                                p->xc->now.wall_ms, &note, &log)))
        return 0;
    CHECK_BYTES(h->frame.as.checkpoint.origin, slice_text(WORLD_ORIGIN));
    return note.size;
}

static void a_party_that_waits_hears_of_the_other_log(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    pass_seconds(&p, 9);
    CHECK(hear_told(p.recipient) == NULL);
    pass_seconds(&p, 21);
    const struct heard *first = hear_told(p.recipient);
    CHECK_U64(read_told(&p, first), 1);
    CHECK(hear_told(p.recipient) == NULL);
    telling_grow(&p);
    pass_seconds(&p, 30);
    const struct heard *second = hear_told(p.recipient);
    CHECK_U64(read_told(&p, second), 2);
    if (CHECK(second != NULL)) {
        CHECK_U64(second->frame.as.checkpoint.old_size, 1);
        CHECK(second->at_ms >= first->at_ms + FOREIGN_TELL_MS);
    }
    exchange_mail(p.xc->exchange, slice_text("XA-GW-01"), p.xc->now); /* of no step */
    pass_seconds(&p, 60);
    CHECK(hear_told(p.recipient) == NULL);
    CHECK_U64(foreign_at(p.recipient->link), UINT64_MAX); /* and it does not look any more */
    pair_end(&p);
}

/* Also where a receipt brings the next step at once. */
static void what_comes_soon_after_waits_for_its_time(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    const struct heard *first = NULL, *second = NULL;
    for (unsigned i = 0; i < 30 && first == NULL; i++) {
        telling_pass(&p, 1000);
        first = hear_told(p.recipient);
    }
    CHECK_U64(foreign_at(p.recipient->link), UINT64_MAX);
    scene_send_many(p.sender, 1);
    for (unsigned i = 0; i < 30 && second == NULL; i++) {
        telling_pass(&p, 1000);
        second = hear_told(p.recipient);
    }
    CHECK_U64(read_told(&p, second), 2);
    CHECK(first != NULL && second != NULL && second->at_ms >= first->at_ms + FOREIGN_TELL_MS);
    pair_end(&p);
}

static void one_log_is_told_at_most_every_ten_seconds(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    uint64_t last = 0;
    size_t count = 0;
    for (unsigned i = 0; i < 100; i++) {
        telling_grow(&p);
        telling_pass(&p, 1000);
        const struct heard *h = hear_told(p.recipient);
        if (h == NULL)
            continue;
        CHECK(++count == 1 || h->at_ms >= last + FOREIGN_TELL_MS);
        CHECK(read_told(&p, h) > 0);
        last = h->at_ms;
    }
    CHECK(count >= 4 && count <= 10);
    pair_end(&p);
}

static void what_the_party_names_is_not_told(void)
{
    struct pair p = telling_begin();
    struct arena *arena = arena_new((size_t)1 << 20);
    struct peer_checkpoint kept = telling_kept(p.xc, arena, WORLD_ORIGIN);
    struct known_checkpoint known = {kept.origin, kept.size, digest_slice(&kept.root)};
    struct client *knows = client_connect(p.xc, "XC-POL-01");
    struct frame hello = client_hello(knows);
    hello.as.hello.checkpoints = &known;
    hello.as.hello.checkpoints_count = 1;
    client_give(knows, &hello);
    CHECK(client_hear(knows, FRAME_WELCOME) != NULL);
    pass_seconds(&p, 40);
    CHECK(hear_told(knows) == NULL);
    CHECK(hear_told(p.recipient) != NULL);
    telling_grow(&p);
    pass_seconds(&p, 40);
    CHECK_U64(read_told(&p, hear_told(knows)), 2);
    arena_free(arena);
    pair_end(&p);
}

/* Told is the newest step alone; how one comes there, the gateway is asked. */
static void over_a_gap_lead_the_steps(void)
{
    struct pair p = telling_begin();
    struct arena *arena = arena_new((size_t)1 << 20);
    struct peer_checkpoint known = telling_kept(p.xc, arena, WORLD_ORIGIN);
    struct digest root = known.root;
    uint64_t size = known.size;
    for (unsigned i = 0; i < 3; i++) {
        telling_grow(&p);
        telling_step(&p);
    }
    struct client *late = client_dial(p.xc, "XC-POL-01");
    pass_seconds(&p, 40);
    const struct heard *h = hear_told(late);
    CHECK_U64(read_told(&p, h), 4);
    CHECK(h != NULL && h->frame.as.checkpoint.old_size == 3);
    const struct heard *steps = client_ask(
        late, &(struct query_args){
                  .what = QUERY_STEPS, .origin = known.origin, .old_size = size, .limit = 100});
    for (size_t i = 0; CHECK(steps != NULL) && i < steps->frame.as.answer.rows.count; i++) {
        struct steps_row row;
        CHECK_OK(steps_row_parse(arena, steps->frame.as.answer.rows.at[i], &row));
        struct digest next = digest_read(row.root);
        CHECK(row.old_size == size &&
              merkle_consistent(row.old_size, row.size, &root, &next, row.path));
        size = row.size;
        root = next;
    }
    CHECK_U64(size, 4);
    arena_free(arena);
    pair_end(&p);
}

/* Steps of many foreign logs, as if as many gateways had links to XC. */
static void keep_many_logs(struct pair *p)
{
    struct exchange *x = p->xc->exchange;
    uint64_t results = p->xc->results;
    x->foreign = realloc(x->foreign, (x->foreign_count + LOGS) * sizeof *x->foreign);
    CHECK(x->foreign != NULL);
    for (unsigned i = 0; i < LOGS && x->foreign != NULL; i++) {
        struct foreign_log *log = &x->foreign[x->foreign_count++];
        *log = (struct foreign_log){.is_stale = true};
        snprintf(log->origin, sizeof log->origin, "gw-%02u.comity.example/log", i);
        struct posting posting = {
            .kind = POSTING_CHECKPOINT,
            .at_ms = p->xc->now.wall_ms,
            .peer = {.origin = slice_text(log->origin), .size = 1, .note = slice_text("a note")},
            .owner = p->xc->mailbox};
        CHECK_OK(journal_post(p->xc->journal, &posting, x->settings.done));
    }
    CHECK(world_await_results(p->xc, results + LOGS));
    foreign_changed(x, (struct slice){0}, p->xc->now);
}

static size_t unread_told(struct client *c)
{
    size_t count = 0;
    while (hear_told(c) != NULL)
        count++;
    return count;
}

/* However many logs there are, one turn reads few of them, and who says nothing gets few. */
static void many_logs_are_told_in_turns(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    keep_many_logs(&p);
    struct client *reader = client_dial(p.xc, "XC-POL-01");
    struct frame ping = {.kind = FRAME_PING};
    pass_seconds(&p, 9);
    size_t most = 0, all = 0;
    for (unsigned i = 0; i < 10; i++) {
        telling_pass(&p, 1000);
        client_give(reader, &ping); /* it is there */
        size_t count = unread_told(reader);
        most = count > most ? count : most;
        all += count;
    }
    CHECK_U64(most, FOREIGN_TURN);
    CHECK(all >= LOGS);
    CHECK_U64(unread_told(p.recipient), FOREIGN_UNHEARD);
    pass_seconds(&p, 60); /* it answers PING */
    CHECK(unread_told(p.recipient) >= LOGS - FOREIGN_UNHEARD);
    pair_end(&p);
}

static size_t stale_logs(const struct exchange *x)
{
    size_t count = 0;
    for (size_t i = 0; i < x->foreign_count; i++)
        count += x->foreign[i].is_stale;
    return count;
}

/* Also where there turns out to be nothing to tell. */
static void few_logs_are_read_in_one_turn(void)
{
    struct pair p = pair_new(&(struct pair_settings){0});
    keep_many_logs(&p);
    pass_seconds(&p, 100);
    CHECK_U64(stale_logs(p.xc->exchange), 0);
    (void)unread_told(p.recipient);
    foreign_changed(p.xc->exchange, (struct slice){0}, p.xc->now);
    size_t most = 0, before = stale_logs(p.xc->exchange);
    CHECK(before > LOGS);
    for (unsigned i = 0; i < 30; i++) {
        telling_pass(&p, 1000);
        size_t after = stale_logs(p.xc->exchange);
        most = before - after > most ? before - after : most;
        before = after;
    }
    CHECK_U64(most, FOREIGN_TURN);
    CHECK_U64(before, 0);
    CHECK_U64(unread_told(p.recipient), 0);
    pair_end(&p);
}

TESTS(told,
      {"a party that waits hears of the other log", a_party_that_waits_hears_of_the_other_log},
      {"what comes soon after waits for its time", what_comes_soon_after_waits_for_its_time},
      {"one log is told at most every ten seconds", one_log_is_told_at_most_every_ten_seconds},
      {"what the party names is not told", what_the_party_names_is_not_told},
      {"over a gap lead the steps", over_a_gap_lead_the_steps},
      {"many logs are told in turns", many_logs_are_told_in_turns},
      {"few logs are read in one turn", few_logs_are_read_in_one_turn})
