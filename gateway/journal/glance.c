#include "journal/glance.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "journal/copying.h"

#define PATH_BYTES 4096

/* What is not yet in the database itself lies in its write-ahead log. */
static bool has_wal(const char *path)
{
    char wal[PATH_BYTES];
    int length = snprintf(wal, sizeof wal, "%s-wal", path);
    return length > 0 && (size_t)length < sizeof wal && access(wal, F_OK) == 0;
}

static struct glanced glance_at(const char *path, const char *query, const char *origin)
{
    struct glanced g = {.what = GLANCE_UNREADABLE};
    if (access(path, F_OK) != 0)
        return (struct glanced){.what = errno == ENOENT ? GLANCE_ABSENT : GLANCE_UNREADABLE};
    if (has_wal(path))
        return (struct glanced){.what = GLANCE_IN_USE};
    struct status s = copy_number(path, query, origin, &g.size);
    g.what = s.code == CODE_ABSENT ? GLANCE_ABSENT : failed(s) ? GLANCE_UNREADABLE : GLANCE_SIZE;
    return g;
}

static struct glanced glance_at_log(const char *path)
{
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    struct note note = {0};
    struct status s = file_read(path, &text);
    bool is_absent = s.code == CODE_ABSENT;
    if (!failed(s))
        s = note_parse(buffer_slice(&text), &note);
    buffer_done(&text);
    return (struct glanced){.what = is_absent   ? GLANCE_ABSENT
                                    : failed(s) ? GLANCE_UNREADABLE
                                                : GLANCE_SIZE,
                            .size = failed(s) ? 0 : note.size};
}

struct glance journal_glance(const struct journal_settings *settings)
{
    static const struct glanced unreadable = {.what = GLANCE_UNREADABLE};
    struct glance g = {unreadable, unreadable, unreadable};
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/" JOURNAL_FILE, settings->path);
    if (length > 0 && (size_t)length < sizeof path)
        g.journal = glance_at(path, "SELECT size FROM tree", NULL);
    g.locked =
        glance_at(settings->lock_path, "SELECT size FROM last WHERE origin = ?", settings->origin);
    length = snprintf(path, sizeof path, "%s/checkpoint", settings->log_path);
    if (length > 0 && (size_t)length < sizeof path)
        g.published = glance_at_log(path);
    return g;
}
