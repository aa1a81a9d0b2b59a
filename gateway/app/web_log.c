#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/web_parts.h"
#include "audit/tile.h"
#include "base/encoding.h"

#define PATH_BYTES    4352
#define PREFIX        "/log/"
#define NEVER_CHANGES "max-age=31536000, immutable"
#define NO_TILE       "there is no such tile"

/* What is said of a file. */
struct kind {
    const char *type, *cache;
};

static const struct kind checkpoint = {NULL, "no-cache"},
                         tile_or_bundle = {"application/octet-stream", NEVER_CHANGES},
                         timestamp = {"application/timestamp-reply", NEVER_CHANGES};

/* name is ours, never what was asked for. */
static void give_file(const struct web *w, const char *name, const struct kind *kind,
                      struct http_answer *answer)
{
    char path[PATH_BYTES];
    struct stat about;
    int length = snprintf(path, sizeof path, "%s/%s", w->log_path, name);
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

static struct slice below(const struct http_request *request, const char *prefix)
{
    return slice_part(request->path, strlen(prefix), SIZE_MAX);
}

void web_checkpoint(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer))
        give_file(owner, "checkpoint", &checkpoint, answer);
}

static void give_tile(const struct web *w, const struct http_request *request,
                      struct http_answer *answer)
{
    char name[TILE_PATH_BYTES];
    struct tile tile;
    if (!tile_path_read(below(request, PREFIX), &tile)) {
        web_say(answer, 404, NO_TILE);
        return;
    }
    tile_path(tile.level, tile.index, tile.width, name);
    give_file(w, name, &tile_or_bundle, answer);
}

void web_tile(void *owner, const struct http_request *request, struct http_answer *answer)
{
    if (may_read(owner, request, answer))
        give_tile(owner, request, answer);
}

/* Whoever else asks is not told that there are any. */
void web_entries(void *owner, const struct http_request *request, struct http_answer *answer)
{
    enum web_standing standing = web_standing(owner, request);
    if (!may_read(owner, request, answer))
        return;
    if (standing == WEB_MINISTRY || standing == WEB_PROTECTOR) {
        give_tile(owner, request, answer);
        return;
    }
    web_say_denied(owner, request, "entries are for this State's MIN and DPA alone");
    web_say(answer, 404, NO_TILE);
}

/* "/log/timestamp/70000.tsr" */
void web_timestamp(void *owner, const struct http_request *request, struct http_answer *answer)
{
    char name[64];
    uint64_t size = 0;
    struct slice file = below(request, PREFIX "timestamp/");
    size_t dot = slice_find(file, '.');
    if (!may_read(owner, request, answer))
        return;
    if (!decimal_read(slice_part(file, 0, dot), INT64_MAX, &size) ||
        !slice_is(slice_part(file, dot, SIZE_MAX), ".tsr")) {
        web_say(answer, 404, "there is no such timestamp");
        return;
    }
    snprintf(name, sizeof name, "timestamp/%" PRIu64 ".tsr", size);
    give_file(owner, name, &timestamp, answer);
}
