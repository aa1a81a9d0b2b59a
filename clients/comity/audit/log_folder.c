#include "comity/audit/log_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/file.h"

#define PATH_BYTES       4096
#define FAULT_BYTES      160
#define LEVELS_MAX       8 /* folders below each other, and levels of tiles */
#define LEVEL_BITS       8
#define INDEX_MAX        (UINT64_MAX / 1000 - 1000)
#define BUNDLE_MAX_BYTES (TILE_WIDTH * (2UL + UINT16_MAX))

struct status log_folder_read(void *store, const char *path, struct buffer *out)
{
    const struct log_folder *folder = store;
    char whole[PATH_BYTES];
    int length = snprintf(whole, sizeof whole, "%s/%s", folder->path, path);
    if (length < 0 || (size_t)length >= sizeof whole)
        return FAIL(STORE);
    return file_read(whole, out);
}

/* "x001/x234/067" as a number. */
static bool index_read(struct slice text, uint64_t *ret_index)
{
    uint64_t index = 0;
    while (text.length > 0) {
        size_t end = slice_find(text, '/');
        struct slice group = slice_part(text, 0, end);
        bool last = end == text.length;
        if (!last && (group.length == 0 || group.at[0] != 'x'))
            return false;
        if (!last)
            group = slice_part(group, 1, SIZE_MAX);
        if (group.length != 3 || index > INDEX_MAX)
            return false;
        for (size_t i = 0; i < group.length; i++) {
            if (group.at[i] < '0' || group.at[i] > '9')
                return false;
            index = index * 10 + (uint64_t)(group.at[i] - '0');
        }
        text = slice_part(text, end + 1, SIZE_MAX);
    }
    *ret_index = index;
    return true;
}

static bool level_read(struct slice text, int *ret_level)
{
    uint64_t level = 0;
    bool entries = slice_is(text, "entries");
    if (!entries && !decimal_read(text, LEVELS_MAX - 1, &level))
        return false;
    *ret_level = entries ? -1 : (int)level;
    return true;
}

/* The tile that a file's name says it is. Only the one name that tile_path makes is right. */
static bool tile_read(const char *path, struct tile *ret_tile)
{
    static const char prefix[] = "tile/";
    struct slice rest = slice_text(path);
    struct tile tile = {.width = TILE_WIDTH};
    char again[TILE_PATH_BYTES];
    uint64_t width = TILE_WIDTH;
    if (!slice_begins(rest, slice_text(prefix)))
        return false;
    rest = slice_part(rest, sizeof prefix - 1, SIZE_MAX);
    size_t end = slice_find(rest, '/');
    if (!level_read(slice_part(rest, 0, end), &tile.level))
        return false;
    rest = slice_part(rest, end + 1, SIZE_MAX);
    const char *partial = strstr(path, ".p/");
    if (partial != NULL) {
        if (!decimal_read(slice_text(partial + 3), TILE_WIDTH - 1, &width) || width == 0)
            return false;
        rest.length -= strlen(partial);
    }
    tile.width = (unsigned)width;
    if (!index_read(rest, &tile.index))
        return false;
    tile_path(tile.level, tile.index, tile.width, again);
    *ret_tile = tile;
    return strcmp(again, path) == 0;
}

