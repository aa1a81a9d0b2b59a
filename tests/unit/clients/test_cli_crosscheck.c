/* What an archive has of a log, compared with its leaves; and two logs with each other. */

#include <stdlib.h>
#include <string.h>

#include "comity/crosscheck/crosscheck.h"
#include "comity/crosscheck/pairs.h"
#include "support/check.h"

#define LOG_SIZE 8

/* ---- receipts ---- */

static struct digest leaf_of(uint64_t number)
{
    return digest_plain(slice_over(&number, sizeof number));
}

/* A log of these leaves, of which every third has a receipt: 1, 4, 7, under a checkpoint of all. */
struct story {
    struct crosscheck_log log;
    struct digest root; /* of the log as it was */
    struct digest now;  /* as it is */
};

static void story_begin(struct story *s)
{
    struct merkle_edge edge = {0};
    *s = (struct story){.log = {.origin = "log"}};
    for (uint64_t i = 0; i < LOG_SIZE; i++) {
        struct digest leaf = leaf_of(i);
        merkle_append(&edge, &leaf);
        if (i % 3 == 1) {
            const struct crosscheck_receipt receipt = {.leaf = leaf, .index = i, .id = "id"};
            CHECK_OK(crosscheck_add_receipt(&s->log, &receipt));
        }
    }
    s->root = merkle_root(&edge);
    const struct crosscheck_checkpoint all = {.size = LOG_SIZE, .root = s->root, .id = ""};
    CHECK_OK(crosscheck_add_checkpoint(&s->log, &all));
}

static void story_read(struct story *s, const uint64_t *numbers, size_t count)
{
    struct crosscheck_pass pass;
    CHECK_OK(crosscheck_begin(&s->log, &pass));
    for (size_t i = 0; i < count; i++) {
        struct digest leaf = leaf_of(numbers[i]);
        crosscheck_leaf(&pass, &leaf);
    }
    s->now = crosscheck_end(&pass);
}

