#include "erasing.h"
#include "watch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/openings.h"

/* The journal read by oversight. Entry 0 is the start entry. */

#define ROWS_BYTES (24U << 20)

struct given {
    struct buffer document;
    struct arena *arena;
    struct opened_entry *rows;
    size_t count;
};

static struct status openings(struct desk *d, uint64_t from, uint64_t count, bool closed,
                              struct given *g)
{
    const struct openings_wanted wanted = {from, count, closed};
    *g = (struct given){.document = buffer_new(OPENINGS_MAX_BYTES), .arena = arena_new(ROWS_BYTES)};
    struct status s = journal_openings(d->reader, &wanted, &g->document);
    if (!failed(s) &&
        !CHECK_OK(openings_parse(g->arena, buffer_slice(&g->document), &g->rows, &g->count)))
        g->count = 0;
    return s;
}

static void given_done(struct given *g)
{
    buffer_done(&g->document);
    arena_free(g->arena);
}

/* A row, verified. */
static struct opened read_row(struct given *g, size_t i)
{
    struct opened o = {0};
    if (CHECK(i < g->count))
        CHECK_OK(opened_entry_read(g->arena, &g->rows[i], &o));
    return o;
}

static struct status commit(struct desk *d, const struct auditor_act *act)
{
    struct collector c;
    collector_make(&c);
    struct status s = journal_auditor(d->f.journal, act, T0, &c, collector_done);
    if (CHECK_OK(s)) {
        struct journal_result *r = collector_take(&c, 1);
        s = r->status;
        journal_result_free(r);
    }
    collector_free(&c);
    return s;
}

static struct status erase(struct desk *d, uint64_t index)
{
    return order_status(&d->f, ERASURE_ENTRY, NULL, index);
}

static void a_range_is_given_with_what_each_entry_commits_to(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 4; n++) {
        letter_write(&l, n, 1);
        CHECK_OK(post_status(&d.f, &l.posting));
    }
    CHECK_OK(openings(&d, 1, 3, true, &g));
    CHECK_U64(g.count, 3);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = read_row(&g, i);
        CHECK_U64(g.rows[i].index, i + 1);
        CHECK(o.has_outer && o.has_inner && o.has_closed);
        CHECK_U64(o.outer.kind, ENTRY_DISCLOSURE);
        CHECK_BYTES(o.inner.officer, slice_text("OFFICER-ANNA-KARLSSON"));
        CHECK_BYTES(o.inner.fields[0].rule, slice_text("eu-mla:12"));
    }
    given_done(&g);
    desk_end(&d);
}

static void nothing_above_the_signed_size_is_given(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&d.f, &l.posting));
    CHECK_OK(openings(&d, 1, 256, true, &g));
    CHECK_U64(g.count, 1);
    given_done(&g);
    CHECK_STATUS(openings(&d, 2, 1, true, &g), FAIL(ABSENT));
    CHECK_U64(g.document.length, 0);
    given_done(&g);
    CHECK_STATUS(openings(&d, UINT64_MAX, 1, true, &g), FAIL(ABSENT));
    given_done(&g);
    desk_end(&d);
}

/* The same message with and without something that only the authority may see. */
static void a_ministry_gets_the_same_with_asylum_and_without(void)
{
    static const struct inner_count silent[] = {{{(const uint8_t *)"ASY", 3}, 2}};
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_write(&l, 2, 1);
    l.posting.inner.silent = silent;
    l.posting.inner.silent_count = 1;
    CHECK_OK(post_status(&d.f, &l.posting));
    CHECK_OK(openings(&d, 1, 2, false, &g));
    for (size_t i = 0; i < 2; i++) {
        struct opened o = read_row(&g, i);
        CHECK(o.has_outer && o.has_inner && !o.has_closed);
        CHECK_U64(o.inner.silent_count, 0);
    }
    CHECK_U64(g.rows[0].inner.record.length, g.rows[1].inner.record.length);
    given_done(&g);
    CHECK_OK(openings(&d, 1, 2, true, &g));
    CHECK_U64(read_row(&g, 0).closed.silent_count, 0);
    struct opened o = read_row(&g, 1);
    CHECK_U64(o.closed.silent_count, 1);
    CHECK_U64(o.closed.silent[0].count, 2);
    given_done(&g);
    desk_end(&d);
}

