#include "policy/coarser.h"

#include <stdio.h>

#include "base/instant.h"

#define DAY_BYTES    10 /* 2026-01-31 */
#define MONTH_BYTES  7
#define YEAR_BYTES   4
#define DECADE_BYTES 3

/* The beginning of a date; where less of it is known, all that is. */
static bool cut_date(const struct value *in, size_t length, const char *end, struct shown *out)
{
    uint64_t unix_ms;
    struct slice text = in->octets;
    if (in->kind != VALUE_TEXT || (!date_partial(text) && !instant_read(text, &unix_ms)))
        return false;
    snprintf(out->text, sizeof out->text, "%.*s%s",
             (int)(length < text.length ? length : text.length), (const char *)text.at, end);
    return true;
}

static bool make_day(const struct value *in, struct shown *out)
{
    return cut_date(in, DAY_BYTES, "", out);
}

static bool make_month(const struct value *in, struct shown *out)
{
    return cut_date(in, MONTH_BYTES, "", out);
}

static bool make_year(const struct value *in, struct shown *out)
{
    return cut_date(in, YEAR_BYTES, "", out);
}

static bool make_decade(const struct value *in, struct shown *out)
{
    return cut_date(in, DECADE_BYTES, "0s", out);
}

/* To the nearest point of a grid, so that what is shown is wrong by half its width at most. */
static bool round_to(const struct value *in, int64_t grid, struct shown *out)
{
    int64_t half = in->integer < 0 ? -grid / 2 : grid / 2;
    out->is_number = true;
    out->number = (in->integer + half) / grid * grid;
    return in->kind == VALUE_INT;
}

static bool make_degree(const struct value *in, struct shown *out)
{
    return round_to(in, DEGREE, out);
}

static bool make_tenth_degree(const struct value *in, struct shown *out)
{
    return round_to(in, TENTH_DEGREE, out);
}

static bool cut_text(const struct value *in, size_t from, size_t length, struct shown *out)
{
    if (in->kind != VALUE_TEXT || in->octets.length < from + length)
        return false;
    return slice_copy_text(slice_part(in->octets, from, length), out->text, sizeof out->text);
}

/* "DE89..." and "XA-CA-01" begin with the country; in "DEUTDEFF" it is in the middle. */
static bool make_country(const struct value *in, struct shown *out)
{
    return cut_text(in, 0, 2, out);
}

static bool make_country_of_bic(const struct value *in, struct shown *out)
{
    return cut_text(in, 4, 2, out);
}

/* Whatever is not ASCII counts as a letter; so a word may also begin with a mark, never end early.
 */
static bool is_letter(uint8_t octet)
{
    return octet >= 0x80 || (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
}

static bool begins_character(uint8_t octet)
{
    return (octet & 0xc0) != 0x80;
}

/* An apostrophe stands inside a word, as in "O'Brien". */
static size_t word_length(struct slice text)
{
    size_t length = 0;
    while (length < text.length && (is_letter(text.at[length]) || text.at[length] == '\''))
        length++;
    return length;
}

/* The octets of the first character; 0 where there is no second letter. */
static size_t initial_length(struct slice word)
{
    size_t first = 1, letters = 0;
    while (first < word.length && !begins_character(word.at[first]))
        first++;
    for (size_t i = 0; i < word.length; i++)
        letters += is_letter(word.at[i]) && begins_character(word.at[i]);
    return letters < 2 ? 0 : first;
}

/* "Ana-Maria Popescu" becomes "A. M. P."; of one letter the initial would be the whole name. */
static bool make_initials(const struct value *in, struct shown *out)
{
    struct slice left = in->octets;
    size_t length = 0;
    while (in->kind == VALUE_TEXT && left.length > 0) {
        size_t word = is_letter(left.at[0]) ? word_length(left) : 0;
        size_t initial = initial_length(slice_part(left, 0, word));
        if (word > 0 && (initial == 0 || length + initial + 3 > sizeof out->text))
            return false;
        if (word > 0)
            length += (size_t)snprintf(out->text + length, sizeof out->text - length, "%s%.*s.",
                                       length > 0 ? " " : "", (int)initial, (const char *)left.at);
        left = slice_part(left, word > 0 ? word : 1, SIZE_MAX);
    }
    return length > 0;
}

static const struct coarser steps[] = {
    /* clang-format off */
    {"day",          "instant",      make_day, coarser_is_day},
    {"month",        "date",         make_month, coarser_is_month},
    {"month",        "partial-date", make_month, coarser_is_month},
    {"month",        "instant",      make_month, coarser_is_month},
    {"year",         "date",         make_year, coarser_is_year},
    {"year",         "partial-date", make_year, coarser_is_year},
    {"year",         "instant",      make_year, coarser_is_year},
    {"decade",       "date",         make_decade, coarser_is_decade},
    {"decade",       "partial-date", make_decade, coarser_is_decade},
    {"decade",       "instant",      make_decade, coarser_is_decade},
    {"tenth-degree", "degrees",      make_tenth_degree, coarser_is_tenth_degree},
    {"degree",       "degrees",      make_degree, coarser_is_degree},
    {"country",      "party",        make_country, coarser_is_country},
    {"country",      "recipient",    make_country, coarser_is_country},
    {"country",      "iban",         make_country, coarser_is_country},
    {"country",      "bic",          make_country_of_bic, coarser_is_country},
    {"country",      "phone",        coarser_country_of_phone, coarser_is_country_of_phone},
    {"prefix",       "ip",           coarser_prefix, coarser_is_prefix},
    {"initials",     "text",         make_initials, coarser_is_initials},
    /* clang-format on */
};

#define STEPS (sizeof steps / sizeof steps[0])

const struct coarser *coarser_of(struct slice name, const char *type)
{
    for (size_t i = 0; i < STEPS; i++)
        if (slice_is(name, steps[i].name) && strcmp(steps[i].type, type) == 0)
            return &steps[i];
    return NULL;
}

/* Each name once: rows of one name stand together. */
const char *coarser_name(size_t index)
{
    for (size_t i = 0; i < STEPS; i++)
        if ((i == 0 || strcmp(steps[i - 1].name, steps[i].name) != 0) && index-- == 0)
            return steps[i].name;
    return NULL;
}
