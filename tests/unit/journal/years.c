#include "years.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void row_make(struct years *y, size_t i, const char *origin)
{
    uint8_t public[32];
    CHECK(key_public(y->f.log_key, public));
    vkey_write(origin, 0x01, public, y->vkeys[i]);
    y->rows[i] = (struct log_row){
        .origin = slice_text(origin), .vkey = slice_text(y->vkeys[i]), .until_ms = UINT64_MAX};
}

void years_begin(struct years *y)
{
    years_begin_in(y, OLD);
}

void years_begin_in(struct years *y, const char *origin)
{
    fixture_make(&y->f);
    row_make(y, 0, OLD);
    row_make(y, 1, NEXT);
    row_make(y, 2, LATER);
    y->f.gateway.logs = y->rows;
    y->f.gateway.log_count = 3;
    y->f.settings.origin = origin;
    if (!CHECK_OK(fixture_open(&y->f, T0)))
        CHECK_TEXT(y->f.error, "");
}

void years_lose_lock(const struct years *y)
{
    static const char *const names[] = {"lock.db", "lock.db-wal", "lock.db-shm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        path_in(y, names[i], path);
        (void)unlink(path);
    }
}

struct lock_state years_signed(const struct years *y, const char *origin)
{
    struct lock *lock = NULL;
    struct lock_state state = {0};
    CHECK_OK(lock_open(y->f.lock, &lock));
    const struct status s = lock_last(lock, origin, &state);
    CHECK(!failed(s) || s.code == CODE_ABSENT);
    lock_close(lock);
    return state;
}

void years_succeed(struct years *y, const char *former, const char *origin)
{
    struct log_before before = {.origin = former};
    const size_t row = strcmp(former, OLD) == 0 ? 0 : 1;
    CHECK_OK(vkey_parse(y->rows[row].vkey, &before.key));
    y->before = before;
    y->f.settings.before = &y->before;
    y->f.settings.origin = origin;
}

/* Closes the log in the directory as the journal has it. */
void years_close_rows(struct years *y)
{
    struct journal_ended ended;
    for (size_t i = 0; journal_ended(y->f.journal, i, &ended); i++) {
        y->rows[i].is_closed = true;
        y->rows[i].closed_size = ended.size;
        y->rows[i].closed_root = ended.root;
    }
}

void years_post(struct years *y, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n < to; n++) {
        struct letter l;
        letter_write(&l, n, n);
        struct journal_result *r = post_one(&y->f, &l.posting);
        CHECK_OK(r->status);
        journal_result_free(r);
    }
}

static struct slice seen_receipt(struct years *y, struct arena *arena, uint64_t n)
{
    struct journal_reader *reader = NULL;
    struct seen seen = {0};
    struct letter l;
    letter_write(&l, n, n);
    const struct message_key key = letter_key(&l);
    CHECK_OK(journal_reader_open(y->f.journal, &reader));
    CHECK_OK(journal_seen(reader, arena, &key, 0, &seen));
    journal_reader_close(reader);
    return seen.receipt;
}

/* The receipt of a letter proves by the rows as they are, under this log. */
void check_proved(struct years *y, uint64_t n, const char *origin)
{
    struct arena *arena = arena_new(1U << 20);
    struct proved proved = {0};
    if (CHECK(proves(&y->f, arena, seen_receipt(y, arena, n), &proved)))
        CHECK_BYTES(proved.note.origin, slice_text(origin));
    arena_free(arena);
}

/* The whole of a published log under its key. */
uint64_t verified_size(struct years *y, const char *folder, size_t row)
{
    struct fixture copy = y->f;
    uint64_t size = 0;
    snprintf(copy.log, sizeof copy.log, "%.40s/%.40s", y->f.root, folder);
    snprintf(copy.vkey, sizeof copy.vkey, "%s", y->vkeys[row]);
    CHECK(published_log_verifies(&copy, &size));
    return size;
}

void path_in(const struct years *y, const char *name, char path[static 128])
{
    snprintf(path, 128, "%s/%s", y->f.root, name);
}

void years_copy(const struct years *y, const char *from, const char *to)
{
    char a[128], b[128];
    path_in(y, from, a);
    path_in(y, to, b);
    file_copy(a, b);
}