static void what_is_confidential_is_counted_by_a_ministry(void)
{
    struct desk d;
    struct letter l;
    struct given g;
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
    CHECK_OK(openings(&d, 1, 4, false, &g));
    CHECK_U64(g.count, 4);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = read_row(&g, i);
        CHECK_U64(o.has_outer, i >= 2);
        CHECK_U64(o.has_inner, i >= 2);
        CHECK_U64(g.rows[i].entry.length, ENTRY_BYTES);
    }
    given_done(&g);
    CHECK_OK(openings(&d, 1, 4, true, &g));
    for (size_t i = 0; i < g.count; i++)
        CHECK(read_row(&g, i).has_closed);
    CHECK(read_row(&g, 0).inner.confidential);
    given_done(&g);
    desk_end(&d);
}

static struct posting question(struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
    struct posting p = l->posting;
    p.kind = POSTING_QUESTION;
    p.outer.stage = STAGE_NONE;
    return p;
}

static void what_was_erased_is_null_and_what_stands_beside_it_is_not(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 3; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    CHECK_OK(erase(&d, 2));
    CHECK_OK(openings(&d, 1, 4, true, &g));
    CHECK_U64(g.count, 4);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = read_row(&g, i);
        CHECK_U64(o.has_outer, i != 1);
        CHECK_U64(o.has_inner, i != 1);
        CHECK_U64(o.has_closed, i != 1);
    }
    CHECK_U64(read_row(&g, 3).inner.related, 2); /* which entry is gone, says the erasure's */
    given_done(&g);
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
    struct given g;
    desk_begin(&d);
    orders_leave(&d, 1, 1, true);
    orders_leave(&d, 2, 2, false);
    CHECK_OK(openings(&d, 1, 8, false, &g));
    CHECK_U64(g.count, 8);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = read_row(&g, i);
        CHECK_U64(o.has_outer, i >= 4);
        CHECK_U64(o.has_inner, i >= 4);
    }
    given_done(&g);
    CHECK_OK(openings(&d, 1, 8, true, &g));
    for (size_t i = 0; i < g.count; i++)
        CHECK(read_row(&g, i).has_inner);
    CHECK_U64(read_row(&g, 3).inner.related, 1);
    given_done(&g);
    desk_end(&d);
}

static void an_order_whose_entry_cannot_be_known_is_counted(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    const struct posting p = question(&l, 1);
    CHECK_OK(post_status(&d.f, &p));
    CHECK_OK(erase(&d, 1));
    CHECK_OK(openings(&d, 2, 1, false, &g));
    CHECK(!read_row(&g, 0).has_inner);
    given_done(&g);
    CHECK_OK(openings(&d, 2, 1, true, &g));
    CHECK_U64(read_row(&g, 0).inner.related, 1);
    given_done(&g);
    desk_end(&d);
}

/* Nobody can tell any more whether the message of such a stage was confidential. */
static void a_stage_whose_message_cannot_be_known_is_counted(void)
{
    struct desk d;
    struct letter l;
    struct given g;
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
    CHECK_OK(erase(&d, 2));
    CHECK_OK(openings(&d, 3, 1, false, &g));
    CHECK(!read_row(&g, 0).has_outer);
    given_done(&g);
    CHECK_OK(openings(&d, 3, 1, true, &g));
    CHECK(read_row(&g, 0).has_outer);
    given_done(&g);
    desk_end(&d);
}

static void a_document_that_would_be_too_large_ends_before(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    uint64_t from = 1;
    const size_t length = INNER_MAX_BYTES - 1024;
    char *text = malloc(length);
    if (!CHECK(text != NULL))
        return;
    memset(text, 'x', length);
    desk_begin(&d);
    for (uint64_t n = 1; n <= 20; n++) {
        struct posting p = question(&l, n);
        p.inner.justification = slice_over(text, length);
        CHECK_OK(post_status(&d.f, &p));
    }
    CHECK_OK(openings(&d, from, 20, true, &g));
    CHECK(g.count > 10 && g.count < 20);
    CHECK(g.document.length > OPENINGS_MAX_BYTES - INNER_MAX_BYTES - 1024);
    from += g.count;
    given_done(&g);
    CHECK_OK(openings(&d, from, 20, true, &g));
    CHECK_U64(g.count, 21 - from);
    given_done(&g);
    desk_end(&d);
    free(text);
}

