/* Timestamps of a log as a mirror takes, keeps and verifies them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../crypto/tsa.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "made_mirror.h"
#include "mirror/mirror_parts.h"
#include "mirror/sync_timestamps.h"
#include "mirror/timestamps.h"
#include "mirror/verify.h"
#include "support/check.h"
#include "support/folder.h"

#define ENTRIES  300
#define BEGAN_MS 1000000000000ULL /* long before any authority's clock */
#define STAMPS   270              /* more than one list has */
#define HOUR_S   3600
#define SAMPLES  60         /* octets of a timestamp that are changed */
#define OTHER    "stranger" /* an authority that is not trusted */

/* A mirror, and the timestamps that a gateway has of its log. */
struct stand {
    struct mirror *mirror;
    struct buffer stamps[ENTRIES + 100]; /* by size; empty: there is none */
    unsigned asked, lists;
    const char *list;  /* served in place of every list */
    const char *ended; /* the name of the log, if it ended */
    uint64_t missing;  /* of this size there is none when it is asked for */
    uint64_t now_ms;   /* of who reads; the authority's certificate is of today */
    struct sync_outcome outcome;
    struct timestamped_found found;
    char fault[TIMESTAMPS_FAULT_BYTES];
};

static uint64_t now_ms(void)
{
    return (uint64_t)time(NULL) * MS_PER_SECOND;
}

static struct mirror *mirror_of(const char *dir, uint64_t count)
{
    static const uint8_t rulebook[32] = {1};
    const struct outer outer = {.kind = ENTRY_START_STOP,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, sizeof rulebook)};
    const struct inner inner = {.op = slice_text("OPERATE"), .actor = slice_text(MADE_GATEWAY)};
    struct mirror *m = made_mirror(dir);
    for (uint64_t i = 0; i < count; i++)
        made_put(m, BEGAN_MS + i, &outer, &inner);
    made_keep(m);
    return m;
}

/* The authority's answer about a text, at this time; 0: now. */
static void stamp(struct slice text, uint64_t at_s, struct buffer *out)
{
    const struct tsa_answer answer = {.signer = "tsa", .at_s = at_s};
    struct buffer request = buffer_new(TIMESTAMP_REQUEST_MAX_BYTES);
    struct buffer response = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamp_request(text, 7, &request));
    tsa_stamp(&answer, buffer_slice(&request), &response);
    buffer_clear(out);
    CHECK_OK(timestamp_keep(buffer_slice(&response), out));
    buffer_done(&request);
    buffer_done(&response);
}

/* The gateway gets one, at this time. */
static void stamp_at(struct stand *t, uint64_t size, uint64_t at_s)
{
    struct buffer body = buffer_new(NOTE_MAX_BYTES);
    const struct timestamped_log log = {mirror_log_read, t->mirror, slice_text(MADE_ORIGIN),
                                        mirror_size(t->mirror)};
    t->stamps[size] = buffer_new(TIMESTAMP_MAX_BYTES);
    CHECK_OK(timestamped_body(&log, size, &body));
    stamp(buffer_slice(&body), at_s, &t->stamps[size]);
    buffer_done(&body);
}

static void stamp_size(struct stand *t, uint64_t size)
{
    stamp_at(t, size, 0);
}

static struct stand *stand_make(void)
{
    struct stand *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    t->mirror = mirror_of(fresh_folder(), ENTRIES);
    t->now_ms = now_ms();
    return t;
}

static void stand_done(struct stand *t)
{
    mirror_close(t->mirror);
    for (size_t i = 0; i < sizeof t->stamps / sizeof t->stamps[0]; i++)
        buffer_done(&t->stamps[i]);
    free(t);
}

/* Whoever reads is so many hours later. Gives the time of now, in seconds. */
static uint64_t go_on(struct stand *t, uint64_t hours)
{
    const uint64_t before_s = t->now_ms / MS_PER_SECOND;
    t->now_ms += hours * HOUR_S * MS_PER_SECOND;
    return before_s;
}

/* ---- the gateway ---- */

