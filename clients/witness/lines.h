#ifndef WITNESS_LINES_H
#define WITNESS_LINES_H

/*
 * The operator's lines: one JSON object each on standard error, with fixed event names. Times,
 * names, sizes; nothing secret. A reader that is stuck loses lines, and so does a flood, of
 * lines of its own level: how many is said. Any thread.
 */

#include <pthread.h>
#include <stdint.h>

enum line_level { LINE_INFO, LINE_NOTICE, LINE_WARNING, LINE_ALARM, LINE_LEVELS };

struct lines {
    const char *witness; /* its name */
    pthread_mutex_t turn;
    uint64_t minute;            /* of the counts */
    unsigned said[LINE_LEVELS]; /* in it; alarms are never dropped for their number */
    unsigned lost;              /* since it was told last */
};

struct line {
    const char *event; /* "checkpoint.cosigned" */
    enum line_level level;
    const char *peer; /* "XA-GW-01"; NULL: nobody's */
    const char *log;  /* its origin; NULL: none */
    const char *text; /* a sentence of ours; NULL: none */
};

/** witness must outlive the lines. */
void lines_init(struct lines *lines, const char *witness);

void lines_say(struct lines *lines, uint64_t now_ms, const struct line *line);

#endif