/* How wide this tile is in a tree of size; 0 where the tree has none. */
static unsigned width_in(const struct tile *tile, uint64_t size)
{
    uint64_t hashes = tile->level <= 0 ? size : size >> (LEVEL_BITS * tile->level);
    if (hashes / TILE_WIDTH > tile->index)
        return TILE_WIDTH;
    return hashes / TILE_WIDTH == tile->index ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

struct search {
    struct log_folder *folder;
    uint64_t size;
    char *fault;
};

static struct status surprise(struct search *s, const char *path, const char *what)
{
    snprintf(s->fault, FAULT_BYTES, "%.100s: %s", path, what);
    return REFUSE(CONSISTENCY);
}

/* A tile of an earlier, smaller tree: it must be how today's begins. */
static struct status earlier_check(struct search *s, const char *path, const struct tile *tile,
                                   unsigned width)
{
    char today[TILE_PATH_BYTES];
    struct buffer old = buffer_new(BUNDLE_MAX_BYTES), new = buffer_new(BUNDLE_MAX_BYTES);
    tile_path(tile->level, tile->index, width, today);
    struct status st = log_folder_read(s->folder, path, &old);
    if (!failed(st))
        st = log_folder_read(s->folder, today, &new);
    if (!failed(st) && (old.length == 0 || !slice_begins(buffer_slice(&new), buffer_slice(&old))))
        st = surprise(s, path, "does not agree with the tile that came after it");
    buffer_done(&old);
    buffer_done(&new);
    return st;
}

/*
 * A file on its way: "NAME.4711.tmp" beside its name, which a publisher that was killed leaves
 * until the next one clears up. Nothing reads it, so it is no part of the log.
 */
static bool is_unfinished(const char *path)
{
    struct tile tile;
    char name[PATH_BYTES];
    uint64_t process, size;
    if (!slice_copy_text(slice_text(path), name, sizeof name))
        return false;
    char *end = strrchr(name, '.');
    if (end == NULL || strcmp(end, ".tmp") != 0)
        return false;
    *end = '\0';
    char *number = strrchr(name, '.');
    if (number == NULL || !decimal_read(slice_text(number + 1), INT32_MAX, &process))
        return false;
    *number = '\0';
    return strcmp(name, "checkpoint") == 0 || tile_read(name, &tile) ||
           timestamped_path_read(slice_text(name), &size);
}

static struct status timestamp_check(struct search *s, const char *path, uint64_t size)
{
    uint64_t time_ms = 0;
    struct log_folder *f = s->folder;
    const struct timestamped_log log = {log_folder_read, f, f->origin, s->size};
    struct buffer kept = buffer_new(TIMESTAMP_MAX_BYTES);
    struct status st = size > s->size ? surprise(s, path, "holds more than the checkpoint signs")
                                      : log_folder_read(f, path, &kept);
    if (st.code == CODE_FULL)
        st = surprise(s, path, timestamped_fault(REASON_TIMESTAMP_SHAPE));
    if (!failed(st)) {
        st = timestamped_verify(&log, size, buffer_slice(&kept), f->now_ms + TIMESTAMPED_SLACK_MS,
                                f->authorities, &time_ms);
        if (st.code == CODE_REFUSED)
            st = surprise(s, path, timestamped_fault(st.reason));
    }
    buffer_done(&kept);
    if (failed(st))
        return st;
    timestamped_count(&f->timestamps, size, time_ms);
    return OK;
}

static struct status file_check(struct search *s, const char *path)
{
    struct tile tile;
    uint64_t size;
    if (strcmp(path, "checkpoint") == 0 || is_unfinished(path))
        return OK;
    if (timestamped_path_read(slice_text(path), &size))
        return timestamp_check(s, path, size);
    if (!tile_read(path, &tile))
        return surprise(s, path, "no file of a log");
    unsigned width = width_in(&tile, s->size);
    if (tile.width == width)
        return OK;
    if (tile.width > width)
        return surprise(s, path, "holds more than the checkpoint signs");
    return earlier_check(s, path, &tile, width);
}

static struct status folder_check(struct search *s, const char *path, unsigned level);

/* One that ended lies whole in a folder of the one that succeeded it, and is verified by itself. */
static bool is_other_log(const char *whole, const char *path)
{
    char checkpoint[PATH_BYTES];
    struct stat st;
    int length = snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", whole);
    return strcmp(path, "tile") != 0 && length > 0 && (size_t)length < sizeof checkpoint &&
           lstat(checkpoint, &st) == 0 && S_ISREG(st.st_mode);
}

static struct status entry_check(struct search *s, const char *path, unsigned level)
{
    char whole[PATH_BYTES];
    struct stat st;
    int length = snprintf(whole, sizeof whole, "%s/%s", s->folder->path, path);
    if (length < 0 || (size_t)length >= sizeof whole)
        return surprise(s, path, "no file of a log");
    if (lstat(whole, &st) != 0)
        return OK; /* gone since: a log in use puts files in place under another name first */
    if (S_ISDIR(st.st_mode) && level == 0 && is_other_log(whole, path))
        return OK;
    if (S_ISDIR(st.st_mode) && level < LEVELS_MAX)
        return folder_check(s, path, level + 1);
    return S_ISREG(st.st_mode) ? file_check(s, path) : surprise(s, path, "no plain file");
}

static struct status folder_check(struct search *s, const char *path, unsigned level)
{
    char whole[PATH_BYTES];
    struct status st = OK;
    int length = snprintf(whole, sizeof whole, "%s/%s", s->folder->path, path);
    DIR *folder = length < 0 || (size_t)length >= sizeof whole ? NULL : opendir(whole);
    if (folder == NULL)
        return FAIL(STORE);
    for (struct dirent *e; !failed(st) && (e = readdir(folder)) != NULL;) {
        char below[PATH_BYTES];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        length =
            snprintf(below, sizeof below, "%s%s%s", path, path[0] == '\0' ? "" : "/", e->d_name);
        st = length < 0 || (size_t)length >= sizeof below
                 ? surprise(s, path, "a name too long for a log")
                 : entry_check(s, below, level);
    }
    closedir(folder);
    return st;
}

struct status log_folder_search(struct log_folder *folder, uint64_t size,
                                char fault[static FAULT_BYTES])
{
    struct search s = {folder, size, fault};
    folder->timestamps = (struct timestamped_found){0};
    return folder_check(&s, "", 0);
}

struct status log_folder_stamped(void *store, uint64_t index, uint64_t *ret_size)
{
    const struct log_folder *folder = store;
    char path[PATH_BYTES], name[PATH_BYTES];
    uint64_t best = 0, size = 0;
    int length = snprintf(path, sizeof path, "%s/timestamp", folder->path);
    DIR *dir = length < 0 || (size_t)length >= sizeof path ? NULL : opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? FAIL(ABSENT) : FAIL(STORE);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        snprintf(name, sizeof name, "timestamp/%s", e->d_name);
        if (timestamped_path_read(slice_text(name), &size) && size > index &&
            (best == 0 || size < best))
            best = size;
    }
    closedir(dir);
    *ret_size = best;
    return best == 0 ? FAIL(ABSENT) : OK;
}
