/* Timestamps of a log as a mirror takes and verifies them. */

#include <stdio.h>
#include <string.h>

#include "base/instant.h"
#include "mirror/mirror_parts.h"
#include "stamped_mirror.h"
#include "support/check.h"

#define SAMPLES 60         /* octets of a timestamp that are changed */
#define OTHER   "stranger" /* an authority that is not trusted */

/* ---- what is taken ---- */

static void what_the_gateway_has_is_taken_once_and_verified(void)
{
    struct stamped *t = stamped_make();
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, 0);
    CHECK_OK(stamped_verified(t, "ca"));
    CHECK_U64(t->found.count, 0);
    const uint64_t began_s = stamped_go_on(t, STAMPED_MANY);
    for (uint64_t size = 1; size <= STAMPED_MANY; size++)
        stamped_at(t, size, began_s + size * STAMPED_HOUR_S);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, STAMPED_MANY);
    CHECK_U64(t->outcome.let_go, 0);
    CHECK_U64(t->lists, 2);
    CHECK_U64(stamped_last(t), STAMPED_MANY);
    CHECK_OK(stamped_verified(t, "ca"));
    CHECK_U64(t->found.count, STAMPED_MANY);
    CHECK_U64(t->found.size, STAMPED_MANY);
    CHECK_U64(t->found.time_ms, (began_s + STAMPED_MANY * STAMPED_HOUR_S) * MS_PER_SECOND);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, 0);
    CHECK_U64(t->asked, 1);
    stamped_done(t);
}

/* Of a log that ended, too, which is served elsewhere. */
static void where_the_last_tree_has_one_nobody_is_asked(void)
{
    struct stamped *t = stamped_make();
    t->ended = "2026";
    stamped_now(t, 7);
    stamped_now(t, STAMPED_ENTRIES);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, 2);
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->asked, 0);
    stamped_done(t);
}

static void what_is_of_more_entries_than_the_mirror_has_waits(void)
{
    struct stamped *t = stamped_make();
    stamped_now(t, 200);
    t->stamps[STAMPED_ENTRIES + 50] = buffer_new(10);
    buffer_text(&t->stamps[STAMPED_ENTRIES + 50], "of later");
    CHECK_OK(stamped_sync(t));
    CHECK_U64(t->outcome.timestamps, 1);
    CHECK_U64(stamped_last(t), 200);
    stamped_done(t);
}

/* ---- what is not ---- */

static void check_refused(struct stamped *t, enum sync_verdict verdict, const char *said)
{
    CHECK_STATUS(stamped_sync(t), REFUSE(CONSISTENCY));
    CHECK_U64(t->outcome.verdict, verdict);
    if (!CHECK(strstr(t->outcome.said, said) != NULL))
        fprintf(stderr, "%s\n", t->outcome.said);
    CHECK_U64(stamped_last(t), 0);
    CHECK_U64(t->outcome.timestamps, 0);
}

static void one_changed_octet_is_not_taken(void)
{
    struct stamped *t = stamped_make();
    stamped_now(t, 20);
    struct buffer *stamped = &t->stamps[20];
    for (size_t at = 0; at < stamped->length; at += 1 + stamped->length / SAMPLES) {
        stamped->at[at] ^= 1;
        check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: ");
        stamped->at[at] ^= 1;
    }
    buffer_u8(stamped, 0);
    check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: no timestamp");
    stamped_text("tsa", slice_text("another text"), 0, stamped);
    check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: a timestamp of something else");
    stamped_now(t, 21);
    buffer_done(stamped);
    t->missing = 21;
    check_refused(t, SYNC_MISSING, "/log/timestamp/21.tsr is not there");
    t->missing = 0;
    CHECK_OK(stamped_sync(t));
    CHECK_U64(stamped_last(t), 21);
    stamped_done(t);
}

static void a_mirror_that_its_disk_has_changed_blames_nobody(void)
{
    static const char *const spoils[] = {
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"
        " WHERE level = 0 AND idx = 0",
        /* the time of the last entry that is stamped */
        "UPDATE entry SET entry = CAST(substr(entry, 1, 2) || X'ffff' || substr(entry, 5) AS BLOB)"
        " WHERE idx = 19",
    };
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        struct stamped *t = stamped_make();
        stamped_now(t, 20);
        stamped_run(t, spoils[i]);
        check_refused(t, SYNC_MIRROR_DAMAGED, "the mirror is not what it was");
        stamped_done(t);
    }
}

