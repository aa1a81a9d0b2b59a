#include "comity/admin/diagnose.h"

#include <inttypes.h>
#include <time.h>

#include "base/instant.h"
#include "comity/admin/admin.h"

#define AHEAD_S     60
#define AWAY_S      60 /* as in comity check peers and backlog */
#define AWAY_LONG_S 600
#define OLD_S       600
#define OLD_LONG_S  3600

static enum check_state by_age(int64_t seconds, int64_t warning, int64_t critical)
{
    return seconds > critical ? CHECKED_CRITICAL : seconds > warning ? CHECKED_WARNING : CHECKED_OK;
}

/* ---- the gateway ---- */

static void look_at_work(struct check_report *report, const json_t *status)
{
    char up[32];
    bool draining = admin_true(status, "draining");
    admin_duration((uint64_t)admin_number(status, "uptime_s"), up, sizeof up);
    diagnose_add(report, "gateway", draining ? CHECKED_WARNING : CHECKED_OK,
                 draining ? "A planned stop" : "", "%s, version %s, has worked for %s%s",
                 admin_text(status, "gateway"), admin_text(status, "version"), up,
                 draining ? "; it is draining: new submissions are refused" : "");
}

static void look_at_journal(struct check_report *report, const json_t *status)
{
    static const char full[] = "The disk is full";
    const json_t *j = json_object_get(status, "journal"), *log = json_object_get(status, "log");
    bool low = admin_true(j, "low"), stalled = admin_true(j, "stalled");
    bool fails = admin_true(j, "publishing_failed"), bad = low || stalled || fails;
    diagnose_add(
        report, "journal", bad ? CHECKED_CRITICAL : CHECKED_OK, bad ? full : "",
        "%" PRId64 " entries are signed, %" PRId64 " published%s%s%s", admin_number(log, "signed"),
        admin_number(log, "published"), low ? "; no room for new work" : "",
        stalled ? "; what is committed cannot be signed" : "", fails ? "; publishing fails" : "");
    const json_t *restored = json_object_get(status, "restored");
    if (json_is_object(restored))
        diagnose_add(report, "restored", CHECKED_OK, "",
                     "a backup was put in place at %s: of the first %" PRId64
                     " entries the last %" PRId64 " are there without their messages",
                     admin_text(restored, "at"), admin_number(restored, "size"),
                     admin_number(restored, "lost"));
}

/* Time in a log never falls: an entry of later than now shows a clock that was wrong. */
static void look_at_clock(struct check_report *report, const json_t *status)
{
    struct timespec now = {0};
    uint64_t last_ms = 0;
    const char *last = admin_text(json_object_get(status, "journal"), "last_entry");
    (void)clock_gettime(CLOCK_REALTIME, &now);
    bool known = instant_read(slice_text(last), &last_ms);
    int64_t ahead = (int64_t)(last_ms / MS_PER_SECOND) - (int64_t)now.tv_sec;
    bool wrong = known && ahead > AHEAD_S;
    diagnose_add(report, "clock", wrong ? CHECKED_CRITICAL : CHECKED_OK,
                 wrong ? "The clock is wrong" : "",
                 wrong ? "the last entry is of %s, and this machine's clock is behind that: new"
                         " messages are refused until it is reached"
                       : "the last entry is of %s, and this machine's clock is not behind it",
                 last)
        ->exit = COMITY_CONFLICT;
}

/* ---- others ---- */

static void look_at_peer(struct check_report *report, const json_t *peer)
{
    static const char down[] = "A peer is down for days";
    const char *id = admin_text(peer, "id");
    bool up = admin_true(peer, "up");
    enum check_state state =
        up ? CHECKED_OK : by_age(admin_number(peer, "away_s"), AWAY_S, AWAY_LONG_S);
    enum check_state old = by_age(admin_number(peer, "oldest_s"), OLD_S, OLD_LONG_S);
    state = old > state ? old : state;
    if (admin_true(peer, "fork"))
        diagnose_add(report, "peer", CHECKED_CRITICAL, "The log of a peer has two histories",
                     "%s: its log has two histories; nothing goes to it", id)
            ->exit = COMITY_FORK;
    diagnose_add(report, "peer", state, state == CHECKED_OK ? "" : down,
                 "%s: %s since %s, %" PRId64 " messages wait for it", id, up ? "up" : "away",
                 admin_text(peer, "since"), admin_number(peer, "waiting"))
        ->exit = COMITY_UNAVAILABLE;
}

static void look_at_peers(const struct invocation *inv, struct check_report *report)
{
    struct comity_fault fault = {0};
    json_t *answer = NULL;
    if (admin_ask(inv, "peers", NULL, NULL, false, &answer, &fault) != COMITY_DONE) {
        diagnose_add(report, "peer", CHECKED_UNKNOWN, "", "%s", fault.message);
        return;
    }
    const json_t *peers = json_object_get(answer, "peers");
    for (size_t i = 0; i < json_array_size(peers); i++)
        look_at_peer(report, json_array_get(peers, i));
    json_decref(answer);
}

static void look_at_offers(const struct invocation *inv, struct check_report *report)
{
    struct comity_fault fault = {0};
    json_t *answer = NULL;
    if (admin_ask(inv, "rulebook", NULL, NULL, false, &answer, &fault) != COMITY_DONE) {
        diagnose_add(report, "rulebook", CHECKED_UNKNOWN, "", "%s", fault.message);
        return;
    }
    size_t waiting = json_array_size(json_object_get(answer, "offers"));
    diagnose_add(report, "rulebook", waiting > 0 ? CHECKED_WARNING : CHECKED_OK,
                 waiting > 0 ? "comity admin rulebook list" : "",
                 waiting > 0 ? "%zu of its objects are offered by peers and not accepted"
                             : "%zu of its objects wait to be accepted",
                 waiting);
    json_decref(answer);
}

void diagnose_live(const struct invocation *inv, struct check_report *report)
{
    struct comity_fault fault = {0};
    json_t *status = NULL;
    enum comity_exit exit = admin_ask(inv, "status", NULL, NULL, false, &status, &fault);
    if (exit != COMITY_DONE) {
        diagnose_add(
            report, "gateway", exit == COMITY_UNAVAILABLE ? CHECKED_CRITICAL : CHECKED_UNKNOWN,
            exit == COMITY_UNAVAILABLE ? "The gateway does not run" : "", "%s", fault.message)
            ->exit = exit;
        return;
    }
    look_at_work(report, status);
    look_at_journal(report, status);
    look_at_clock(report, status);
    json_decref(status);
    look_at_peers(inv, report);
    look_at_offers(inv, report);
}
