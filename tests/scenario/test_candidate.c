/* A candidate is asked beside the rulebook in force: what it says is counted, and nothing else that
 * anybody gets or keeps is other than without it. */

#include "exchange/candidate.h"

#include "scenario/story.h"
#include "support/small_rulebook.h"
#include "support/world_parts.h"

#define LETTERS 2U

static const char forbids[] = PAIR_RULES(" forbid \"T-21 identities\"\n"
                                         "  fields tag.identity\n"
                                         "  notice silent\n  basis \"test\"\n");
static const char holds[] = PAIR_RULES(PAIR_HOLDS);
static const char refuses[] = PAIR_RULES(PAIR_REFUSES);

static void propose(struct world *w, struct rulebook *rulebook)
{
    struct candidate *candidate = candidate_new(rulebook, &w->rulebook->digest);
    world_need(candidate != NULL, "candidate");
    snapshot_propose(w->snapshot, candidate);
}

/* The rulebook of the world with these rules besides. */
static void propose_rules(struct world *w, const char *rules)
{
    struct objects *objects = NULL;
    struct key *key = world_log_key(WORLD_GATEWAY);
    const struct rulebook_wanted wanted = {
        .log_key = key, .apart = w->settings.apart, .law = w->settings.law, .rules = rules};
    propose(w, world_rulebook_of(&wanted, &objects));
    objects_free(objects);
    key_free(key);
}

static struct candidate_counts counts_of(const struct world *w)
{
    struct candidate_counts counts;
    candidate_read(snapshot_candidate(w->snapshot), &counts);
    return counts;
}

static uint64_t sum(const uint64_t counts[static CATEGORY_COUNT])
{
    uint64_t all = 0;
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        all += counts[i];
    return all;
}

static struct world *home(void)
{
    return world_new(&(struct world_settings){0});
}

static void what_it_would_hide_is_counted_by_category(void)
{
    struct world *w = home();
    propose_rules(w, forbids);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    const struct candidate_counts c = counts_of(w);
    CHECK_U64(c.compared, 1);
    CHECK_U64(c.skipped, 0);
    CHECK_U64(c.outcomes[OUTCOME_DELIVER][OUTCOME_DELIVER], 1);
    CHECK(c.narrower[CATEGORY_ID] > 0);
    CHECK_U64(sum(c.narrower), c.narrower[CATEGORY_ID]);
    CHECK_U64(sum(c.wider), 0);
    letter_free(letter);
    world_free(w);
}

static void what_it_would_show_is_counted_by_category(void)
{
    struct world *w = world_new(&(struct world_settings){.rules = forbids});
    propose_rules(w, NULL);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    const struct candidate_counts c = counts_of(w);
    CHECK(c.wider[CATEGORY_ID] > 0);
    CHECK_U64(sum(c.narrower), 0);
    letter_free(letter);
    world_free(w);
}

static void the_same_rulebook_differs_in_nothing(void)
{
    struct world *w = home();
    propose_rules(w, NULL);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letters[] = {a3_letter(w), held_letter(w), plain_letter(w)};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        CHECK(client_submit(xa, &letters[i]->submit) != NULL);
        letter_free(letters[i]);
    }
    const struct candidate_counts c = counts_of(w);
    CHECK_U64(c.compared, 3);
    CHECK_U64(c.outcomes[OUTCOME_DELIVER][OUTCOME_DELIVER], 2);
    CHECK_U64(c.outcomes[OUTCOME_HOLD][OUTCOME_HOLD], 1);
    CHECK_U64(sum(c.narrower) + sum(c.wider), 0);
    world_free(w);
}

