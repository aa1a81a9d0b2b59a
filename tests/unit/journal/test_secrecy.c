#include "erasing.h"
#include "opened.h"
#include "watch.h"

/* What is a count to the ministry, because nobody may know of it but those who carry it out. Entry
 * 0 is the start entry. */

static void what_is_confidential_is_counted_by_a_ministry(void)
{
    struct desk d;
    struct letter l;
    struct opened_rows g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    l.posting.inner.confidential = true;
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_stage(&l, STAGE_DELIVERED);
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_write(&l, 2, 2);
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_stage(&l, STAGE_DELIVERED);
    CHECK_OK(post_status(&d.f, &l.posting));
    CHECK_OK(opened_range(&d, 1, 4, false, &g));
    CHECK_U64(g.count, 4);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = opened_row(&g, i);
        CHECK_U64(o.has_outer, i >= 2);
        CHECK_U64(o.has_inner, i >= 2);
        CHECK_U64(g.rows[i].entry.length, ENTRY_BYTES);
    }
    opened_done(&g);
    CHECK_OK(opened_range(&d, 1, 4, true, &g));
    for (size_t i = 0; i < g.count; i++)
        CHECK(opened_row(&g, i).has_closed);
    CHECK(opened_row(&g, 0).inner.confidential);
    opened_done(&g);
    desk_end(&d);
}

/* A message, that it is held, that it is no more, that its octets are erased. */
static void orders_leave(struct desk *d, uint64_t n, uint64_t delivery, bool confidential)
{
    static const enum erasure_act acts[] = {ERASURE_HOLD, ERASURE_LIFT, ERASURE_MESSAGE};
    struct letter l;
    letter_write(&l, n, delivery);
    l.posting.inner.confidential = confidential;
    CHECK_OK(post_status(&d->f, &l.posting));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        CHECK_OK(order_status(&d->f, acts[i], &l, 0));
}

/* The operator's own words stand in them. */
static void an_order_about_what_is_confidential_is_counted(void)
{
    struct desk d;
    struct opened_rows g;
    desk_begin(&d);
    orders_leave(&d, 1, 1, true);
    orders_leave(&d, 2, 2, false);
    CHECK_OK(opened_range(&d, 1, 8, false, &g));
    CHECK_U64(g.count, 8);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = opened_row(&g, i);
        CHECK_U64(o.has_outer, i >= 4);
        CHECK_U64(o.has_inner, i >= 4);
    }
    opened_done(&g);
    CHECK_OK(opened_range(&d, 1, 8, true, &g));
    for (size_t i = 0; i < g.count; i++)
        CHECK(opened_row(&g, i).has_inner);
    CHECK_U64(opened_row(&g, 3).inner.related, 1);
    opened_done(&g);
    desk_end(&d);
}

/* Nobody can tell any more whether the message of such a stage was confidential. */
static void a_stage_whose_message_cannot_be_known_is_counted(void)
{
    struct desk d;
    struct letter l;
    struct opened_rows g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    l.posting.message.expires_ms = T0 + 1000;
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_write(&l, 2, 1);
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_stage(&l, STAGE_RETRIEVED);
    CHECK_OK(post_status(&d.f, &l.posting));
    const struct message_key key = letter_key(&l);
    CHECK_OK(post_status(&d.f, &(struct posting){.kind = POSTING_NOTICE_TAKEN,
                                                 .at_ms = T0,
                                                 .key = key,
                                                 .stage = STAGE_RETRIEVED}));
    CHECK_OK(order_status(&d.f, ERASURE_ENTRY, NULL, 2));
    CHECK_OK(opened_range(&d, 3, 1, false, &g));
    CHECK(!opened_row(&g, 0).has_outer);
    opened_done(&g);
    CHECK_OK(opened_range(&d, 3, 1, true, &g));
    CHECK(opened_row(&g, 0).has_outer);
    opened_done(&g);
    desk_end(&d);
}

static struct posting question(struct letter *l, uint64_t n, uint64_t thread)
{
    letter_write(l, n, thread);
    struct posting p = l->posting;
    p.kind = POSTING_QUESTION;
    p.outer.stage = STAGE_NONE;
    p.thread = p.message.thread;
    p.message = (struct posting_message){0};
    return p;
}

static void post(struct desk *d, const struct posting *p)
{
    CHECK_OK(post_status(&d->f, p));
}

/* As it is refused: nothing is kept of it but its thread. */
static struct posting refusal(struct letter *l, uint64_t n, uint64_t thread)
{
    struct posting p = question(l, n, thread);
    p.kind = POSTING_REFUSAL;
    p.outer.stage = STAGE_REJECTED;
    p.outer.code = slice_text("E_ROLE");
    return p;
}

