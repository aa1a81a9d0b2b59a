#include "app/watch.h"

#include <stdio.h>

#include "base/instant.h"

#define HOUR_MS          (60 * MS_PER_MINUTE)
#define BEHIND_MS        (60 * MS_PER_SECOND)
#define AHEAD_MS         (60 * MS_PER_SECOND)
#define OVERLOAD_CALM_MS (30 * MS_PER_SECOND)
#define KEY_BYTES        32
#define TEXT_BYTES       300

void watch_peer(struct watch *w, const struct peer_presence *peer, struct moment now)
{
    char key[KEY_BYTES], since[INSTANT_TEXT_BYTES], text[TEXT_BYTES];
    if (peer->until_ms > 0)
        watch_end(w, ENDS_PEER, peer->id, peer->until_ms, now);
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

void watch_look(struct watch *w, const struct watched *watched, struct moment now)
{
    struct journal_health health;
    struct peer_presence peer;
    watch_context(w, watched->context, now);
    watch_directory(w, watched->directory, watched->gateway, now);
    journal_health(watched->journal, &health);
    watch_journal(w, &health, journal_admits(watched->journal).code == CODE_FULL, now);
    for (size_t i = 0; workers_peer(watched->workers, i, now, &peer); i++)
        watch_peer(w, &peer, now);
    alarms_settle(w->alarms, now);
}
