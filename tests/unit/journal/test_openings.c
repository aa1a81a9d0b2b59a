#include "erasing.h"
#include "opened.h"
#include "watch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/openings.h"

/* The journal read by oversight. Entry 0 is the start entry. */

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
    struct opened_rows g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 4; n++) {
        letter_write(&l, n, 1);
        CHECK_OK(post_status(&d.f, &l.posting));
    }
    CHECK_OK(opened_range(&d, 1, 3, true, &g));
    CHECK_U64(g.count, 3);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = opened_row(&g, i);
        CHECK_U64(g.rows[i].index, i + 1);
        CHECK(o.has_outer && o.has_inner && o.has_closed);
        CHECK_U64(o.outer.kind, ENTRY_DISCLOSURE);
        CHECK_BYTES(o.inner.officer, slice_text("OFFICER-ANNA-KARLSSON"));
        CHECK_BYTES(o.inner.fields[0].rule, slice_text("eu-mla:12"));
    }
    opened_done(&g);
    desk_end(&d);
}

static void nothing_above_the_signed_size_is_given(void)
{
    struct desk d;
    struct letter l;
    struct opened_rows g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&d.f, &l.posting));
    CHECK_OK(opened_range(&d, 1, 256, true, &g));
    CHECK_U64(g.count, 1);
    opened_done(&g);
    CHECK_STATUS(opened_range(&d, 2, 1, true, &g), FAIL(ABSENT));
    CHECK_U64(g.document.length, 0);
    opened_done(&g);
    CHECK_STATUS(opened_range(&d, UINT64_MAX, 1, true, &g), FAIL(ABSENT));
    opened_done(&g);
    desk_end(&d);
}

/* The same message with and without something that only the authority may see. */
static void a_ministry_gets_the_same_with_asylum_and_without(void)
{
    static const struct inner_count silent[] = {{{(const uint8_t *)"ASY", 3}, 2}};
    struct desk d;
    struct letter l;
    struct opened_rows g;
    desk_begin(&d);
    letter_write(&l, 1, 1);
    CHECK_OK(post_status(&d.f, &l.posting));
    letter_write(&l, 2, 1);
    l.posting.inner.silent = silent;
    l.posting.inner.silent_count = 1;
    CHECK_OK(post_status(&d.f, &l.posting));
    CHECK_OK(opened_range(&d, 1, 2, false, &g));
    for (size_t i = 0; i < 2; i++) {
        struct opened o = opened_row(&g, i);
        CHECK(o.has_outer && o.has_inner && !o.has_closed);
        CHECK_U64(o.inner.silent_count, 0);
    }
    CHECK_U64(g.rows[0].inner.record.length, g.rows[1].inner.record.length);
    opened_done(&g);
    CHECK_OK(opened_range(&d, 1, 2, true, &g));
    CHECK_U64(opened_row(&g, 0).closed.silent_count, 0);
    struct opened o = opened_row(&g, 1);
    CHECK_U64(o.closed.silent_count, 1);
    CHECK_U64(o.closed.silent[0].count, 2);
    opened_done(&g);
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
    struct opened_rows g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 3; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    CHECK_OK(erase(&d, 2));
    CHECK_OK(opened_range(&d, 1, 4, true, &g));
    CHECK_U64(g.count, 4);
    for (size_t i = 0; i < g.count; i++) {
        struct opened o = opened_row(&g, i);
        CHECK_U64(o.has_outer, i != 1);
        CHECK_U64(o.has_inner, i != 1);
        CHECK_U64(o.has_closed, i != 1);
    }
    CHECK_U64(opened_row(&g, 3).inner.related, 2); /* which entry is gone, says the erasure's */
    opened_done(&g);
    desk_end(&d);
}

