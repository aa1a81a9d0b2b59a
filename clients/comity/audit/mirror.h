#ifndef COMITY_AUDIT_MIRROR_H
#define COMITY_AUDIT_MIRROR_H

/* Where the mirrors are that a command reads: --mirror DIR, or else the context's own of the
 * gateway that --gateway names, or of its home. One folder has all logs of a gateway
 * (mirror/series.h). */

#include "comity/invocation.h"
#include "mirror/series.h"

#define AUDIT_MIRROR_PATH_BYTES 1024

/** Writes the folder; whether there are mirrors in it is not asked. COMITY_INPUT */
enum comity_exit audit_mirror_folder(const struct invocation *invocation,
                                     char path[static AUDIT_MIRROR_PATH_BYTES],
                                     struct comity_fault *reterr);

/** Opens the mirrors for reading. COMITY_VERIFY also where one does not go on from the one before
 * it; else as audit_mirror_unopened. *ret_series is the caller's whatever it says. */
enum comity_exit audit_mirror_open(const struct invocation *invocation, struct series **ret_series,
                                   struct comity_fault *reterr);

/** Opens them for whoever checks the whole, as series_open_whole; where they meet is the caller's
 * to check. As audit_mirror_unopened */
enum comity_exit audit_mirror_open_whole(const struct invocation *invocation,
                                         struct series **ret_series, struct comity_fault *reterr);

/** Why mirrors were not opened (mirror/series.h), in words for people: COMITY_INPUT where there are
 * none, COMITY_CONFLICT where the folder is another's, COMITY_VERIFY where one is missing or no
 * mirror any more; COMITY_FAILED. */
enum comity_exit audit_mirror_unopened(struct status s, const char *error,
                                       struct comity_fault *reterr);

/** Whether each of the logs goes on from the one before it, as series_joint says. COMITY_VERIFY,
 * COMITY_FAILED */
enum comity_exit audit_mirror_joints(const struct series *series, struct comity_fault *reterr);

/** Finds the log that is called so; the newest one where name is NULL. COMITY_UNKNOWN */
enum comity_exit audit_mirror_log(const struct series *series, const char *name,
                                  size_t *ret_position, struct comity_fault *reterr);

/** What became of reading or writing a mirror, in words for people. COMITY_VERIFY where it is not
 * what it was; COMITY_FAILED. */
enum comity_exit audit_mirror_fail(struct comity_fault *reterr, struct status s);

/** The options, to stand in a table of options. */
#define MIRROR_OPTION                                                                              \
    {                                                                                              \
        "mirror", FLAG_MIRROR, "DIR", 0,                                                           \
            "The mirrors of a gateway's logs; without it mirror/CONTEXT/GATEWAY in COMITY_HOME", 1 \
    }
#define MIRROR_GATEWAY_OPTION                                                                      \
    {                                                                                              \
        "gateway", FLAG_GATEWAY, "ID", 0, "Whose logs; without it those of the context's gateway", \
            1                                                                                      \
    }

#endif
