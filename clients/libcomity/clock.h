#ifndef LIBCOMITY_CLOCK_H
#define LIBCOMITY_CLOCK_H

#include <stdint.h>

/** Unix milliseconds. */
uint64_t clock_wall_ms(void);

/** Milliseconds that never go back, for deadlines. */
uint64_t clock_mono_ms(void);

/** The same in microseconds, to measure with. */
uint64_t clock_mono_us(void);

#endif
