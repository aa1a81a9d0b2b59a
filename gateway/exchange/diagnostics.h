#ifndef EXCHANGE_DIAGNOSTICS_H
#define EXCHANGE_DIAGNOSTICS_H

/*
 * The operator's lines, not the audit log: fixed event names, fixed keys, peers' text escaped and
 * cut. Never a field's content, a claim's text or a secret. A line is a structure until its sink
 * writes it: as one JSON object, or as fields of the system's journal.
 */

#include "base/reader.h"
#include "base/status.h"

enum diagnostic_level {
    DIAGNOSTIC_INFO,    /* somebody came or went */
    DIAGNOSTIC_NOTICE,  /* worth knowing, nothing to be done */
    DIAGNOSTIC_WARNING, /* somebody should look at it, today or this week */
    DIAGNOSTIC_ALARM,   /* now */
};

/** What a line may say. Empty members are left out. */
struct diagnostic {
    const char *event; /* "link.opened": fixed, in our source */
    enum diagnostic_level level;
    struct slice peer;    /* "XA-CA-01" */
    const char *frame;    /* "SUBMIT" */
    struct status status; /* left out while CODE_NONE */
    const char *text;     /* a sentence of ours */
};

/** A line on its way to where lines go. */
struct diagnostics_line {
    const struct diagnostic *what;
    uint64_t at_ms; /* Unix */
    const char *gateway;
};

/** Where lines go, from any thread. */
typedef void diagnostics_sink(void *out, const struct diagnostics_line *line);

struct diagnostics {
    diagnostics_sink *sink;
    void *out;
    const char *gateway;
};

/** Gives a line to the sink, with the time at_ms (Unix). NULL diagnostics say nothing. */
void diagnostics_say(const struct diagnostics *d, uint64_t at_ms, const struct diagnostic *line);

/** The level's name, "warning". Static storage. */
const char *diagnostics_level(enum diagnostic_level level);

/** Appends the line as one JSON object and a newline. */
void diagnostics_json(const struct diagnostics_line *line, struct buffer *out);

#endif
