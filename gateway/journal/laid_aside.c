#include "journal/start_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "journal/ended.h"

#define PATH_BYTES 4352

struct status published_finish(const char *path, const char *log_path,
                               const struct signed_tree *tree)
{
    const struct publisher_settings settings = {path, log_path};
    struct publisher *publisher = NULL;
    struct status s = publisher_start(&settings, &publisher);
    if (failed(s))
        return s;
    publisher_offer(publisher, tree);
    return publisher_finish(publisher) == tree->size ? OK : FAIL(STORE);
}

bool published_is_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    static const char *const taken[] = {"checkpoint", "tile", "timestamp"};
    bool is = name[0] != '\0' && name[0] != '.' && strlen(name) < PUBLISHED_NAME_BYTES &&
              strspn(name, letters) == strlen(name);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        is = is && strcmp(name, taken[i]) != 0;
    return is;
}

const char *published_name(const char *origin)
{
    const char *slash = strrchr(origin, '/');
    return slash == NULL ? origin : slash + 1;
}

/* Whether the published log is the one with this origin. */
static struct status is_here(const char *log_path, const char *origin, bool *ret_is)
{
    char path[PATH_BYTES];
    struct buffer text = buffer_new(NOTE_MAX_BYTES);
    int length = snprintf(path, sizeof path, "%s/checkpoint", log_path);
    struct status s =
        length < 0 || (size_t)length >= sizeof path ? FAIL(STORE) : file_read(path, &text);
    const struct slice note = buffer_slice(&text);
    *ret_is = !failed(s) && slice_is(slice_part(note, 0, slice_find(note, '\n')), origin);
    buffer_done(&text);
    return s.code == CODE_ABSENT ? OK : s;
}

static struct status move(const char *log_path, const char *folder, const char *file)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    int a = snprintf(from, sizeof from, "%s/%s", log_path, file);
    int b = snprintf(to, sizeof to, "%s/%s", folder, file);
    if (a < 0 || (size_t)a >= sizeof from || b < 0 || (size_t)b >= sizeof to)
        return FAIL(STORE);
    return rename(from, to) == 0 || errno == ENOENT ? OK : FAIL(STORE);
}

/* The checkpoint last: while it is here the rest has to be moved. */
struct status published_lay_aside(const char *log_path, const char *origin)
{
    static const char *const files[] = {"tile", "timestamp", "checkpoint"};
    char folder[PATH_BYTES];
    bool is = false;
    struct status s = is_here(log_path, origin, &is);
    if (failed(s) || !is)
        return s;
    int length = snprintf(folder, sizeof folder, "%s/%s", log_path, published_name(origin));
    if (!published_is_name(published_name(origin)) || length < 0 || (size_t)length >= sizeof folder)
        return FAIL(STORE);
    s = folder_make(folder, 0755);
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !failed(s); i++)
        s = move(log_path, folder, files[i]);
    if (!failed(s))
        s = file_name_sync(folder); /* log_path has lost names, too */
    if (!failed(s) && (size_t)snprintf(folder, sizeof folder, "%s/%s/checkpoint", log_path,
                                       published_name(origin)) < sizeof folder)
        s = file_name_sync(folder);
    return s;
}
