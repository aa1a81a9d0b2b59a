#include "foreign.h"
#include "watch.h"

/* Messages to a peer gateway, and what is due of any when nothing more is heard. */

#define DAY_MS 86400000ULL

static void post(struct desk *s, const struct posting *posting)
{
    CHECK_OK(post_status(&s->f, posting));
}

/* ---- to a peer ---- */

static void release_number(struct desk *s, const struct message_key *key, uint64_t *ret_number)
{
    struct delivery d;
    struct release release = {0};
    CHECK_OK(journal_fetch(s->reader, s->a, key, 0, &d));
    CHECK_OK(release_parse(s->a, d.release, &release));
    *ret_number = release.number;
}

static void a_box_counts_its_own_deliveries_and_a_peer_gets_no_numbers(void)
{
    struct desk s;
    struct letter l;
    struct delivery d;
    uint64_t number = 99;
    desk_begin(&s);
    for (uint64_t n = 1; n <= 4; n++) { /* to a peer and to a party in turns, in one thread */
        if (n % 2 == 1)
            letter_out(&l, n);
        else
            letter_write(&l, n, 1);
        post(&s, &l.posting);
        const struct message_key key = letter_key(&l);
        release_number(&s, &key, &number);
        CHECK_U64(number, n % 2 == 1 ? 0 : n / 2);
        CHECK_OK(journal_fetch(s.reader, s.a, &key, 0, &d));
        CHECK_U64(d.delivery_number, (n + 1) / 2);
        CHECK_BYTES(d.box, slice_text(n % 2 == 1 ? "XC-GW-01" : "XC-CA-01"));
    }
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 2);
    CHECK_U64(desk_undelivered(&s, "XC-CA-01"), 2);
    desk_end(&s);
}

static void a_thousand_letters_for_a_dead_peer_are_read_in_pages(void)
{
    enum { COUNT = 1000 };
    struct desk s;
    struct collector c;
    struct journal_page page = {.party = slice_text("XC-GW-01"), .limit = COUNT};
    uint64_t seen = 0, arenas = 0;
    size_t count = 1;
    desk_begin(&s);
    collector_make(&c);
    for (uint64_t n = 1; n <= COUNT; n++) {
        struct letter l;
        letter_out(&l, n);
        l.posting.owner = &c;
        CHECK_OK(journal_post(s.f.journal, &l.posting, collector_done));
    }
    results_free(collector_take(&c, COUNT));
    collector_free(&c);
    for (; count > 0; arenas++) {
        struct delivery *rows = NULL;
        struct arena *a = arena_new(256 << 10); /* a page fits, all do not */
        CHECK_OK(journal_undelivered(s.reader, a, &page, &rows, &count));
        CHECK(count <= 100);
        for (size_t i = 0; i < count; i++)
            CHECK_U64(rows[i].delivery_number, ++seen);
        page.after = seen;
        arena_free(a);
    }
    CHECK_U64(seen, COUNT);
    CHECK_U64(arenas, COUNT / 100 + 1);
    desk_end(&s);
}

static void only_failures_are_our_own_stages_of_what_goes_to_a_peer(void)
{
    static const struct {
        enum stage stage;
        bool refused;
    } steps[] = {
        {STAGE_RELAYED, true},       {STAGE_DELIVERED, true},    {STAGE_RETRIEVED, true},
        {STAGE_NOT_RETRIEVED, true}, {STAGE_NOT_RELAYED, false}, {STAGE_NOT_DELIVERED, true},
    };
    struct desk s;
    struct letter l;
    struct notice *notices;
    struct proved proved;
    desk_begin(&s);
    letter_out(&l, 1);
    post(&s, &l.posting);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        letter_stage(&l, steps[i].stage);
        l.posting.outer.code = slice_text("E_SCHEMA");
        CHECK_STATUS(post_status(&s.f, &l.posting), steps[i].refused ? REFUSE(QUERY_UNKNOWN) : OK);
    }
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 0); /* nothing waits behind it */
    if (CHECK_U64(desk_notices(&s, "XA-CA-01", 0, &notices), 1) &&
        proves(&s.f, s.a, notices[0].receipt, &proved)) {
        CHECK_U64(proved.outer.stage, STAGE_NOT_RELAYED);
        CHECK_U64(proved.outer.hop, 1);
        CHECK_BYTES(proved.outer.code, slice_text("E_SCHEMA"));
    }
    desk_end(&s);
}

/* ---- what is due ---- */

struct due_case {
    void (*make)(struct letter *l, uint64_t n);
    bool held;
    enum stage before; /* of an own stage that went before; none */
    bool remote;       /* or of a peer's */
    enum stage due;
    uint64_t after_ms; /* the creation */
};

static void letter_home(struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
}

