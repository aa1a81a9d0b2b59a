#include "base/instant.h"

#include "base/encoding.h"

#include <stdio.h>
#include <string.h>

struct civil {
    unsigned year, month, day;
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years are counted from March on, so
 * that the leap day is a year's last. */
static int64_t days_of(struct civil c)
{
    int64_t y = (int64_t)c.year - (c.month <= 2);
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month = (int64_t)(c.month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + c.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_of(uint64_t unix_ms)
{
    int64_t z = (int64_t)(unix_ms / MS_PER_DAY) + 719468;
    int64_t era = z / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct civil c = {
        .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
    };
    c.year = (unsigned)(year_of_era + era * 400 + (c.month <= 2));
    return c;
}

void date_write(uint64_t unix_ms, char text[static INSTANT_TEXT_BYTES])
{
    struct civil c = civil_of(unix_ms > INSTANT_MAX ? INSTANT_MAX : unix_ms);
    snprintf(text, INSTANT_TEXT_BYTES, "%04u-%02u-%02u", c.year % 10000, c.month % 100,
             c.day % 100);
}

void instant_write(uint64_t unix_ms, char text[static INSTANT_TEXT_BYTES])
{
    date_write(unix_ms, text);
    unsigned ms = (unsigned)(unix_ms % 1000);
    unsigned second = (unsigned)(unix_ms / 1000 % 86400);
    snprintf(text + 10, INSTANT_TEXT_BYTES - 10, "T%02u:%02u:%02u", second / 3600 % 24,
             second / 60 % 60, second % 60);
    snprintf(text + 19, INSTANT_TEXT_BYTES - 19, ms == 0 ? "Z" : ".%03uZ", ms);
}

static bool digits_read(struct slice text, size_t offset, size_t length, unsigned *ret_value)
{
    unsigned value = 0;
    struct slice part = slice_part(text, offset, length);
    if (part.length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (part.at[i] < '0' || part.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(part.at[i] - '0');
    }
    *ret_value = value;
    return true;
}

static bool civil_read(struct slice text, struct civil *ret_civil)
{
    struct civil c = {0, 0, 0};
    if (text.length != 10 || text.at[4] != '-' || text.at[7] != '-' ||
        !digits_read(text, 0, 4, &c.year) || !digits_read(text, 5, 2, &c.month) ||
        !digits_read(text, 8, 2, &c.day))
        return false;
    if (c.month < 1 || c.month > 12 || c.day < 1)
        return false;
    struct civil next = {c.year + (c.month == 12), c.month % 12 + 1, 1};
    struct civil first = {c.year, c.month, 1};
    if (c.day > days_of(next) - days_of(first))
        return false;
    *ret_civil = c;
    return true;
}

bool date_read(struct slice text, uint64_t *ret_unix_ms)
{
    struct civil c;
    if (!civil_read(text, &c) || days_of(c) < 0)
        return false;
    *ret_unix_ms = (uint64_t)days_of(c) * MS_PER_DAY;
    return true;
}

bool date_partial(struct slice text)
{
    char whole[] = "0000-01-01";
    if (text.length != 4 && text.length != 7 && text.length != 10)
        return false;
    memcpy(whole, text.at, text.length);
    struct civil c;
    return civil_read(slice_text(whole), &c);
}

bool instant_read(struct slice text, uint64_t *ret_unix_ms)
{
    uint64_t midnight;
    unsigned hour, minute, second, ms = 0;
    bool fraction = text.length == 24;
    if ((text.length != 20 && !fraction) || !date_read(slice_part(text, 0, 10), &midnight))
        return false;
    if (text.at[10] != 'T' || text.at[13] != ':' || text.at[16] != ':' ||
        text.at[text.length - 1] != 'Z' || !digits_read(text, 11, 2, &hour) ||
        !digits_read(text, 14, 2, &minute) || !digits_read(text, 17, 2, &second))
        return false;
    if (fraction && (text.at[19] != '.' || !digits_read(text, 20, 3, &ms)))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_unix_ms = midnight + (hour * 3600ULL + minute * 60ULL + second) * MS_PER_SECOND + ms;
    return true;
}
