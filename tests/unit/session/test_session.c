#include "session/session.h"
#include "support/check.h"

#include <string.h>

#define START_MS 5000000

static struct session ends[2]; /* 0 dialled */

static void start(enum link_kind kind, uint64_t credits)
{
    struct slice names[2] = {slice_text(kind == LINK_PEER ? "XC-GW-01" : "XA-CA-01"),
                             slice_text("XA-GW-01")};
    struct session_limits limits = {FRAME_MAX_BYTES, credits, 0, 120000};
    for (size_t side = 0; side < 2; side++) {
        struct session_ends e = {kind, side == 0, names[side], names[1 - side]};
        session_start(&ends[side], &e, &limits, START_MS);
    }
}

static struct frame frame_of(enum frame_kind kind)
{
    struct frame f;
    memset(&f, 0, sizeof f);
    f.kind = kind;
    return f;
}

/* Sends from a side at a time; both ends must agree that it may be sent. */
static struct status pass_at(size_t side, struct frame f, uint64_t now_ms)
{
    struct session before = ends[side];
    struct status given = session_give(&ends[side], &f, now_ms);
    if (failed(given)) {
        CHECK(memcmp(&before, &ends[side], sizeof before) == 0);
        return given;
    }
    CHECK_OK(session_take(&ends[1 - side], &f, now_ms));
    return given;
}

static struct status pass(size_t side, struct frame f)
{
    return pass_at(side, f, START_MS);
}

static void open_link(enum link_kind kind, uint64_t credits)
{
    start(kind, credits);
    CHECK_OK(pass(0, session_greeting(&ends[0], 1780000000000)));
    CHECK_OK(pass(1, session_greeting(&ends[1], 1780000000000)));
    CHECK(ends[0].state == SESSION_OPEN && ends[1].state == SESSION_OPEN);
}

static struct frame receipt_to(uint64_t answers)
{
    struct frame f = frame_of(FRAME_RECEIPT);
    f.as.receipt.answers = answers;
    return f;
}

static struct frame credit_of(uint64_t class, uint64_t amount)
{
    struct frame f = frame_of(FRAME_CREDIT);
    f.as.credit = (struct credit){class, amount};
    return f;
}

static struct frame pong_to(uint64_t answers)
{
    struct frame f = frame_of(FRAME_PONG);
    f.as.pong_answers = answers;
    return f;
}

static struct frame checkpoint_of(const char *origin)
{
    struct frame f = frame_of(FRAME_CHECKPOINT);
    f.as.checkpoint.origin = slice_text(origin);
    return f;
}

