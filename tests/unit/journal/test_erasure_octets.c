#include "disk.h"
#include "erasing.h"
#include "stand.h"
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "support/await.h"

/* What was erased is in no file any more, whatever happens meanwhile. */

static void post(struct fixture *f, const struct posting *posting)
{
    CHECK_OK(post_status(f, posting));
}

/* ---- the octets ---- */

struct search {
    const char *folder;
    struct slice octets;
};

static bool is_nowhere(void *owner)
{
    const struct search *s = owner;
    return !any_file_holds(s->folder, s->octets);
}

/* The log is emptied between two batches, when no reader looks. */
static bool check_gone(const char *folder, struct slice octets)
{
    struct search s = {folder, octets};
    return CHECK(await(is_nowhere, &s));
}

#define BIG_LETTERS 40

/* Keys and beginnings of ciphertexts that were ever on the disk. */
struct remains {
    struct slice keys[2 * BIG_LETTERS], bodies[2 * BIG_LETTERS];
    size_t count;
};

static void remember(struct desk *d, const struct letter *l, struct remains *r)
{
    const struct message_row row = row_of(d, l);
    CHECK_U64(row.wrapped.length, SECRET_WRAPPED_BYTES);
    r->keys[r->count] = row.wrapped;
    r->bodies[r->count++] = slice_part(row.slots[MESSAGE_BODY], 0, 48);
}

/* Of all sizes, with stages, some decided again: the rows move and their pages are split. */
static void post_many(struct desk *d, struct remains *r)
{
    static uint8_t body[30000];
    static const size_t sizes[] = {60, 700, 2500, 5000, 30000, 9000};
    for (uint64_t n = 1; n <= BIG_LETTERS; n++) {
        struct letter l;
        letter_write(&l, n, 1);
        memset(body, (int)n, sizeof body);
        l.posting.message.body = slice_over(body, sizes[n % 6]);
        post(&d->f, &l.posting);
        remember(d, &l, r);
        if (n % 4 == 0) {
            const struct message_row row = row_of(d, &l);
            l.posting.inner.has_related = true;
            l.posting.inner.related = row.entry;
            l.posting.message.body = slice_over(body, sizes[(n + 1) % 6]);
            post(&d->f, &l.posting);
            remember(d, &l, r);
        }
        post_stage(&d->f, &l, n % 3 == 0 ? STAGE_DELIVERED : STAGE_RETRIEVED);
    }
}

static void no_file_holds_what_was_erased(void)
{
    static struct remains r;
    struct desk d;
    erasing_begin(&d);
    r.count = 0;
    post_many(&d, &r);
    for (size_t i = 0; i < r.count; i += 7)
        CHECK(i % 5 == 0 || any_file_holds(d.f.path, r.keys[i]));
    erasing_retain(&d.f, T0 + 2 * DAY_MS);
    for (size_t i = 0; i < r.count; i++)
        if (!check_gone(d.f.root, r.keys[i]) || !check_gone(d.f.root, r.bodies[i]))
            break; /* each of them is waited for */
    (void)check_whole(&d.f);
    desk_end(&d);
}

static void no_file_holds_the_openings_that_were_erased(void)
{
    struct desk d;
    struct letter l;
    struct store *store = NULL;
    struct entry_row row = {0};
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    CHECK_OK(store_open(d.f.path, STORE_READER, &store));
    CHECK_OK(store_entry(store, d.a, 1, &row));
    store_close(store);
    CHECK(any_file_holds(d.f.path, row.wrapped));
    CHECK_OK(order_status(&d.f, ERASURE_ENTRY, NULL, 1));
    bool is_gone = check_gone(d.f.root, row.wrapped);
    for (size_t i = 0; i < ENTRY_SLOTS && is_gone; i++)
        is_gone = check_gone(d.f.root, row.slots[i]);
    CHECK(any_file_holds(d.f.path, row.entry));
    desk_end(&d);
}

