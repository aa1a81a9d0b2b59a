#include "journal/restore_parts.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/tile.h"
#include "base/encoding.h"
#include "base/file.h"

#define HEAD_BYTES       2
#define BUNDLE_MAX_BYTES ((size_t)TILE_WIDTH * (HEAD_BYTES + ENTRY_BYTES))
#define HASHES_MAX_BYTES (TILE_WIDTH * sizeof(struct digest))

/* A bundle being read, and the hash tile beside it. */
struct reading {
    const char *log_path;
    struct published_fault *fault;
    uint64_t index;
    unsigned width; /* of the bundle; 0: there is none */
    char name[TILE_PATH_BYTES];
    struct buffer bundle, hashes;
};

[[gnu::format(printf, 2, 3)]] static void note_fault(struct reading *r, const char *format, ...)
{
    va_list args;
    if (r->fault->text[0] != '\0') /* the first is enough */
        return;
    va_start(args, format);
    vsnprintf(r->fault->text, sizeof r->fault->text, format, args);
    va_end(args);
}

static struct status path_of(const struct reading *r, const char *name,
                             char path[static RESTORE_PATH_BYTES])
{
    int length = snprintf(path, RESTORE_PATH_BYTES, "%s/%s", r->log_path, name);
    return length < 0 || length >= RESTORE_PATH_BYTES ? FAIL(STORE) : OK;
}

static bool is_there(const struct reading *r, const char *name)
{
    char path[RESTORE_PATH_BYTES];
    struct buffer none = buffer_new(BUNDLE_MAX_BYTES);
    bool there = !failed(path_of(r, name, path)) && !failed(file_read(path, &none));
    buffer_done(&none);
    return there;
}

/* The widest of the narrower ones, which are files in a folder of their own. */
static unsigned widest_partial(const struct reading *r)
{
    char name[TILE_PATH_BYTES], path[RESTORE_PATH_BYTES];
    unsigned widest = 0;
    tile_path(-1, r->index, 1, name);
    *strrchr(name, '/') = '\0';
    DIR *folder = failed(path_of(r, name, path)) ? NULL : opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        uint64_t width = 0;
        if (decimal_read(slice_text(e->d_name), TILE_WIDTH - 1, &width) && width > widest)
            widest = (unsigned)width;
    }
    closedir(folder);
    return widest;
}

static struct status file_get(const struct reading *r, const char *name, struct buffer *out)
{
    char path[RESTORE_PATH_BYTES];
    buffer_clear(out);
    struct status s = path_of(r, name, path);
    return failed(s) ? s : file_read(path, out);
}

/* No hash tile is no fault: it comes after its bundle. */
static struct status bundle_get(struct reading *r, uint64_t index)
{
    char hashes[TILE_PATH_BYTES];
    r->index = index;
    tile_path(-1, index, TILE_WIDTH, r->name);
    r->width = is_there(r, r->name) ? TILE_WIDTH : widest_partial(r);
    if (r->width == 0)
        return OK;
    tile_path(-1, index, r->width, r->name);
    tile_path(0, index, r->width, hashes);
    struct status s = file_get(r, hashes, &r->hashes);
    if (s.code != CODE_MEMORY && failed(s))
        buffer_clear(&r->hashes);
    s = file_get(r, r->name, &r->bundle);
    if (s.code == CODE_FULL || (!failed(s) && r->bundle.length > BUNDLE_MAX_BYTES)) {
        note_fault(r, "%s is longer than any such file", r->name);
        r->width = 0;
        return OK;
    }
    return s;
}

/* Entries are of one length, so each has its place. Empty where there is none in it. */
static struct slice entry_at(const struct reading *r, unsigned place)
{
    static const uint8_t head[HEAD_BYTES] = {0, ENTRY_BYTES};
    struct slice whole =
        slice_part(buffer_slice(&r->bundle), (size_t)place * (HEAD_BYTES + ENTRY_BYTES),
                   HEAD_BYTES + ENTRY_BYTES);
    bool is_one = whole.length == HEAD_BYTES + ENTRY_BYTES &&
                  slice_equal(slice_part(whole, 0, HEAD_BYTES), slice_over(head, sizeof head));
    return is_one ? slice_part(whole, HEAD_BYTES, ENTRY_BYTES) : (struct slice){NULL, 0};
}

static void compare(struct reading *r, unsigned place, struct slice entry)
{
    struct slice hash =
        slice_part(buffer_slice(&r->hashes), place * sizeof(struct digest), sizeof(struct digest));
    const struct digest leaf = merkle_leaf(entry);
    if (hash.length == sizeof(struct digest) && !digest_equal(&leaf, hash))
        note_fault(r, "%s: entry %u does not have the hash in its tile", r->name, place);
}

/* Gives the entries of this bundle from *next on; *next stays where it ends. */
static struct status bundle_give(struct reading *r, uint64_t end, published_entry *visit,
                                 void *owner, uint64_t *next)
{
    struct status s = OK;
    while (!failed(s) && *next < end && *next / TILE_WIDTH == r->index) {
        unsigned place = (unsigned)(*next % TILE_WIDTH);
        struct slice entry = place < r->width ? entry_at(r, place) : (struct slice){NULL, 0};
        struct slice outer, inner;
        uint64_t time_ms;
        if (entry.length == 0 || failed(entry_parse(entry, &time_ms, &outer, &inner))) {
            if (place < r->width)
                note_fault(r, "%s: entry %u is none", r->name, place);
            break;
        }
        compare(r, place, entry);
        s = visit(owner, entry, time_ms);
        *next += failed(s) ? 0 : 1;
    }
    return s;
}

struct status published_read(const char *log_path, uint64_t first, uint64_t end,
                             published_entry *visit, void *owner, uint64_t *ret_next,
                             struct published_fault *reterr)
{
    struct reading r = {
        .log_path = log_path,
        .fault = reterr,
        .bundle = buffer_new(BUNDLE_MAX_BYTES),
        .hashes = buffer_new(HASHES_MAX_BYTES),
    };
    struct status s = OK;
    uint64_t next = first, before = UINT64_MAX;
    *reterr = (struct published_fault){0};
    while (!failed(s) && next < end && next != before) {
        before = next;
        s = bundle_get(&r, next / TILE_WIDTH);
        if (!failed(s) && r.width > 0)
            s = bundle_give(&r, end, visit, owner, &next);
    }
    buffer_done(&r.bundle);
    buffer_done(&r.hashes);
    *ret_next = next;
    return s;
}
