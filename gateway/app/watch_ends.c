/* What ends some day, and the alarms that come before. */

#include "app/watch.h"

#include <stdio.h>

#include "base/instant.h"

#define HOUR_MS        (60 * MS_PER_MINUTE)
#define LOUD_MS        (10 * MS_PER_MINUTE)
#define LISTS_AHEAD_MS (3 * MS_PER_DAY)
#define LIST_ENDED     6 /* stages after the thresholds */
#define LIST_USELESS   7
#define KEY_BYTES      32
#define TEXT_BYTES     300

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

static const struct end {
    const char *key, *expires, *expired;
    const char *what, *after; /* "WHAT of XC ends ...", "ended ...: AFTER" */
    uint64_t repeat_ms;       /* 0: HOUR_MS */
} ends[] = {
    [ENDS_OWN] = {"own", "alarm.certificate_expires", "alarm.certificate_expired",
                  "the certificate of", "nobody accepts it", 0},
    [ENDS_CA] = {"ca", "alarm.authority_expires", "alarm.authority_expired",
                 "the certificate of a CA of", "nobody accepts it", 0},
    [ENDS_LISTED_CA] = {"listed", "alarm.listed_authority_expires",
                        "alarm.listed_authority_expired",
                        "the last CA certificate that the directory lists of",
                        "its parties' certificates cannot be checked by it", 0},
    [ENDS_LOG] = {"log", "alarm.log_expires", "alarm.log_expired",
                  "the last log that the directory lists of",
                  "what it signs from then on is refused", 0},
    [ENDS_PEER] = {"link", "alarm.peer_certificate_expires", "alarm.peer_certificate_expired",
                   "the certificate on the links of", "it has no link without another one", 0},
    [ENDS_SEALING] = {"seal", "alarm.sealing_expires", "alarm.sealing_expired",
                      "the last sealing certificate that the directory lists of",
                      "what it seals is refused", 0},
    [ENDS_ENCRYPTION] = {"crypt", "alarm.encryption_expires", "alarm.encryption_expired",
                         "the last encryption certificate that the directory lists of",
                         "nothing can be encrypted for it", 0},
    [ENDS_FOREIGN_SEALING] = {"seal", "alarm.sealing_expires", "alarm.sealing_expired",
                              "the last sealing certificate that the directory lists of",
                              "what it seals is refused", MS_PER_DAY},
    [ENDS_FOREIGN_ENCRYPTION] = {"crypt", "alarm.encryption_expires", "alarm.encryption_expired",
                                 "the last encryption certificate that the directory lists of",
                                 "nothing can be encrypted for it", MS_PER_DAY},
    [ENDS_SIGNED] = {"signed", "alarm.signatures_expire", "alarm.signatures_expired",
                     "the validity of the signatures of",
                     "no message under it is decided until it is signed anew", 0},
};

/* Several CAs of one State are told apart by their ends. */
static void name_key(enum watch_end kind, const char *who, uint64_t until_ms,
                     char key[static KEY_BYTES])
{
    if (kind == ENDS_CA)
        snprintf(key, KEY_BYTES, "%s %s %llu", ends[kind].key, who, (unsigned long long)until_ms);
    else
        snprintf(key, KEY_BYTES, "%s %s", ends[kind].key, who);
}

void watch_end(struct watch *w, enum watch_end kind, const char *who, uint64_t until_ms,
               struct moment now)
{
    const struct end *end = &ends[kind];
    bool ended = until_ms <= now.wall_ms;
    char at[INSTANT_TEXT_BYTES], text[TEXT_BYTES], key[KEY_BYTES];
    struct alarm a = {.key = key,
                      .event = ended ? end->expired : end->expires,
                      .about = who,
                      .text = text,
                      .repeat_ms = end->repeat_ms == 0 ? HOUR_MS : end->repeat_ms};
    a.stage = stage_of(until_ms, now.wall_ms, &a.level);
    if (a.stage == 0)
        return;
    name_key(kind, who, until_ms, key);
    instant_write(until_ms, at);
    snprintf(text, sizeof text, "%s %s %s %s%s%s", end->what, who, ended ? "ended" : "ends", at,
             ended ? ": " : "", ended ? end->after : "");
    alarms_raise(w->alarms, &a, now);
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

void watch_list(struct watch *w, const struct tls_until *u, const char *key, struct moment now)
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
        alarms_raise(w->alarms, &a, now);
}

void watch_context(struct watch *w, const struct tls_context *context, struct moment now)
{
    char key[KEY_BYTES];
    struct tls_until until;
    for (size_t i = 0; tls_context_until(context, i, &until); i++) {
        bool own = until.part == TLS_PART_OWN;
        snprintf(key, sizeof key, "part %zu %s", i, until.state);
        if (until.part == TLS_PART_REVOCATIONS)
            watch_list(w, &until, key, now);
        else
            watch_end(w, own ? ENDS_OWN : ENDS_CA,
                      own ? tls_context_identity(context)->id : until.state, until.until_ms, now);
    }
}
