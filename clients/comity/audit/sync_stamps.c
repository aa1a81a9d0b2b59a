#include <stdio.h>

#include "comity/audit/sync_parts.h"
#include "mirror/sync_timestamps.h"

static struct status take(struct syncing *x, size_t position)
{
    const struct series_log *log = series_log(x->series, position);
    const bool is_newest = position + 1 == series_count(x->series);
    const struct sync_goal goal = {.row = directory_log(x->gateway, slice_text(log->origin)),
                                   .ended = is_newest ? NULL : log->name,
                                   .position = position};
    struct sync_settings settings = sync_settings_of(x, &goal);
    settings.mirror = log->mirror;
    struct status s = sync_timestamps(&settings, &x->outcome);
    x->timestamps += x->outcome.timestamps;
    x->let_go += x->outcome.let_go;
    return s;
}

enum comity_exit sync_stamps(struct syncing *x, struct comity_fault *reterr)
{
    struct status s = OK;
    for (size_t i = 0; i < series_count(x->series) && !failed(s); i++)
        s = take(x, i);
    if (x->shows)
        fputc('\n', stderr);
    x->shows = false;
    if (!failed(s))
        return COMITY_DONE;
    return s.code == CODE_REFUSED ? sync_refused(x, reterr) : sync_source_fail(x, s, reterr);
}