/* A number that no leaf had is 99. */
static void receipts_are_judged_by_where_their_leaves_are(void)
{
    static const struct {
        size_t count;
        uint64_t leaves[10];
        enum crosscheck_verdict verdicts[3]; /* of the entries 1, 4 and 7 */
        bool reached, holds;
    } rows[] = {
        {8,
         {0, 1, 2, 3, 4, 5, 6, 7},
         {CROSSCHECK_AGREES, CROSSCHECK_AGREES, CROSSCHECK_AGREES},
         true,
         true},
        {9,
         {0, 1, 2, 3, 4, 5, 6, 7, 8},
         {CROSSCHECK_AGREES, CROSSCHECK_AGREES, CROSSCHECK_AGREES},
         true,
         true},
        {8,
         {0, 1, 2, 3, 5, 6, 7, 8},
         {CROSSCHECK_AGREES, CROSSCHECK_OMITTED, CROSSCHECK_MOVED},
         true,
         false},
        {8,
         {0, 1, 2, 3, 99, 5, 6, 7},
         {CROSSCHECK_AGREES, CROSSCHECK_ALTERED, CROSSCHECK_AGREES},
         true,
         false},
        {8,
         {0, 1, 2, 3, 4, 5, 6, 99},
         {CROSSCHECK_AGREES, CROSSCHECK_AGREES, CROSSCHECK_ALTERED},
         true,
         false},
        {9,
         {0, 1, 2, 3, 4, 5, 6, 7, 4},
         {CROSSCHECK_AGREES, CROSSCHECK_DUPLICATED, CROSSCHECK_AGREES},
         true,
         true},
        {9,
         {0, 1, 1, 2, 3, 4, 5, 6, 7},
         {CROSSCHECK_DUPLICATED, CROSSCHECK_MOVED, CROSSCHECK_MOVED},
         true,
         false},
        {5,
         {0, 1, 2, 3, 4},
         {CROSSCHECK_AGREES, CROSSCHECK_AGREES, CROSSCHECK_BEYOND},
         false,
         false},
        {0, {0}, {CROSSCHECK_BEYOND, CROSSCHECK_BEYOND, CROSSCHECK_BEYOND}, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct story s;
        story_begin(&s);
        story_read(&s, rows[i].leaves, rows[i].count);
        for (size_t k = 0; k < 3; k++)
            CHECK_TEXT(crosscheck_verdict_name(s.log.receipts[k].verdict),
                       crosscheck_verdict_name(rows[i].verdicts[k]));
        CHECK_U64(s.log.checkpoints[0].reached, rows[i].reached);
        CHECK_U64(s.log.checkpoints[0].holds, rows[i].holds);
        crosscheck_log_done(&s.log);
    }
}

static void the_root_is_that_of_all_leaves(void)
{
    static const uint64_t leaves[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct story s;
    story_begin(&s);
    story_read(&s, leaves, LOG_SIZE);
    CHECK(digest_equal(&s.now, digest_slice(&s.root)));
    story_read(&s, leaves, LOG_SIZE - 1);
    CHECK(!digest_equal(&s.now, digest_slice(&s.root)));
    crosscheck_log_done(&s.log);
}

static void the_same_is_judged_once(void)
{
    static const uint64_t leaves[] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct story s;
    story_begin(&s);
    const struct crosscheck_receipt again = {.leaf = leaf_of(4), .index = 4, .id = "id"};
    const struct crosscheck_checkpoint all = {.size = LOG_SIZE, .root = s.root, .id = "later"};
    const struct crosscheck_checkpoint other = {.size = LOG_SIZE, .root = leaf_of(1), .id = "x"};
    CHECK_OK(crosscheck_add_receipt(&s.log, &again));
    CHECK_OK(crosscheck_add_checkpoint(&s.log, &all));
    CHECK_OK(crosscheck_add_checkpoint(&s.log, &other));
    story_read(&s, leaves, LOG_SIZE);
    CHECK_U64(s.log.receipt_count, 3);
    CHECK_U64(crosscheck_count(&s.log, CROSSCHECK_AGREES), 3);
    if (CHECK_U64(s.log.checkpoint_count, 2)) {
        size_t held = s.log.checkpoints[0].holds ? 0 : 1;
        CHECK(s.log.checkpoints[held].holds);
        CHECK_TEXT(s.log.checkpoints[held].id, ""); /* the one that was kept stands for both */
        CHECK(s.log.checkpoints[1 - held].reached && !s.log.checkpoints[1 - held].holds);
    }
    CHECK_U64(crosscheck_log_size(&s.log), LOG_SIZE);
    crosscheck_log_done(&s.log);
}

/* ---- two logs ---- */

static struct crosscheck_fact fact(enum crosscheck_side side, enum crosscheck_event event,
                                   uint64_t index)
{
    return (struct crosscheck_fact){.id = {1},
                                    .from = "XA-CA-01",
                                    .to = "XC-CA-01",
                                    .side = side,
                                    .event = event,
                                    .index = index,
                                    .time_ms = 1000 + index};
}

#define GONE   fact(SIDE_HERE, EVENT_LET_GO, 1)
#define STAYED fact(SIDE_HERE, EVENT_STAYED, 2)
#define TAKEN  fact(SIDE_OTHER, EVENT_TAKEN_OVER, 1)
#define PASSED fact(SIDE_OTHER, EVENT_PASSED_ON, 2)
#define HELD   fact(SIDE_OTHER, EVENT_HELD, 2)

static enum crosscheck_outcome outcome_of(const struct crosscheck_fact *facts, size_t count,
                                          uint64_t other_ends_ms)
{
    const struct crosscheck_end ends[2] = {{5000, 1}, {other_ends_ms, 1}};
    const struct crosscheck_fact *shown = NULL;
    enum crosscheck_outcome outcome = crosscheck_pair(facts, count, ends, &shown);
    CHECK(shown != NULL);
    return outcome;
}

static void what_is_let_go_is_taken_over_once(void)
{
    struct crosscheck_fact later = PASSED, twice = PASSED;
    later.index = 9;
    later.has_related = true;
    later.related = 2;
    twice.index = 9;
    const struct {
        size_t count;
        struct crosscheck_fact facts[4];
        enum crosscheck_outcome outcome;
    } rows[] = {
        {3, {GONE, TAKEN, PASSED}, PAIR_AGREES},
        {3, {GONE, TAKEN, HELD}, PAIR_AGREES},
        {4, {GONE, TAKEN, PASSED, later}, PAIR_AGREES},
        {4, {GONE, TAKEN, PASSED, twice}, PAIR_TWICE},
        {2, {GONE, TAKEN}, PAIR_UNDECIDED},
        {1, {GONE}, PAIR_NOT_TAKEN},
        {2, {GONE, STAYED}, PAIR_REFUSED},
        {1, {STAYED}, PAIR_REFUSED},
        {2, {TAKEN, PASSED}, PAIR_NOT_LET_GO},
        {3, {GONE, fact(SIDE_HERE, EVENT_LET_GO, 3), TAKEN}, PAIR_TWICE},
        {3, {GONE, TAKEN, fact(SIDE_OTHER, EVENT_TAKEN_OVER, 3)}, PAIR_TWICE},
        {4, {GONE, fact(SIDE_HERE, EVENT_REVEALING, 3), TAKEN, PASSED}, PAIR_REVEALED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_U64(outcome_of(rows[i].facts, rows[i].count, 5000), rows[i].outcome);
}

static void another_seal_or_release_is_another_message(void)
{
    struct crosscheck_fact facts[] = {GONE, TAKEN, PASSED};
    facts[1].seal.octets[0] = 1;
    CHECK_U64(outcome_of(facts, 3, 5000), PAIR_OTHER_SEAL);
    facts[1] = TAKEN;
    facts[1].release.octets[0] = 1;
    CHECK_U64(outcome_of(facts, 3, 5000), PAIR_OTHER_SEAL);
    facts[1] = TAKEN;
    facts[2].release.octets[0] = 1; /* hop 2 makes a release of its own */
    CHECK_U64(outcome_of(facts, 3, 5000), PAIR_AGREES);
    facts[2].seal.octets[0] = 1;
    CHECK_U64(outcome_of(facts, 3, 5000), PAIR_OTHER_SEAL);
}

static void what_the_other_log_cannot_say_yet_is_no_finding(void)
{
    struct crosscheck_fact gone = GONE;
    CHECK_U64(outcome_of(&gone, 1, 1000), PAIR_WAITING); /* it ends before */
    CHECK_U64(outcome_of(&gone, 1, 1001), PAIR_NOT_TAKEN);
    gone.confidential = true;
    CHECK_U64(outcome_of(&gone, 1, 5000), PAIR_UNSEEN);
    struct crosscheck_fact taken[] = {TAKEN, PASSED};
    CHECK_U64(outcome_of(taken, 2, 5000), PAIR_NOT_LET_GO);
    taken[1].confidential = true; /* of its stages none says so */
    CHECK_U64(outcome_of(taken, 2, 5000), PAIR_UNSEEN);
}

/* ---- entries ---- */

static struct opened entry_of(enum entry_kind kind, enum stage stage, uint64_t hop)
{
    static const uint8_t id[16] = {7};
    return (struct opened){.has_outer = true,
                           .has_inner = true,
                           .outer = {.kind = kind,
                                     .stage = stage,
                                     .hop = hop,
                                     .id = slice_over(id, sizeof id),
                                     .from = slice_text("XA-CA-01"),
                                     .to = slice_text("XC-CA-01")}};
}

static void entries_are_facts_of_the_log_that_they_stand_in(void)
{
    static const struct {
        enum entry_kind kind;
        enum stage stage;
        uint64_t hop;
        int at_sender, at_recipient; /* -1: nothing */
    } rows[] = {
        {ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1, EVENT_LET_GO, EVENT_PASSED_ON},
        {ENTRY_DISCLOSURE, STAGE_RELAYED, 2, EVENT_REVEALING, EVENT_PASSED_ON},
        {ENTRY_HOLD, STAGE_NONE, 1, EVENT_STAYED, EVENT_HELD},
        {ENTRY_STAGE, STAGE_RELAYED, 2, EVENT_REVEALING, EVENT_TAKEN_OVER},
        {ENTRY_STAGE, STAGE_NOT_RELAYED, 1, EVENT_STAYED, -1},
        {ENTRY_STAGE, STAGE_RETRIEVED, 2, EVENT_REVEALING, -1},
        {ENTRY_ERASURE, STAGE_NONE, 1, -1, -1},
        {ENTRY_LAW, STAGE_NONE, 0, -1, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct crosscheck_fact f = {.event = EVENTS};
        const struct opened opened = entry_of(rows[i].kind, rows[i].stage, rows[i].hop);
        bool there = crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XC", &f);
        CHECK_U64(there ? (uint64_t)f.event : 99,
                  (uint64_t)(rows[i].at_sender < 0 ? 99 : rows[i].at_sender));
        there = crosscheck_fact_of(&opened, 3, SIDE_HERE, "XC", "XA", &f);
        CHECK_U64(there ? (uint64_t)f.event : 99,
                  (uint64_t)(rows[i].at_recipient < 0 ? 99 : rows[i].at_recipient));
        CHECK(!crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XB", &f));
    }
}

static void only_a_gateways_own_decision_may_tell_of_silence(void)
{
    static const struct inner_count silent = {{(const uint8_t *)"HLT", 3}, 1};
    static const struct inner_field field = {.level = {(const uint8_t *)"silent", 6}};
    struct crosscheck_fact f = {.event = EVENTS};
    struct opened opened = entry_of(ENTRY_DISCLOSURE, STAGE_ACCEPTED, 1);
    opened.inner.silent = &silent;
    opened.inner.silent_count = 1;
    CHECK(crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XC", &f));
    CHECK_U64(f.event, EVENT_LET_GO);
    opened.outer.kind = ENTRY_CORRECTION;
    CHECK(crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XC", &f));
    CHECK_U64(f.event, EVENT_REVEALING);
    opened.inner.silent_count = 0;
    CHECK(!crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XC", &f));
    opened.has_closed = true;
    opened.closed.fields = &field;
    opened.closed.field_count = 1;
    CHECK(crosscheck_fact_of(&opened, 3, SIDE_HERE, "XA", "XC", &f));
    CHECK_U64(f.event, EVENT_REVEALING);
}

static void facts_of_one_message_stand_together(void)
{
    struct crosscheck_fact facts[] = {PASSED, TAKEN, GONE, GONE};
    facts[3].id[0] = 0;
    crosscheck_facts_sort(facts, 4);
    CHECK_U64(crosscheck_facts_group(facts, 4), 1);
    CHECK_U64(crosscheck_facts_group(&facts[1], 3), 3);
    CHECK_U64(facts[1].event, EVENT_LET_GO);
    CHECK_U64(facts[3].event, EVENT_PASSED_ON);
}

TESTS(cli_crosscheck,
      {"receipts are judged by where their leaves are",
       receipts_are_judged_by_where_their_leaves_are},
      {"the root is that of all leaves", the_root_is_that_of_all_leaves},
      {"the same is judged once", the_same_is_judged_once},
      {"what is let go is taken over once", what_is_let_go_is_taken_over_once},
      {"another seal or release is another message", another_seal_or_release_is_another_message},
      {"what the other log cannot say yet is no finding",
       what_the_other_log_cannot_say_yet_is_no_finding},
      {"entries are facts of the log that they stand in",
       entries_are_facts_of_the_log_that_they_stand_in},
      {"only a gateway's own decision may tell of silence",
       only_a_gateways_own_decision_may_tell_of_silence},
      {"facts of one message stand together", facts_of_one_message_stand_together})
