#include "libcomity/archive.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"
#include "libcomity/record_parts.h"

#define SECRET "Mirela Dostan lives in Lindfjord"

static struct archive *archive;
static struct comity_fault fault;

static void open_in(const char *folder)
{
    CHECK_OK(crypto_thread_start());
    CHECK_OK(archive_open(folder, &archive, &fault));
}

static struct status get(enum archive_kind kind, const char *name, const char *want)
{
    struct buffer b = buffer_new(ARCHIVE_RECORD_MAX);
    struct status s = archive_get(archive, kind, slice_text(name), &b);
    if (!failed(s))
        CHECK_BYTES(buffer_slice(&b), slice_text(want));
    buffer_done(&b);
    return s;
}

#define FILES_MAX 5

/* The paths of the files of a kind, and how many there are. */
static size_t files_of(const char *folder, const char *kind, char paths[FILES_MAX][1024])
{
    char below[512];
    size_t count = 0;
    snprintf(below, sizeof below, "%s/%s", folder, kind);
    DIR *at = opendir(below);
    const struct dirent *file;
    while (at != NULL && count < FILES_MAX && (file = readdir(at)) != NULL)
        if (file->d_name[0] != '.')
            snprintf(paths[count++], 1024, "%s/%s", below, file->d_name);
    if (at != NULL)
        closedir(at);
    return count;
}

/* The path of the only file of a kind. */
static const char *only_file(const char *folder, const char *kind)
{
    static char paths[FILES_MAX][1024];
    paths[0][0] = '\0';
    CHECK_U64(files_of(folder, kind, paths), 1);
    return paths[0];
}

static void a_record_comes_back_and_is_replaced(void)
{
    open_in(fresh_folder());
    CHECK_STATUS(get(ARCHIVE_MESSAGE, "m1", ""), FAIL(ABSENT));
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), slice_text(SECRET)));
    CHECK_OK(get(ARCHIVE_MESSAGE, "m1", SECRET));
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), slice_text("new")));
    CHECK_OK(get(ARCHIVE_MESSAGE, "m1", "new"));
    CHECK_STATUS(get(ARCHIVE_SUBMISSION, "m1", ""), FAIL(ABSENT));
    archive_close(archive);
}

static void records_outlive_the_program(void)
{
    const char *folder = fresh_folder();
    open_in(folder);
    CHECK_OK(archive_put(archive, ARCHIVE_SUBMISSION, slice_text("m1"), slice_text(SECRET)));
    archive_close(archive);
    open_in(folder);
    CHECK_OK(get(ARCHIVE_SUBMISSION, "m1", SECRET));
    archive_close(archive);
}

static void nothing_stands_in_clear_on_the_disk(void)
{
    const char *folder = fresh_folder();
    open_in(folder);
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("XA-CA-01"), slice_text(SECRET)));
    const char *path = only_file(folder, "messages");
    struct slice file = file_octets(path);
    CHECK(strstr(path, "XA-CA-01") == NULL);
    CHECK(file.length > strlen(SECRET));
    CHECK(!holds_text(file, "Dostan"));
    CHECK(!holds_text(file, "XA-CA-01"));
    archive_close(archive);
}

static unsigned mode_of(const char *folder, const char *name)
{
    char path[512];
    struct stat st = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(stat(path, &st) == 0);
    return st.st_mode & 0777U;
}

static void only_the_owner_may_read_it(void)
{
    const char *folder = fresh_folder();
    open_in(folder);
    CHECK_U64(mode_of(folder, "key"), 0600);
    CHECK_U64(mode_of(folder, "messages"), 0700);
    archive_close(archive);
    char path[512];
    snprintf(path, sizeof path, "%s/key", folder);
    CHECK(chmod(path, 0644) == 0);
    CHECK_STATUS(archive_open(folder, &archive, &fault), FAIL(CONFIG));
    CHECK(strstr(fault.message, "key") != NULL);
}

/* Every octet counts, and so does the place. */
static void a_changed_file_is_not_read(void)
{
    const char *folder = fresh_folder();
    open_in(folder);
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), slice_text(SECRET)));
    const char *path = only_file(folder, "messages");
    struct slice good = file_octets(path);
    uint8_t *bad = malloc(good.length);
    for (size_t i = 0; bad != NULL && i < good.length; i++) {
        memcpy(bad, good.at, good.length);
        bad[i] ^= 0x40;
        CHECK_OK(file_write(path, slice_over(bad, good.length), 0600));
        CHECK_STATUS(get(ARCHIVE_MESSAGE, "m1", ""), FAIL(CRYPTO));
    }
    CHECK_OK(file_write(path, slice_part(good, 0, good.length - 1), 0600));
    CHECK_STATUS(get(ARCHIVE_MESSAGE, "m1", ""), FAIL(CRYPTO));
    CHECK_OK(file_write(path, (struct slice){0}, 0600));
    CHECK_STATUS(get(ARCHIVE_MESSAGE, "m1", ""), FAIL(CRYPTO));
    free(bad);
    archive_close(archive);
}

