#include "mirror/sync_timestamps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mirror/sync_parts.h"
#include "mirror/timestamps.h"

/* Sizes of which there are timestamps, of the mirror's tree alone. */
struct list {
    uint64_t sizes[TIMESTAMPED_LIST_MAX];
    size_t count;
    bool is_last; /* there are no more */
};

/* A file of the log, to be fetched. */
static void file_ask(const struct sync *x, const char *name, size_t max, struct sync_file *ret_file)
{
    *ret_file = (struct sync_file){.max = max, .body = buffer_new(max)};
    sync_path(x, name, ret_file->path);
}

/* A gateway without timestamps says so by a list without sizes, or by having none. */
static struct status list_judge(struct sync *x, const struct sync_file *file, uint64_t from,
                                struct list *list)
{
    size_t count = 0;
    struct status s = file->status;
    if (s.code == CODE_ABSENT)
        s = OK;
    else if (!failed(s))
        s = timestamped_list_read(buffer_slice(&file->body), from, list->sizes, &count);
    if (s.code == CODE_REFUSED || s.code == CODE_FULL)
        return sync_refuse(x, SYNC_DAMAGED, "%s is no list of timestamps", file->path);
    list->count = 0;
    while (list->count < count && list->sizes[list->count] <= mirror_size(x->mirror))
        list->count++;
    list->is_last = list->count < TIMESTAMPED_LIST_MAX;
    return s;
}

static struct status list_fetch(struct sync *x, uint64_t from, struct list *list)
{
    char name[64];
    struct sync_file file;
    snprintf(name, sizeof name, "timestamp/?from=%" PRIu64, from);
    file_ask(x, name, TIMESTAMPED_LIST_BYTES, &file);
    x->settings->fetch(x->settings->source, &file, 1);
    struct status s = list_judge(x, &file, from, list);
    buffer_done(&file.body);
    return s;
}

/* A mirror that is not what it was finds fault with a timestamp that is good. */
static struct status blame(struct sync *x, uint64_t size, const struct sync_file *file,
                           enum reason reason)
{
    struct digest root;
    struct status s = sync_kept(x);
    if (!failed(s))
        s = sync_kept_root(x, size, &root);
    if (!failed(s))
        s = sync_entry(x, x->mirror, size - 1);
    return failed(s)
               ? s
               : sync_refuse(x, SYNC_DAMAGED, "%s: %s", file->path, timestamped_fault(reason));
}

static struct status put(struct sync *x, struct timestamps_kept *kept, uint64_t size,
                         const struct sync_file *file)
{
    struct status s = file->status;
    if (s.code == CODE_ABSENT)
        return sync_refuse(x, SYNC_MISSING, "%s is not there", file->path);
    if (s.code == CODE_FULL)
        s = REFUSE(TIMESTAMP_SHAPE);
    if (!failed(s))
        s = mirror_timestamps_put(x->mirror, kept, size, buffer_slice(&file->body),
                                  x->settings->now_ms);
    return s.code == CODE_REFUSED || s.code == CODE_ABSENT ? blame(x, size, file, s.reason) : s;
}

static struct status put_all(struct sync *x, const uint64_t *sizes, const struct sync_file *files,
                             size_t count)
{
    struct timestamps_kept kept = {.let_go = 0};
    struct status s = mirror_begin(x->mirror);
    if (!failed(s))
        s = mirror_timestamps_kept(x->mirror, x->settings->now_ms, &kept);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = put(x, &kept, sizes[i], &files[i]);
    if (!failed(s))
        s = mirror_commit(x->mirror);
    if (failed(s)) {
        mirror_abandon(x->mirror);
        return s;
    }
    x->outcome->timestamps += count;
    x->outcome->let_go += kept.let_go;
    return s;
}

/* So many as are fetched at once. */
static struct status take(struct sync *x, const uint64_t *sizes, size_t count)
{
    struct sync_file files[SYNC_FETCHES];
    for (size_t i = 0; i < count; i++) {
        char name[TIMESTAMPED_PATH_BYTES];
        timestamped_path(sizes[i], name);
        file_ask(x, name, TIMESTAMP_MAX_BYTES, &files[i]);
    }
    x->settings->fetch(x->settings->source, files, count);
    struct status s = put_all(x, sizes, files, count);
    for (size_t i = 0; i < count; i++)
        buffer_done(&files[i].body);
    return s;
}

static struct status go(struct sync *x)
{
    struct list list = {.is_last = false};
    const uint64_t size = mirror_size(x->mirror);
    uint64_t last = 0;
    struct status s = mirror_timestamps_last(x->mirror, &last);
    while (!failed(s) && last < size && !list.is_last) {
        s = list_fetch(x, last + 1, &list);
        for (size_t at = 0; at < list.count && !failed(s); at += SYNC_FETCHES) {
            const size_t left = list.count - at;
            sync_tell(x, "stamps", list.sizes[at], size);
            s = take(x, list.sizes + at, left < SYNC_FETCHES ? left : SYNC_FETCHES);
        }
        if (!failed(s) && list.count > 0)
            last = list.sizes[list.count - 1];
    }
    return s;
}

struct status sync_timestamps(const struct sync_settings *settings,
                              struct sync_outcome *ret_outcome)
{
    ret_outcome->verdict = SYNC_GOOD;
    ret_outcome->said[0] = '\0';
    ret_outcome->timestamps = ret_outcome->let_go = 0;
    struct sync *x = calloc(1, sizeof *x);
    if (x == NULL)
        return FAIL(MEMORY);
    x->settings = settings;
    x->mirror = settings->mirror;
    x->outcome = ret_outcome;
    struct status s = go(x);
    free(x);
    return s;
}
