/* Until when those who must sign the rulebook have signed it, and who of them is revoked. */

#include "app/watch.h"

#include <stdio.h>

#include "base/instant.h"

#define KEY_BYTES  32
#define TEXT_BYTES 300

static void look(struct watch *w, const char *object, uint64_t until_ms, struct moment now)
{
    if (until_ms != UINT64_MAX)
        watch_end(w, ENDS_SIGNED, object, until_ms, now);
}

void watch_signatures(struct watch *w, const struct rulebook *r, struct moment now)
{
    const struct directory *d = r->directory;
    look(w, "law", r->law_until_ms, now);
    look(w, "states", r->states_until_ms, now);
    for (size_t i = 0; i < d->parties_count; i++) {
        char name[OBJECT_NAME_BYTES];
        object_name_parties(d->parties_of[i], name);
        look(w, name, r->parties_until_ms[i], now);
    }
}

static void look_at(struct watch *w, const struct rulebook_authorities *all, const char *what,
                    const struct object_authorities *signers, struct moment now)
{
    char since[INSTANT_TEXT_BYTES], text[TEXT_BYTES], key[KEY_BYTES];
    uint64_t since_ms = 0;
    for (size_t i = 0; i < signers->count; i++) {
        const struct object_authority *a = &signers->at[i];
        if (!authority_is_revoked(all, a, now.wall_ms, &since_ms))
            continue;
        instant_write(since_ms, since);
        snprintf(key, sizeof key, "signer %s %zu", what, i);
        snprintf(text, sizeof text,
                 "the certificate of %s, who signs %s, is revoked since %s: its signatures count "
                 "no more",
                 a->id, what, since);
        alarms_raise(w->alarms,
                     &(struct alarm){.key = key,
                                     .event = "alarm.signer_revoked",
                                     .about = a->id,
                                     .level = DIAGNOSTIC_ALARM,
                                     .text = text,
                                     .repeat_ms = 60 * MS_PER_MINUTE},
                     now);
    }
}

void watch_signers(struct watch *w, const struct rulebook_authorities *all, struct moment now)
{
    look_at(w, all, "law", &all->law, now);
    look_at(w, all, "states", &all->states, now);
    look_at(w, all, "parties", &all->parties, now);
}
