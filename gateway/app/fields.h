#ifndef APP_FIELDS_H
#define APP_FIELDS_H

/* A diagnostic line as fields of the system's journal: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER and
 * COMITY_EVENT, _LEVEL, _GATEWAY, _PEER, _FRAME, _CODE, _REASON. */

#include <sys/uio.h>

#include "exchange/diagnostics.h"

#define FIELD_COUNT 10
#define FIELD_BYTES 1024

/** "NAME=value" each; the vectors point into text. A value is one line of printable ASCII, whoever
 * wrote it: everything else is a question mark, what is too long is cut. */
struct fields {
    char text[FIELD_COUNT][FIELD_BYTES];
    struct iovec at[FIELD_COUNT];
    int count;
};

/** Empty members of the line have no field. */
void fields_of(const struct diagnostics_line *line, struct fields *ret_fields);

#endif
