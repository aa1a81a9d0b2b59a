#include "policy/coarser.h"

/* Whether a text is written so: "d" stands for a digit, "A" for a capital letter. */
static bool is_written(const struct value *shown, const char *form)
{
    struct slice text = shown->octets;
    bool fits = shown->kind == VALUE_TEXT && text.length == strlen(form);
    for (size_t i = 0; fits && i < text.length; i++) {
        uint8_t octet = text.at[i];
        if (form[i] == 'd')
            fits = octet >= '0' && octet <= '9';
        else if (form[i] == 'A')
            fits = octet >= 'A' && octet <= 'Z';
        else
            fits = octet == (uint8_t)form[i];
    }
    return fits;
}

/* Of a date of which only the year is known a finer step shows the year. */
bool coarser_is_year(const struct value *shown)
{
    return is_written(shown, "dddd");
}

bool coarser_is_month(const struct value *shown)
{
    return is_written(shown, "dddd-dd") || coarser_is_year(shown);
}

bool coarser_is_day(const struct value *shown)
{
    return is_written(shown, "dddd-dd-dd") || coarser_is_month(shown);
}

bool coarser_is_decade(const struct value *shown)
{
    return is_written(shown, "ddd0s");
}

bool coarser_is_degree(const struct value *shown)
{
    return shown->kind == VALUE_INT && shown->integer % DEGREE == 0;
}

bool coarser_is_tenth_degree(const struct value *shown)
{
    return shown->kind == VALUE_INT && shown->integer % TENTH_DEGREE == 0;
}

bool coarser_is_country(const struct value *shown)
{
    return is_written(shown, "AA");
}

/* The octets of one character and its full stop; 0 where no initial stands there. */
static size_t initial_at(struct slice text)
{
    size_t end = 1;
    while (end < text.length && (text.at[end] & 0xc0) == 0x80)
        end++;
    return end < text.length && text.at[end] == '.' ? end + 1 : 0;
}

bool coarser_is_initials(const struct value *shown)
{
    struct slice left = shown->octets;
    size_t length = shown->kind == VALUE_TEXT ? initial_at(left) : 0;
    while (length > 0 && length < left.length && left.at[length] == ' ') {
        left = slice_part(left, length + 1, SIZE_MAX);
        length = initial_at(left);
    }
    return length > 0 && length == left.length;
}
