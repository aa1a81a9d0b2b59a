#include "support/check.h"
#include "support/small_rulebook.h"

#include <stdio.h>
#include <string.h>

#include "app/closings.h"
#include "app/force.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define NOW         1790000000000ULL
#define FIRST       "a.b/2026"
#define SECOND      "a.b/2027"

/* A gateway with a log that ended and the one after it, as a directory says it now. */
struct said {
    struct log_row logs[3];
    struct gateway_row gateway;
    struct directory directory;
};

static struct said *said_make(struct said *s)
{
    *s = (struct said){.logs = {{.origin = slice_text(FIRST),
                                 .is_closed = true,
                                 .closed_size = 7,
                                 .closed_root = {{1}}},
                                {.origin = slice_text(SECOND), .succeeds = slice_text(FIRST)},
                                {.origin = slice_text("a.b/2028")}}};
    s->gateway =
        (struct gateway_row){.id = slice_text("XA-GW-01"), .logs = s->logs, .log_count = 3};
    s->directory =
        (struct directory){.gateways = &s->gateway, .gateway_count = 1, .states_number = 9};
    return s;
}

static void withdraw_the_row(struct said *s)
{
    s->gateway.logs++;
    s->gateway.log_count--;
}

static void open_again(struct said *s)
{
    s->logs[0].is_closed = false;
}

static void end_elsewhere(struct said *s)
{
    s->logs[0].closed_size++;
}

static void end_with_another_root(struct said *s)
{
    s->logs[0].closed_root.octets[31] ^= 1;
}

static void be_succeeded_by_none(struct said *s)
{
    s->logs[1].succeeds = (struct slice){NULL, 0};
}

static void be_succeeded_by_another(struct said *s)
{
    be_succeeded_by_none(s);
    s->logs[2].succeeds = slice_text(FIRST);
}

static void go_on(struct said *s)
{
    s->logs[2].succeeds = slice_text(SECOND);
    s->logs[1].is_closed = true;
    s->logs[1].closed_size = 1;
}

static void leave(struct said *s)
{
    s->directory.gateway_count = 0;
}

static void the_end_of_a_log_stays_and_what_succeeds_it(void)
{
    static const struct {
        void (*change)(struct said *s);
        const char *wrong; /* NULL: it may be said */
    } rows[] = {
        {withdraw_the_row, "the log a.b/2026 has no row any more"},
        {open_again, "the log a.b/2026 is not closed any more"},
        {end_elsewhere, "the log a.b/2026 is closed at another size or root"},
        {end_with_another_root, "the log a.b/2026 is closed at another size or root"},
        {be_succeeded_by_none, "the log a.b/2026 is not succeeded by the log that was"},
        {be_succeeded_by_another, "the log a.b/2026 is not succeeded by the log that was"},
        {go_on, NULL},
        {leave, NULL},
    };
    char why[RISING_WHY_BYTES];
    struct said said;
    struct slice kept = {NULL, 0}, next;
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_OK(closings_judge(arena, kept, &said_make(&said)->directory, &kept, why));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].change(said_make(&said));
        struct status s = closings_judge(arena, kept, &said.directory, &next, why);
        CHECK_U64(s.reason, rows[i].wrong == NULL ? REASON_NONE : REASON_OBJECT_CLOSING);
        CHECK(rows[i].wrong == NULL || strstr(why, rows[i].wrong) != NULL);
        CHECK(rows[i].wrong == NULL || strstr(why, "states number 9: ") == why);
    }
    arena_free(arena);
}

static void a_gateway_comes_back_only_with_the_ends_of_its_logs(void)
{
    char why[RISING_WHY_BYTES];
    struct said said;
    struct slice kept = {NULL, 0};
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_OK(closings_judge(arena, kept, &said_make(&said)->directory, &kept, why));
    leave(&said);
    CHECK_OK(closings_judge(arena, kept, &said.directory, &kept, why));
    open_again(said_make(&said));
    CHECK_STATUS(closings_judge(arena, kept, &said.directory, &kept, why), REFUSE(OBJECT_CLOSING));
    CHECK_OK(closings_judge(arena, kept, &said_make(&said)->directory, &kept, why));
    arena_free(arena);
}

/* Until it ended nothing rests on what is to come after it. */
static void what_succeeds_a_log_that_goes_on_may_be_said_otherwise(void)
{
    char why[RISING_WHY_BYTES];
    struct said said;
    struct slice kept = {NULL, 0};
    struct arena *arena = arena_new(ARENA_BYTES);
    open_again(said_make(&said));
    CHECK_OK(closings_judge(arena, kept, &said.directory, &kept, why));
    be_succeeded_by_another(&said);
    CHECK_OK(closings_judge(arena, kept, &said.directory, &kept, why));
    arena_free(arena);
}

