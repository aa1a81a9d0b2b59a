#ifndef COMITY_REQUEST_H
#define COMITY_REQUEST_H

/* What the commands of the noun request share. */

#include "base/reader.h"
#include "comity/output.h"

/** Prints what became of a message for each recipient. */
void request_put_sent(const struct invocation *invocation, const struct comity_sent *sent);

#endif
