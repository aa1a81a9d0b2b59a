#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/web_parts.h"
#include "audit/tile.h"
#include "journal/ended.h"

#define PATH_BYTES    4352
#define PREFIX        "/log/"
#define NEVER_CHANGES "max-age=31536000, immutable"
#define NO_TILE       "there is no such tile"

static const struct web_file checkpoint = {NULL, "no-cache"},
                             tile_or_bundle = {"application/octet-stream", NEVER_CHANGES};

const struct web_file web_timestamp_file = {"application/timestamp-reply", NEVER_CHANGES};

void web_give_file(const char *folder, const char *name, const struct web_file *kind,
                   struct http_answer *answer)
{
    char path[PATH_BYTES];
    struct stat about;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = length < 0 || (size_t)length >= sizeof path
                 ? -1
                 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        bool is_there = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
        if (fd >= 0)
            close(fd);
        web_say(answer, is_there ? 500 : 404, is_there ? "it cannot be read" : "it is not there");
        return;
    }
    answer->status = 200;
    answer->type = kind->type;
    answer->cache = kind->cache;
    answer->file = fd;
    answer->file_bytes = (uint64_t)about.st_size;
}

static bool may_read(struct web *w, const struct http_request *request, struct http_answer *answer)
{
    if (web_standing(w, request) != WEB_STRANGER)
        return true;
    web_deny(w, request, answer, 403, "no row of the directory is in force for this caller");
    return false;
}

static const char *log_of(const struct web *w)
{
    return w->log_path;
}

static struct slice below(const struct http_request *request, const char *prefix)
{
    return slice_part(request->path, strlen(prefix), SIZE_MAX);
}

void web_checkpoint(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer))
        web_give_file(log_of(owner), "checkpoint", &checkpoint, answer);
}

static void give_tile(const char *folder, struct slice path, struct http_answer *answer)
{
    char name[TILE_PATH_BYTES];
    struct tile tile;
    if (!tile_path_read(path, &tile)) {
        web_say(answer, 404, NO_TILE);
        return;
    }
    tile_path(tile.level, tile.index, tile.width, name);
    web_give_file(folder, name, &tile_or_bundle, answer);
}

void web_tile(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer))
        give_tile(log_of(owner), below(request, PREFIX), answer);
}

/* Whoever else asks is not told that there are any. */
static bool may_read_entries(struct web *w, const struct http_request *request,
                             struct http_answer *answer)
{
    enum web_standing standing = web_standing(w, request);
    if (standing == WEB_MINISTRY || standing == WEB_PROTECTOR)
        return true;
    web_say_denied(w, request, "entries are for this State's MIN and DPA alone");
    web_say(answer, 404, NO_TILE);
    return false;
}

void web_entries(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer) && may_read_entries(owner, request, answer))
        give_tile(log_of(owner), below(request, PREFIX), answer);
}

void web_timestamp(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer))
        web_give_timestamps(log_of(owner), below(request, PREFIX), request->query, answer);
}

/* "/log/2026/..." is the log that ended under an origin with this last name, as it was laid aside.
 */
void web_ended(void *owner, const struct http_request *request, struct http_answer *answer)
{
    char folder[PATH_BYTES], name[PUBLISHED_NAME_BYTES];
    const struct web *w = owner;
    const struct slice whole = below(request, PREFIX);
    const struct slice first = slice_part(whole, 0, slice_find(whole, '/'));
    const struct slice rest = slice_part(whole, first.length + 1, SIZE_MAX);
    if (!may_read(owner, request, answer))
        return;
    int length = slice_copy_text(first, name, sizeof name) && published_is_name(name)
                     ? snprintf(folder, sizeof folder, "%s/%s", w->log_path, name)
                     : -1;
    if (length < 0 || (size_t)length >= sizeof folder)
        web_say(answer, 404, "there is no such log");
    else if (slice_is(rest, "checkpoint"))
        web_give_file(folder, "checkpoint", &checkpoint, answer);
    else if (slice_begins(rest, slice_text("timestamp/")))
        web_give_timestamps(folder, rest, request->query, answer);
    else if (!slice_begins(rest, slice_text("tile/entries/")) ||
             may_read_entries(owner, request, answer))
        give_tile(folder, rest, answer);
}
