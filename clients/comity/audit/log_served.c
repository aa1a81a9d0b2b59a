#include "comity/audit/log_served.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/note.h"
#include "http/client.h"
#include "mirror/series.h"

#define DEADLINE_MS 30000
#define PATH_BYTES  (TILE_PATH_BYTES + 128)
#define TILE_BYTES  ((size_t)TILE_WIDTH * sizeof(struct digest))

static struct status reply_judge(struct log_served *l, const struct http_reply *reply)
{
    if (failed(reply->status)) {
        snprintf(l->why, sizeof l->why, "%s", reply->why);
        return reply->status.code == CODE_FULL ? REFUSE(CONSISTENCY) : reply->status;
    }
    if (reply->code == 200)
        return OK;
    snprintf(l->why, sizeof l->why, "it answers %u", reply->code);
    return reply->code == 403 || reply->code == 404 ? FAIL(ABSENT) : FAIL(NETWORK);
}

static struct status fetch(struct log_served *l, const char *name, size_t max, struct buffer *out)
{
    char path[PATH_BYTES];
    struct http_reply reply = {.status = OK};
    int length = snprintf(path, sizeof path, "%s%s", l->base, name);
    const struct http_call call = {.address = l->address,
                                   .expected = l->gateway,
                                   .method = HTTP_GET,
                                   .path = path,
                                   .answer_max = max};
    if (length < 0 || (size_t)length >= sizeof path)
        return FAIL(ABSENT);
    struct status s = http_calls(l->tls, &call, 1, DEADLINE_MS, &reply);
    if (!failed(s))
        s = reply_judge(l, &reply);
    if (!failed(s))
        buffer_put(out, buffer_slice(&reply.body));
    buffer_done(&reply.body);
    return out->failed ? FAIL(MEMORY) : s;
}

static bool is_meant(const struct log_served *l, const struct buffer *note)
{
    const struct slice text = buffer_slice(note);
    return slice_equal(slice_part(text, 0, slice_find(text, '\n')), l->origin);
}

/* The log that is written, or else one that ended. */
static struct status checkpoint_read(struct log_served *l, struct buffer *out)
{
    const struct slice name = series_name(l->origin);
    snprintf(l->base, sizeof l->base, "/log/");
    struct status s = fetch(l, "checkpoint", NOTE_MAX_BYTES, out);
    if (failed(s) || is_meant(l, out))
        return s;
    buffer_clear(out);
    if (name.length == 0)
        return FAIL(ABSENT);
    snprintf(l->base, sizeof l->base, "/log/%.*s/", (int)name.length, (const char *)name.at);
    return fetch(l, "checkpoint", NOTE_MAX_BYTES, out);
}

static const struct log_served_file *find(const struct log_served *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->files[i].name, name) == 0)
            return &l->files[i];
    return NULL;
}

/* A path asks for the same tiles many times. */
static struct status tile_read(struct log_served *l, const char *name, struct buffer *out)
{
    const struct log_served_file *file = find(l, name);
    struct buffer body = buffer_new(TILE_BYTES);
    if (file != NULL) {
        buffer_put(out, buffer_slice(&file->body));
        return out->failed ? FAIL(MEMORY) : OK;
    }
    struct status s = fetch(l, name, TILE_BYTES, &body);
    l->went = l->went || s.code == CODE_ABSENT;
    buffer_put(out, buffer_slice(&body));
    if (failed(s) || l->count == LOG_SERVED_FILES) {
        buffer_done(&body);
        return s;
    }
    struct log_served_file *place = &l->files[l->count++];
    snprintf(place->name, sizeof place->name, "%s", name);
    place->body = body;
    return out->failed ? FAIL(MEMORY) : OK;
}

struct status log_served_read(void *store, const char *path, struct buffer *out)
{
    struct log_served *l = store;
    struct tile tile;
    uint64_t size = 0;
    if (strcmp(path, "checkpoint") == 0)
        return checkpoint_read(l, out);
    if (timestamped_path_read(slice_text(path), &size))
        return fetch(l, path, TIMESTAMP_MAX_BYTES, out);
    if (!tile_path_read(slice_text(path), &tile) || tile.level < 0)
        return FAIL(ABSENT);
    return tile_read(l, path, out);
}

struct status log_served_stamped(void *store, uint64_t index, uint64_t *ret_size)
{
    struct log_served *l = store;
    char name[64];
    uint64_t sizes[TIMESTAMPED_LIST_MAX];
    size_t count = 0;
    struct buffer list = buffer_new(TIMESTAMPED_LIST_BYTES);
    snprintf(name, sizeof name, "timestamp/?from=%" PRIu64, index + 1);
    struct status s = fetch(l, name, TIMESTAMPED_LIST_BYTES, &list);
    if (!failed(s))
        s = timestamped_list_read(buffer_slice(&list), index + 1, sizes, &count);
    buffer_done(&list);
    if (failed(s))
        return s;
    if (count == 0)
        return FAIL(ABSENT);
    *ret_size = sizes[0];
    return OK;
}

void log_served_done(struct log_served *l)
{
    for (size_t i = 0; i < l->count; i++)
        buffer_done(&l->files[i].body);
    l->count = 0;
    l->went = false;
}
