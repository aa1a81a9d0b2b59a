#ifndef COMITY_WATCH_VOLUME_H
#define COMITY_WATCH_VOLUME_H

/* How many entries a log got in each of the last periods, and whether the last one stands out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VOLUME_PERIODS 60 /* that count, the last one among them */
#define VOLUME_HISTORY 6  /* periods before the last, without which nothing stands out */

/** Periods end at now_ms; the first of counts is the last one. */
struct volume {
    uint64_t now_ms, period_ms;
    uint64_t first_ms; /* of the first entry; 0: none yet */
    uint64_t counts[VOLUME_PERIODS];
};

/** Counts an entry of this time. */
void volume_add(struct volume *volume, uint64_t time_ms);

struct volume_verdict {
    bool judged;          /* there are enough periods before it */
    uint64_t last, usual; /* entries in the last period; median of those before it */
    uint64_t spread;      /* the median distance from it, as a standard deviation, at least 1 */
    uint64_t tenths;      /* how far the last is from the usual: spreads, times ten */
};

/**
 * Compares the last period with all whole ones before it by median and median absolute deviation,
 * which a few odd periods do not move. The spread is never below what chance alone makes of so many
 * entries, the root of the median.
 */
struct volume_verdict volume_judge(const struct volume *volume);

#endif