static void a_document_that_would_be_too_large_ends_before(void)
{
    struct desk d;
    struct letter l;
    struct opened_rows g;
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
    CHECK_OK(opened_range(&d, from, 20, true, &g));
    CHECK(g.count > 10 && g.count < 20);
    CHECK(g.document.length > OPENINGS_MAX_BYTES - INNER_MAX_BYTES - 1024);
    from += g.count;
    opened_done(&g);
    CHECK_OK(opened_range(&d, from, 20, true, &g));
    CHECK_U64(g.count, 21 - from);
    opened_done(&g);
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
    struct opened_rows g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= 4; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    spoil_row(&d, 3);
    CHECK_OK(opened_range(&d, 1, 4, true, &g));
    CHECK_U64(g.count, 2);
    CHECK(opened_row(&g, 1).has_inner);
    opened_done(&g);
    CHECK_STATUS(opened_range(&d, 3, 2, true, &g), FAIL(CRYPTO));
    CHECK_U64(g.document.length, 0);
    opened_done(&g);
    CHECK_OK(opened_range(&d, 4, 1, true, &g));
    CHECK_U64(g.count, 1);
    opened_done(&g);
    desk_end(&d);
}

static void no_more_than_a_documents_rows_are_given(void)
{
    struct desk d;
    struct letter l;
    struct opened_rows g;
    desk_begin(&d);
    for (uint64_t n = 1; n <= OPENINGS_MAX + 4; n++) {
        const struct posting p = question(&l, n);
        CHECK_OK(post_status(&d.f, &p));
    }
    CHECK_OK(opened_range(&d, 0, UINT64_MAX, false, &g));
    CHECK_U64(g.count, OPENINGS_MAX);
    opened_done(&g);
    desk_end(&d);
}

static void who_reads_is_in_the_log(void)
{
    struct desk d;
    struct opened_rows g;
    desk_begin(&d);
    CHECK_OK(commit(
        &d, &(struct auditor_act){.party = slice_text("XA-MIN-01"), .from = 512, .count = 256}));
    CHECK_OK(commit(&d, &(struct auditor_act){.party = slice_text("XB-POL-01"),
                                              .officer = slice_text("2207"),
                                              .code = REFUSAL_ROLE}));
    CHECK_OK(opened_range(&d, 1, 2, true, &g));
    struct opened o = opened_row(&g, 0);
    CHECK_U64(o.outer.kind, ENTRY_AUDITOR);
    CHECK_U64(o.outer.hop, 0);
    CHECK_BYTES(o.inner.op, slice_text("AUDIT_READ"));
    CHECK_BYTES(o.inner.actor, slice_text("XA-MIN-01"));
    CHECK(o.inner.officer.at == NULL);
    CHECK_BYTES(o.inner.justification, slice_text("openings from 512, 256"));
    o = opened_row(&g, 1);
    CHECK_U64(o.outer.kind, ENTRY_REFUSAL);
    CHECK_U64(o.outer.stage, STAGE_REJECTED);
    CHECK_BYTES(o.outer.code, slice_text("E_ROLE"));
    CHECK_BYTES(o.inner.actor, slice_text("XB-POL-01"));
    CHECK_BYTES(o.inner.officer, slice_text("2207"));
    opened_done(&g);
    desk_end(&d);
}

TESTS(journal_openings,
      {"a range is given with what each entry commits to",
       a_range_is_given_with_what_each_entry_commits_to},
      {"nothing above the signed size is given", nothing_above_the_signed_size_is_given},
      {"a ministry gets the same with asylum and without",
       a_ministry_gets_the_same_with_asylum_and_without},
      {"what was erased is null and what stands beside it is not",
       what_was_erased_is_null_and_what_stands_beside_it_is_not},
      {"a document that would be too large ends before",
       a_document_that_would_be_too_large_ends_before},
      {"a document ends before a row that cannot be decrypted",
       a_document_ends_before_a_row_that_cannot_be_decrypted},
      {"no more than a document's rows are given", no_more_than_a_documents_rows_are_given},
      {"who reads is in the log", who_reads_is_in_the_log})
