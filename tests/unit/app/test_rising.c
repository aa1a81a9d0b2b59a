#include "support/check.h"

#include <string.h>

#include "app/rising.h"

#define ARENA_BYTES (1U << 20)

static struct object object(const char *name, uint64_t number, const char *text)
{
    return (struct object){slice_text(name), number, digest_plain(slice_text(text)),
                           slice_text(text)};
}

/* The law and one State's parties. */
static struct status follow(struct arena *arena, struct slice kept, struct object law,
                            struct object parties, struct slice *ret_kept, char *why)
{
    struct object at[] = {law, parties, object("revocations:XA", 1, "lists")};
    const struct objects all = {at, 3, NULL};
    return rising_judge(arena, kept, &all, ret_kept, why);
}

static void numbers_only_rise(void)
{
    static const struct {
        uint64_t number;
        const char *text;
        enum reason reason;
        const char *why;
    } rows[] = {
        {5, "five", REASON_NONE, ""},
        {6, "six", REASON_NONE, ""},
        {6, "five", REASON_NONE, ""},
        {5, "other", REASON_OBJECT_OLD, "law number 5 is another text"},
        {4, "four", REASON_OBJECT_OLD, "law number 4 is older than number 5"},
        {4, "five", REASON_OBJECT_OLD, "law number 4 is older than number 5"},
    };
    char why[RISING_WHY_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct slice first, next;
    const struct slice none = {NULL, 0};
    const struct object parties = object("parties:XA", 2, "two");
    CHECK_OK(follow(arena, none, object("law", 5, "five"), parties, &first, why));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct status s =
            follow(arena, first, object("law", rows[i].number, rows[i].text), parties, &next, why);
        CHECK_U64(s.reason, rows[i].reason);
        if (rows[i].why[0] != '\0')
            CHECK(strncmp(why, rows[i].why, strlen(rows[i].why)) == 0);
    }
    arena_free(arena);
}

/* A State that goes and comes back does not bring its old parties with it. */
static void an_object_that_was_left_out_is_remembered(void)
{
    char why[RISING_WHY_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct slice first, without, with;
    const struct slice none = {NULL, 0};
    struct object law = object("law", 5, "five");
    const struct objects alone = {&law, 1, NULL};
    CHECK_OK(follow(arena, none, law, object("parties:XA", 2, "two"), &first, why));
    CHECK_OK(rising_judge(arena, first, &alone, &without, why));
    CHECK_BYTES(without, first);
    CHECK_STATUS(follow(arena, without, law, object("parties:XA", 1, "one"), &with, why),
                 REFUSE(OBJECT_OLD));
    CHECK_OK(follow(arena, without, law, object("parties:XA", 3, "three"), &with, why));
    arena_free(arena);
}

static bool knows(struct arena *arena, struct slice kept, const struct object *o)
{
    struct rising_rows rows;
    return CHECK_OK(rising_rows_read(arena, kept, 0, &rows)) && rising_knows(&rows, o);
}

static void what_was_in_force_is_known(void)
{
    char why[RISING_WHY_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct slice kept;
    const struct slice none = {NULL, 0};
    const struct object law = object("law", 5, "five"), other = object("law", 5, "other"),
                        next = object("law", 6, "five"),
                        lists = object("revocations:XA", 1, "lists");
    CHECK_OK(follow(arena, none, law, object("parties:XA", 2, "two"), &kept, why));
    CHECK(knows(arena, kept, &law));
    CHECK(!knows(arena, kept, &other));
    CHECK(!knows(arena, kept, &next));
    CHECK(!knows(arena, kept, &lists));
    CHECK(!knows(arena, none, &law));
    arena_free(arena);
}

/* As after a restored backup: the journal has forgotten what the lock database has not. */
static void of_what_two_have_kept_the_higher_numbers_count(void)
{
    char why[RISING_WHY_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct slice older, newer, both, same;
    const struct slice none = {NULL, 0};
    const struct object law4 = object("law", 4, "four"), law5 = object("law", 5, "five"),
                        other5 = object("law", 5, "other"), parties2 = object("parties:XA", 2, "2"),
                        parties3 = object("parties:XA", 3, "3");
    CHECK_OK(follow(arena, none, law4, parties3, &older, why));
    CHECK_OK(follow(arena, none, law5, parties2, &newer, why));
    CHECK_OK(follow(arena, none, other5, object("parties:XC", 1, "1"), &same, why));
    CHECK_OK(rising_join(arena, older, newer, &both));
    CHECK(knows(arena, both, &law5));
    CHECK(knows(arena, both, &parties3));
    CHECK_STATUS(follow(arena, both, law4, parties3, &both, why), REFUSE(OBJECT_OLD));
    CHECK_OK(rising_join(arena, same, newer, &both)); /* of one number the lock's */
    CHECK(knows(arena, both, &law5));
    CHECK_STATUS(follow(arena, both, law5, object("parties:XC", 0, "0"), &both, why),
                 REFUSE(OBJECT_OLD));
    CHECK_OK(rising_join(arena, older, none, &both));
    CHECK_BYTES(both, older);
    CHECK_OK(rising_join(arena, none, older, &both));
    CHECK_BYTES(both, older);
    CHECK_OK(rising_join(arena, none, none, &both));
    CHECK_U64(both.length, 0);
    CHECK_STATUS(rising_join(arena, older, slice_text("law"), &both), FAIL(STORE));
    CHECK_STATUS(rising_join(arena, slice_text("law"), older, &both), FAIL(STORE));
    arena_free(arena);
}

static void what_is_damaged_is_no_beginning(void)
{
    static const char *const damaged[] = {"\x82", "law", "\xa0", "\x81\x80"};
    char why[RISING_WHY_BYTES];
    struct arena *arena = arena_new(ARENA_BYTES);
    struct slice kept;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
        CHECK_STATUS(follow(arena, slice_text(damaged[i]), object("law", 5, "five"),
                            object("parties:XA", 2, "two"), &kept, why),
                     FAIL(STORE));
    arena_free(arena);
}

TESTS(app_rising, {"numbers only rise", numbers_only_rise},
      {"an object that was left out is remembered", an_object_that_was_left_out_is_remembered},
      {"what was in force is known", what_was_in_force_is_known},
      {"of what two have kept the higher numbers count",
       of_what_two_have_kept_the_higher_numbers_count},
      {"what is damaged is no beginning", what_is_damaged_is_no_beginning})