static struct status list_give(struct stand *t, struct slice from, struct buffer *out)
{
    uint64_t at = 0, sizes[TIMESTAMPED_LIST_MAX];
    size_t count = 0;
    t->lists++;
    CHECK(decimal_read(from, INT64_MAX, &at));
    for (; at < sizeof t->stamps / sizeof t->stamps[0] && count < TIMESTAMPED_LIST_MAX; at++)
        if (t->stamps[at].length > 0)
            sizes[count++] = at;
    if (t->list != NULL)
        buffer_text(out, t->list);
    else
        timestamped_list_write(out, sizes, count);
    return OK;
}

static struct status give(struct stand *t, struct slice path, struct buffer *out)
{
    static const char list[] = "timestamp/?from=";
    char base[64];
    uint64_t size = 0;
    snprintf(base, sizeof base, "/log/%s%s", t->ended == NULL ? "" : t->ended,
             t->ended == NULL ? "" : "/");
    if (!CHECK(slice_begins(path, slice_text(base))))
        return FAIL(ABSENT);
    path = slice_part(path, strlen(base), SIZE_MAX);
    if (slice_begins(path, slice_text(list)))
        return list_give(t, slice_part(path, sizeof list - 1, SIZE_MAX), out);
    CHECK(timestamped_path_read(path, &size));
    if (size == t->missing)
        return FAIL(ABSENT);
    buffer_put(out, buffer_slice(&t->stamps[size]));
    return OK;
}

/* A sync_fetch. */
static void fetch(void *source, struct sync_file *files, size_t count)
{
    struct stand *t = source;
    CHECK(count > 0 && count <= SYNC_FETCHES);
    for (size_t i = 0; i < count; i++, t->asked++)
        files[i].status = give(t, slice_text(files[i].path), &files[i].body);
}

static struct status sync(struct stand *t)
{
    const struct sync_settings settings = {
        .mirror = t->mirror, .ended = t->ended, .fetch = fetch, .source = t, .now_ms = t->now_ms};
    t->asked = t->lists = 0;
    return sync_timestamps(&settings, &t->outcome);
}

static uint64_t last(struct stand *t)
{
    uint64_t size = 0;
    CHECK_OK(mirror_timestamps_last(t->mirror, &size));
    return size;
}

/* By who trusts this root; NULL: by who trusts nobody. */
static struct status verified(struct stand *t, const char *root)
{
    struct timestamp_authorities *a = NULL;
    if (root != NULL)
        CHECK_OK(timestamp_authorities_load(pki("tsa/%s.crt", root), &a));
    t->fault[0] = '\0';
    struct status s = mirror_timestamps_verify(t->mirror, a, t->now_ms, &t->found, t->fault);
    CHECK(failed(s) == (t->fault[0] != '\0'));
    timestamp_authorities_free(a);
    return s;
}

/* ---- what is taken ---- */

static void what_the_gateway_has_is_taken_once_and_verified(void)
{
    struct stand *t = stand_make();
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, 0);
    CHECK_OK(verified(t, "ca"));
    CHECK_U64(t->found.count, 0);
    const uint64_t began_s = go_on(t, STAMPS);
    for (uint64_t size = 1; size <= STAMPS; size++)
        stamp_at(t, size, began_s + size * HOUR_S);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, STAMPS);
    CHECK_U64(t->outcome.let_go, 0);
    CHECK_U64(t->lists, 2);
    CHECK_U64(last(t), STAMPS);
    CHECK_OK(verified(t, "ca"));
    CHECK_U64(t->found.count, STAMPS);
    CHECK_U64(t->found.size, STAMPS);
    CHECK_U64(t->found.time_ms, (began_s + STAMPS * HOUR_S) * MS_PER_SECOND);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, 0);
    CHECK_U64(t->asked, 1);
    stand_done(t);
}

/* Of a log that ended, too, which is served elsewhere. */
static void where_the_last_tree_has_one_nobody_is_asked(void)
{
    struct stand *t = stand_make();
    t->ended = "2026";
    stamp_size(t, 7);
    stamp_size(t, ENTRIES);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, 2);
    CHECK_OK(sync(t));
    CHECK_U64(t->asked, 0);
    stand_done(t);
}

static void what_is_of_more_entries_than_the_mirror_has_waits(void)
{
    struct stand *t = stand_make();
    stamp_size(t, 200);
    t->stamps[ENTRIES + 50] = buffer_new(10);
    buffer_text(&t->stamps[ENTRIES + 50], "of later");
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, 1);
    CHECK_U64(last(t), 200);
    stand_done(t);
}

