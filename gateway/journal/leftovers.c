#include "journal/publish.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES    4096
#define FOLDER_LEVELS 8

struct partials partials_of(uint64_t size)
{
    struct partials p = {.count = 0};
    int level = 0;
    for (uint64_t hashes = size; hashes > 0; hashes /= TILE_WIDTH, level++) {
        struct tile tile = {
            .level = level,
            .index = hashes / TILE_WIDTH,
            .width = (unsigned)(hashes % TILE_WIDTH),
        };
        if (tile.width == 0)
            continue;
        p.tiles[p.count++] = tile;
        if (level == 0) {
            tile.level = -1; /* the bundle of the same entries */
            p.tiles[p.count++] = tile;
        }
    }
    return p;
}

bool partials_have(const struct partials *partials, const struct tile *tile)
{
    for (size_t i = 0; i < partials->count; i++) {
        const struct tile *t = &partials->tiles[i];
        if (t->level == tile->level && t->index == tile->index && t->width == tile->width)
            return true;
    }
    return false;
}

void partial_remove(const char *log_path, const struct tile *tile)
{
    char name[TILE_PATH_BYTES], path[PATH_BYTES];
    tile_path(tile->level, tile->index, tile->width, name);
    int length = snprintf(path, sizeof path, "%s/%s", log_path, name);
    if (length < 0 || (size_t)length >= sizeof path || unlink(path) != 0)
        return;
    *strrchr(path, '/') = '\0';
    rmdir(path); /* stays while another width of the tile is in it */
}

struct sweep {
    const struct partials *partials;
    size_t root_length; /* of the log's folder and the slash */
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_expected(const struct sweep *sweep, const char *path)
{
    for (size_t i = 0; i < sweep->partials->count; i++) {
        const struct tile *t = &sweep->partials->tiles[i];
        char name[TILE_PATH_BYTES];
        tile_path(t->level, t->index, t->width, name);
        if (strcmp(path + sweep->root_length, name) == 0)
            return true;
    }
    return false;
}

/* Beside them lie the logs that ended, each in a folder of its own: those are left as they are. */
static bool is_of_log(const char *name)
{
    return strcmp(name, "tile") == 0 || strcmp(name, "timestamp") == 0;
}

static void sweep_folder(const struct sweep *sweep, const char *path, unsigned level)
{
    DIR *folder = level > FOLDER_LEVELS ? NULL : opendir(path);
    if (folder == NULL)
        return;
    bool partial = ends_with(path, ".p");
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        char below[PATH_BYTES];
        struct stat st;
        int length = snprintf(below, sizeof below, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || length < 0 || (size_t)length >= sizeof below ||
            lstat(below, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && level == 0 && !is_of_log(e->d_name))
            continue;
        if (S_ISDIR(st.st_mode))
            sweep_folder(sweep, below, level + 1);
        else if (ends_with(below, ".tmp") || (partial && !is_expected(sweep, below)))
            unlink(below);
    }
    closedir(folder);
    if (partial)
        rmdir(path); /* stays while a tile is in it */
}

void leftovers_remove(const char *log_path, const struct partials *partials)
{
    const struct sweep sweep = {partials, strlen(log_path) + 1};
    sweep_folder(&sweep, log_path, 0); /* a checkpoint.*.tmp may lie in the folder itself */
}
