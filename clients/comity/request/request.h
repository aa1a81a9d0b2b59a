#ifndef COMITY_REQUEST_H
#define COMITY_REQUEST_H

/* What the commands of the noun request share. */

#include "base/reader.h"
#include "comity/output.h"

/** Reads a document from a file, or from standard input for "-". The buffer is to be freed also
 * after a failure. COMITY_INPUT */
enum comity_exit request_read(const char *path, struct buffer *out, struct comity_fault *reterr);

/** Prints what became of a message for each recipient. */
void request_put_sent(const struct invocation *invocation, const struct comity_sent *sent);

/** The same with the proved stages of its one message: a drawing, or "timeline" and "verified". */
void request_put_own(const struct invocation *invocation, const struct comity_sent *sent,
                     const struct comity_stages *timeline);

/** What became of a message, as JSON: "thread" and "recipients"; a new reference. */
json_t *request_sent_json(const struct comity_sent *sent);

/** And as lines for people. */
void request_print_sent(const struct invocation *invocation, const struct comity_sent *sent);

#endif
