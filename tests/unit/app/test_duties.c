#include "support/check.h"

#include "app/duties.h"

struct counts {
    unsigned often, seldom;
};

static void count_often(void *owner, struct moment now)
{
    (void)now;
    ((struct counts *)owner)->often++;
}

static void count_seldom(void *owner, struct moment now)
{
    (void)now;
    ((struct counts *)owner)->seldom++;
}

static struct moment at(uint64_t mono_ms)
{
    return (struct moment){.wall_ms = 1, .mono_ms = mono_ms};
}

static void duties_come_when_they_are_due_and_do_not_drift(void)
{
    struct duty duties[] = {{.every_ms = 10, .run = count_often},
                            {.every_ms = 25, .run = count_seldom}};
    struct counts counts = {0};
    duties_begin(duties, 2, 1000);
    CHECK_U64(duties_run(duties, 2, &counts, at(1000)), 10);
    CHECK_U64(duties_run(duties, 2, &counts, at(1009)), 1);
    CHECK_U64(counts.often + counts.seldom, 0);
    CHECK_U64(duties_run(duties, 2, &counts, at(1013)), 7); /* late, and still due at 1020 */
    CHECK_U64(counts.often, 1);
    CHECK_U64(duties_run(duties, 2, &counts, at(1020)), 5);
    CHECK_U64(duties_run(duties, 2, &counts, at(1025)), 5);
    CHECK_U64(counts.often, 2);
    CHECK_U64(counts.seldom, 1);
}

static void what_was_missed_is_done_once(void)
{
    struct duty duties[] = {{.every_ms = 10, .run = count_often}};
    struct counts counts = {0};
    duties_begin(duties, 1, 1000);
    CHECK_U64(duties_run(duties, 1, &counts, at(1095)), 5);
    CHECK_U64(counts.often, 1);
    CHECK_U64(duties_run(duties, 1, &counts, at(1095)), 5);
    CHECK_U64(counts.often, 1);
    CHECK_U64(duties_run(duties, 1, &counts, at(1100)), 10);
    CHECK_U64(counts.often, 2);
}

TESTS(app_duties,
      {"duties come when they are due and do not drift",
       duties_come_when_they_are_due_and_do_not_drift},
      {"what was missed is done once", what_was_missed_is_done_once})
