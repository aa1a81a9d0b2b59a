#include "app/watch.h"

#include <stdio.h>

#include "base/instant.h"

#define HOUR_MS          (60 * MS_PER_MINUTE)
#define LOUD_MS          (10 * MS_PER_MINUTE)
#define LISTS_AHEAD_MS   (3 * MS_PER_DAY)
#define LIST_ENDED       6 /* stages after the thresholds */
#define LIST_USELESS     7
#define BEHIND_MS        (60 * MS_PER_SECOND)
#define AHEAD_MS         (60 * MS_PER_SECOND)
#define OVERLOAD_CALM_MS (30 * MS_PER_SECOND)
#define KEY_BYTES        32
#define TEXT_BYTES       300

/* How near the end of a certificate is: 0 far, then one for each threshold passed. */
static unsigned stage_of(uint64_t until_ms, uint64_t now_ms, enum diagnostic_level *ret_level)
{
    static const struct {
        uint64_t ahead_ms;
        enum diagnostic_level level;
    } thresholds[] = {
        {30 * MS_PER_DAY, DIAGNOSTIC_NOTICE},
        {14 * MS_PER_DAY, DIAGNOSTIC_WARNING},
        {7 * MS_PER_DAY, DIAGNOSTIC_WARNING},
        {1 * MS_PER_DAY, DIAGNOSTIC_ALARM},
        {0, DIAGNOSTIC_ALARM},
    };
    unsigned stage = 0;
    uint64_t left = until_ms > now_ms ? until_ms - now_ms : 0;
    while (stage < sizeof thresholds / sizeof thresholds[0] && left <= thresholds[stage].ahead_ms)
        *ret_level = thresholds[stage++].level;
    return stage;
}

static void watch_certificate(struct alarms *alarms, const struct tls_until *u, const char *who,
                              const char *key, struct moment now)
{
    bool own = u->part == TLS_PART_OWN, ended = u->until_ms <= now.wall_ms;
    char at[INSTANT_TEXT_BYTES], text[TEXT_BYTES];
    struct alarm a = {.key = key, .about = who, .text = text, .repeat_ms = HOUR_MS};
    a.stage = stage_of(u->until_ms, now.wall_ms, &a.level);
    if (a.stage == 0)
        return;
    if (own)
        a.event = ended ? "alarm.certificate_expired" : "alarm.certificate_expires";
    else
        a.event = ended ? "alarm.authority_expired" : "alarm.authority_expires";
    instant_write(u->until_ms, at);
    snprintf(text, sizeof text, "the certificate of %s%s %s %s%s", own ? "" : "a CA of ", who,
             ended ? "ended" : "ends", at, ended ? ": nobody accepts it" : "");
    alarms_raise(alarms, &a, now);
}

/* How near the end of a list is. Lists are made anew more often than CAs: one that was made for a
 * week is no matter for concern a week ahead, but every one is in its last days. */
static unsigned list_stage(const struct tls_until *u, uint64_t now_ms,
                           enum diagnostic_level *ret_level)
{
    static const struct {
        uint64_t ahead_ms;
        enum diagnostic_level level;
    } thresholds[] = {
        {30 * MS_PER_DAY, DIAGNOSTIC_NOTICE}, {14 * MS_PER_DAY, DIAGNOSTIC_WARNING},
        {7 * MS_PER_DAY, DIAGNOSTIC_WARNING}, {LISTS_AHEAD_MS, DIAGNOSTIC_WARNING},
        {1 * MS_PER_DAY, DIAGNOSTIC_WARNING},
    };
    unsigned stage = 0;
    uint64_t left = u->until_ms - now_ms, life = u->until_ms - u->from_ms;
    for (unsigned i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
        uint64_t ahead = thresholds[i].ahead_ms;
        if (left > ahead || (ahead > LISTS_AHEAD_MS && life < 2 * ahead))
            continue;
        stage = i + 1;
        *ret_level = thresholds[i].level;
    }
    return stage;
}

static void watch_revocations(struct alarms *alarms, const struct tls_until *u, const char *key,
                              struct moment now)
{
    char at[INSTANT_TEXT_BYTES], last[INSTANT_TEXT_BYTES], text[TEXT_BYTES];
    struct alarm a = {.key = key, .about = u->state, .text = text, .level = DIAGNOSTIC_ALARM};
    instant_write(u->until_ms, at);
    instant_write(u->until_ms + u->grace_ms, last);
    if (now.wall_ms >= u->until_ms + u->grace_ms) {
        a.stage = LIST_USELESS;
        snprintf(text, sizeof text,
                 "revocation list %s of %s ended %s and is not used any more: nobody of %s can "
                 "connect",
                 u->number, u->state, at, u->state);
    } else if (now.wall_ms >= u->until_ms) {
        a.stage = LIST_ENDED;
        snprintf(text, sizeof text,
                 "revocation list %s of %s ended %s; it is used until %s, then nobody of %s can "
                 "connect",
                 u->number, u->state, at, last, u->state);
    } else {
        a.stage = list_stage(u, now.wall_ms, &a.level);
        snprintf(text, sizeof text, "revocation list %s of %s ends %s", u->number, u->state, at);
    }
    a.event = a.stage < LIST_ENDED ? "alarm.revocations_expire" : "alarm.revocations_expired";
    a.repeat_ms = a.stage < LIST_ENDED ? HOUR_MS : LOUD_MS;
    if (a.stage > 0)
        alarms_raise(alarms, &a, now);
}