static void outcomes_that_differ_are_counted(void)
{
    const struct {
        const char *in_force, *candidate;
        enum outcome first, second;
    } rows[] = {
        {NULL, holds, OUTCOME_DELIVER, OUTCOME_HOLD},
        {NULL, refuses, OUTCOME_DELIVER, OUTCOME_REFUSE},
        {holds, refuses, OUTCOME_HOLD, OUTCOME_REFUSE},
        {refuses, NULL, OUTCOME_REFUSE, OUTCOME_DELIVER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = world_new(&(struct world_settings){.rules = rows[i].in_force});
        propose_rules(w, rows[i].candidate);
        struct client *xa = client_dial(w, "XA-CA-01");
        struct letter *letter = plain_letter(w);
        CHECK(client_submit(xa, &letter->submit) != NULL);
        const struct candidate_counts c = counts_of(w);
        CHECK_U64(c.compared, 1);
        CHECK_U64(c.outcomes[rows[i].first][rows[i].second], 1);
        letter_free(letter);
        world_free(w);
    }
}

static void a_message_that_it_does_not_know_counts_as_refused(void)
{
    struct text_error wrong;
    struct rulebook *small = NULL;
    struct arena *arena = arena_new(1U << 20);
    struct text_files files = small_rulebook(arena, 9, 9, "");
    CHECK_OK(rulebook_parse(&files, &small, &wrong));
    struct world *w = home();
    propose(w, small);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(counts_of(w).outcomes[OUTCOME_DELIVER][OUTCOME_REFUSE], 1);
    letter_free(letter);
    world_free(w);
    arena_free(arena);
}

/* Only what is decided, and once. */
static void neither_dry_runs_nor_repetitions_are_traffic(void)
{
    struct world *w = home();
    propose_rules(w, holds);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    letter->submit.flags = SUBMIT_DRY_RUN;
    CHECK(client_submit(xa, &letter->submit) != NULL);
    CHECK_U64(counts_of(w).compared, 0);
    letter->submit.flags = 0;
    CHECK(scene_send(xa, letter) != NULL);
    CHECK(scene_send(xa, letter) != NULL);
    CHECK_U64(counts_of(w).compared, 1);
    letter_free(letter);
    world_free(w);
}

static void what_a_peer_brings_is_compared_too(void)
{
    struct pair p = pair_new(&(struct pair_settings){.xa_law = 1, .xc_law = 1});
    propose_rules(p.xc, forbids);
    struct letter *letter = pair_send(&p);
    CHECK(pair_delivery(&p, letter) != 0);
    const struct candidate_counts c = counts_of(p.xc);
    CHECK_U64(c.compared, 1);
    CHECK_U64(c.outcomes[OUTCOME_DELIVER][OUTCOME_DELIVER], 1);
    CHECK(c.narrower[CATEGORY_ID] > 0);
    letter_free(letter);
    pair_end(&p);
}

static void new_revocation_lists_leave_the_counts(void)
{
    struct world *w = home();
    propose_rules(w, holds);
    struct client *xa = client_dial(w, "XA-CA-01");
    struct letter *letter = plain_letter(w);
    CHECK(scene_send(xa, letter) != NULL);
    world_revoke(w, "XA-POL-01", w->now.wall_ms);
    CHECK_U64(counts_of(w).compared, 1);
    letter_free(letter);
    world_free(w);
}

/* ---- the same with it and without ---- */

static struct story *tell(const char *candidate, struct letter *const letters[LETTERS])
{
    struct story *s = story_new(NULL, false);
    if (candidate != NULL) {
        propose_rules(s->pair.xa, candidate);
        propose_rules(s->pair.xc, candidate);
    }
    trunk_dial(s->pair.trunk);
    for (size_t i = 0; i < LETTERS; i++) {
        CHECK(client_submit(s->pair.sender, &letters[i]->submit) != NULL);
        pair_settle(&s->pair);
    }
    if (candidate != NULL) {
        CHECK_U64(counts_of(s->pair.xa).compared, LETTERS);
        CHECK_U64(counts_of(s->pair.xc).compared, 1);
    }
    story_finish(s);
    return s;
}

static const struct deliver *delivery_of(const struct client *c)
{
    const struct heard *h = c->heard;
    while (h != NULL && h->frame.kind != FRAME_DELIVER)
        h = h->next;
    return h == NULL ? NULL : &h->frame.as.deliver;
}

/* The only one each has got: what an entry draws for itself is fresh in every journal, so that only
 * what does not hold an entry's digest can be the same to the octet. */
static void check_same_delivery(const struct client *one, const struct client *two)
{
    const struct deliver *a = delivery_of(one), *b = delivery_of(two);
    if (!CHECK(a != NULL) || !CHECK(b != NULL))
        return;
    CHECK_BYTES(a->message_raw, b->message_raw);
    CHECK_BYTES(a->releases.at[0], b->releases.at[0]);
    CHECK_U64(a->releases.count, b->releases.count);
    CHECK_U64(a->derived.count, b->derived.count);
}

/* One message is delivered and one is held. Receipts prove the entries, which name the releases. */
static void entries_releases_receipts_and_bodies_are_the_same(void)
{
    const char *candidates[] = {forbids, holds, refuses};
    struct world *desk = world_new(&(struct world_settings){.apart = true});
    struct letter *letters[LETTERS] = {plain_letter(desk), held_letter(desk)};
    struct story *without = tell(NULL, letters);
    CHECK(slice_holds(buffer_slice(&without->recipient.text), slice_text("/dob")));
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        struct story *with = tell(candidates[i], letters);
        story_same_at_peer(without, with);
        story_same_at_sender(without, with);
        check_same_delivery(without->pair.recipient, with->pair.recipient);
        story_free(with);
    }
    story_free(without);
    for (size_t i = 0; i < LETTERS; i++)
        letter_free(letters[i]);
    world_free(desk);
}

TESTS(candidate,
      {"what it would hide is counted by category", what_it_would_hide_is_counted_by_category},
      {"what it would show is counted by category", what_it_would_show_is_counted_by_category},
      {"the same rulebook differs in nothing", the_same_rulebook_differs_in_nothing},
      {"outcomes that differ are counted", outcomes_that_differ_are_counted},
      {"a message that it does not know counts as refused",
       a_message_that_it_does_not_know_counts_as_refused},
      {"neither dry runs nor repetitions are traffic",
       neither_dry_runs_nor_repetitions_are_traffic},
      {"what a peer brings is compared, too", what_a_peer_brings_is_compared_too},
      {"new revocation lists leave the counts", new_revocation_lists_leave_the_counts},
      {"entries, releases, receipts and bodies are the same",
       entries_releases_receipts_and_bodies_are_the_same})