static void a_file_moved_elsewhere_is_not_read(void)
{
    char first[1024], second[1024];
    const char *folder = fresh_folder();
    open_in(folder);
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), slice_text(SECRET)));
    snprintf(first, sizeof first, "%s", only_file(folder, "messages"));
    CHECK_OK(archive_put(archive, ARCHIVE_RECEIPT, slice_text("m1"), slice_text("receipt")));
    snprintf(second, sizeof second, "%s", only_file(folder, "receipts"));
    CHECK_OK(file_write(second, file_octets(first), 0600));
    CHECK_STATUS(get(ARCHIVE_RECEIPT, "m1", ""), FAIL(CRYPTO));
    archive_close(archive);
}

static void a_record_that_is_too_long_is_refused(void)
{
    open_in(fresh_folder());
    uint8_t *octets = calloc(1, ARCHIVE_RECORD_MAX + 1);
    struct slice longest = slice_over(octets, ARCHIVE_RECORD_MAX);
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), longest));
    CHECK_STATUS(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"),
                             slice_over(octets, ARCHIVE_RECORD_MAX + 1)),
                 FAIL(FULL));
    free(octets);
    archive_close(archive);
}

static struct status count_secret(void *owner, struct slice octets)
{
    size_t *count = owner;
    CHECK_BYTES(octets, slice_text(SECRET));
    ++*count;
    return OK;
}

static struct status refuse_as(void *owner, struct slice octets)
{
    const struct status *s = owner;
    CHECK_BYTES(octets, slice_text(SECRET));
    return *s;
}

static void damage(const char *path, struct slice octets)
{
    CHECK_OK(file_write(path, octets, 0600));
}

/* Changed, cut off, emptied, grown, or no file at all: the others are visited. */
static void a_walk_passes_over_what_does_not_open(void)
{
    const char *folder = fresh_folder();
    char bad[5][1024];
    size_t count = 0, unsound = 0;
    open_in(folder);
    for (size_t i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "bad %zu", i);
        CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text(name), slice_text(SECRET)));
    }
    CHECK_U64(files_of(folder, "messages", bad), 5);
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "good %zu", i);
        CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text(name), slice_text(SECRET)));
    }
    struct slice whole = file_octets(bad[0]);
    uint8_t *grown = calloc(1, 2 * ARCHIVE_RECORD_MAX);
    damage(bad[0], slice_text("changed"));
    damage(bad[1], slice_part(whole, 0, whole.length / 2));
    damage(bad[2], (struct slice){0});
    damage(bad[3], slice_over(grown, 2 * ARCHIVE_RECORD_MAX));
    CHECK(unlink(bad[4]) == 0 && mkdir(bad[4], 0700) == 0);
    free(grown);
    CHECK_OK(archive_each(archive, ARCHIVE_MESSAGE, count_secret, &count, &unsound));
    CHECK_U64(count, 3);
    CHECK_U64(unsound, 5);
    CHECK(rmdir(bad[4]) == 0);
    archive_close(archive);
}

static void a_visit_counts_what_it_cannot_open_and_else_ends_the_walk(void)
{
    const struct {
        struct status said, ends;
        size_t unsound;
    } rows[] = {{FAIL(CRYPTO), OK, 2},
                {FAIL(STORE), FAIL(STORE), 0},
                {FAIL(MEMORY), FAIL(MEMORY), 0},
                {FAIL(NONE), FAIL(NONE), 0}};
    open_in(fresh_folder());
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m1"), slice_text(SECRET)));
    CHECK_OK(archive_put(archive, ARCHIVE_MESSAGE, slice_text("m2"), slice_text(SECRET)));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status said = rows[i].said;
        size_t unsound = 0;
        CHECK_STATUS(archive_each(archive, ARCHIVE_MESSAGE, refuse_as, &said, &unsound),
                     rows[i].ends);
        CHECK_U64(unsound, rows[i].unsound);
    }
    archive_close(archive);
}

/* ---- records ---- */

