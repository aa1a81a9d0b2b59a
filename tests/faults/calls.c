/*
 * Loaded before a whole program (LD_PRELOAD), this lets calls fail that leave something behind: on
 * disk, in a folder, on a link. COMITY_CALLS says how:
 *
 *     count FILE     nothing fails; their number is appended to the file at the end
 *     kill N         the N-th ends the program as SIGKILL does, before it is made: what is there
 *                    then is what is there after the one before
 *     sync N         the N-th fdatasync of a file fails with EIO: so the disk of a database fails
 *
 * Real calls are made by number, so nothing has to be found first and sanitizers' own wrappers,
 * which end here, do no harm.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_ulong made, synced;

/* The number after this word in COMITY_CALLS; 0: another word stands there. */
static unsigned long asked(const char *word)
{
    const char *given = getenv("COMITY_CALLS");
    size_t length = strlen(word);
    return given == NULL || strncmp(given, word, length) != 0 ? 0
                                                              : strtoul(given + length, NULL, 10);
}

/* Before each call that leaves something behind. */
static void count(void)
{
    if (atomic_fetch_add(&made, 1) + 1 == asked("kill "))
        syscall(SYS_kill, getpid(), SIGKILL);
}

[[gnu::destructor]] static void tell_count(void)
{
    const char *given = getenv("COMITY_CALLS");
    FILE *f = given != NULL && strncmp(given, "count ", 6) == 0 ? fopen(given + 6, "ae") : NULL;
    if (f == NULL)
        return;
    fprintf(f, "%lu\n", atomic_load(&made));
    fclose(f);
}

#define COUNTED(type, name, params, ...)                                                           \
    type name params                                                                               \
    {                                                                                              \
        count();                                                                                   \
        return (type)syscall(__VA_ARGS__);                                                         \
    }

COUNTED(ssize_t, write, (int fd, const void *b, size_t n), SYS_write, fd, b, n)
COUNTED(ssize_t, pwrite64, (int fd, const void *b, size_t n, off_t at), SYS_pwrite64, fd, b, n, at)
COUNTED(ssize_t, sendto,
        (int fd, const void *b, size_t n, int flags, const struct sockaddr *to, socklen_t length),
        SYS_sendto, fd, b, n, flags, to, length)
COUNTED(ssize_t, send, (int fd, const void *b, size_t n, int flags), SYS_sendto, fd, b, n, flags,
        NULL, 0)
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), SYS_sendmsg, fd, m, flags)
COUNTED(int, connect, (int fd, const struct sockaddr *to, socklen_t length), SYS_connect, fd, to,
        length)
COUNTED(int, fsync, (int fd), SYS_fsync, fd)
COUNTED(int, ftruncate64, (int fd, off_t length), SYS_ftruncate, fd, length)
COUNTED(int, rename, (const char *from, const char *to), SYS_renameat2, AT_FDCWD, from, AT_FDCWD,
        to, 0)
COUNTED(int, link, (const char *from, const char *to), SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0)
COUNTED(int, unlink, (const char *path), SYS_unlinkat, AT_FDCWD, path, 0)
COUNTED(int, mkdir, (const char *path, mode_t mode), SYS_mkdirat, AT_FDCWD, path, mode)

static bool is_file(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int fdatasync(int fd)
{
    count();
    if (is_file(fd) && atomic_fetch_add(&synced, 1) + 1 == asked("sync ")) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* Only what makes a file counts. */
static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    if ((flags & O_CREAT) != 0)
        count();
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name, before, folder)                                                                 \
    int name(before const char *path, int flags, ...)                                              \
    {                                                                                              \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(rest, unsigned) : 0;                 \
        va_end(rest);                                                                              \
        return open_at(folder, path, flags, mode);                                                 \
    }

OPEN(open, , AT_FDCWD)
OPEN(open64, , AT_FDCWD)
#define FOLDER int fd,
OPEN(openat, FOLDER, fd)
OPEN(openat64, FOLDER, fd)
