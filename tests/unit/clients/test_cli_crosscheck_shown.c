/* Whether the own gateway shows the log that it has to. */

#include "comity/crosscheck/shown.h"
#include "support/check.h"

#define NOW  1000
#define END  50 /* entries of a log that is closed */
#define MANY 90

enum year { Y2025, Y2026, Y2027, Y2028, YEARS };

static const char *const origins[YEARS] = {"xa/2025", "xa/2026", "xa/2027", "xa/2028"};

/* What the directory says of a year's log. */
struct year_row {
    uint64_t from_ms, until_ms;
    bool is_closed;
};

#define OPEN                                                                                       \
    {                                                                                              \
        0, 2000, false                                                                             \
    }
#define CLOSED                                                                                     \
    {                                                                                              \
        0, 2000, true                                                                              \
    }
#define PAST                                                                                       \
    {                                                                                              \
        0, 900, false                                                                              \
    }
#define PAST_ENDED                                                                                 \
    {                                                                                              \
        0, 900, true                                                                               \
    }
#define TO_COME                                                                                    \
    {                                                                                              \
        1500, 2000, false                                                                          \
    }

/* Logs of which each goes on from the one before, and another State's. */
struct world {
    struct log_row logs[YEARS];
    struct gateway_row gateway;
    struct crosscheck_log kept[YEARS];
    struct crosscheck_book book;
};

static void world_begin(struct world *w, const struct year_row *years, unsigned kept)
{
    *w = (struct world){.gateway = {.id = slice_text("XA-GW-01"), .logs = w->logs}};
    w->book.logs = w->kept;
    for (size_t i = 0; i < YEARS && years[i].until_ms > 0; i++) {
        w->logs[w->gateway.log_count++] =
            (struct log_row){.origin = slice_text(origins[i]),
                             .from_ms = years[i].from_ms,
                             .until_ms = years[i].until_ms,
                             .succeeds = slice_text(i == 0 ? "" : origins[i - 1]),
                             .is_closed = years[i].is_closed,
                             .closed_size = years[i].is_closed ? END : 0};
        if ((kept & 1U << i) != 0)
            w->kept[w->book.log_count++] = (struct crosscheck_log){.origin = origins[i]};
    }
}

static enum crosscheck_shown shown(const struct world *w, const char *ended, const char *origin,
                                   uint64_t size)
{
    const struct crosscheck_asked asked = {&w->gateway, ended, NOW};
    const struct note note = {.origin = slice_text(origin), .size = size};
    return crosscheck_shown(&asked, &w->book, &note);
}

static void the_log_that_is_written_is_the_last_one_that_began(void)
{
    static const struct {
        struct year_row years[YEARS];
        unsigned kept; /* a bit for each year of which the archive has something */
        enum year origin;
        uint64_t size;
        enum crosscheck_shown wanted;
    } rows[] = {
        {{OPEN}, 1, Y2025, MANY, SHOWN_RIGHTLY},
        {{PAST}, 1, Y2025, MANY, SHOWN_RIGHTLY},       /* there is no other */
        {{OPEN, OPEN}, 1, Y2025, MANY, SHOWN_RIGHTLY}, /* the next one is announced */
        {{PAST, TO_COME}, 1, Y2025, MANY, SHOWN_RIGHTLY},
        {{CLOSED, TO_COME}, 1, Y2025, END, SHOWN_RIGHTLY},
        {{OPEN, OPEN}, 3, Y2026, MANY, SHOWN_RIGHTLY},
        {{CLOSED, OPEN}, 1, Y2026, MANY, SHOWN_RIGHTLY},
        {{OPEN, OPEN}, 3, Y2025, MANY, SHOWN_FORMER},    /* it was begun */
        {{OPEN, TO_COME}, 2, Y2025, MANY, SHOWN_FORMER}, /* whatever the dates are */
        {{CLOSED, OPEN}, 1, Y2025, END, SHOWN_FORMER},
        {{CLOSED, OPEN}, 0, Y2025, END - 1, SHOWN_FORMER},
        {{PAST, OPEN}, 1, Y2025, MANY, SHOWN_FORMER},
        {{CLOSED, PAST_ENDED, OPEN}, 0, Y2025, END, SHOWN_FORMER}, /* two years ago */
        {{OPEN, OPEN, OPEN, OPEN}, 8, Y2025, MANY, SHOWN_FORMER},
        {{OPEN, OPEN, OPEN, OPEN}, 8, Y2028, MANY, SHOWN_RIGHTLY},
        {{CLOSED}, 1, Y2025, END, SHOWN_RIGHTLY},
        {{CLOSED}, 1, Y2025, END - 1, SHOWN_SHORT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        world_begin(&w, rows[i].years, rows[i].kept);
        CHECK_TEXT(crosscheck_shown_words(shown(&w, NULL, origins[rows[i].origin], rows[i].size)),
                   crosscheck_shown_words(rows[i].wanted));
    }
}

static void a_log_that_ended_is_the_one_that_was_asked_for(void)
{
    static const struct year_row years[YEARS] = {CLOSED, PAST, OPEN};
    static const struct {
        const char *ended, *origin;
        uint64_t size;
        enum crosscheck_shown wanted;
    } rows[] = {
        {"xa/2025", "xa/2025", END, SHOWN_RIGHTLY},  {"xa/2025", "xa/2025", END - 1, SHOWN_SHORT},
        {"xa/2026", "xa/2026", 1, SHOWN_RIGHTLY}, /* nobody says where it ended */
        {"xa/2027", "xa/2027", MANY, SHOWN_RIGHTLY}, {"xa/2025", "xa/2026", MANY, SHOWN_OTHER},
        {"xa/2025", "xa/2027", MANY, SHOWN_OTHER},   {"xa/2025", "xc/2025", END, SHOWN_FOREIGN},
    };
    struct world w;
    world_begin(&w, years, 7);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_TEXT(crosscheck_shown_words(shown(&w, rows[i].ended, rows[i].origin, rows[i].size)),
                   crosscheck_shown_words(rows[i].wanted));
}

static void a_log_of_another_gateway_is_not_compared_as_the_own_one(void)
{
    static const struct year_row years[YEARS] = {OPEN};
    struct world w;
    world_begin(&w, years, 1);
    CHECK_U64(shown(&w, NULL, "xc/2025", MANY), SHOWN_FOREIGN);
    CHECK_U64(shown(&w, NULL, "xa/2026", MANY), SHOWN_FOREIGN); /* no row of it */
    CHECK(!crosscheck_shown_compares(SHOWN_FOREIGN) && !crosscheck_shown_compares(SHOWN_OTHER));
    CHECK(crosscheck_shown_compares(SHOWN_RIGHTLY));
    CHECK(crosscheck_shown_compares(SHOWN_FORMER) && crosscheck_shown_compares(SHOWN_SHORT));
}

TESTS(cli_crosscheck_shown,
      {"the log that is written is the last one that began",
       the_log_that_is_written_is_the_last_one_that_began},
      {"a log that ended is the one that was asked for",
       a_log_that_ended_is_the_one_that_was_asked_for},
      {"a log of another gateway is not compared as the own one",
       a_log_of_another_gateway_is_not_compared_as_the_own_one})
