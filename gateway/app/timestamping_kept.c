#include "app/timestamping_parts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/instant.h"

#define PATH_BYTES TIMESTAMPING_PATH_BYTES
#define FOLDER     "timestamp"
#define SAID_MAX   8 /* files: who has more of them looks there */

static bool below(const char *log_path, const char *name, char path[static PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", log_path, name);
    return length > 0 && length < PATH_BYTES;
}

static bool path_of(const struct timestamping *t, const char *name, char path[static PATH_BYTES])
{
    return below(t->log_path, name, path);
}

struct status timestamping_put(const char *log_path, uint64_t size, struct slice kept)
{
    char name[TIMESTAMPED_PATH_BYTES], path[PATH_BYTES];
    timestamped_path(size, name);
    if (!below(log_path, FOLDER, path))
        return FAIL(STORE);
    struct status s = folder_make(path, 0755);
    return failed(s) || !below(log_path, name, path) ? s : file_write(path, kept, 0644);
}

/* A log_read of the folder that is published. */
static struct status read_log(void *owner, const char *name, struct buffer *out)
{
    char path[PATH_BYTES];
    return path_of(owner, name, path) ? file_read(path, out) : FAIL(STORE);
}

/* A look at the folder. */
struct finding {
    struct timestamping *owner;
    struct timestamped_log log;
    uint64_t size, time_ms; /* of the newest good one */
    unsigned said;
};

static void say_foreign(struct finding *f, const char *name, const char *what)
{
    char text[PATH_BYTES];
    if (f->said++ >= SAID_MAX)
        return;
    snprintf(text, sizeof text, FOLDER "/%.100s is %s: it is not used", name, what);
    diagnostics_say(&f->owner->diagnostics, moment_now().wall_ms,
                    &(struct diagnostic){
                        .event = "timestamps.foreign", .level = DIAGNOSTIC_ALARM, .text = text});
}

static struct status verify(struct finding *f, uint64_t size, const char *path,
                            uint64_t *ret_time_ms)
{
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES);
    struct status s = file_read(path, &kept);
    if (s.code == CODE_FULL)
        s = REFUSE(TIMESTAMP_SHAPE);
    if (!failed(s))
        s = timestamped_verify(&f->log, size, buffer_slice(&kept),
                               moment_now().wall_ms + TIMESTAMPED_SLACK_MS, f->owner->authorities,
                               ret_time_ms);
    buffer_done(&kept);
    return s;
}

static bool is_unfinished(const char *name)
{
    const char *end = strrchr(name, '.');
    return end != NULL && strcmp(end, ".tmp") == 0;
}

static struct status look_at(struct finding *f, const char *name)
{
    char relative[PATH_BYTES], path[PATH_BYTES], why[80];
    uint64_t size = 0, time_ms = 0;
    snprintf(relative, sizeof relative, FOLDER "/%s", name);
    if (!path_of(f->owner, relative, path))
        return FAIL(STORE);
    if (is_unfinished(name)) {
        (void)unlink(path); /* what cannot be removed is in nobody's way */
        return OK;
    }
    if (!timestamped_path_read(slice_text(relative), &size) || size > f->log.size) {
        say_foreign(f, name, "no timestamp of this log as far as it is published");
        return OK;
    }
    struct status s = verify(f, size, path, &time_ms);
    if (s.code == CODE_REFUSED) {
        snprintf(why, sizeof why, "no good timestamp of this log (%s)", reason_name(s.reason));
        say_foreign(f, name, why);
        return OK;
    }
    if (!failed(s) && size > f->size) {
        f->size = size;
        f->time_ms = time_ms;
    }
    return s;
}

struct status timestamping_find(struct timestamping *t, uint64_t size, uint64_t *ret_size,
                                uint64_t *ret_time_ms)
{
    char path[PATH_BYTES];
    struct finding f = {.owner = t, .log = {read_log, t, slice_text(t->origin), size}};
    DIR *folder = path_of(t, FOLDER, path) ? opendir(path) : NULL;
    struct status s = folder == NULL && errno != ENOENT ? FAIL(STORE) : OK;
    for (struct dirent *e;
         folder != NULL && !failed(s) && !timestamping_ends(t) && (e = readdir(folder)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            s = look_at(&f, e->d_name);
    if (folder != NULL)
        closedir(folder);
    if (!failed(s)) {
        *ret_size = f.size;
        *ret_time_ms = f.time_ms;
    }
    return s;
}