static void who_may_send_what(void)
{
    static const struct {
        enum link_kind kind;
        size_t side;
        enum frame_kind frame;
        bool may;
    } rows[] = {
        {LINK_PARTY, 0, FRAME_SUBMIT, true},      {LINK_PARTY, 1, FRAME_SUBMIT, false},
        {LINK_PARTY, 0, FRAME_DELIVER, false},    {LINK_PARTY, 1, FRAME_DELIVER, true},
        {LINK_PARTY, 0, FRAME_QUERY, true},       {LINK_PARTY, 1, FRAME_QUERY, false},
        {LINK_PARTY, 0, FRAME_CHECKPOINT, false}, {LINK_PARTY, 1, FRAME_CHECKPOINT, true},
        {LINK_PARTY, 0, FRAME_RECEIPT, false},    {LINK_PARTY, 1, FRAME_RECEIPT, true},
        {LINK_PARTY, 0, FRAME_TAKEN, true},       {LINK_PARTY, 1, FRAME_TAKEN, false},
        {LINK_PEER, 0, FRAME_SUBMIT, false},      {LINK_PEER, 1, FRAME_SUBMIT, false},
        {LINK_PEER, 0, FRAME_DELIVER, true},      {LINK_PEER, 1, FRAME_DELIVER, true},
        {LINK_PEER, 0, FRAME_QUERY, true},        {LINK_PEER, 1, FRAME_QUERY, true},
        {LINK_PEER, 0, FRAME_TAKEN, true},        {LINK_PEER, 1, FRAME_CHECKPOINT, true},
        {LINK_PEER, 0, FRAME_HELLO, false},       {LINK_PARTY, 1, FRAME_WELCOME, false},
        {LINK_PARTY, 0, FRAME_NONE, false},       {LINK_PARTY, 0, FRAME_KINDS, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        open_link(rows[i].kind, 4);
        CHECK_STATUS(pass(rows[i].side, frame_of(rows[i].frame)),
                     rows[i].may ? OK : REFUSE(FRAME_STATE));
    }
}

static void nothing_but_bye_comes_before_welcome(void)
{
    for (enum frame_kind kind = FRAME_WELCOME; kind < FRAME_BYE; kind++) {
        start(LINK_PARTY, 4);
        CHECK_STATUS(pass(0, frame_of(kind)), REFUSE(FRAME_STATE));
        CHECK_OK(pass(0, session_greeting(&ends[0], 1780000000000)));
        CHECK_STATUS(pass(0, frame_of(kind)), REFUSE(FRAME_STATE));
    }
    CHECK_OK(pass(1, frame_of(FRAME_BYE)));
    CHECK(ends[0].state == SESSION_CLOSING);
}

static void welcome_must_echo_what_was_dialled(void)
{
    static const char *const names[][2] = {{"XA-GW-02", "XA-CA-01"}, {"XA-GW-01", "XA-CA-02"}};
    for (size_t i = 0; i < 2; i++) {
        start(LINK_PARTY, 4);
        CHECK_OK(pass(0, session_greeting(&ends[0], 1780000000000)));
        struct frame f = session_greeting(&ends[1], 1780000000000);
        f.number = 1;
        f.as.hello.me = slice_text(names[i][0]);
        f.as.hello.peer = slice_text(names[i][1]);
        CHECK_STATUS(session_take(&ends[0], &f, START_MS), REFUSE(HELLO_PEER));
        CHECK(ends[0].state == SESSION_WELCOMING);
    }
}

static void a_name_too_long_never_links(void)
{
    char name[SESSION_NAME_BYTES + 8];
    memset(name, 'A', sizeof name);
    struct session_ends e = {LINK_PARTY, true, slice_over(name, sizeof name),
                             slice_text("XA-GW-01")};
    struct session_limits limits = {FRAME_MAX_BYTES, 1, 0, 120000};
    session_start(&ends[0], &e, &limits, START_MS);
    struct frame f = session_greeting(&ends[0], 1780000000000);
    CHECK_STATUS(session_give(&ends[0], &f, START_MS), REFUSE(FRAME_STATE));
}

static void credits_are_spent_and_given_back(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_U64(session_credit(&ends[0]), 4);
    for (unsigned i = 0; i < 4; i++)
        CHECK_OK(pass(0, frame_of(i % 2 == 0 ? FRAME_SUBMIT : FRAME_QUERY)));
    CHECK_U64(session_credit(&ends[0]), 0);
    CHECK_STATUS(pass(0, frame_of(FRAME_QUERY)), REFUSE(FRAME_CREDIT));

    CHECK_U64(session_credit_due(&ends[1]), 0);
    session_settle(&ends[1], 1);
    CHECK_U64(session_credit_due(&ends[1]), 1);
    session_settle(&ends[1], 2);
    CHECK_U64(session_credit_due(&ends[1]), 3);
    CHECK_OK(pass(1, credit_of(0, 3)));
    CHECK_U64(session_credit_due(&ends[1]), 0);
    CHECK_U64(session_credit(&ends[0]), 3);
}

static void small_change_is_not_given_back(void)
{
    open_link(LINK_PARTY, 100);
    CHECK_OK(pass(0, frame_of(FRAME_SUBMIT)));
    session_settle(&ends[1], 49);
    CHECK_U64(session_credit_due(&ends[1]), 0);
    session_settle(&ends[1], 1);
    CHECK_U64(session_credit_due(&ends[1]), 50);
    session_settle(&ends[1], 2000);
    CHECK_U64(session_credit_due(&ends[1]), CREDIT_MAX);
}

static void only_a_receipt_that_answers_nothing_costs(void)
{
    open_link(LINK_PARTY, 1);
    CHECK_OK(pass(0, frame_of(FRAME_SUBMIT)));
    CHECK_OK(pass(1, receipt_to(2)));
    CHECK_OK(pass(1, receipt_to(0)));
    CHECK_STATUS(pass(1, receipt_to(0)), REFUSE(FRAME_CREDIT));
    CHECK_OK(pass(1, receipt_to(2)));
}

static void no_more_than_65535_credits_are_outstanding(void)
{
    open_link(LINK_PARTY, SESSION_CREDITS_MAX - 1024);
    CHECK_OK(pass(1, credit_of(0, 1024)));
    CHECK_STATUS(pass(1, credit_of(0, 1)), REFUSE(FRAME_CREDIT));
    CHECK_OK(pass(0, frame_of(FRAME_QUERY)));
    CHECK_OK(pass(1, credit_of(0, 1)));
    CHECK_OK(pass(1, credit_of(1, 1024)));

    start(LINK_PARTY, SESSION_CREDITS_MAX + 1);
    CHECK_STATUS(pass(0, session_greeting(&ends[0], 1780000000000)), REFUSE(FRAME_CREDIT));
}

static void an_answer_names_what_was_sent(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_STATUS(pass(1, receipt_to(2)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, frame_of(FRAME_REFUSE)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, frame_of(FRAME_ANSWER)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, pong_to(1)), REFUSE(FRAME_STATE));
    CHECK_OK(pass(0, frame_of(FRAME_SUBMIT)));
    CHECK_OK(pass(1, receipt_to(2)));
    CHECK_STATUS(pass(1, receipt_to(3)), REFUSE(FRAME_STATE));
}

static void taken_on_a_peer_link_is_for_receipts_alone(void)
{
    open_link(LINK_PEER, 4);
    struct frame f = frame_of(FRAME_TAKEN);
    CHECK_OK(pass(0, f));
    f.as.taken.stage = 3;
    CHECK_STATUS(pass(0, f), REFUSE(FRAME_STATE));
    open_link(LINK_PARTY, 4);
    CHECK_OK(pass(0, f));
}

static void after_bye_only_answers_pass(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_OK(pass(0, frame_of(FRAME_SUBMIT)));
    CHECK_OK(pass(0, frame_of(FRAME_BYE)));
    CHECK_STATUS(pass(0, frame_of(FRAME_BYE)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, frame_of(FRAME_PING)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, frame_of(FRAME_DELIVER)), REFUSE(FRAME_STATE));
    CHECK_STATUS(pass(1, receipt_to(0)), REFUSE(FRAME_STATE));
    CHECK_OK(pass(1, receipt_to(2)));
    CHECK_U64(session_credit(&ends[0]), 0);
    CHECK_OK(pass(1, frame_of(FRAME_BYE)));
    CHECK(ends[0].state == SESSION_CLOSED && ends[1].state == SESSION_CLOSED);
    CHECK_STATUS(pass(1, receipt_to(2)), REFUSE(FRAME_STATE));
}

/* Sent before the other BYE was seen: counted, so that the BYE behind it has its number. */
static void what_crosses_a_bye_can_be_skipped(void)
{
    open_link(LINK_PARTY, 4);
    struct frame submit = frame_of(FRAME_SUBMIT), bye = frame_of(FRAME_BYE), ours = bye;
    uint64_t credit = ends[1].in.credit;
    CHECK_OK(session_give(&ends[1], &ours, START_MS));
    CHECK_OK(session_give(&ends[0], &submit, START_MS));
    CHECK_STATUS(session_take(&ends[1], &submit, START_MS), REFUSE(FRAME_STATE));
    struct frame other = submit;
    other.number++;
    CHECK_STATUS(session_skip(&ends[1], &other, START_MS), REFUSE(FRAME_NUMBER));
    CHECK_OK(session_skip(&ends[1], &submit, START_MS + 1));
    CHECK(ends[1].state == SESSION_CLOSING);
    CHECK_U64(ends[1].in.credit, credit);
    CHECK_U64(session_next_deadline(&ends[1]), START_MS + SESSION_CLOSING_MS);
    CHECK_OK(session_take(&ends[0], &ours, START_MS));
    CHECK_OK(session_give(&ends[0], &bye, START_MS));
    CHECK_OK(session_take(&ends[1], &bye, START_MS));
    CHECK(ends[1].state == SESSION_CLOSED);
}

static void pings_keep_their_distance(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_OK(pass(0, frame_of(FRAME_PING)));
    CHECK_STATUS(pass_at(0, frame_of(FRAME_PING), START_MS + 999), REFUSE(FRAME_CREDIT));
    CHECK_OK(pass_at(0, frame_of(FRAME_PING), START_MS + 1000));

    struct frame flood = frame_of(FRAME_PING);
    struct status s = OK;
    for (unsigned i = 0; i < 20 && !failed(s); i++) {
        flood.number = ends[1].in.number + 1;
        s = session_take(&ends[1], &flood, START_MS + 2000);
    }
    CHECK_STATUS(s, REFUSE(FRAME_CREDIT));
}

static void checkpoints_keep_their_distance_per_log(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_OK(pass(1, checkpoint_of("xa-gw-01.comity.example/audit/2026")));
    CHECK_OK(pass(1, checkpoint_of("xc-gw-01.comity.example/audit/2026")));
    CHECK_STATUS(pass(1, checkpoint_of("xa-gw-01.comity.example/audit/2026")),
                 REFUSE(FRAME_CREDIT));
    CHECK_OK(pass_at(1, checkpoint_of("xa-gw-01.comity.example/audit/2026"), START_MS + 1000));

    char origin[] = "log a";
    for (unsigned i = 0; i < SESSION_ORIGINS - 1; i++) {
        CHECK_OK(pass_at(1, checkpoint_of(origin), START_MS + 1001));
        origin[4]++;
    }
    CHECK_STATUS(pass_at(1, checkpoint_of(origin), START_MS + 1001), REFUSE(FRAME_CREDIT));
}

static enum session_due due(size_t side, uint64_t now_ms)
{
    const char *why = NULL;
    enum session_due d = session_tick(&ends[side], now_ms, &why);
    CHECK((d == SESSION_DUE_CLOSE) == (why != NULL));
    return d;
}

static void a_greeting_has_five_seconds(void)
{
    start(LINK_PARTY, 4);
    CHECK_U64(session_next_deadline(&ends[1]), START_MS + 5000);
    CHECK(due(1, START_MS + 4999) == SESSION_DUE_NOTHING);
    CHECK(due(1, START_MS + 5000) == SESSION_DUE_CLOSE);
    CHECK_OK(pass_at(0, session_greeting(&ends[0], 1780000000000), START_MS + 4000));
    CHECK(due(0, START_MS + 8999) == SESSION_DUE_NOTHING);
    CHECK(due(0, START_MS + 9000) == SESSION_DUE_CLOSE);
}

static void an_idle_link_is_pinged_and_given_up(void)
{
    open_link(LINK_PARTY, 4);
    CHECK(due(0, START_MS + 29999) == SESSION_DUE_NOTHING);
    CHECK(due(0, START_MS + 30000) == SESSION_DUE_PING);
    CHECK_OK(pass_at(0, frame_of(FRAME_PING), START_MS + 30000));
    CHECK_U64(session_next_deadline(&ends[0]), START_MS + 40000);
    CHECK(due(0, START_MS + 39999) == SESSION_DUE_NOTHING);
    CHECK(due(0, START_MS + 40000) == SESSION_DUE_CLOSE);
    CHECK_OK(pass_at(1, pong_to(ends[0].out.unponged), START_MS + 39999));
    CHECK(due(0, START_MS + 40000) == SESSION_DUE_NOTHING);
    CHECK_U64(session_next_deadline(&ends[0]), START_MS + 69999);
}

static void a_closing_link_has_ten_seconds(void)
{
    open_link(LINK_PARTY, 4);
    CHECK_OK(pass(0, frame_of(FRAME_BYE)));
    CHECK(due(0, START_MS + 9999) == SESSION_DUE_NOTHING);
    CHECK(due(0, START_MS + 10000) == SESSION_DUE_CLOSE);
    CHECK_OK(pass(1, frame_of(FRAME_BYE)));
    CHECK(due(1, START_MS) == SESSION_DUE_CLOSE);
}

TESTS(session, {"each side may send its own frames only", who_may_send_what},
      {"nothing but BYE comes before WELCOME", nothing_but_bye_comes_before_welcome},
      {"WELCOME must echo what was dialled", welcome_must_echo_what_was_dialled},
      {"a name too long never links", a_name_too_long_never_links},
      {"credits are spent and given back", credits_are_spent_and_given_back},
      {"small change is not given back", small_change_is_not_given_back},
      {"only a RECEIPT that answers nothing costs", only_a_receipt_that_answers_nothing_costs},
      {"no more than 65535 credits are outstanding", no_more_than_65535_credits_are_outstanding},
      {"an answer names what was sent", an_answer_names_what_was_sent},
      {"TAKEN on a peer link is for receipts alone", taken_on_a_peer_link_is_for_receipts_alone},
      {"after BYE only answers pass", after_bye_only_answers_pass},
      {"what crosses a BYE can be skipped", what_crosses_a_bye_can_be_skipped},
      {"PINGs keep their distance", pings_keep_their_distance},
      {"CHECKPOINTs keep their distance per log", checkpoints_keep_their_distance_per_log},
      {"a greeting has five seconds", a_greeting_has_five_seconds},
      {"an idle link is pinged and given up", an_idle_link_is_pinged_and_given_up},
      {"a closing link has ten seconds", a_closing_link_has_ten_seconds})
