#include "policy/birth.h"

#include "base/instant.h"

static bool part_read(struct slice text, size_t offset, size_t length, unsigned *ret_part)
{
    unsigned value = 0;
    for (size_t i = offset; i < offset + length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.at[i] - '0');
    }
    *ret_part = value;
    return true;
}

bool birth_read(struct slice text, struct birth *ret_birth)
{
    struct birth b = {0, 0, 0};
    if (!date_partial(text) || !part_read(text, 0, 4, &b.year) ||
        (text.length >= 7 && !part_read(text, 5, 2, &b.month)) ||
        (text.length >= 10 && !part_read(text, 8, 2, &b.day)))
        return false;
    *ret_birth = b;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[(month + 11) % 12];
}

/* 2008 is read as 2008-12-31 (R-CHD-02). */
static struct birth latest_day(struct birth b)
{
    if (b.month == 0)
        b.month = 12;
    if (b.day == 0)
        b.day = days_in(b.year, b.month);
    return b;
}

static unsigned as_number(struct birth b)
{
    return (b.year * 100 + b.month) * 100 + b.day;
}

static bool is_after(struct birth a, struct birth b)
{
    return as_number(a) > as_number(b);
}

struct birth birth_day_of(uint64_t at_ms)
{
    char text[INSTANT_TEXT_BYTES];
    struct birth day = {0, 0, 0};
    date_write(at_ms, text);
    return birth_read(slice_text(text), &day) ? day : (struct birth){0, 0, 0};
}

bool birth_is_minor_on(struct birth b, struct birth day)
{
    struct birth majority = latest_day(b);
    majority.year += MAJORITY_YEARS;
    return is_after(majority, day);
}
