#include <string.h>

#include "comity/audit/mirror.h"
#include "comity/audit/verify_parts.h"

static const struct {
    enum reason reason;
    const char *what;
} wrongs[] = {
    {REASON_CHECKPOINT_FORK, "the log before it ended elsewhere than its first entry says"},
    {REASON_CONSISTENCY, "its first entry goes on from a log of which there is no mirror"},
    {REASON_RECEIPT_ENTRY, "it begins before the log that it goes on from ended"},
};

static enum comity_exit wrong(const struct series *series, size_t position, const char *what,
                              struct comity_fault *reterr)
{
    fail(reterr, COMITY_VERIFY, "E_HASH", "the mirror %s does not verify: %s",
         series_log(series, position)->dir, what);
    return advise(reterr, "keep the folder as it is, and sync another one");
}

enum comity_exit verify_joint(const struct series *series, size_t position, const char *succeeds,
                              struct comity_fault *reterr)
{
    struct status s = series_joint(series, position);
    for (size_t i = 0; s.code == CODE_REFUSED && i < sizeof wrongs / sizeof wrongs[0]; i++)
        if (s.reason == wrongs[i].reason)
            return wrong(series, position, wrongs[i].what, reterr);
    if (failed(s))
        return audit_mirror_fail(reterr, s);
    return succeeds == NULL || strcmp(succeeds, series_log(series, position)->succeeds) == 0
               ? COMITY_DONE
               : wrong(series, position, "the directory says that it goes on from another log",
                       reterr);
}

enum comity_exit verify_unread(const struct series *series, struct comity_fault *reterr)
{
    const char *unread = series_unread(series);
    if (unread == NULL)
        return COMITY_DONE;
    fail(reterr, COMITY_VERIFY, "E_HASH", "the mirror %s has no checkpoint", unread);
    return advise(reterr, "comity audit sync brings it to one, where it was only broken off");
}
