#ifndef COMITY_CROSSCHECK_MINISTRIES_H
#define COMITY_CROSSCHECK_MINISTRIES_H

#include "comity/invocation.h"

/** Compares the logs of two States by their mirrors, --mirror and --other. COMITY_VERIFY with the
 * fault filled where they do not agree. */
enum comity_exit crosscheck_ministries(const struct invocation *invocation,
                                       struct comity_fault *reterr);

#endif
