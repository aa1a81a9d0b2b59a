#include "comity/crosscheck/source.h"

#include <stdio.h>
#include <string.h>

#include "audit/note.h"
#include "http/client.h"

#define DEADLINE_MS 30000
#define TILE_BYTES  ((size_t)TILE_WIDTH * sizeof(struct digest))
#define PATH_BYTES  (TILE_PATH_BYTES + SERIES_NAME_BYTES + 8)

/* What a server says, as a status of ours. */
static struct status reply_status(struct crosscheck_http *h, const struct http_reply *reply)
{
    if (failed(reply->status)) {
        snprintf(h->why, sizeof h->why, "%s", reply->why);
        return reply->status;
    }
    if (reply->code == 200)
        return OK;
    snprintf(h->why, sizeof h->why, "%s answers %u", h->gateway, reply->code);
    return reply->code == 404 ? FAIL(ABSENT) : FAIL(NETWORK);
}

static struct http_call call_of(const struct crosscheck_http *h, const char *path, size_t max)
{
    return (struct http_call){.address = h->address,
                              .expected = h->gateway,
                              .method = HTTP_GET,
                              .path = path,
                              .answer_max = max};
}

/* "/log/checkpoint", "/log/2026/checkpoint" */
static void path_write(const struct crosscheck_http *h, const char *name,
                       char path[static PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "/log/%s%s%s", h->ended == NULL ? "" : h->ended,
             h->ended == NULL ? "" : "/", name);
}

static struct status checkpoint_get(struct crosscheck_http *h, struct buffer *out)
{
    char path[PATH_BYTES];
    struct note note;
    struct http_reply reply = {.status = OK};
    const struct http_call call = call_of(h, path, NOTE_MAX_BYTES);
    path_write(h, "checkpoint", path);
    struct status s = http_calls(h->tls, &call, 1, DEADLINE_MS, &reply);
    if (!failed(s))
        s = reply_status(h, &reply);
    if (!failed(s)) {
        buffer_put(out, buffer_slice(&reply.body));
        h->size = failed(note_parse(buffer_slice(&reply.body), &note)) ? 0 : note.size;
        h->count = 0;
    }
    buffer_done(&reply.body);
    return out->failed ? FAIL(MEMORY) : s;
}

/* Full tiles never change, so those that come next are asked for with the one that is wanted. */
static size_t tiles_wanted(const struct crosscheck_http *h, const struct tile *tile)
{
    uint64_t full = h->size / TILE_WIDTH;
    if (tile->width < TILE_WIDTH || tile->index >= full)
        return 1;
    return full - tile->index < CROSSCHECK_HTTP_TILES ? (size_t)(full - tile->index)
                                                      : CROSSCHECK_HTTP_TILES;
}

static struct status tiles_get(struct crosscheck_http *h, const struct tile *tile)
{
    char name[TILE_PATH_BYTES], paths[CROSSCHECK_HTTP_TILES][PATH_BYTES];
    struct http_call calls[CROSSCHECK_HTTP_TILES];
    struct http_reply replies[CROSSCHECK_HTTP_TILES] = {0};
    size_t count = tiles_wanted(h, tile);
    for (size_t i = 0; i < count; i++) {
        tile_path(0, tile->index + i, tile->width, name);
        path_write(h, name, paths[i]);
        calls[i] = call_of(h, paths[i], TILE_BYTES);
    }
    struct status s = http_calls(h->tls, calls, count, DEADLINE_MS, replies);
    h->first = tile->index;
    h->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!failed(s))
            s = reply_status(h, &replies[i]);
        if (!failed(s)) {
            buffer_done(&h->tiles[h->count]);
            h->tiles[h->count++] = replies[i].body;
        } else {
            buffer_done(&replies[i].body);
        }
    }
    return h->count > 0 ? OK : s; /* what failed is asked for again when it is wanted */
}

struct status crosscheck_http_read(void *store, const char *path, struct buffer *out)
{
    struct crosscheck_http *h = store;
    struct tile tile;
    if (strcmp(path, "checkpoint") == 0)
        return checkpoint_get(h, out);
    if (!tile_path_read(slice_text(path), &tile) || tile.level != 0)
        return FAIL(ABSENT);
    bool at_hand =
        tile.width == TILE_WIDTH && tile.index >= h->first && tile.index - h->first < h->count;
    struct status s = at_hand ? OK : tiles_get(h, &tile);
    if (failed(s))
        return s;
    buffer_put(out, buffer_slice(&h->tiles[tile.index - h->first]));
    if (tile.width < TILE_WIDTH)
        h->count = 0; /* it is not what a full tile of this place would be */
    return out->failed ? FAIL(MEMORY) : OK;
}

void crosscheck_http_done(struct crosscheck_http *h)
{
    for (size_t i = 0; i < CROSSCHECK_HTTP_TILES; i++)
        buffer_done(&h->tiles[i]);
}
