#include "app/cosigning.h"

#include <stdio.h>

#include "audit/cosigned.h"
#include "base/encoding.h"
#include "base/instant.h"

#define AWAY_MS    (15 * MS_PER_SECOND)
#define REPEAT_MS  (60 * MS_PER_MINUTE)
#define KEY_BYTES  32
#define TEXT_BYTES 300

static void raise_witness(const struct cosigning_witness *w, struct alarms *alarms,
                          struct moment now)
{
    static const struct {
        const char *event, *words;
        enum diagnostic_level level;
    } kinds[] = {
        [COSIGNING_AWAY] = {"alarm.witness_away", "does not cosign our log", DIAGNOSTIC_WARNING},
        [COSIGNING_AHEAD] = {"alarm.witness_ahead",
                             "has cosigned more of our log than we have signed: the journal is an "
                             "older one, or somebody else signs with our key",
                             DIAGNOSTIC_ALARM},
        [COSIGNING_CONFLICT] = {"alarm.witness_conflict",
                                "has cosigned another history of our log than ours",
                                DIAGNOSTIC_ALARM},
    };
    char id[2 * sizeof w->id + 1], key[KEY_BYTES], text[TEXT_BYTES];
    hex_write(slice_over(w->id, sizeof w->id), id);
    snprintf(key, sizeof key, "witness %s", id);
    snprintf(text, sizeof text, "the witness of %s (key %s) %s%s%s", w->party, id,
             kinds[w->trouble].words, w->why[0] == '\0' ? "" : ": ", w->why);
    alarms_raise(alarms,
                 &(struct alarm){.key = key,
                                 .event = kinds[w->trouble].event,
                                 .about = w->party,
                                 .level = kinds[w->trouble].level,
                                 .stage = w->trouble,
                                 .text = text,
                                 .repeat_ms = REPEAT_MS},
                 now);
}

static void raise_stale(const struct cosigning_view *view, struct alarms *alarms, struct moment now)
{
    char since[INSTANT_TEXT_BYTES], text[TEXT_BYTES];
    instant_write(view->since_s * MS_PER_SECOND, since);
    snprintf(text, sizeof text,
             "the quorum of our log's witnesses has cosigned nothing since %s: ten minutes after "
             "that nobody reads what we give receipts for",
             since);
    alarms_raise(alarms,
                 &(struct alarm){.key = "witnesses_stale",
                                 .event = "alarm.witnesses_stale",
                                 .about = "log",
                                 .level = DIAGNOSTIC_ALARM,
                                 .text = text,
                                 .repeat_ms = REPEAT_MS},
                 now);
}

void cosigning_alarms(const struct cosigning_view *view, struct alarms *alarms, struct moment now)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct cosigning_witness *w = &view->witnesses[i];
        if (w->trouble != COSIGNING_FINE &&
            (w->trouble != COSIGNING_AWAY || now.mono_ms - w->since_ms >= AWAY_MS))
            raise_witness(w, alarms, now);
    }
    if (view->is_wanted && now.wall_ms / MS_PER_SECOND > view->since_s + COSIGNED_STALE_S)
        raise_stale(view, alarms, now);
}

void cosigning_watch(struct cosigning *cosigning, struct alarms *alarms, struct moment now)
{
    struct cosigning_view view;
    if (cosigning == NULL)
        return;
    cosigning_look(cosigning, &view);
    cosigning_alarms(&view, alarms, now);
}
