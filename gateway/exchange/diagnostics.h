#ifndef EXCHANGE_DIAGNOSTICS_H
#define EXCHANGE_DIAGNOSTICS_H

/*
 * The operator's lines, not the audit log: one JSON object a line, fixed event names, fixed keys,
 * peers' text escaped and cut. Never a field's content, a claim's text or a secret.
 */

#include "base/slice.h"
#include "base/status.h"

/** What a line may say. Empty members are left out. */
struct diagnostic {
    const char *event;    /* "link.opened": fixed, in our source */
    struct slice peer;    /* "XA-CA-01" */
    const char *frame;    /* "SUBMIT" */
    struct status status; /* left out while CODE_NONE */
    const char *text;     /* a sentence of ours */
};

/** Where lines go: writes one whole line including its newline. */
typedef void diagnostics_write(void *out, struct slice line);

struct diagnostics {
    diagnostics_write *write;
    void *out;
    const char *gateway;
};

/** Writes a line with the time at_ms (Unix). NULL diagnostics say nothing. */
void diagnostics_say(const struct diagnostics *d, uint64_t at_ms, const struct diagnostic *line);

#endif
