#ifndef COMITY_AUDIT_SYNC_H
#define COMITY_AUDIT_SYNC_H

/* Bringing a mirror up to date, for commands that look at it afterwards. */

#include "comity/invocation.h"

/** What comity audit sync does, for the mirror of audit_mirror_folder, without printing anything.
 * Ends as that does. */
enum comity_exit audit_sync_once(const struct invocation *invocation, struct comity_fault *reterr);

#endif
