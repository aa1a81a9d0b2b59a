#include "app/alarms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALARMS_MAX  16384 /* at once: a context's 2,000 parts, and two for each party */
#define KEY_BYTES   32
#define ABOUT_BYTES 32

struct lasting {
    char key[KEY_BYTES], about[ABOUT_BYTES];
    const char *event;
    unsigned stage;
    uint64_t said_ms, raised_ms, linger_ms; /* monotonic */
    bool seen;                              /* in this look */
};

struct alarms {
    const struct diagnostics *diagnostics;
    struct lasting *at;
    size_t count, room;
};

struct alarms *alarms_new(const struct diagnostics *diagnostics)
{
    struct alarms *alarms = calloc(1, sizeof *alarms);
    if (alarms != NULL)
        alarms->diagnostics = diagnostics;
    return alarms;
}

void alarms_free(struct alarms *alarms)
{
    if (alarms != NULL)
        free(alarms->at);
    free(alarms);
}

static struct lasting *find(struct alarms *alarms, const char *key)
{
    for (size_t i = 0; i < alarms->count; i++)
        if (strcmp(alarms->at[i].key, key) == 0)
            return &alarms->at[i];
    return NULL;
}

static struct lasting *add(struct alarms *alarms, const char *key)
{
    if (alarms->count == ALARMS_MAX)
        return NULL;
    if (alarms->count == alarms->room) {
        size_t room = alarms->room == 0 ? 16 : 2 * alarms->room;
        struct lasting *more = realloc(alarms->at, room * sizeof *more);
        if (more == NULL)
            return NULL;
        alarms->at = more;
        alarms->room = room;
    }
    struct lasting *l = &alarms->at[alarms->count++];
    *l = (struct lasting){0};
    snprintf(l->key, sizeof l->key, "%s", key);
    return l;
}

static void say(const struct alarms *alarms, const struct alarm *a, struct moment now)
{
    diagnostics_say(alarms->diagnostics, now.wall_ms,
                    &(struct diagnostic){.event = a->event, .level = a->level, .text = a->text});
}

static void say_over(const struct alarms *alarms, const struct lasting *l, struct moment now)
{
    char text[128];
    snprintf(text, sizeof text, "%s %s", l->event, l->about);
    diagnostics_say(
        alarms->diagnostics, now.wall_ms,
        &(struct diagnostic){.event = "alarm.over", .level = DIAGNOSTIC_NOTICE, .text = text});
}

void alarms_raise(struct alarms *alarms, const struct alarm *a, struct moment now)
{
    struct lasting *l = find(alarms, a->key);
    bool is_new = l == NULL;
    if (is_new)
        l = add(alarms, a->key);
    if (l == NULL) { /* nothing to remember it by: rather too often than never */
        say(alarms, a, now);
        return;
    }
    if (!is_new && l->event != a->event)
        say_over(alarms, l, now);
    if (is_new || l->event != a->event || l->stage != a->stage ||
        now.mono_ms - l->said_ms >= a->repeat_ms) {
        say(alarms, a, now);
        l->said_ms = now.mono_ms;
    }
    l->event = a->event;
    l->stage = a->stage;
    l->raised_ms = now.mono_ms;
    l->linger_ms = a->linger_ms;
    l->seen = true;
    snprintf(l->about, sizeof l->about, "%s", a->about);
}

void alarms_settle(struct alarms *alarms, struct moment now)
{
    size_t kept = 0;
    for (size_t i = 0; i < alarms->count; i++) {
        struct lasting *l = &alarms->at[i];
        if (l->seen || now.mono_ms - l->raised_ms < l->linger_ms) {
            l->seen = false;
            alarms->at[kept++] = *l;
        } else {
            say_over(alarms, l, now);
        }
    }
    alarms->count = kept;
}
