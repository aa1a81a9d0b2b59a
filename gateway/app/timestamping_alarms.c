#include "app/timestamping.h"

#include <stdio.h>

#include "base/instant.h"

#define AWAY_MS    (15 * MS_PER_SECOND)
#define REPEAT_MS  (60 * MS_PER_MINUTE)
#define LATE_TIMES 3 /* so many times what lies between two: then it is no accident */
#define TEXT_BYTES 600

void timestamping_alarms(const struct timestamping_view *v, struct alarms *alarms,
                         struct moment now)
{
    char text[TEXT_BYTES], made[INSTANT_TEXT_BYTES];
    if (v->away_ms == 0 || v->waiting == 0 || now.mono_ms - v->away_ms < AWAY_MS)
        return;
    bool is_late = now.wall_ms > v->made_ms && now.wall_ms - v->made_ms > LATE_TIMES * v->every_ms;
    instant_write(v->made_ms, made);
    snprintf(text, sizeof text,
             "%s gives no timestamp of our log: %s; %llu entries wait for one, the last is of %s%s",
             v->address, v->why, (unsigned long long)v->waiting, made,
             v->size == 0 ? " or earlier" : "");
    alarms_raise(alarms,
                 &(struct alarm){.key = "timestamps",
                                 .event = "alarm.timestamps_away",
                                 .about = "log",
                                 .level = is_late ? DIAGNOSTIC_ALARM : DIAGNOSTIC_WARNING,
                                 .stage = is_late,
                                 .text = text,
                                 .repeat_ms = REPEAT_MS},
                 now);
}

void timestamping_watch(struct timestamping *timestamping, struct alarms *alarms, struct moment now)
{
    struct timestamping_view view;
    if (timestamping == NULL)
        return;
    timestamping_look(timestamping, &view);
    timestamping_alarms(&view, alarms, now);
}
