#ifndef POLICY_BIRTH_H
#define POLICY_BIRTH_H

/* Birth dates, partial ones included, and the majority they lead to (R-CHD-01, R-CHD-02). */

#include "base/slice.h"

#define MAJORITY_YEARS 18

/** A date of ISO 8601; month and day are 0 where they are not known. */
struct birth {
    unsigned year, month, day;
};

/** Reads "2001", "2001-11" or "2001-11-05"; false for anything else. Years before 1970 count. */
bool birth_read(struct slice text, struct birth *ret_birth);

/** The UTC day of an instant. */
struct birth birth_day_of(uint64_t at_ms);

/** Whether somebody born then is under 18 on a day; 18 is reached on the birthday. */
bool birth_is_minor_on(struct birth birth, struct birth day);

#endif