void watch_until(struct watch *w, const struct tls_until *u, const char *who, const char *key,
                 struct moment now)
{
    if (u->part == TLS_PART_REVOCATIONS)
        watch_revocations(w->alarms, u, key, now);
    else
        watch_certificate(w->alarms, u, who, key, now);
}

static void look_at_context(struct watch *w, const struct tls_context *context, struct moment now)
{
    char key[KEY_BYTES];
    struct tls_until until;
    for (size_t i = 0; tls_context_until(context, i, &until); i++) {
        bool own = until.part == TLS_PART_OWN;
        snprintf(key, sizeof key, "part %zu %s", i, until.state);
        watch_until(w, &until, own ? tls_context_identity(context)->id : until.state, key, now);
    }
}

void watch_peer(struct watch *w, const struct peer_presence *peer, struct moment now)
{
    char key[KEY_BYTES], since[INSTANT_TEXT_BYTES], text[TEXT_BYTES];
    if (peer->away_ms < WATCH_AWAY_MS)
        return;
    snprintf(key, sizeof key, "peer %s", peer->id);
    instant_write((now.wall_ms - peer->away_ms) / MS_PER_SECOND * MS_PER_SECOND, since);
    snprintf(text, sizeof text, "%s has been away since %s: what is for its parties waits",
             peer->id, since);
    alarms_raise(w->alarms,
                 &(struct alarm){.key = key,
                                 .event = "alarm.peer_away",
                                 .about = peer->id,
                                 .level = DIAGNOSTIC_WARNING,
                                 .text = text,
                                 .repeat_ms = HOUR_MS},
                 now);
}

/* Since when something that is signed waits to be published: not whether anything does, for under
 * load something always does. */
static bool is_behind(struct watch *w, const struct journal_health *h, struct moment now)
{
    if (h->published_size >= w->unpublished) {
        w->unpublished = h->signed_size;
        w->unpublished_since = now.mono_ms;
    }
    return h->published_size < w->unpublished && now.mono_ms - w->unpublished_since > BEHIND_MS;
}

void watch_journal(struct watch *w, const struct journal_health *h, bool overloaded,
                   struct moment now)
{
    char room[TEXT_BYTES], ahead[TEXT_BYTES];
    uint64_t ahead_ms = h->time_ms > now.wall_ms ? h->time_ms - now.wall_ms : 0;
    snprintf(room, sizeof room,
             "%llu MiB are free where the journal lies: no new messages are taken in",
             (unsigned long long)(h->free_bytes >> 20));
    snprintf(ahead, sizeof ahead,
             "the last entry is %llu seconds ahead of the clock, which is wrong or was: no new "
             "messages are taken in until their times agree",
             (unsigned long long)(ahead_ms / MS_PER_SECOND));
    const struct {
        bool holds;
        enum diagnostic_level level;
        const char *event, *about, *text;
        uint64_t linger_ms;
    } rows[] = {
        {h->low, DIAGNOSTIC_ALARM, "alarm.journal_low", "journal", room, 0},
        {h->stalled, DIAGNOSTIC_ALARM, "alarm.journal_stalled", "journal",
         "the lock database or the signature fails: no new messages are taken in", 0},
        {ahead_ms > AHEAD_MS, DIAGNOSTIC_ALARM, "alarm.log_ahead", "log", ahead, 0},
        {h->publishing_failed, DIAGNOSTIC_ALARM, "alarm.publishing_failed", "log",
         "the audit log cannot be published", 0},
        {is_behind(w, h, now), DIAGNOSTIC_WARNING, "alarm.publishing_behind", "log",
         "publishing of the audit log is more than 60 seconds behind", 0},
        {overloaded && !h->low && !h->stalled, DIAGNOSTIC_WARNING, "alarm.overload", "journal",
         "more arrives than the journal can write: new messages are put off", OVERLOAD_CALM_MS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].holds)
            alarms_raise(w->alarms,
                         &(struct alarm){.key = rows[i].event,
                                         .event = rows[i].event,
                                         .about = rows[i].about,
                                         .level = rows[i].level,
                                         .text = rows[i].text,
                                         .repeat_ms = HOUR_MS,
                                         .linger_ms = rows[i].linger_ms},
                         now);
}

void watch_look(struct watch *w, const struct tls_context *context, struct journal *journal,
                const struct workers *workers, struct moment now)
{
    struct journal_health health;
    struct peer_presence peer;
    look_at_context(w, context, now);
    journal_health(journal, &health);
    watch_journal(w, &health, journal_admits(journal).code == CODE_FULL, now);
    for (size_t i = 0; workers_peer(workers, i, now, &peer); i++)
        watch_peer(w, &peer, now);
    alarms_settle(w->alarms, now);
}
