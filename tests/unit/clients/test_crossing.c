/* Messages that came over two gateways, and the log of the one that is not ours. */

#include "fixture.h"
#include "two_logs.h"

static void both_logs_are_kept_and_it_is_read_without_the_gateway(void)
{
    logs_begin();
    logs_cross(5, 7);
    logs_read(0, COMITY_DONE);
    CHECK_U64(logs_kept(&near), 5);
    CHECK_U64(logs_kept(&far), 7);
    CHECK_U64(pages, 0);
    logs_leave();
    logs_read(0, COMITY_DONE);
    logs_end();
}

static void the_other_log_is_followed_step_by_step(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    logs_verify_far(23); /* and further, which is not asked for */
    logs_read(1, COMITY_DONE);
    CHECK_U64(pages, 2);
    CHECK_U64(consistencies, 1);
    CHECK_U64(logs_kept(&near), 9);
    CHECK_U64(logs_kept(&far), 23);
    logs_leave();
    logs_end();
}

/* The later of two messages is read first. */
static void an_older_message_is_followed_back(void)
{
    logs_begin();
    logs_cross(5, 7);
    ledger_grow(&far, 15, 0);
    logs_verify_far(15);
    logs_cross(9, 23);
    logs_read(1, COMITY_DONE);
    logs_read(0, COMITY_DONE);
    CHECK_U64(pages, 1);
    CHECK_U64(logs_kept(&near), 9);
    CHECK_U64(logs_kept(&far), 23);
    logs_leave();
    logs_end();
}

static void a_missing_step_leaves_it_unread(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    steps.count--; /* the last one is not known */
    logs_check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[1] = 8; /* nor where it would begin */
    logs_check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[1] = 7;
    steps.count++;
    steps.sizes[5] = 24; /* it leads past the message */
    ledger_grow(&far, 24, 0);
    logs_check_unread(COMITY_STALE, "E_STALE");
    steps.sizes[5] = 23;
    logs_read(1, COMITY_DONE);
    logs_leave();
    logs_end();
}

static void steps_that_do_not_join_are_no_answer(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    steps.apart = 3;
    logs_check_unread(COMITY_VERIFY, "E_SCHEMA");
    logs_leave();
    logs_end();
}

/* Its gateway was restored from a backup, and has to ask how the log goes on. */
static void what_the_gateway_has_to_ask_for_is_waited_for(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    busy = 3;
    logs_read(1, COMITY_DONE);
    CHECK_U64(busy, 0);
    CHECK_U64(pages, 5);
    CHECK_U64(logs_kept(&far), 23);
    logs_leave();
    logs_end();
}

/* The archive is locked meanwhile; another process waits for it as long as for an answer. */
static void for_less_long_than_another_process_waits(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    busy = 1000;
    logs_check_unread(COMITY_UNAVAILABLE, "E_UNAVAILABLE");
    CHECK(busy < 1000 && 1000 - busy <= TIMEOUT_MS / 2 / BUSY_MS + 1);
    busy = 0;
    logs_read(1, COMITY_DONE);
    logs_leave();
    logs_end();
}

/* The later of two messages is read first; then the gateway loses its checkpoint. */
static void begin_at_a_loss(void)
{
    logs_begin();
    logs_cross(5, 7);
    logs_cross(9, 23);
    logs_read(1, COMITY_DONE);
    logs_lose_last();
    ledger_grow(&far, 30, 0);
}

static void end_past_the_loss(void)
{
    CHECK_U64(logs_kept(&far), 23);
    logs_leave();
    logs_end();
}

static void what_was_followed_past_is_joined_behind_it(void)
{
    begin_at_a_loss();
    logs_verify_far(30);
    logs_read(0, COMITY_DONE);
    CHECK_U64(pages, 2);
    end_past_the_loss();
}

/* The older message is followed to where the gateway knows no further. */
static void what_is_to_be_followed_past_is_waited_for(void)
{
    begin_at_a_loss();
    logs_verify_far(30);
    busy = 2;
    logs_read(0, COMITY_DONE);
    CHECK_U64(busy, 0);
    CHECK_U64(pages, 5);
    end_past_the_loss();
}

static void what_nobody_tells_yet_is_to_be_asked_for_later(void)
{
    begin_at_a_loss();
    busy = 1000;
    logs_verify_far(30);
    logs_read(0, COMITY_UNAVAILABLE);
    CHECK_TEXT(fault.code, "E_UNAVAILABLE");
    busy = 0;
    logs_read(0, COMITY_DONE);
    end_past_the_loss();
}

TESTS(clients_crossing,
      {"what the gateway has to ask for is waited for",
       what_the_gateway_has_to_ask_for_is_waited_for},
      {"what was followed past is joined behind it", what_was_followed_past_is_joined_behind_it},
      {"what is to be followed past is waited for", what_is_to_be_followed_past_is_waited_for},
      {"what nobody tells yet is to be asked for later",
       what_nobody_tells_yet_is_to_be_asked_for_later},
      {"for less long than another process waits", for_less_long_than_another_process_waits},
      {"both logs are kept and it is read without the gateway",
       both_logs_are_kept_and_it_is_read_without_the_gateway},
      {"the other log is followed step by step", the_other_log_is_followed_step_by_step},
      {"an older message is followed back", an_older_message_is_followed_back},
      {"a missing step leaves it unread", a_missing_step_leaves_it_unread},
      {"steps that do not join are no answer", steps_that_do_not_join_are_no_answer})
