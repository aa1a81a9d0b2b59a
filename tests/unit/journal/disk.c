#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk_plan plan; /* ops 0: none */
static uint64_t seen, struck;
static atomic_bool planned; /* spares the look at a descriptor's name */
static atomic_uint_fast64_t free_told = UINT64_MAX;
static atomic_uint_fast64_t forward_ms;
static _Thread_local uint64_t runs_ms;

void disk_plan(const struct disk_plan *wanted)
{
    pthread_mutex_lock(&mutex);
    plan = wanted == NULL ? (struct disk_plan){0} : *wanted;
    seen = 0;
    struck = 0;
    pthread_mutex_unlock(&mutex);
    atomic_store(&planned, wanted != NULL);
}

uint64_t disk_struck(void)
{
    pthread_mutex_lock(&mutex);
    uint64_t count = struck;
    pthread_mutex_unlock(&mutex);
    return count;
}

void disk_free_is(uint64_t bytes)
{
    atomic_store(&free_told, bytes);
}

void disk_clock_forward(uint64_t ms)
{
    atomic_fetch_add(&forward_ms, ms);
}

void disk_clock_runs(uint64_t ms)
{
    runs_ms = ms;
}

static bool is_concerned(const char *path)
{
    size_t length = strlen(path), part = strlen(plan.file);
    return plan.whole ? length >= part && strcmp(path + length - part, plan.file) == 0
                      : strstr(path, plan.file) != NULL;
}

/* Whether the call is to fail; then errno says how. */
static bool strikes(enum disk_op op, const char *path)
{
    pthread_mutex_lock(&mutex);
    bool concerned = (plan.ops & (unsigned)op) != 0 && is_concerned(path);
    bool hit = concerned && (plan.nth == 0 || ++seen == plan.nth);
    int error = plan.error;
    struck += hit;
    pthread_mutex_unlock(&mutex);
    if (hit && error == 0)
        _exit(DISK_EXIT);
    if (hit)
        errno = error;
    return hit;
}

static bool strikes_path(enum disk_op op, const char *path)
{
    return atomic_load(&planned) && strikes(op, path);
}

static bool strikes_fd(enum disk_op op, int fd)
{
    char link[64], name[512];
    if (!atomic_load(&planned))
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return false;
    name[length] = '\0';
    return strikes(op, name);
}

static int open_at(const char *path, int flags, mode_t mode)
{
    return strikes_path(DISK_OPEN, path) ? -1
                                         : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_at(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_at(path, flags, mode);
}

ssize_t write(int fd, const void *octets, size_t length)
{
    return strikes_fd(DISK_WRITE, fd) ? -1 : syscall(SYS_write, fd, octets, length);
}

ssize_t pwrite64(int fd, const void *octets, size_t length, off64_t offset)
{
    return strikes_fd(DISK_WRITE, fd) ? -1 : syscall(SYS_pwrite64, fd, octets, length, offset);
}

int fdatasync(int fd)
{
    return strikes_fd(DISK_SYNC, fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return strikes_fd(DISK_SYNC, fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

int ftruncate64(int fd, off64_t length)
{
    return strikes_fd(DISK_TRUNCATE, fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length);
}

int rename(const char *from, const char *to)
{
    return strikes_path(DISK_RENAME, to) ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    return strikes_path(DISK_UNLINK, path) ? -1 : (int)syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    return strikes_path(DISK_FOLDER, path) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    if (strikes_fd(DISK_ALLOCATE, fd))
        return errno;
    return syscall(SYS_fallocate, fd, 0, offset, length) == 0 ? 0 : errno;
}

int statvfs(const char *restrict path, struct statvfs *restrict v)
{
    uint64_t told = atomic_load(&free_told);
    if (told == UINT64_MAX)
        told = UINT64_C(1) << 40;
    (void)path;
    *v = (struct statvfs){.f_bsize = 4096, .f_frsize = 1, .f_bavail = told};
    return 0;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, which, now);
    if (which == CLOCK_MONOTONIC) {
        disk_clock_forward(runs_ms);
        uint64_t ns = (uint64_t)now->tv_nsec + atomic_load(&forward_ms) * 1000000;
        now->tv_sec += (time_t)(ns / 1000000000);
        now->tv_nsec = (long)(ns % 1000000000);
    }
    return rc;
}
