#ifndef COMITY_AUDIT_VERIFY_PARTS_H
#define COMITY_AUDIT_VERIFY_PARTS_H

/* Of the mirrors of a gateway's logs, what no single one of them shows. */

#include "comity/exits.h"
#include "mirror/series.h"

/** That the log at this position goes on from the one before it, and from the one of which the
 * directory says so; succeeds NULL: no directory is at hand. */
enum comity_exit verify_joint(const struct series *series, size_t position, const char *succeeds,
                              struct comity_fault *reterr);

/** That no mirror was passed over for want of a checkpoint: nobody would miss what it has. */
enum comity_exit verify_unread(const struct series *series, struct comity_fault *reterr);

#endif