static const struct due_case due_cases[] = {
    {letter_home, false, STAGE_NONE, false, STAGE_NOT_DELIVERED, DAY_MS},
    {letter_home, true, STAGE_NONE, false, STAGE_NONE, 0},
    {letter_home, false, STAGE_DELIVERED, false, STAGE_NOT_RETRIEVED, DAY_MS},
    {letter_home, false, STAGE_RETRIEVED, false, STAGE_NONE, 0},
    {letter_out, false, STAGE_NONE, false, STAGE_NOT_RELAYED, DAY_MS},
    {letter_out, false, STAGE_RELAYED, true, STAGE_NOT_DELIVERED, 2 * DAY_MS},
    {letter_out, false, STAGE_DELIVERED, true, STAGE_NONE, 0},
    {letter_out, false, STAGE_NOT_DELIVERED, true, STAGE_NONE, 0},
    {letter_out, false, STAGE_NOT_RELAYED, false, STAGE_NONE, 0},
    {letter_in, false, STAGE_NONE, false, STAGE_NOT_DELIVERED, DAY_MS},
    {letter_in, true, STAGE_NONE, false, STAGE_NOT_DELIVERED, DAY_MS},
    {letter_in, false, STAGE_DELIVERED, false, STAGE_NOT_RETRIEVED, DAY_MS},
    {letter_in, false, STAGE_RETRIEVED, false, STAGE_NONE, 0},
};

static enum stage due_at(struct desk *s, uint64_t time_ms, struct message_key *ret_key)
{
    struct delivery *rows;
    size_t count = 99;
    CHECK_OK(journal_overdue(s->reader, s->a, time_ms, 10, &rows, &count));
    CHECK(count <= 1);
    if (count == 0)
        return STAGE_NONE;
    CHECK(rows[0].box.length > 0);
    *ret_key = rows[0].key;
    return rows[0].due;
}

static void check_due(struct desk *s, uint64_t n, const struct due_case *c)
{
    struct letter l;
    struct message_key key = {0};
    c->make(&l, n);
    if (c->held)
        letter_turn(&l, POSTING_HOLD, "E_HELD");
    post(s, &l.posting);
    if (c->before != STAGE_NONE && c->remote)
        letter_remote(&l, c->before, "a receipt");
    else if (c->before != STAGE_NONE)
        letter_stage(&l, c->before);
    if (c->before != STAGE_NONE)
        post(s, &l.posting);
    CHECK_U64(due_at(s, T0 + c->after_ms, &key), STAGE_NONE);
    CHECK_U64(due_at(s, T0 + 3 * DAY_MS, &key), c->due);
    if (c->due == STAGE_NONE)
        return;
    CHECK_U64(due_at(s, T0 + c->after_ms + 1, &key), c->due);
    CHECK_BYTES(key.id, slice_over(l.id, 16));
    letter_stage(&l, c->due);
    post(s, &l.posting);
    CHECK_U64(due_at(s, T0 + 3 * DAY_MS, &key), STAGE_NONE);
}

static void what_is_due_depends_on_the_way_of_a_letter(void)
{
    struct desk s;
    desk_begin(&s);
    for (size_t i = 0; i < sizeof due_cases / sizeof due_cases[0]; i++)
        check_due(&s, i + 1, &due_cases[i]);
    desk_end(&s);
}

/* ---- decided again ---- */

/* The letter under another decision, which replaces the entry. */
static void letter_again(struct letter *l, uint64_t n, uint64_t entry)
{
    letter_out(l, n);
    l->posting.inner.has_related = true;
    l->posting.inner.related = entry;
    l->posting.message.body = slice_text("narrower");
    l->posting.message.local = slice_text("wider");
}

static void check_kept(struct desk *s, const struct message_key *key, uint64_t entry,
                       const char *local)
{
    struct kept kept = {0};
    CHECK_OK(journal_kept(s->reader, s->a, key, &kept));
    CHECK_U64(kept.entry, entry);
    CHECK_BYTES(kept.local, slice_text(local));
}

static void what_is_decided_again_keeps_its_place_in_a_peers_box(void)
{
    struct desk s;
    struct letter first, second;
    struct delivery d;
    uint64_t number = 99;
    desk_begin(&s);
    letter_out(&first, 1);
    first.posting.message.local = slice_text("at home");
    post(&s, &first.posting);
    letter_out(&second, 2);
    post(&s, &second.posting);
    const struct message_key key = letter_key(&first);
    check_kept(&s, &key, 1, "at home");
    letter_again(&first, 1, 1);
    struct journal_result *r = post_one(&s.f, &first.posting);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->index, 3);
    journal_result_free(r);
    CHECK_OK(journal_fetch(s.reader, s.a, &key, 0, &d));
    CHECK_BYTES(d.body, slice_text("narrower"));
    CHECK_U64(d.delivery_number, 1);
    check_kept(&s, &key, 3, "wider");
    release_number(&s, &key, &number);
    CHECK_U64(number, 0);
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 2);
    first.posting.message.box = slice_text("XC-CA-01"); /* it has come home */
    first.posting.inner.related = 3;
    post(&s, &first.posting);
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 1);
    CHECK_U64(desk_undelivered(&s, "XC-CA-01"), 1);
    release_number(&s, &key, &number);
    CHECK_U64(number, 1);
    first.posting.message.box = slice_text("XC-GW-01"); /* and goes abroad again */
    first.posting.inner.related = 4;
    post(&s, &first.posting);
    release_number(&s, &key, &number);
    CHECK_U64(number, 0);
    desk_end(&s);
}

