#include "witness/lines.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"

#define LINES_PER_MINUTE 120  /* of each level */
#define LINE_BYTES       4096 /* no more than a pipe takes in one piece */

static const char *const levels[LINE_LEVELS] = {
    [LINE_INFO] = "info",
    [LINE_NOTICE] = "notice",
    [LINE_WARNING] = "warning",
    [LINE_ALARM] = "alarm",
};

void lines_init(struct lines *lines, const char *witness)
{
    *lines = (struct lines){.witness = witness, .turn = PTHREAD_MUTEX_INITIALIZER};
}

static void put_member(json_t *object, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        (void)json_object_set_new(object, key, json_string(text));
}

static char *text_of(const struct lines *lines, uint64_t now_ms, const struct line *line)
{
    char at[INSTANT_TEXT_BYTES];
    json_t *object = json_object();
    instant_write(now_ms, at);
    put_member(object, "at", at);
    put_member(object, "level", levels[line->level]);
    put_member(object, "event", line->event);
    put_member(object, "witness", lines->witness);
    put_member(object, "peer", line->peer);
    put_member(object, "log", line->log);
    put_member(object, "text", line->text);
    char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(object);
    return text;
}

/* One write per line: lines of several processes do not mix. */
static bool put(const struct lines *lines, uint64_t now_ms, const struct line *line)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    char whole[LINE_BYTES];
    char *text = text_of(lines, now_ms, line);
    int length = text == NULL ? -1 : snprintf(whole, sizeof whole, "%s\n", text);
    free(text);
    return length > 0 && (size_t)length < sizeof whole && poll(&out, 1, 0) == 1 &&
           write(STDERR_FILENO, whole, (size_t)length) == length;
}

static void put_lost(struct lines *lines, uint64_t now_ms)
{
    char text[64];
    const struct line lost = {.event = "lines.lost", .level = LINE_WARNING, .text = text};
    snprintf(text, sizeof text, "%u lines were not written", lines->lost);
    if (put(lines, now_ms, &lost))
        lines->lost = 0;
}

void lines_say(struct lines *lines, uint64_t now_ms, const struct line *line)
{
    pthread_mutex_lock(&lines->turn);
    if (now_ms / MS_PER_MINUTE != lines->minute) {
        lines->minute = now_ms / MS_PER_MINUTE;
        memset(lines->said, 0, sizeof lines->said);
        if (lines->lost > 0)
            put_lost(lines, now_ms);
    }
    bool room = line->level == LINE_ALARM || lines->said[line->level] < LINES_PER_MINUTE;
    lines->said[line->level] += room;
    if (!room || !put(lines, now_ms, line))
        lines->lost++;
    pthread_mutex_unlock(&lines->turn);
}
