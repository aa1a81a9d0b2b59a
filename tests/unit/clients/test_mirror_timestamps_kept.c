/* Of timestamps that come too often, or are too many, a mirror keeps few, which cover them all. */

#include <string.h>

#include "mirror/mirror_parts.h"
#include "stamped_mirror.h"
#include "support/check.h"

/* The kept sizes, as "20 70 ". */
static void check_sizes(struct stamped *t, const char *want)
{
    char found[128] = "";
    sqlite3_stmt *row = NULL;
    CHECK_OK(mirror_ask(t->mirror,
                        "SELECT group_concat(size, ' ') FROM"
                        " (SELECT size FROM timestamp ORDER BY size)",
                        NULL, 0, &row));
    if (CHECK_OK(mirror_row(row)))
        (void)slice_copy_text(mirror_octets(row, 0), found, sizeof found);
    mirror_end(t->mirror, row);
    CHECK_TEXT(found, want);
}

/* Whoever makes one for each entry grows the mirror by the first and the last. */
static void of_those_that_come_too_often_the_newest_is_kept(void)
{
    struct stamped *t = stamped_make();
    for (uint64_t size = 1; size <= STAMPED_MANY; size++)
        stamped_now(t, size);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, STAMPED_MANY);
    CHECK_U64(t->outcome.let_go, STAMPED_MANY - 2);
    check_sizes(t, "1 270");
    CHECK_OK(stamped_verified(t, "ca"));
    stamped_now(t, STAMPED_MANY + 1);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, 1);
    CHECK_U64(t->outcome.let_go, 1);
    check_sizes(t, "1 271");
    stamped_done(t);
}

/* Also where their times go back, and over more runs than one. */
static void those_that_are_kept_lie_apart(void)
{
    static const struct {
        uint64_t size;
        int minutes;
        const char *kept; /* once it was taken */
    } rows[] = {{10, 0, "10"},
                {20, 60, "10 20"},
                {30, 104, "10 20 30"},
                {40, 110, "10 20 40"},
                {50, 60, "10 20 40 50"},
                {60, 165, "10 20 40 60"},
                {70, 209, "10 20 40 60 70"},
                {80, 300, "10 20 40 60 80"}};
    struct stamped *t = stamped_make();
    const uint64_t began_s = stamped_go_on(t, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stamped_at(t, rows[i].size, began_s + (uint64_t)rows[i].minutes * 60);
        CHECK_OK(stamped_sync(t));
        check_sizes(t, rows[i].kept);
    }
    CHECK_OK(stamped_verified(t, "ca"));
    stamped_done(t);
}

static void once_there_are_too_many_octets_the_newest_is_kept(void)
{
    struct stamped *t = stamped_make();
    const uint64_t began_s = stamped_go_on(t, 10);
    stamped_at(t, 10, began_s);
    stamped_at(t, 20, began_s + STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    check_sizes(t, "10 20");
    stamped_run(t,
                "UPDATE timestamp SET response = zeroblob(67108864 + 301 * 1024) WHERE size = 10");
    stamped_at(t, 30, began_s + 2 * STAMPED_HOUR_S);
    stamped_at(t, 40, began_s + 3 * STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.let_go, 2);
    check_sizes(t, "10 40");
    stamped_done(t);
}

/* A gateway has one of its own after each of an authority's, so late that the next one is near. */
static void those_of_one_signer_take_none_of_another_away(void)
{
    struct stamped *t = stamped_make();
    const uint64_t began_s = stamped_go_on(t, 10);
    for (uint64_t i = 0; i < 3; i++) {
        t->signer = "tsa";
        stamped_at(t, 20 * i + 10, began_s + i * STAMPED_HOUR_S);
        t->signer = "stranger";
        stamped_at(t, 20 * i + 20, began_s + i * STAMPED_HOUR_S + 3000);
    }
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.let_go, 0);
    check_sizes(t, "10 20 30 40 50 60");
    stamped_done(t);
}

static void where_there_is_no_room_beside_another_s_none_is_kept(void)
{
    struct stamped *t = stamped_make();
    const uint64_t began_s = stamped_go_on(t, 10);
    stamped_at(t, 10, began_s);
    stamped_at(t, 20, began_s + STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    stamped_run(t,
                "UPDATE timestamp SET response = zeroblob(67108864 + 301 * 1024) WHERE size = 10");
    t->signer = "stranger";
    stamped_at(t, 30, began_s + 2 * STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.let_go, 1);
    check_sizes(t, "10 20");
    t->signer = "tsa";
    stamped_at(t, 40, began_s + 3 * STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    check_sizes(t, "10 40");
    stamped_done(t);
}

static void what_was_changed_in_the_mirror_is_not_let_go(void)
{
    struct stamped *t = stamped_make();
    stamped_now(t, 10);
    stamped_now(t, 20);
    CHECK_OK(stamped_sync(t));
    stamped_run(t, "UPDATE timestamp SET response = x'30' WHERE size = 20");
    stamped_now(t, 30);
    CHECK_OK(stamped_sync(t));
    check_sizes(t, "10 20 30");
    CHECK_STATUS(stamped_verified(t, NULL), REFUSE(TIMESTAMP_SHAPE));
    CHECK(strncmp(t->fault, "timestamp/20.tsr: ", strlen("timestamp/20.tsr: ")) == 0);
    stamped_done(t);
}

TESTS(mirror_timestamps_kept,
      {"of those that come too often the newest is kept",
       of_those_that_come_too_often_the_newest_is_kept},
      {"those that are kept lie apart", those_that_are_kept_lie_apart},
      {"once there are too many octets the newest is kept",
       once_there_are_too_many_octets_the_newest_is_kept},
      {"those of one signer take none of another away",
       those_of_one_signer_take_none_of_another_away},
      {"where there is no room beside another's none is kept",
       where_there_is_no_room_beside_another_s_none_is_kept},
      {"what was changed in the mirror is not let go",
       what_was_changed_in_the_mirror_is_not_let_go})