static void a_list_that_is_none_is_refused(void)
{
    static const char *const lists[] = {"7\n7\n",
                                        "8\n7\n",
                                        "0\n",
                                        "7",
                                        "7\r\n",
                                        "07\n",
                                        "\n",
                                        "7\n\n",
                                        "-1\n",
                                        "7.tsr\n",
                                        "9223372036854775808\n"};
    struct stamped *t = stamped_make();
    stamped_now(t, 7);
    stamped_now(t, 8);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        t->list = lists[i];
        check_refused(t, SYNC_DAMAGED, "/log/timestamp/?from=1 is no list of timestamps");
    }
    t->list = "7\n8\n";
    CHECK_OK(stamped_sync(t));
    CHECK_U64(stamped_last(t), 8);
    CHECK_STATUS(stamped_sync(t), REFUSE(CONSISTENCY)); /* it was asked from 9 on */
    stamped_done(t);
}

/* ---- what is kept ---- */

static void check_fault(struct stamped *t, const char *root, const char *fault)
{
    CHECK_STATUS(stamped_verified(t, root), REFUSE(CONSISTENCY));
    if (!CHECK(strncmp(t->fault, fault, strlen(fault)) == 0))
        fprintf(stderr, "%s\n", t->fault);
}

static void one_changed_octet_of_what_is_kept_is_found(void)
{
    struct stamped *t = stamped_make();
    stamped_now(t, 20);
    stamped_now(t, STAMPED_ENTRIES);
    CHECK_OK(stamped_sync(t));
    CHECK_OK(stamped_verified(t, "ca"));
    CHECK_OK(stamped_verified(t, NULL));
    struct buffer *stamped = &t->stamps[20];
    for (size_t at = 0; at < stamped->length; at += 1 + stamped->length / SAMPLES) {
        const struct mirror_value value = OCTETS(buffer_slice(stamped));
        stamped->at[at] ^= 1;
        CHECK_OK(
            mirror_run(t->mirror, "UPDATE timestamp SET response = ? WHERE size = 20", &value, 1));
        struct status s = stamped_verified(t, "ca");
        CHECK(s.code == CODE_REFUSED &&
              strncmp(t->fault, "timestamp/20.tsr: ", strlen("timestamp/20.tsr: ")) == 0);
        stamped->at[at] ^= 1;
        CHECK_OK(
            mirror_run(t->mirror, "UPDATE timestamp SET response = ? WHERE size = 20", &value, 1));
    }
    CHECK_OK(stamped_verified(t, "ca"));
    stamped_done(t);
}

static void what_is_no_timestamp_of_this_log_is_named(void)
{
    struct stamped *t = stamped_make();
    stamped_now(t, 20);
    stamped_now(t, STAMPED_ENTRIES);
    CHECK_OK(stamped_sync(t));
    CHECK_STATUS(stamped_verified(t, OTHER), REFUSE(TIMESTAMP_CHAIN));
    CHECK(strcmp(t->fault, "timestamp/20.tsr: by no authority that is trusted with timestamps") ==
          0);
    stamped_run(t, "UPDATE timestamp SET size = 19 WHERE size = 20");
    CHECK_STATUS(stamped_verified(t, NULL), REFUSE(TIMESTAMP_IMPRINT));
    stamped_run(t, "UPDATE timestamp SET size = 20 WHERE size = 19");
    stamped_run(t, "UPDATE timestamp SET size = 301 WHERE size = 300");
    check_fault(t, NULL, "timestamp/301.tsr: holds more than the checkpoint signs");
    stamped_run(t, "UPDATE timestamp SET size = 0 WHERE size = 301");
    check_fault(t, NULL, "timestamp/0.tsr: holds more");
    stamped_done(t);
}

TESTS(mirror_timestamps,
      {"what the gateway has is taken once, and verified",
       what_the_gateway_has_is_taken_once_and_verified},
      {"where the last tree has one nobody is asked", where_the_last_tree_has_one_nobody_is_asked},
      {"what is of more entries than the mirror has waits",
       what_is_of_more_entries_than_the_mirror_has_waits},
      {"one changed octet is not taken", one_changed_octet_is_not_taken},
      {"a mirror that its disk has changed blames nobody",
       a_mirror_that_its_disk_has_changed_blames_nobody},
      {"a list that is none is refused", a_list_that_is_none_is_refused},
      {"one changed octet of what is kept is found", one_changed_octet_of_what_is_kept_is_found},
      {"what is no timestamp of this log is named", what_is_no_timestamp_of_this_log_is_named})