/* ---- what is not ---- */

static void check_refused(struct stand *t, enum sync_verdict verdict, const char *said)
{
    CHECK_STATUS(sync(t), REFUSE(CONSISTENCY));
    CHECK_U64(t->outcome.verdict, verdict);
    if (!CHECK(strstr(t->outcome.said, said) != NULL))
        fprintf(stderr, "%s\n", t->outcome.said);
    CHECK_U64(last(t), 0);
    CHECK_U64(t->outcome.timestamps, 0);
}

static void one_changed_octet_is_not_taken(void)
{
    struct stand *t = stand_make();
    stamp_size(t, 20);
    struct buffer *stamped = &t->stamps[20];
    for (size_t at = 0; at < stamped->length; at += 1 + stamped->length / SAMPLES) {
        stamped->at[at] ^= 1;
        check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: ");
        stamped->at[at] ^= 1;
    }
    buffer_u8(stamped, 0);
    check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: no timestamp");
    stamp(slice_text("another text"), 0, stamped);
    check_refused(t, SYNC_DAMAGED, "/log/timestamp/20.tsr: a timestamp of something else");
    stamp_size(t, 21);
    buffer_done(stamped);
    t->missing = 21;
    check_refused(t, SYNC_MISSING, "/log/timestamp/21.tsr is not there");
    t->missing = 0;
    CHECK_OK(sync(t));
    CHECK_U64(last(t), 21);
    stand_done(t);
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
    struct stand *t = stand_make();
    stamp_size(t, 7);
    stamp_size(t, 8);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        t->list = lists[i];
        check_refused(t, SYNC_DAMAGED, "/log/timestamp/?from=1 is no list of timestamps");
    }
    t->list = "7\n8\n";
    CHECK_OK(sync(t));
    CHECK_U64(last(t), 8);
    CHECK_STATUS(sync(t), REFUSE(CONSISTENCY)); /* it was asked from 9 on */
    stand_done(t);
}

/* ---- what is let go ---- */

static void run(struct stand *t, const char *sql)
{
    CHECK_U64((uint64_t)sqlite3_exec(t->mirror->db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_U64((uint64_t)sqlite3_changes(t->mirror->db), 1);
}

static void check_fault(struct stand *t, const char *root, const char *fault)
{
    CHECK_STATUS(verified(t, root), REFUSE(CONSISTENCY));
    if (!CHECK(strncmp(t->fault, fault, strlen(fault)) == 0))
        fprintf(stderr, "%s\n", t->fault);
}

/* The kept sizes, as "20 70 ". */
static void check_sizes(struct stand *t, const char *want)
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
    struct stand *t = stand_make();
    for (uint64_t size = 1; size <= STAMPS; size++)
        stamp_size(t, size);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, STAMPS);
    CHECK_U64(t->outcome.let_go, STAMPS - 2);
    check_sizes(t, "1 270");
    CHECK_OK(verified(t, "ca"));
    stamp_size(t, STAMPS + 1);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.timestamps, 1);
    CHECK_U64(t->outcome.let_go, 1);
    check_sizes(t, "1 271");
    stand_done(t);
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
    struct stand *t = stand_make();
    const uint64_t began_s = go_on(t, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        stamp_at(t, rows[i].size, began_s + (uint64_t)rows[i].minutes * 60);
        CHECK_OK(sync(t));
        check_sizes(t, rows[i].kept);
    }
    CHECK_OK(verified(t, "ca"));
    stand_done(t);
}

static void once_there_are_too_many_octets_the_newest_is_kept(void)
{
    struct stand *t = stand_make();
    const uint64_t began_s = go_on(t, 10);
    stamp_at(t, 10, began_s);
    stamp_at(t, 20, began_s + HOUR_S);
    CHECK_OK(sync(t));
    check_sizes(t, "10 20");
    run(t, "UPDATE timestamp SET response = zeroblob(67108864 + 301 * 1024) WHERE size = 10");
    stamp_at(t, 30, began_s + 2 * HOUR_S);
    stamp_at(t, 40, began_s + 3 * HOUR_S);
    CHECK_OK(sync(t));
    CHECK_U64(t->outcome.let_go, 2);
    check_sizes(t, "10 40");
    stand_done(t);
}