/* The files of a process that was killed when it was committed and the log not emptied yet. */
static void a_kill_before_the_log_is_emptied_leaves_nothing(void)
{
    struct desk d;
    struct letter l;
    char from[160], to[160];
    struct store *looker = NULL;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    const struct slice key = row_of(&d, &l).wrapped;
    CHECK_OK(store_open(d.f.path, STORE_READER, &looker));
    CHECK_OK(store_look(looker)); /* it keeps the log from being emptied */
    struct tree tree;
    CHECK_OK(store_tree(looker, &tree));
    erasing_retain(&d.f, T0 + DAY_MS);
    const struct message_key message = letter_key(&l);
    struct message_row row;
    for (size_t i = 0; i < 2; i++) {
        static const char *const names[] = {"journal.db", "journal.db-wal"};
        snprintf(from, sizeof from, "%s/%s", d.f.path, names[i]);
        snprintf(to, sizeof to, "%s/%s", d.f.root, names[i]);
        file_copy(from, to);
    }
    store_leave(looker);
    store_close(looker);
    snprintf(to, sizeof to, "%s/journal.db-wal", d.f.root);
    CHECK(any_file_holds(to, key)); /* what this is about */
    struct store *store = NULL;
    CHECK_OK(store_open(d.f.root, STORE_WRITER, &store));
    CHECK_OK(store_message(store, d.a, &message, &row));
    CHECK(row.wrapped.at == NULL);
    CHECK(!any_file_holds(to, key));
    snprintf(to, sizeof to, "%s/journal.db", d.f.root);
    CHECK(!any_file_holds(to, key));
    store_close(store);
    desk_end(&d);
}

/* ---- trouble ---- */

static void an_older_backup_shows_nothing_whose_time_is_over(void)
{
    struct stand s;
    struct letter l;
    stand_begin(&s, 3);
    s.now_ms = T0 + 31 * DAY_MS;
    CHECK_OK(stand_restore(&s, false));
    CHECK_OK(fixture_open(&s.f, T0 + 31 * DAY_MS));
    for (uint64_t n = 1; n <= BEFORE; n++) {
        letter_write(&l, n, 1);
        CHECK_STATUS(fetch_status(&s.f, &l), FAIL(ABSENT));
    }
    (void)check_whole(&s.f);
    fixture_end(&s.f);
}

static bool letter_is_gone(void *owner)
{
    struct desk *d = owner;
    struct letter l;
    letter_write(&l, 1, 1);
    return fetch_status(&d->f, &l).code == CODE_ABSENT;
}

static void on_a_full_disk_it_is_erased_later(void)
{
    static const struct disk_plan full = {DISK_WRITE, "/journal.db-wal", false, 0, ENOSPC};
    struct desk d;
    struct letter l;
    erasing_begin(&d);
    post_read(&d.f, &l, 1);
    disk_plan(&full);
    CHECK_OK(journal_retain(d.f.journal, T0 + DAY_MS));
    struct letter behind;
    letter_write(&behind, 2, 1);
    CHECK_STATUS(post_status(&d.f, &behind.posting), FAIL(FULL)); /* the run is over, too */
    CHECK_OK(fetch_status(&d.f, &l));
    disk_plan(NULL);
    CHECK(await_health(&d.f, health_is_fine));
    CHECK(!journal_dead(d.f.journal));
    CHECK_OK(journal_retain(d.f.journal, T0 + DAY_MS));
    CHECK(await(letter_is_gone, &d));
    (void)check_whole(&d.f);
    desk_end(&d);
}

TESTS(journal_erasure_octets, {"no file holds what was erased", no_file_holds_what_was_erased},
      {"no file holds the openings that were erased", no_file_holds_the_openings_that_were_erased},
      {"a kill before the log is emptied leaves nothing",
       a_kill_before_the_log_is_emptied_leaves_nothing},
      {"an older backup shows nothing whose time is over",
       an_older_backup_shows_nothing_whose_time_is_over},
      {"on a full disk it is erased later", on_a_full_disk_it_is_erased_later})
