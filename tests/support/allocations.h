#ifndef SUPPORT_ALLOCATIONS_H
#define SUPPORT_ALLOCATIONS_H

/*
 * malloc, calloc and realloc of a test program, watched and made to fail. Programs link it with
 * comity_watch_allocations(target); what shared libraries allocate for themselves is not seen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The n-th allocation of this thread from now on fails, and that one only; 0: none fails. */
void allocations_fail_at(uint64_t n);

/** Whether it has failed. */
bool allocations_failed(void);

/** The n-th allocation of all other threads together from now on fails; 0: none fails. */
void allocations_fail_elsewhere_at(uint64_t n);

/** Whether it has failed. */
bool allocations_failed_elsewhere(void);

/** Allocations of this thread since allocations_fail_at or allocations_measure. */
uint64_t allocations_count(void);

/** Begins to measure this thread's heap. */
void allocations_measure(void);

/** The most octets that were in use since then beyond those at its beginning. */
size_t allocations_peak(void);

#endif