static void a_submission_comes_back_octet_by_octet(void)
{
    struct arena *arena = arena_new(1U << 20);
    struct slice fields[] = {slice_text("field one"), slice_text("field two")};
    struct slice decoy = slice_text("0123456789abcdef");
    struct submit sent = {.message = {slice_text("seal"), {fields, 2}}, .decoys = {&decoy, 1}}, got;
    open_in(fresh_folder());
    CHECK_OK(record_submission(archive, slice_text("id"), &sent));
    CHECK_OK(submission_load(archive, arena, slice_text("id"), &got));
    CHECK_BYTES(got.message.seal, sent.message.seal);
    CHECK_U64(got.message.fields.count, 2);
    CHECK_BYTES(got.message.fields.at[1], fields[1]);
    CHECK_BYTES(got.decoys.at[0], decoy);
    CHECK_U64(got.flags, 0);
    archive_close(archive);
    arena_free(arena);
}

static struct kept_message message_from(const char *from, const char *row)
{
    return (struct kept_message){
        .key = {slice_text(from), slice_text("0123456789abcdef"), slice_text("XC-CA-01")},
        .received_ms = 1788766800000,
        .row = slice_text(row),
        .certificate = slice_text("certificate"),
    };
}

static void nobody_hides_a_message_behind_its_id(void)
{
    struct arena *arena = arena_new(1U << 20);
    struct kept_message first = message_from("XA-CA-01", "first"),
                        second = message_from("XB-CA-01", "second"), got;
    open_in(fresh_folder());
    CHECK_OK(record_message(archive, &first));
    CHECK_OK(record_message(archive, &second));
    CHECK_OK(message_load(archive, arena, first.key.id, &got));
    CHECK_BYTES(got.key.from, first.key.from);
    CHECK_BYTES(got.row, first.row);
    CHECK_BYTES(got.certificate, first.certificate);
    CHECK_U64(got.received_ms, first.received_ms);
    archive_close(archive);
    arena_free(arena);
}

static void answers_and_replies_are_remembered(void)
{
    struct arena *arena = arena_new(1U << 20);
    struct sent_answer answer = {REFUSAL_HELD, STAGE_NONE, {true, 69, 3, 31}, true}, got;
    bool known;
    open_in(fresh_folder());
    CHECK_STATUS(answer_load(archive, arena, slice_text("id"), &got), FAIL(ABSENT));
    CHECK_OK(record_answer(archive, slice_text("id"), &answer));
    CHECK_OK(answer_load(archive, arena, slice_text("id"), &got));
    CHECK(got.code == REFUSAL_HELD && got.stage == STAGE_NONE && got.report.present && got.proved);
    CHECK_U64(got.report.withheld, 31);
    CHECK_OK(reply_known(archive, slice_text("id"), &known));
    CHECK(!known);
    CHECK_OK(record_reply(archive, slice_text("id"), slice_text("reply")));
    CHECK_OK(reply_known(archive, slice_text("id"), &known));
    CHECK(known);
    archive_close(archive);
    arena_free(arena);
}

static void checkpoints_are_listed_by_origin(void)
{
    struct arena *arena = arena_new(1U << 20);
    uint8_t root[DIGEST_BYTES] = {9};
    struct known_checkpoint *got;
    size_t count, unsound = 0;
    open_in(fresh_folder());
    CHECK_OK(checkpoints_load(archive, arena, &got, &count, &unsound));
    CHECK_U64(count, 0);
    for (uint64_t size = 1; size < 4; size++) {
        struct known_checkpoint a = {slice_text("log b"), size, slice_over(root, sizeof root)};
        struct known_checkpoint b = {slice_text("log a"), size * 7, slice_over(root, sizeof root)};
        CHECK_OK(record_checkpoint(archive, &a, (struct slice){0}));
        CHECK_OK(record_checkpoint(archive, &b, (struct slice){0}));
    }
    CHECK_OK(checkpoints_load(archive, arena, &got, &count, &unsound));
    CHECK_U64(count, 2);
    CHECK_BYTES(got[0].origin, slice_text("log a"));
    CHECK_U64(got[0].size, 21);
    CHECK_U64(got[1].size, 3);
    CHECK_BYTES(got[1].root, slice_over(root, sizeof root));
    archive_close(archive);
    arena_free(arena);
}