static void what_is_kept_beside_objects_stays_with_them(void)
{
    char why[RISING_WHY_BYTES];
    struct said said;
    struct rising_rows rows;
    struct slice first, kept = {NULL, 0};
    struct object law = {slice_text("law"), 5, {{5}}, slice_text("five")};
    const struct objects objects = {&law, 1, NULL};
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_OK(rising_judge(arena, kept, &objects, &first, why));
    CHECK_OK(closings_judge(arena, first, &said_make(&said)->directory, &kept, why));
    CHECK_OK(rising_rows_read(arena, kept, 0, &rows));
    CHECK(rising_knows(&rows, &law));
    CHECK_OK(rising_join(arena, first, kept, &first)); /* a backup knew of no end */
    CHECK_BYTES(first, kept);
    CHECK_OK(rising_judge(arena, kept, &objects, &kept, why));
    open_again(&said);
    CHECK_STATUS(closings_judge(arena, kept, &said.directory, &kept, why), REFUSE(OBJECT_CLOSING));
    arena_free(arena);
}

static void what_is_damaged_or_too_much_is_not_kept(void)
{
    char why[RISING_WHY_BYTES];
    struct said said;
    struct slice kept;
    struct arena *arena = arena_new(ARENA_BYTES);
    CHECK_STATUS(
        closings_judge(arena, slice_text("\x82"), &said_make(&said)->directory, &kept, why),
        FAIL(STORE));
    struct rising_rows rows = {arena_array(arena, RISING_ROWS_MAX + 1, sizeof *rows.at),
                               RISING_ROWS_MAX, 0};
    CHECK(rows.at != NULL);
    for (size_t i = 0; i <= RISING_ROWS_MAX; i++)
        rows.at[i] = (struct rising_row){
            .name = slice_text(arena_print(arena, "end:XA-GW-01 log-%zu", i)), .number = i};
    CHECK_OK(rising_rows_write(arena, &rows, &kept));
    CHECK_OK(rising_rows_read(arena, kept, 1, &rows));
    CHECK_U64(rising_rows_find(&rows, slice_text("end:XA-GW-01 log-16383"))->number, 16383);
    CHECK(rising_rows_find(&rows, slice_text("end:XA-GW-01 log-16384")) == NULL);
    rows.count++;
    CHECK_STATUS(rising_rows_write(arena, &rows, &kept), FAIL(FULL));
    arena_free(arena);
}

/* ---- before a rulebook comes into force ---- */

#define KEY "+00000000+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static struct snapshot *snapshot_saying(struct arena *arena, unsigned states, const char *end)
{
    struct rulebook *rulebook = NULL;
    struct objects *objects = NULL;
    struct text_error error = {0};
    struct text_files files = small_rulebook(arena, 4, states, "");
    files.at[3].text = slice_text(arena_print(
        arena,
        "%.*s log \"a.b/2026\" key \"a.b/2026" KEY "\" from 2026-01-01 until 2026-12-31 %s\n",
        (int)files.at[3].text.length, (const char *)files.at[3].text.at, end));
    if (!CHECK_OK(rulebook_parse(&files, &rulebook, &error)))
        fprintf(stderr, "%s\n", error.message);
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    return snapshot_new(rulebook, objects);
}

static void no_rulebook_that_opens_a_log_again_comes_into_force(void)
{
    static const char root[] = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    char why[FORCE_WHY_BYTES];
    struct slice kept = {NULL, 0}, before;
    struct arena *arena = arena_new(ARENA_BYTES);
    const char *end = arena_print(arena, "closed at 7 root \"%s\"", root);
    struct snapshot *closed = snapshot_saying(arena, 3, end),
                    *opened = snapshot_saying(arena, 4, ""),
                    *later = snapshot_saying(arena, 5, end);
    CHECK_OK(force_judge(arena, kept, closed, NULL, NOW, &kept, why));
    before = kept;
    CHECK_STATUS(force_judge(arena, kept, opened, NULL, NOW, &kept, why), REFUSE(OBJECT_CLOSING));
    CHECK(strstr(why, "states number 4: the log a.b/2026 is not closed any more") == why);
    CHECK_BYTES(kept, before);
    CHECK_OK(force_judge(arena, kept, later, NULL, NOW, &kept, why));
    snapshot_drop(closed);
    snapshot_drop(opened);
    snapshot_drop(later);
    arena_free(arena);
}

TESTS(app_closings,
      {"the end of a log stays, and what succeeds it", the_end_of_a_log_stays_and_what_succeeds_it},
      {"a gateway comes back only with the ends of its logs",
       a_gateway_comes_back_only_with_the_ends_of_its_logs},
      {"what succeeds a log that goes on may be said otherwise",
       what_succeeds_a_log_that_goes_on_may_be_said_otherwise},
      {"what is kept beside objects stays with them", what_is_kept_beside_objects_stays_with_them},
      {"what is damaged or too much is not kept", what_is_damaged_or_too_much_is_not_kept},
      {"no rulebook that opens a log again comes into force",
       no_rulebook_that_opens_a_log_again_comes_into_force})