/* A question, a refusal, a message and its stage in one thread, all before anybody claims it. */
static void thread_fill(struct desk *d, uint64_t n, uint64_t thread)
{
    struct letter l;
    struct posting p = question(&l, n, thread);
    post(d, &p);
    p = refusal(&l, n + 1, thread);
    post(d, &p);
    letter_write(&l, n + 2, thread);
    post(d, &l.posting);
    letter_stage(&l, STAGE_DELIVERED);
    post(d, &l.posting);
}

static void check_range(struct desk *d, uint64_t from, uint64_t count, bool is_given)
{
    for (uint64_t i = from; i < from + count; i++)
        CHECK_U64(opened_to_ministry(d, i), is_given);
}

static void one_message_makes_a_secret_of_its_thread_before_and_after(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    thread_fill(&d, 1, 1);
    thread_fill(&d, 11, 2);
    check_range(&d, 1, 8, true);
    letter_write(&l, 21, 1);
    l.posting.inner.confidential = true;
    post(&d, &l.posting);
    thread_fill(&d, 31, 1);
    thread_fill(&d, 41, 2);
    check_range(&d, 1, 4, false);
    check_range(&d, 5, 4, true); /* another thread */
    check_range(&d, 9, 5, false);
    check_range(&d, 14, 4, true);
    desk_end(&d);
}

static void a_hold_and_a_refusal_claim_it_as_well(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    thread_fill(&d, 1, 1);
    thread_fill(&d, 11, 2);
    letter_write(&l, 21, 1);
    letter_turn(&l, POSTING_HOLD, "E_HELD");
    l.posting.inner.confidential = true;
    post(&d, &l.posting);
    struct posting p = refusal(&l, 22, 2);
    p.inner.confidential = true;
    post(&d, &p);
    check_range(&d, 1, 10, false);
    desk_end(&d);
}

/* Who asks what would become of a message has not sent it, and whoever forges one even less. */
static void a_question_claims_it_for_itself_alone(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    thread_fill(&d, 1, 1);
    struct posting p = question(&l, 11, 1);
    p.inner.confidential = true;
    post(&d, &p);
    check_range(&d, 1, 4, true);
    CHECK(!opened_to_ministry(&d, 5));
    desk_end(&d);
}

static void it_is_known_after_the_next_start_too(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    l.posting.inner.confidential = true;
    post(&d, &l.posting);
    desk_again(&d); /* a stop and a start entry */
    thread_fill(&d, 11, 1);
    check_range(&d, 2, 2, true);
    check_range(&d, 4, 4, false);
    desk_end(&d);
}

static void orders_in_a_secret_thread_are_counted(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    orders_leave(&d, 1, 1, false);
    check_range(&d, 1, 4, true);
    letter_write(&l, 11, 1);
    l.posting.inner.confidential = true;
    post(&d, &l.posting);
    check_range(&d, 1, 5, false);
    desk_end(&d);
}

/* The ministry is told what it must forget, and nothing of what it never had. */
static void an_order_tells_of_a_lost_entry_as_far_as_that_was_told(void)
{
    struct desk d;
    struct letter l;
    desk_begin(&d);
    struct posting p = question(&l, 1, 1);
    post(&d, &p);
    p = question(&l, 2, 2);
    p.inner.confidential = true;
    post(&d, &p);
    p = question(&l, 3, 3);
    post(&d, &p);
    for (uint64_t index = 1; index <= 3; index++)
        CHECK_OK(order_status(&d.f, ERASURE_ENTRY, NULL, index));
    CHECK(opened_to_ministry(&d, 4));
    CHECK(!opened_to_ministry(&d, 5));
    CHECK(opened_to_ministry(&d, 6));
    letter_write(&l, 11, 3);
    l.posting.inner.confidential = true;
    post(&d, &l.posting);
    CHECK(opened_to_ministry(&d, 4));
    CHECK(!opened_to_ministry(&d, 6));
    desk_end(&d);
}

TESTS(journal_secrecy,
      {"what is confidential is counted by a ministry",
       what_is_confidential_is_counted_by_a_ministry},
      {"an order about what is confidential is counted",
       an_order_about_what_is_confidential_is_counted},
      {"a stage whose message cannot be known is counted",
       a_stage_whose_message_cannot_be_known_is_counted},
      {"one message makes a secret of its thread, before and after",
       one_message_makes_a_secret_of_its_thread_before_and_after},
      {"a hold and a refusal claim it as well", a_hold_and_a_refusal_claim_it_as_well},
      {"a question claims it for itself alone", a_question_claims_it_for_itself_alone},
      {"it is known after the next start too", it_is_known_after_the_next_start_too},
      {"orders in a secret thread are counted", orders_in_a_secret_thread_are_counted},
      {"an order tells of a lost entry as far as that was told",
       an_order_tells_of_a_lost_entry_as_far_as_that_was_told})
