#include "comity/audit/watch_volume.h"

#include <stdlib.h>

#define MAD_TO_DEVIATION 14826 /* of a normal distribution, in parts of 10,000 */
#define TEN_THOUSAND     10000

void volume_add(struct volume *v, uint64_t time_ms)
{
    if (v->first_ms == 0 || time_ms < v->first_ms)
        v->first_ms = time_ms;
    uint64_t age_ms = time_ms < v->now_ms ? v->now_ms - time_ms : 0;
    if (age_ms / v->period_ms < VOLUME_PERIODS)
        v->counts[age_ms / v->period_ms]++;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static uint64_t median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static uint64_t root(uint64_t value)
{
    uint64_t r = 0;
    while ((r + 1) * (r + 1) <= value && r < UINT32_MAX)
        r++;
    return r;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Whole periods before the last one, since the log began. */
static size_t history(const struct volume *v)
{
    uint64_t whole =
        v->first_ms == 0 || v->first_ms > v->now_ms ? 0 : (v->now_ms - v->first_ms) / v->period_ms;
    if (whole <= 1)
        return 0;
    return whole - 1 < VOLUME_PERIODS - 1 ? (size_t)whole - 1 : VOLUME_PERIODS - 1;
}

struct volume_verdict volume_judge(const struct volume *v)
{
    uint64_t before[VOLUME_PERIODS], away[VOLUME_PERIODS];
    struct volume_verdict verdict = {.last = v->counts[0], .spread = 1};
    size_t count = history(v);
    if (count < VOLUME_HISTORY)
        return verdict;
    for (size_t i = 0; i < count; i++)
        before[i] = v->counts[i + 1];
    verdict.usual = median(before, count);
    for (size_t i = 0; i < count; i++)
        away[i] = distance(before[i], verdict.usual);
    uint64_t deviation = median(away, count) * MAD_TO_DEVIATION / TEN_THOUSAND;
    uint64_t chance = root(verdict.usual);
    if (deviation > verdict.spread)
        verdict.spread = deviation;
    if (chance > verdict.spread)
        verdict.spread = chance;
    verdict.tenths = distance(verdict.last, verdict.usual) * 10 / verdict.spread;
    verdict.judged = true;
    return verdict;
}
