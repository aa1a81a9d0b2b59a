/*
 * Loaded before a whole program (LD_PRELOAD), this lets its clock be wrong: COMITY_CLOCK names a
 * file of eight octets, a signed number of milliseconds in the machine's order, which is added to
 * the time of day from then on whenever it is asked for. Whoever writes the file lets the clock
 * jump. Time that only passes (CLOCK_MONOTONIC) is as it was, for so it is on a real machine.
 *
 * Real calls are made by number, so nothing has to be found first and sanitizers' own wrappers,
 * which end here, do no harm.
 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *offset_ms; /* NULL before the program begins */

/* Without its file a test would believe in a jump that never was. */
[[gnu::constructor]] static void map_offset(void)
{
    const char *path = getenv("COMITY_CLOCK");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        fputs("COMITY_CLOCK names no file of an offset\n", stderr);
        _exit(1);
    }
    close(fd);
    offset_ms = at;
}

/* The time of day with what is added to it. */
static int wrong_time(clockid_t clock, struct timespec *ret_now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, ret_now);
    if (failed != 0 || offset_ms == NULL)
        return failed;
    int64_t ms = ret_now->tv_nsec / 1000000 + atomic_load(offset_ms);
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    ret_now->tv_sec += (time_t)seconds;
    ret_now->tv_nsec = ret_now->tv_nsec % 1000000 + (long)(ms - seconds * 1000) * 1000000;
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        return wrong_time(clock, now);
    return (int)syscall(SYS_clock_gettime, clock, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    if (wrong_time(CLOCK_REALTIME, &exact) != 0)
        return -1;
    *now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret_now)
{
    struct timespec exact = {.tv_sec = -1};
    (void)wrong_time(CLOCK_REALTIME, &exact);
    if (ret_now != NULL)
        *ret_now = exact.tv_sec;
    return exact.tv_sec;
}
