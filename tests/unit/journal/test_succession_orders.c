#include "erasing.h"
#include "years.h"

#include "journal/openings.h"

/* How entries of one log after another name each other. Entry 0 of each log is its start entry. */

#define FORMER ((uint64_t)1 << LOG_SPAN_BITS) /* what an index of the first log is told with */

/* An entry that may be erased. */
static void post_refusal(struct years *y)
{
    struct collector c;
    const struct auditor_act act = {.party = slice_text("XA-MIN-01"), .code = REFUSAL_ROLE};
    collector_make(&c);
    if (CHECK_OK(journal_auditor(y->f.journal, &act, T0, &c, collector_done))) {
        struct journal_result *r = collector_take(&c, 1);
        CHECK_OK(r->status);
        journal_result_free(r);
    }
    collector_free(&c);
}

/* What a ministry is given. */
static void row_read(struct years *y, const char *log, uint64_t index, bool *ret_inner,
                     uint64_t *ret_related)
{
    const struct openings_wanted wanted = {.log = slice_text(log), .from = index, .count = 1};
    struct journal_reader *reader = NULL;
    struct buffer document = buffer_new(OPENINGS_MAX_BYTES);
    struct arena *arena = arena_new(4U << 20);
    struct opened_entry *rows = NULL;
    struct opened opened = {0};
    size_t count = 0;
    CHECK_OK(journal_reader_open(y->f.journal, &reader));
    CHECK_OK(journal_openings(reader, &wanted, &document));
    if (CHECK_OK(openings_parse(arena, buffer_slice(&document), &rows, &count)) &&
        CHECK_U64(count, 1))
        CHECK_OK(opened_entry_read(arena, &rows[0], &opened));
    *ret_inner = opened.has_inner;
    *ret_related = opened.inner.has_related ? opened.inner.related : UINT64_MAX;
    journal_reader_close(reader);
    arena_free(arena);
    buffer_done(&document);
}

static void an_order_names_an_entry_by_its_index_in_their_log(void)
{
    struct years y;
    bool is_open;
    uint64_t related;
    years_begin(&y);
    post_refusal(&y);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    for (unsigned i = 1; i <= 5; i++)
        post_refusal(&y);
    CHECK_OK(order_status(&y.f, ERASURE_ENTRY, NULL, 5));
    row_read(&y, "", 6, &is_open, &related);
    CHECK(is_open);
    CHECK_U64(related, 5);
    row_read(&y, "", 5, &is_open, &related);
    CHECK(!is_open);
    CHECK_OK(order_status(&y.f, ERASURE_ENTRY, NULL, 1));
    row_read(&y, "log", 1, &is_open, &related);
    CHECK(is_open);
    row_read(&y, "", 1, &is_open, &related);
    CHECK(!is_open);
    fixture_end(&y.f);
}

static void an_order_names_an_entry_of_a_log_that_ended_by_what_no_index_is(void)
{
    struct years y;
    bool is_open;
    uint64_t related;
    years_begin(&y);
    post_refusal(&y);
    fixture_close(&y.f);
    years_succeed(&y, OLD, NEXT);
    CHECK_OK(fixture_open(&y.f, T0));
    post_refusal(&y);
    CHECK_STATUS(order_status(&y.f, ERASURE_ENTRY, NULL, FORMER + 5), FAIL(ABSENT));
    CHECK_OK(order_status(&y.f, ERASURE_ENTRY, NULL, FORMER + 1));
    row_read(&y, "", 2, &is_open, &related);
    CHECK(is_open);
    CHECK_U64(related, FORMER + 1);
    row_read(&y, "log", 1, &is_open, &related);
    CHECK(!is_open);
    row_read(&y, "", 1, &is_open, &related);
    CHECK(is_open);
    fixture_end(&y.f);
}

TESTS(journal_succession_orders,
      {"an order names an entry by its index in their log",
       an_order_names_an_entry_by_its_index_in_their_log},
      {"an order names an entry of a log that ended by what no index is",
       an_order_names_an_entry_of_a_log_that_ended_by_what_no_index_is})
