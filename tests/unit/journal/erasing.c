#define _GNU_SOURCE /* memmem */

#include "erasing.h"
#include "watch.h"

#include <string.h>

#include "journal/crypt.h"

void erasing_begin(struct desk *d)
{
    fixture_make(&d->f);
    d->f.settings.bodies_ms = KEPT_MS;
    CHECK_OK(fixture_open(&d->f, T0));
    d->a = arena_new(8 << 20);
    CHECK_OK(journal_reader_open(d->f.journal, &d->reader));
}

void erasing_wait(struct fixture *f)
{
    struct letter l;
    letter_write(&l, 99, 1);
    l.posting.kind = POSTING_QUESTION;
    l.posting.at_ms = T0;
    CHECK_OK(post_status(f, &l.posting));
}

void erasing_retain(struct fixture *f, uint64_t now_ms)
{
    CHECK_OK(journal_retain(f->journal, now_ms));
    erasing_wait(f);
}

static void post(struct fixture *f, const struct posting *posting)
{
    CHECK_OK(post_status(f, posting));
}

void post_letter(struct fixture *f, struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
    post(f, &l->posting);
}

void post_stage(struct fixture *f, const struct letter *of, enum stage stage)
{
    struct letter l = *of;
    l.posting.at_ms = T0;
    letter_stage(&l, stage);
    l.posting.key = letter_key(of);
    post(f, &l.posting);
}

void post_read(struct fixture *f, struct letter *l, uint64_t n)
{
    post_letter(f, l, n);
    post_stage(f, l, STAGE_RETRIEVED);
}

uint64_t signed_size(struct fixture *f)
{
    struct journal_health h;
    journal_health(f->journal, &h);
    return h.signed_size;
}

struct message_row row_of(struct desk *d, const struct letter *l)
{
    struct store *store = NULL;
    struct message_row row = {0};
    const struct message_key key = letter_key(l);
    CHECK_OK(store_open(d->f.path, STORE_READER, &store));
    CHECK_OK(store_message(store, d->a, &key, &row));
    if (row.wrapped.at != NULL)
        CHECK_OK(store_body(store, d->a, row.number, &row.slots[MESSAGE_BODY]));
    store_close(store);
    return row;
}

void entry_open(struct desk *d, uint64_t index, struct outer *ret_outer, struct slice *ret_inner)
{
    struct store *store = NULL;
    struct entry_row row;
    struct slice outer;
    const struct place place = {"entry", index};
    CHECK_OK(store_open(d->f.path, STORE_READER, &store));
    if (CHECK_OK(store_entry(store, d->a, index, &row))) {
        CHECK_OK(slot_open(d->a, d->f.keyring, &place, row.wrapped, ENTRY_OUTER,
                           row.slots[ENTRY_OUTER], &outer));
        CHECK_OK(slot_open(d->a, d->f.keyring, &place, row.wrapped, ENTRY_INNER,
                           row.slots[ENTRY_INNER], ret_inner));
        CHECK_OK(outer_parse(slice_part(outer, 32, SIZE_MAX), ret_outer));
    }
    store_close(store);
}

bool says(struct slice record, const char *text)
{
    return memmem(record.at, record.length, text, strlen(text)) != NULL;
}

struct status seen_status(struct desk *d, const struct letter *l)
{
    struct seen seen;
    struct proved proved;
    const struct message_key key = letter_key(l);
    struct status s = journal_seen(d->reader, d->a, &key, 0, &seen);
    if (!failed(s))
        CHECK(proves(&d->f, d->a, seen.receipt, &proved));
    return s;
}

struct status order_status(struct fixture *f, enum erasure_act act, const struct letter *l,
                           uint64_t entry)
{
    struct collector c;
    struct erasure_order o = {
        .erasure = {.act = act, .entry = entry, .ground = slice_text("basis: LED 16; order: 7")}};
    if (l != NULL)
        o.key = letter_key(l);
    collector_make(&c);
    struct status s = journal_erase(f->journal, &o, T0, &c, collector_done);
    if (!failed(s)) {
        struct journal_result *r = collector_take(&c, 1);
        s = r->status;
        results_free(r);
    }
    collector_free(&c);
    return s;
}
