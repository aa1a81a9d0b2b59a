#include <stdio.h>

#include "comity/audit/mirror.h"
#include "comity/audit/sync_parts.h"

#define KEPT_BYTES (MIRROR_PATH_BYTES + 64)

static const char *kept_as(const char *path, char text[static KEPT_BYTES])
{
    if (path[0] == '\0')
        snprintf(text, KEPT_BYTES, "; the mirror's folder evidence is full and takes no more");
    else
        snprintf(text, KEPT_BYTES, "; both checkpoints are kept as %s.*", path);
    return text;
}

enum comity_exit sync_refused(const struct syncing *x, struct comity_fault *reterr)
{
    const char *said = x->outcome.said;
    char kept[KEPT_BYTES];
    switch (x->outcome.verdict) {
    case SYNC_MISSING:
        fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "%s: %s", x->id, said);
        return advise(reterr, "the gateway's own rulebook says who is this State's oversight");
    case SYNC_STALE:
    case SYNC_BEHIND:
        fail(reterr, COMITY_STALE, "E_STALE", "%s: %s; nothing was taken", x->id, said);
        return advise(reterr, "try again; if it stays so, ask the gateway's operator why");
    case SYNC_FORKED:
        fail(reterr, COMITY_FORK, "E_FORK", "%s: %s%s", x->id, said,
             kept_as(x->outcome.evidence, kept));
        return advise(reterr, "nothing was changed: show them to the data-protection authority");
    case SYNC_MIRROR_DAMAGED:
        fail(reterr, COMITY_VERIFY, "E_HASH", "%s: %s", x->id, said);
        return advise(reterr,
                      "nothing was taken, and that is not the gateway's fault: comity audit "
                      "verify --mirror says what is wrong; put a backup in its place");
    case SYNC_GOOD:
    case SYNC_DAMAGED:
        break;
    }
    fail(reterr, COMITY_VERIFY, "E_HASH", "%s: %s", x->id, said);
    return advise(reterr, "nothing of it was taken: tell the gateway's operator");
}

/* A mirror that has nothing of the log yet has nothing to show beside it. */
enum comity_exit sync_forked(const struct syncing *x, const struct sync_goal *goal,
                             const char *said, struct comity_fault *reterr)
{
    size_t position;
    char path[MIRROR_PATH_BYTES] = "", kept[KEPT_BYTES];
    struct status s = FAIL(ABSENT);
    if (series_find(x->series, goal->row->origin, &position))
        s = mirror_convict(series_log(x->series, position)->mirror, goal->note, &goal->told, path);
    if (failed(s) && s.code != CODE_ABSENT)
        return audit_mirror_fail(reterr, s);
    fail(reterr, COMITY_FORK, "E_FORK", "%s: %s%s", x->id, said,
         failed(s) ? "" : kept_as(path, kept));
    return advise(reterr, "nothing was changed: show this to the data-protection authority");
}