static void what_was_changed_in_the_mirror_is_not_let_go(void)
{
    struct stand *t = stand_make();
    stamp_size(t, 10);
    stamp_size(t, 20);
    CHECK_OK(sync(t));
    run(t, "UPDATE timestamp SET response = x'30' WHERE size = 20");
    stamp_size(t, 30);
    CHECK_OK(sync(t));
    check_sizes(t, "10 20 30");
    CHECK_STATUS(verified(t, NULL), REFUSE(TIMESTAMP_SHAPE));
    CHECK(strncmp(t->fault, "timestamp/20.tsr: ", strlen("timestamp/20.tsr: ")) == 0);
    stand_done(t);
}

/* ---- what is kept ---- */

static void one_changed_octet_of_what_is_kept_is_found(void)
{
    struct stand *t = stand_make();
    stamp_size(t, 20);
    stamp_size(t, ENTRIES);
    CHECK_OK(sync(t));
    CHECK_OK(verified(t, "ca"));
    CHECK_OK(verified(t, NULL));
    struct buffer *stamped = &t->stamps[20];
    for (size_t at = 0; at < stamped->length; at += 1 + stamped->length / SAMPLES) {
        const struct mirror_value value = OCTETS(buffer_slice(stamped));
        stamped->at[at] ^= 1;
        CHECK_OK(
            mirror_run(t->mirror, "UPDATE timestamp SET response = ? WHERE size = 20", &value, 1));
        struct status s = verified(t, "ca");
        CHECK(s.code == CODE_REFUSED &&
              strncmp(t->fault, "timestamp/20.tsr: ", strlen("timestamp/20.tsr: ")) == 0);
        stamped->at[at] ^= 1;
        CHECK_OK(
            mirror_run(t->mirror, "UPDATE timestamp SET response = ? WHERE size = 20", &value, 1));
    }
    CHECK_OK(verified(t, "ca"));
    stand_done(t);
}

static void what_is_no_timestamp_of_this_log_is_named(void)
{
    struct stand *t = stand_make();
    stamp_size(t, 20);
    stamp_size(t, ENTRIES);
    CHECK_OK(sync(t));
    CHECK_STATUS(verified(t, OTHER), REFUSE(TIMESTAMP_CHAIN));
    CHECK(strcmp(t->fault, "timestamp/20.tsr: by no authority that is trusted with timestamps") ==
          0);
    run(t, "UPDATE timestamp SET size = 19 WHERE size = 20");
    CHECK_STATUS(verified(t, NULL), REFUSE(TIMESTAMP_IMPRINT));
    run(t, "UPDATE timestamp SET size = 20 WHERE size = 19");
    run(t, "UPDATE timestamp SET size = 301 WHERE size = 300");
    check_fault(t, NULL, "timestamp/301.tsr: holds more than the checkpoint signs");
    run(t, "UPDATE timestamp SET size = 0 WHERE size = 301");
    check_fault(t, NULL, "timestamp/0.tsr: holds more");
    stand_done(t);
}

TESTS(mirror_timestamps,
      {"what the gateway has is taken once, and verified",
       what_the_gateway_has_is_taken_once_and_verified},
      {"where the last tree has one nobody is asked", where_the_last_tree_has_one_nobody_is_asked},
      {"what is of more entries than the mirror has waits",
       what_is_of_more_entries_than_the_mirror_has_waits},
      {"one changed octet is not taken", one_changed_octet_is_not_taken},
      {"a list that is none is refused", a_list_that_is_none_is_refused},
      {"of those that come too often the newest is kept",
       of_those_that_come_too_often_the_newest_is_kept},
      {"those that are kept lie apart", those_that_are_kept_lie_apart},
      {"once there are too many octets the newest is kept",
       once_there_are_too_many_octets_the_newest_is_kept},
      {"what was changed in the mirror is not let go",
       what_was_changed_in_the_mirror_is_not_let_go},
      {"one changed octet of what is kept is found", one_changed_octet_of_what_is_kept_is_found},
      {"what is no timestamp of this log is named", what_is_no_timestamp_of_this_log_is_named})
