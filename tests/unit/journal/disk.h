#ifndef TEST_JOURNAL_DISK_H
#define TEST_JOURNAL_DISK_H

/*
 * A disk that fails on demand, and a clock that can be put forward. The database library calls the
 * functions of disk.c, because the symbols of the program come before those of the C library.
 */

#include <stdbool.h>
#include <stdint.h>

enum disk_op {
    DISK_OPEN = 1,
    DISK_WRITE = 2,
    DISK_SYNC = 4,
    DISK_TRUNCATE = 8,
    DISK_RENAME = 16,
    DISK_UNLINK = 32,
    DISK_ALLOCATE = 64,
    DISK_FOLDER = 128,
    DISK_ANY = 255,
};

/** What is to happen to which calls. */
struct disk_plan {
    unsigned ops;
    const char *file; /* part of the path of the files concerned; lives as long as the plan */
    bool whole;       /* the path ends with it */
    uint64_t nth;     /* only the n-th such call from now on; 0: all of them */
    int error;        /* errno; 0: the process ends in the place of the call */
};

#define DISK_EXIT 77 /* status of a process that ended so */

/** Replaces the plan; NULL: everything works again. */
void disk_plan(const struct disk_plan *plan);

/** Calls that the plan has struck since it was made. */
uint64_t disk_struck(void);

/** What is told of the free space; UINT64_MAX: plenty. */
void disk_free_is(uint64_t bytes);

/** Puts the monotonic clock forward, for all from now on. */
void disk_clock_forward(uint64_t ms);

/** From now on each look at it by this thread puts it forward as much; 0: no more. */
void disk_clock_runs(uint64_t ms);

#endif
