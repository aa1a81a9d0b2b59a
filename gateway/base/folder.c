/* Whole folders: made of files that are at hand, and removed. */

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES    4096
#define REMOVE_LEVELS 16

static struct status failure(void)
{
    return errno == ENOSPC ? FAIL(FULL) : FAIL(STORE);
}

static struct status write_one(const char *path, const struct text_file *file, unsigned folder_mode,
                               unsigned file_mode)
{
    char whole[PATH_BYTES];
    int length = snprintf(whole, sizeof whole, "%s/%.*s", path, (int)file->path.length,
                          (const char *)file->path.at);
    if (length < 0 || (size_t)length >= sizeof whole)
        return FAIL(STORE);
    char *end = strrchr(whole, '/');
    *end = '\0';
    struct status s = folder_make(whole, folder_mode);
    *end = '/';
    return failed(s) ? s : file_put(whole, file->text, file_mode);
}

static struct status sync_whole(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failure();
    struct status s = syncfs(fd) == 0 ? OK : failure();
    close(fd);
    return s;
}

struct status folder_write(const char *path, const struct text_files *files, unsigned folder_mode,
                           unsigned file_mode)
{
    struct status s = folder_make(path, folder_mode);
    for (size_t i = 0; i < files->count && !failed(s); i++)
        s = write_one(path, &files->at[i], folder_mode, file_mode);
    return failed(s) ? s : sync_whole(path);
}

static struct status remove_level(const char *path, unsigned level);

static struct status remove_entry(const char *folder, const char *name, unsigned level)
{
    char path[PATH_BYTES];
    struct stat st;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path || lstat(path, &st) != 0)
        return FAIL(STORE);
    if (S_ISDIR(st.st_mode))
        return remove_level(path, level + 1);
    return unlink(path) == 0 ? OK : failure();
}

static struct status remove_level(const char *path, unsigned level)
{
    if (level > REMOVE_LEVELS)
        return FAIL(STORE);
    DIR *folder = opendir(path);
    struct status s = OK;
    if (folder == NULL)
        return errno == ENOENT && level == 0 ? FAIL(ABSENT) : failure();
    for (struct dirent *e; !failed(s) && (e = readdir(folder)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            s = remove_entry(path, e->d_name, level);
    closedir(folder);
    return failed(s) || rmdir(path) == 0 ? s : failure();
}

struct status folder_remove(const char *path)
{
    struct status s = remove_level(path, 0);
    return s.code == CODE_ABSENT ? OK : s;
}

bool folder_has_room(const char *path, size_t more, size_t max)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (const struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;)
        count += e->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return folder != NULL && count + more <= max;
}
