#include "exchange/rate.h"

#include <stdio.h>

#include "support/check.h"

#define RATE     6U
#define TOKEN_MS 10000U /* a sixth of a minute */
#define START_MS 5000000U

static struct rates rates;

static void start(void)
{
    rates = (struct rates){0};
}

static enum rate_verdict take(const char *party, uint64_t now_ms)
{
    return rates_take(&rates, slice_text(party), RATE, now_ms);
}

/* Takes all tokens but those that say that there are none. */
static void empty(const char *party, uint64_t now_ms)
{
    for (unsigned i = 0; i < RATE; i++)
        CHECK(take(party, now_ms) == RATE_FINE);
}

static void a_minutes_tokens_may_be_taken_at_once(void)
{
    start();
    empty("XA-CA-01", START_MS);
    CHECK(take("XA-CA-01", START_MS) == RATE_DRY);
}

static void that_it_is_empty_is_said_once(void)
{
    start();
    empty("XA-CA-01", START_MS);
    CHECK(take("XA-CA-01", START_MS) == RATE_DRY);
    for (unsigned i = 0; i < 20; i++)
        CHECK(take("XA-CA-01", START_MS) == RATE_OVER);
    /* A token later it is as good as empty still. */
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS) == RATE_FINE);
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS) == RATE_OVER);
}

static void tokens_come_back_one_by_one(void)
{
    start();
    empty("XA-CA-01", START_MS);
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS - 1) == RATE_DRY);
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS) == RATE_FINE);
    CHECK(take("XA-CA-01", START_MS + 2 * TOKEN_MS - 1) == RATE_OVER);
    CHECK(take("XA-CA-01", START_MS + 2 * TOKEN_MS) == RATE_FINE);
}

static void never_are_there_more_than_a_minute_brings(void)
{
    start();
    empty("XA-CA-01", START_MS);
    CHECK(take("XA-CA-01", START_MS) == RATE_DRY);
    empty("XA-CA-01", START_MS + 10000 * TOKEN_MS);
    CHECK(take("XA-CA-01", START_MS + 10000 * TOKEN_MS) == RATE_DRY); /* said anew */
}

static void ten_times_the_rate_is_a_storm(void)
{
    start();
    empty("XA-CA-01", START_MS);
    CHECK(take("XA-CA-01", START_MS) == RATE_DRY);
    for (unsigned i = RATE + 1; i < RATE * RATE_STORM; i++)
        CHECK(take("XA-CA-01", START_MS) == RATE_OVER);
    CHECK(take("XA-CA-01", START_MS) == RATE_STORMS);
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS / RATE_STORM) != RATE_STORMS);
    CHECK(take("XA-CA-01", START_MS + TOKEN_MS / RATE_STORM) == RATE_STORMS);
}

static void each_party_has_its_own_and_strangers_share_one(void)
{
    start();
    empty("XA-CA-01", START_MS);
    empty("XA-CA-02", START_MS);
    empty("", START_MS);
    CHECK(take("", START_MS) == RATE_DRY);
    CHECK(take("XA-CA-01", START_MS) == RATE_DRY);
    CHECK(take("XA-CA-02", START_MS) == RATE_DRY);
}

/* Who comes when the table is full is a stranger until somebody has his tokens back. */
static void the_table_does_not_grow(void)
{
    char party[16];
    start();
    for (unsigned i = 0; i < RATE_PARTIES; i++) {
        snprintf(party, sizeof party, "XA-CA-%04u", i);
        CHECK(take(party, START_MS) == RATE_FINE);
    }
    empty("XB-CA-01", START_MS);
    CHECK(take("", START_MS) == RATE_DRY);
    CHECK(take("XA-CA-0000", START_MS) == RATE_FINE); /* still its own */
    empty("XB-CA-01", START_MS + TOKEN_MS);
    empty("", START_MS + 60000);
    CHECK(take("XB-CA-01", START_MS + TOKEN_MS) == RATE_DRY);
}

TESTS(exchange_rate,
      {"a minute's tokens may be taken at once", a_minutes_tokens_may_be_taken_at_once},
      {"that it is empty is said once", that_it_is_empty_is_said_once},
      {"tokens come back one by one", tokens_come_back_one_by_one},
      {"never are there more than a minute brings", never_are_there_more_than_a_minute_brings},
      {"ten times the rate is a storm", ten_times_the_rate_is_a_storm},
      {"each party has its own, and strangers share one",
       each_party_has_its_own_and_strangers_share_one},
      {"the table does not grow", the_table_does_not_grow})
