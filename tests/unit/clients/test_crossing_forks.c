/* Messages that came over two gateways, one of whose logs has two histories. */

#include "fixture.h"
#include "two_logs.h"

static void a_forged_step_is_a_fork(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    steps.forged = 4;
    logs_check_unread(COMITY_FORK, "E_FORK");
    logs_check_evidence(1, 7, 23);
    steps.forged = 0;
    logs_read(1, COMITY_DONE);
    logs_leave();
    logs_end();
}

static void what_does_not_join_behind_it_is_a_fork(void)
{
    static struct ledger other;
    logs_begin();
    logs_cross(5, 7);
    logs_cross(9, 23);
    other = far;
    ledger_grow(&far, 30, 0);
    logs_lose_last();
    logs_verify_far(30);
    logs_read(1, COMITY_DONE);
    ledger_grow(&other, 30, 1);
    steps.rewritten = &other; /* it goes on in two ways */
    logs_read(0, COMITY_FORK);
    CHECK_TEXT(fault.code, "E_FORK");
    logs_leave();
    logs_end();
}

/* The other gateway has proved it with what is no proof, or with one of another history. */
static void what_was_waited_for_and_is_false_is_a_fork(void)
{
    logs_begin_between();
    logs_cross(9, 23);
    busy = 1;
    steps.forged = 2;
    logs_check_unread(COMITY_FORK, "E_FORK");
    logs_check_evidence(1, 7, 23);
    CHECK_U64(pages, 2);
    logs_leave();
    logs_end();
}

/* Another log under the same name and key: other entries, and then the message's. */
static void rewrite_far(uint64_t size)
{
    far = ledger_far();
    ledger_grow(&far, size, 1);
}

static void another_root_of_the_same_size_is_a_fork(void)
{
    logs_begin();
    logs_cross(5, 7);
    logs_read(0, COMITY_DONE);
    rewrite_far(3);
    logs_cross(9, 7);
    logs_check_unread(COMITY_FORK, "E_FORK");
    logs_check_evidence(1, 7, 7);
    CHECK_U64(pages, 0);
    logs_leave();
    logs_end();
}

static void a_history_that_leads_elsewhere_is_a_fork(void)
{
    static struct ledger honest;
    logs_begin_between();
    honest = far;
    ledger_grow(&honest, 23, 0);
    steps.log = &honest;
    rewrite_far(20);
    logs_cross(9, 23);
    logs_check_unread(COMITY_FORK, "E_FORK");
    logs_check_evidence(1, 7, 23);
    logs_leave();
    logs_end();
}

TESTS(clients_crossing_forks,
      {"what does not join behind it is a fork", what_does_not_join_behind_it_is_a_fork},
      {"what was waited for and is false is a fork", what_was_waited_for_and_is_false_is_a_fork},
      {"a forged step is a fork", a_forged_step_is_a_fork},
      {"another root of the same size is a fork", another_root_of_the_same_size_is_a_fork},
      {"a history that leads elsewhere is a fork", a_history_that_leads_elsewhere_is_a_fork})
