#ifndef COMITY_REQUEST_H
#define COMITY_REQUEST_H

/* What the commands of the noun request share. */

#include "base/reader.h"
#include "comity/output.h"

/** Reads the document of -f FILE, "-" for standard input. COMITY_INPUT, COMITY_FAILED */
enum comity_exit request_file(const char *path, struct buffer *out, struct comity_fault *reterr);

/** Prints what became of a message for each recipient. */
void request_put_sent(const struct invocation *invocation, const struct comity_sent *sent);

/** Prints a message in its three classes: sealed by the sender, made by a gateway, withheld. */
enum comity_exit request_put_shown(const struct invocation *invocation,
                                   const struct comity_shown *shown, struct comity_fault *reterr);

#endif
