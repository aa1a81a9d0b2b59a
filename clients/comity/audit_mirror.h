#ifndef COMITY_AUDIT_MIRROR_H
#define COMITY_AUDIT_MIRROR_H

/* Where the mirror is that a command reads: --mirror DIR, or else the context's own of the gateway
 * that --gateway names, or of its home. */

#include "comity/invocation.h"
#include "mirror/mirror.h"

#define AUDIT_MIRROR_PATH_BYTES 1024

/** Writes the folder; whether there is a mirror in it is not asked. COMITY_INPUT */
enum comity_exit audit_mirror_folder(const struct invocation *invocation,
                                     char path[static AUDIT_MIRROR_PATH_BYTES],
                                     struct comity_fault *reterr);

/** Opens the mirror for reading. COMITY_INPUT where there is none; COMITY_FAILED */
enum comity_exit audit_mirror_open(const struct invocation *invocation, struct mirror **ret_mirror,
                                   struct comity_fault *reterr);

/** What became of reading or writing a mirror, in words for people. COMITY_VERIFY where it is not
 * what it was; COMITY_FAILED. */
enum comity_exit audit_mirror_fail(struct comity_fault *reterr, struct status s);

/** The options, to stand in a table of options. */
#define MIRROR_OPTION                                                                              \
    {                                                                                              \
        "mirror", FLAG_MIRROR, "DIR", 0,                                                           \
            "The mirror's folder; without it mirror/CONTEXT/GATEWAY in COMITY_HOME", 1             \
    }
#define MIRROR_GATEWAY_OPTION                                                                      \
    {                                                                                              \
        "gateway", FLAG_GATEWAY, "ID", 0, "Whose log; without it that of the context's gateway", 1 \
    }

#endif
