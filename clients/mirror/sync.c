#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mirror/sync_parts.h"

struct status sync_refuse(struct sync *x, enum sync_verdict verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(x->outcome->said, sizeof x->outcome->said, format, args);
    va_end(args);
    x->outcome->verdict = verdict;
    return REFUSE(CONSISTENCY);
}

void sync_path(const struct sync *x, const char *file, char path[static SYNC_PATH_BYTES])
{
    const char *ended = x->settings->ended;
    snprintf(path, SYNC_PATH_BYTES, "/log/%s%s%s", ended == NULL ? "" : ended,
             ended == NULL ? "" : "/", file);
}

void sync_tell(const struct sync *x, const char *what, uint64_t done, uint64_t total)
{
    if (x->settings->progress != NULL)
        x->settings->progress(x->settings->owner, what, done, total);
}

/* One that is not longer than the kept one. */
static struct status compare(struct sync *x)
{
    struct digest root;
    const uint64_t size = mirror_size(x->mirror);
    struct status s = sync_kept_root(x, x->note.size, &root);
    if (failed(s))
        return s;
    if (!digest_equal(&root, digest_slice(&x->note.root)))
        return sync_refuse(x, SYNC_FORKED,
                           "the log's key has signed two roots of its first %" PRIu64 " entries",
                           x->note.size);
    if (x->note.size < size && x->settings->ended != NULL)
        return sync_refuse(x, SYNC_FORKED,
                           "the log ended with %" PRIu64 " entries, and has shown %" PRIu64
                           " before",
                           x->note.size, size);
    if (size == 0)
        return sync_refuse(x, SYNC_BEHIND, "the log shows no entry yet");
    return x->note.size == size
               ? OK
               : sync_refuse(x, SYNC_BEHIND,
                             "the log shows %" PRIu64 " entries, and has shown %" PRIu64
                             " of the same history before: it is an old copy",
                             x->note.size, size);
}

static struct status judge(struct sync *x)
{
    const uint64_t size = mirror_size(x->mirror);
    struct status s = size == 0 ? OK : sync_kept(x);
    if (failed(s) || x->note.size <= size)
        return failed(s) ? s : compare(x);
    s = sync_tiles_begin(x);
    return failed(s) || size == 0 ? s : sync_prove(x);
}

/* What was taken for a longer tree whose checkpoint was not reached is taken again. */
static struct status go(struct sync *x)
{
    struct status s = judge(x);
    if (!failed(s) && x->settings->stale != NULL)
        s = sync_refuse(x, SYNC_STALE, "%s", x->settings->stale);
    if (!failed(s) && mirror_count(x->mirror) > x->note.size)
        s = sync_shed(x);
    if (!failed(s))
        s = sync_entries(x);
    return failed(s) ? s : sync_openings(x);
}

struct status sync_log(const struct sync_settings *settings, struct slice note,
                       struct sync_outcome *ret_outcome)
{
    *ret_outcome = (struct sync_outcome){0};
    struct sync *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->settings = settings;
    x->mirror = settings->mirror;
    x->outcome = ret_outcome;
    struct status s = note_parse(note, &x->note);
    if (s.code == CODE_REFUSED)
        s = sync_refuse(x, SYNC_DAMAGED, "the checkpoint is none");
    if (!failed(s) && x->note.size >> SERIES_SPAN_BITS != 0)
        s = sync_refuse(x, SYNC_DAMAGED, "the checkpoint is of more entries than any log has");
    if (!failed(s))
        s = go(x);
    if (s.code == CODE_REFUSED && ret_outcome->verdict == SYNC_FORKED) {
        const struct status kept =
            mirror_convict(x->mirror, note, &settings->told, ret_outcome->evidence);
        s = failed(kept) ? kept : s;
    }
    sync_tiles_done(x);
    free(x);
    return s;
}