static void a_larger_checkpoint_stays(void)
{
    struct arena *arena = arena_new(1U << 20);
    uint8_t root[DIGEST_BYTES] = {9}, other[DIGEST_BYTES] = {8};
    struct known_checkpoint *got, kept = {slice_text("log"), 7, slice_over(root, sizeof root)},
                                  older = {slice_text("log"), 6, slice_over(other, sizeof other)},
                                  forked = {slice_text("log"), 7, slice_over(other, sizeof other)};
    size_t count, unsound = 0;
    open_in(fresh_folder());
    CHECK_OK(record_checkpoint(archive, &kept, (struct slice){0}));
    CHECK_OK(record_checkpoint(archive, &older, (struct slice){0}));
    CHECK_STATUS(record_checkpoint(archive, &forked, (struct slice){0}), FAIL(FORK));
    CHECK_OK(record_checkpoint(archive, &kept, (struct slice){0}));
    if (CHECK_OK(checkpoints_load(archive, arena, &got, &count, &unsound)) && CHECK_U64(count, 1)) {
        CHECK_U64(got[0].size, 7);
        CHECK_BYTES(got[0].root, kept.root);
    }
    archive_close(archive);
    arena_free(arena);
}

/* One that was kept before notes were kept with them still counts, and is evidence as it is. */
static void a_checkpoint_without_its_note_is_read(void)
{
    struct arena *arena = arena_new(1U << 20);
    uint8_t root[DIGEST_BYTES] = {9}, other[DIGEST_BYTES] = {8};
    struct known_checkpoint *got;
    struct known_checkpoint forked = {slice_text("log"), 7, slice_over(other, sizeof other)};
    struct contradiction found;
    struct slice record;
    size_t count = 0, unsound = 0;
    struct buffer b = buffer_new(256);
    open_in(fresh_folder());
    mp_put_array(&b, 3);
    mp_put_text(&b, slice_text("log"));
    mp_put_uint(&b, 7);
    mp_put_bytes(&b, slice_over(root, sizeof root));
    CHECK_OK(record_put(archive, ARCHIVE_CHECKPOINT, slice_text("log"), &b));
    if (CHECK_OK(checkpoints_load(archive, arena, &got, &count, &unsound)) && CHECK_U64(count, 1))
        CHECK_U64(got[0].size, 7);
    CHECK_STATUS(record_checkpoint(archive, &forked, slice_text("note")), FAIL(FORK));
    CHECK_OK(record_contradiction(archive, slice_text("0123456789abcdef"), slice_text("log"),
                                  slice_text("note")));
    if (CHECK_OK(record_get(archive, arena, ARCHIVE_CONTRADICTION,
                            slice_text("0123456789abcdeflog"), &record)) &&
        CHECK_OK(contradiction_parse(record, &found))) {
        CHECK_BYTES(found.kept.checkpoint.root, slice_over(root, sizeof root));
        CHECK_U64(found.kept.note.length, 0);
        CHECK_BYTES(found.note, slice_text("note"));
    }
    archive_close(archive);
    arena_free(arena);
}

static void one_holder_at_a_time_locks_it(void)
{
    const char *folder = fresh_folder();
    struct archive *second = NULL;
    open_in(folder);
    CHECK_OK(archive_open(folder, &second, &fault));
    CHECK_OK(archive_lock(archive, 0));
    CHECK_STATUS(archive_lock(second, 30), FAIL(STORE));
    archive_unlock(archive);
    CHECK_OK(archive_lock(second, 0));
    CHECK_STATUS(archive_lock(archive, 0), FAIL(STORE));
    archive_close(second); /* gives it back */
    CHECK_OK(archive_lock(archive, 0));
    archive_close(archive);
}

TESTS(clients_archive, {"a record comes back and is replaced", a_record_comes_back_and_is_replaced},
      {"records outlive the program", records_outlive_the_program},
      {"nothing stands in clear on the disk", nothing_stands_in_clear_on_the_disk},
      {"only the owner may read it", only_the_owner_may_read_it},
      {"a changed file is not read", a_changed_file_is_not_read},
      {"a file moved elsewhere is not read", a_file_moved_elsewhere_is_not_read},
      {"a walk passes over what does not open", a_walk_passes_over_what_does_not_open},
      {"a visit counts what it cannot open and else ends the walk",
       a_visit_counts_what_it_cannot_open_and_else_ends_the_walk},
      {"a record that is too long is refused", a_record_that_is_too_long_is_refused},
      {"a submission comes back octet by octet", a_submission_comes_back_octet_by_octet},
      {"nobody hides a message behind its id", nobody_hides_a_message_behind_its_id},
      {"answers and replies are remembered", answers_and_replies_are_remembered},
      {"checkpoints are listed by origin", checkpoints_are_listed_by_origin},
      {"a larger checkpoint stays", a_larger_checkpoint_stays},
      {"a checkpoint without its note is read", a_checkpoint_without_its_note_is_read},
      {"one holder at a time locks it", one_holder_at_a_time_locks_it})
