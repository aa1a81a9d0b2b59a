#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES     4096
#define FOLDER_LEVELS  8
#define FILE_MAX_BYTES (4U << 20)

static struct status store_failure(void)
{
    return errno == ENOENT ? FAIL(ABSENT) : errno == ENOSPC ? FAIL(FULL) : FAIL(STORE);
}

static struct status read_all(int fd, struct buffer *out)
{
    for (;;) {
        uint8_t piece[16384];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got == 0)
            return OK;
        if (got < 0 && errno != EINTR)
            return FAIL(STORE);
        if (got > 0)
            buffer_put(out, slice_over(piece, (size_t)got));
        if (out->failed)
            return FAIL(FULL);
    }
}

struct status file_read(const char *path, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return store_failure();
    struct status s = read_all(fd, out);
    close(fd);
    return s;
}

static struct status write_all(int fd, struct slice content)
{
    while (content.length > 0) {
        ssize_t done = write(fd, content.at, content.length);
        if (done < 0 && errno != EINTR)
            return store_failure();
        if (done > 0)
            content = slice_part(content, (size_t)done, SIZE_MAX);
    }
    return OK;
}

struct status file_name_sync(const char *path)
{
    char folder[PATH_BYTES];
    const char *end = strrchr(path, '/');
    size_t length = end == NULL ? 1 : end == path ? 1 : (size_t)(end - path);
    if (!slice_copy_text(end == NULL ? slice_text(".") : slice_over(path, length), folder,
                         sizeof folder))
        return FAIL(STORE);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return store_failure();
    struct status s = fsync(fd) == 0 ? OK : store_failure();
    close(fd);
    return s;
}

static struct status file_replace(const char *path, struct slice content, unsigned mode,
                                  bool is_durable)
{
    char temporary[PATH_BYTES];
    /* a name of this thread's own: others may be writing the same file */
    int length =
        snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)syscall(SYS_gettid));
    if (length < 0 || (size_t)length >= sizeof temporary)
        return FAIL(STORE);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return store_failure();
    struct status s = write_all(fd, content);
    if (!failed(s) && is_durable && fsync(fd) != 0)
        s = store_failure();
    close(fd);
    if (!failed(s) && rename(temporary, path) != 0)
        s = store_failure();
    if (failed(s))
        unlink(temporary);
    return s;
}

struct status file_write(const char *path, struct slice content, unsigned mode)
{
    struct status s = file_replace(path, content, mode, true);
    return failed(s) ? s : file_name_sync(path);
}

struct status file_put(const char *path, struct slice content, unsigned mode)
{
    return file_replace(path, content, mode, false);
}

struct status folder_make(const char *path, unsigned mode)
{
    char whole[PATH_BYTES];
    if (!slice_copy_text(slice_text(path), whole, sizeof whole) || whole[0] == '\0')
        return FAIL(STORE);
    for (char *p = whole + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(whole, mode) != 0 && errno != EEXIST)
            return store_failure();
        *p = '/';
    }
    return mkdir(whole, mode) == 0 || errno == EEXIST ? OK : store_failure();
}

struct walk {
    struct arena *arena;
    size_t root_length; /* of the folder's own path, with the slash */
    size_t max_files;
    struct text_files files;
};

static struct status keep_file(struct walk *w, const char *path)
{
    struct buffer content = buffer_new(FILE_MAX_BYTES);
    struct status s = w->files.count < w->max_files ? file_read(path, &content) : FAIL(FULL);
    if (!failed(s)) {
        struct text_file *f = &w->files.at[w->files.count];
        f->path = arena_copy(w->arena, slice_text(path + w->root_length));
        f->text = arena_copy(w->arena, buffer_slice(&content));
        if (f->path.at == NULL || f->text.at == NULL)
            s = FAIL(MEMORY);
        else
            w->files.count++;
    }
    buffer_done(&content);
    return s;
}

static struct status walk_folder(struct walk *w, const char *path, unsigned level);

static struct status walk_entry(struct walk *w, const char *folder, const char *name,
                                unsigned level)
{
    char path[PATH_BYTES];
    struct stat st;
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path || lstat(path, &st) != 0)
        return FAIL(STORE);
    if (S_ISREG(st.st_mode))
        return keep_file(w, path);
    return S_ISDIR(st.st_mode) ? walk_folder(w, path, level + 1) : OK;
}

static struct status walk_folder(struct walk *w, const char *path, unsigned level)
{
    if (level > FOLDER_LEVELS)
        return FAIL(FULL);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return store_failure();
    struct status s = OK;
    for (struct dirent *e; !failed(s) && (e = readdir(folder)) != NULL;)
        if (e->d_name[0] != '.')
            s = walk_entry(w, path, e->d_name, level);
    closedir(folder);
    return s;
}

static int by_path(const void *a, const void *b)
{
    const struct text_file *x = a;
    const struct text_file *y = b;
    return slice_compare(x->path, y->path);
}

struct status folder_read(struct arena *arena, const char *path, size_t max_files,
                          struct text_files *ret_files)
{
    struct walk w = {.arena = arena, .root_length = strlen(path) + 1, .max_files = max_files};
    w.files.at = arena_array(arena, max_files, sizeof *w.files.at);
    if (w.files.at == NULL)
        return FAIL(MEMORY);
    struct status s = walk_folder(&w, path, 0);
    if (failed(s))
        return s;
    qsort(w.files.at, w.files.count, sizeof *w.files.at, by_path);
    *ret_files = w.files;
    return OK;
}
