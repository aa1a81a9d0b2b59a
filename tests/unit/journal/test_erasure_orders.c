#include "erasing.h"
#include "watch.h"

/* Orders of the operator's: to erase, and not to. */

static void an_order_erases_exactly_one_message(void)
{
    struct desk d;
    struct letter l, other;
    struct outer outer;
    struct slice inner;
    struct delivery *rows;
    size_t count = 0;
    erasing_begin(&d);
    post_letter(&d.f, &l, 1);
    post_letter(&d.f, &other, 2);
    uint64_t size = signed_size(&d.f);
    CHECK_OK(order_status(&d.f, ERASURE_MESSAGE, &l, 0));
    entry_open(&d, size, &outer, &inner);
    CHECK_U64(outer.kind, ENTRY_ERASURE);
    CHECK(says(inner, "ORDER: body of one message; basis: LED 16; order: 7"));
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    CHECK_OK(fetch_status(&d.f, &other));
    CHECK_U64(desk_undelivered(&d, "XC-CA-01"), 1);
    CHECK_STATUS(order_status(&d.f, ERASURE_MESSAGE, &l, 0), FAIL(ABSENT));
    CHECK_OK(journal_overdue(d.reader, d.a, T0 + DAY_MS + 1, 10, &rows, &count));
    CHECK_U64(count, 2); /* its sender is told all the same */
    post_stage(&d.f, &l, STAGE_NOT_DELIVERED);
    CHECK_OK(seen_status(&d, &l));
    desk_end(&d);
}

static void openings_go_when_nothing_is_made_of_them_any_more(void)
{
    struct desk d;
    struct letter l;
    struct submission_row *rows;
    struct notice *notices;
    size_t count = 0;
    uint64_t size = 0;
    erasing_begin(&d);
    post_letter(&d.f, &l, 1);
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 1), REFUSE(ERASURE_NEEDED));
    post_stage(&d.f, &l, STAGE_RETRIEVED);
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 2),
                 REFUSE(ERASURE_NEEDED)); /* to be told */
    CHECK_OK(order_status(&d.f, ERASURE_ENTRY, NULL, 1));
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 1), FAIL(ABSENT));
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 1000), FAIL(ABSENT));
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 0),
                 REFUSE(ERASURE_NEEDED)); /* the start */
    CHECK_STATUS(seen_status(&d, &l), FAIL(ABSENT));
    const struct journal_page page = {.party = slice_text("XA-CA-01"), .limit = 10};
    CHECK_OK(journal_submissions(d.reader, d.a, &page, &rows, &count));
    if (CHECK_U64(count, 1)) {
        CHECK_U64(rows[0].stage, STAGE_RETRIEVED);
        CHECK_U64(rows[0].receipts.count, 1);
    }
    CHECK_U64(desk_notices(&d, "XA-CA-01", 0, &notices), 1);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    fixture_close(&d.f);
    CHECK(published_log_verifies(&d.f, &size));
    desk_end(&d);
}

static void what_is_on_hold_is_not_erased(void)
{
    struct desk d;
    struct letter l, other;
    struct outer outer;
    struct slice inner;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    post_read(&d.f, &other, 2);
    uint64_t size = signed_size(&d.f);
    CHECK_STATUS(order_status(&d.f, ERASURE_LIFT, &l, 0), FAIL(ABSENT));
    CHECK_OK(order_status(&d.f, ERASURE_HOLD, &l, 0));
    entry_open(&d, size, &outer, &inner);
    CHECK_U64(outer.kind, ENTRY_OPERATOR);
    CHECK(says(inner, "HOLD"));
    CHECK_STATUS(order_status(&d.f, ERASURE_HOLD, &l, 0), FAIL(ABSENT));
    CHECK_STATUS(order_status(&d.f, ERASURE_MESSAGE, &l, 0), REFUSE(ERASURE_HELD));
    CHECK_STATUS(order_status(&d.f, ERASURE_ENTRY, NULL, 1), REFUSE(ERASURE_HELD));
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK_OK(fetch_status(&d.f, &l));
    CHECK_STATUS(fetch_status(&d.f, &other), FAIL(ABSENT));
    CHECK_OK(order_status(&d.f, ERASURE_LIFT, &l, 0));
    erasing_retain(&d.f, T0 + DAY_MS);
    CHECK_STATUS(fetch_status(&d.f, &l), FAIL(ABSENT));
    desk_end(&d);
}

TESTS(journal_erasure_orders,
      {"an order erases exactly one message", an_order_erases_exactly_one_message},
      {"openings go when nothing is made of them any more",
       openings_go_when_nothing_is_made_of_them_any_more},
      {"what is on hold is not erased", what_is_on_hold_is_not_erased})