static void spoil_row(struct desk *d, uint64_t index)
{
    sqlite3 *db = NULL;
    char path[128], sql[100];
    snprintf(path, sizeof path, "%s/journal.db", d->f.path);
    snprintf(sql, sizeof sql,
             "UPDATE entry SET inner_opening = zeroblob(length(inner_opening)) WHERE number = %u",
             (unsigned)index);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(db), 1);
    sqlite3_close(db);
}

static void a_document_ends_before_a_row_that_cannot_be_decrypted(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 4; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    spoil_row(&d, 3);
    CHECK_OK(openings(&d, 1, 4, true, &g));
    CHECK_U64(g.count, 2);
    CHECK(read_row(&g, 1).has_inner);
    given_done(&g);
    CHECK_STATUS(openings(&d, 3, 2, true, &g), FAIL(CRYPTO));
    CHECK_U64(g.document.length, 0);
    given_done(&g);
    CHECK_OK(openings(&d, 4, 1, true, &g));
    CHECK_U64(g.count, 1);
    given_done(&g);
    desk_end(&d);
}

static void no_more_than_a_documents_rows_are_given(void)
{
    struct desk d;
    struct letter l;
    struct given g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= OPENINGS_MAX + 4; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    CHECK_OK(openings(&d, 0, UINT64_MAX, false, &g));
    CHECK_U64(g.count, OPENINGS_MAX);
    given_done(&g);
    desk_end(&d);
}

static void who_reads_is_in_the_log(void)
{
    struct desk d;
    struct given g;
    desk_begin(&d);
    CHECK_OK(commit(
        &d, &(struct auditor_act){.party = slice_text("XA-MIN-01"), .from = 512, .count = 256}));
    CHECK_OK(commit(&d, &(struct auditor_act){.party = slice_text("XB-POL-01"),
                                              .officer = slice_text("2207"),
                                              .code = REFUSAL_ROLE}));
    CHECK_OK(openings(&d, 1, 2, true, &g));
    struct opened o = read_row(&g, 0);
    CHECK_U64(o.outer.kind, ENTRY_AUDITOR);
    CHECK_U64(o.outer.hop, 0);
    CHECK_BYTES(o.inner.op, slice_text("AUDIT_READ"));
    CHECK_BYTES(o.inner.actor, slice_text("XA-MIN-01"));
    CHECK(o.inner.officer.at == NULL);
    CHECK_BYTES(o.inner.justification, slice_text("openings from 512, 256"));
    o = read_row(&g, 1);
    CHECK_U64(o.outer.kind, ENTRY_REFUSAL);
    CHECK_U64(o.outer.stage, STAGE_REJECTED);
    CHECK_BYTES(o.outer.code, slice_text("E_ROLE"));
    CHECK_BYTES(o.inner.actor, slice_text("XB-POL-01"));
    CHECK_BYTES(o.inner.officer, slice_text("2207"));
    given_done(&g);
    desk_end(&d);
}

TESTS(journal_openings,
      {"a range is given with what each entry commits to",
       a_range_is_given_with_what_each_entry_commits_to},
      {"nothing above the signed size is given", nothing_above_the_signed_size_is_given},
      {"a ministry gets the same with asylum and without",
       a_ministry_gets_the_same_with_asylum_and_without},
      {"what is confidential is counted by a ministry",
       what_is_confidential_is_counted_by_a_ministry},
      {"what was erased is null and what stands beside it is not",
       what_was_erased_is_null_and_what_stands_beside_it_is_not},
      {"an order about what is confidential is counted",
       an_order_about_what_is_confidential_is_counted},
      {"an order whose entry cannot be known is counted",
       an_order_whose_entry_cannot_be_known_is_counted},
      {"a stage whose message cannot be known is counted",
       a_stage_whose_message_cannot_be_known_is_counted},
      {"a document that would be too large ends before",
       a_document_that_would_be_too_large_ends_before},
      {"a document ends before a row that cannot be decrypted",
       a_document_ends_before_a_row_that_cannot_be_decrypted},
      {"no more than a document's rows are given", no_more_than_a_documents_rows_are_given},
      {"who reads is in the log", who_reads_is_in_the_log})
