#include "support/allocations.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Thread_local struct {
    uint64_t count, fail_at;
    bool failed;
    long long used, peak; /* octets; below 0 where what was there before is freed */
} watch;

/* Allocations of other threads still to come until one fails; below 0: none fails. */
static atomic_llong elsewhere = -1;
static atomic_bool failed_elsewhere;
static _Thread_local bool is_here; /* this thread has asked for failures elsewhere */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void __real_free(void *at);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void __wrap_free(void *at);

static bool fails_as_elsewhere(void)
{
    if (is_here || atomic_load(&elsewhere) < 0 || atomic_fetch_sub(&elsewhere, 1) != 0)
        return false;
    atomic_store(&failed_elsewhere, true);
    return true;
}

static bool fails(void)
{
    if (fails_as_elsewhere())
        return true;
    watch.count++;
    if (watch.count != watch.fail_at)
        return false;
    watch.failed = true;
    return true;
}

static void *taken(void *at)
{
    watch.used += (long long)malloc_usable_size(at);
    if (watch.used > watch.peak)
        watch.peak = watch.used;
    return at;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : taken(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : taken(__real_calloc(count, size));
}

void *__wrap_realloc(void *at, size_t size)
{
    long long before = (long long)malloc_usable_size(at);
    void *moved = fails() ? NULL : __real_realloc(at, size);
    if (moved == NULL)
        return NULL;
    /* Old and new may both have been there while one was copied. */
    taken(moved);
    watch.used -= before;
    return moved;
}

void __wrap_free(void *at)
{
    watch.used -= (long long)malloc_usable_size(at);
    __real_free(at);
}

void allocations_fail_at(uint64_t n)
{
    watch.count = 0;
    watch.fail_at = n;
    watch.failed = false;
}

bool allocations_failed(void)
{
    return watch.failed;
}

void allocations_fail_elsewhere_at(uint64_t n)
{
    is_here = true;
    atomic_store(&failed_elsewhere, false);
    atomic_store(&elsewhere, n == 0 ? -1 : (long long)n - 1);
}

bool allocations_failed_elsewhere(void)
{
    return atomic_load(&failed_elsewhere);
}

uint64_t allocations_count(void)
{
    return watch.count;
}

void allocations_measure(void)
{
    watch.count = 0;
    watch.used = 0;
    watch.peak = 0;
}

size_t allocations_peak(void)
{
    return watch.peak < 0 ? 0 : (size_t)watch.peak;
}
