#ifndef EDGE_LINES_H
#define EDGE_LINES_H

/*
 * A worker's diagnostic lines at a bounded rate. Peers cause most of them, strangers among them:
 * of each event so many a second are said, and then one line says how many more there were. Alarms
 * are always said.
 */

#include "exchange/diagnostics.h"

#define LINES_PER_SECOND 20U
#define LINES_WINDOW_MS  1000U
#define LINES_EVENTS     32U /* more kinds of events share the last place */

struct lines {
    struct diagnostics paced;      /* what the worker and its exchange say their lines to */
    const struct diagnostics *out; /* where they go; may be NULL */
    struct line_rate {
        const char *event;
        enum diagnostic_level level;
        uint64_t began_ms;     /* of this second */
        unsigned said, unsaid; /* in it */
    } rates[LINES_EVENTS];
    bool holds_back; /* some were not said and wait to be counted */
};

/** The lines must not move afterwards. */
void lines_init(struct lines *lines, const struct diagnostics *out);

/** Counts an event that is told as a number only. event: static storage. */
void lines_count(struct lines *lines, const char *event, enum diagnostic_level level,
                 uint64_t at_ms);

/** Says how many were not said in seconds that are over; at the end, in the current one too. To be
 * called about once a second while lines->holds_back. */
void lines_settle(struct lines *lines, uint64_t at_ms, bool at_end);

#endif