static void a_hold_can_replace_a_disclosure(void)
{
    struct desk s;
    struct letter l;
    struct seen seen;
    struct delivery d;
    struct kept kept;
    struct message_key key;
    desk_begin(&s);
    letter_out(&l, 1);
    post(&s, &l.posting);
    letter_turn(&l, POSTING_HOLD, "E_HELD"); /* does not say what it replaces */
    struct journal_result *r = post_one(&s.f, &l.posting);
    CHECK(r->repeated);
    CHECK_U64(r->kind, POSTING_DISCLOSURE);
    journal_result_free(r);
    letter_again(&l, 1, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    r = post_one(&s.f, &l.posting);
    CHECK_OK(r->status);
    CHECK(!r->repeated);
    CHECK_U64(r->kind, POSTING_HOLD);
    CHECK_U64(r->index, 2);
    journal_result_free(r);
    key = letter_key(&l);
    CHECK_OK(journal_seen(s.reader, s.a, &key, 0, &seen));
    CHECK_U64(seen.kind, ENTRY_HOLD);
    CHECK_BYTES(seen.code, slice_text("E_HELD"));
    CHECK_STATUS(journal_fetch(s.reader, s.a, &key, 0, &d), FAIL(ABSENT));
    CHECK_STATUS(journal_kept(s.reader, s.a, &key, &kept), FAIL(ABSENT));
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 0);
    /* it was accepted: what becomes of it is said in the end */
    CHECK_U64(due_at(&s, T0 + 3 * DAY_MS, &key), STAGE_NOT_RELAYED);
    letter_again(&l, 1, 2); /* and is lifted */
    post(&s, &l.posting);
    CHECK_U64(desk_undelivered(&s, "XC-GW-01"), 1);
    desk_end(&s);
}

/* A worker that has not taken the rulebook in force yet sees the decision of one that has. */
static void nothing_is_decided_again_by_another_rulebook_than_that_in_force(void)
{
    const struct digest second = {{2}};
    struct desk s;
    struct letter l;
    desk_begin(&s);
    letter_out(&l, 1);
    l.posting.message.local = slice_text("at home");
    post(&s, &l.posting);
    CHECK_OK(journal_law(s.f.journal, &second, (struct slice){0}, T0 + 1));
    letter_again(&l, 1, 1);
    struct journal_result *r = post_one(&s.f, &l.posting);
    CHECK_STATUS(r->status, FAIL(FULL));
    journal_result_free(r);
    const struct message_key key = letter_key(&l);
    check_kept(&s, &key, 1, "at home");
    l.posting.outer.rulebook = digest_slice(&second);
    post(&s, &l.posting);
    check_kept(&s, &key, 3, "wider"); /* behind the rulebook's own entry */
    letter_out(&l, 2);                /* nobody has decided about it yet */
    post(&s, &l.posting);
    desk_end(&s);
}

static void what_a_peer_has_taken_is_not_decided_again(void)
{
    struct desk s;
    struct letter l;
    desk_begin(&s);
    letter_out(&l, 1);
    post(&s, &l.posting);
    letter_remote(&l, STAGE_RELAYED, "a receipt");
    post(&s, &l.posting);
    letter_again(&l, 1, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    struct journal_result *r = post_one(&s.f, &l.posting);
    CHECK_OK(r->status);
    CHECK(r->repeated);
    CHECK_U64(r->kind, POSTING_DISCLOSURE);
    CHECK_U64(r->index, 1);
    journal_result_free(r);
    desk_end(&s);
}

TESTS(journal_outward,
      {"a box counts its own deliveries and a peer gets no numbers",
       a_box_counts_its_own_deliveries_and_a_peer_gets_no_numbers},
      {"a thousand letters for a dead peer are read in pages",
       a_thousand_letters_for_a_dead_peer_are_read_in_pages},
      {"only failures are our own stages of what goes to a peer",
       only_failures_are_our_own_stages_of_what_goes_to_a_peer},
      {"what is due depends on the way of a letter", what_is_due_depends_on_the_way_of_a_letter},
      {"what is decided again keeps its place in a peer's box",
       what_is_decided_again_keeps_its_place_in_a_peers_box},
      {"a hold can replace a disclosure", a_hold_can_replace_a_disclosure},
      {"nothing is decided again by another rulebook than that in force",
       nothing_is_decided_again_by_another_rulebook_than_that_in_force},
      {"what a peer has taken is not decided again", what_a_peer_has_taken_is_not_decided_again})
