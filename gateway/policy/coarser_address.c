#include "policy/coarser.h"

#include <stdio.h>

#define IPV4_PARTS  4
#define IPV6_GROUPS 8
#define IPV6_SHOWN  3 /* groups: the network of a site */

/* Country codes of E.164: of one digit (1 and 7), of two (these), all others of three. */
static size_t calling_code_length(struct slice phone)
{
    static const uint8_t two[] =
        "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 "
        "55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    if (phone.at[1] == '1' || phone.at[1] == '7')
        return 1;
    for (size_t i = 0; i + 2 < sizeof two; i += 3)
        if (phone.at[1] == two[i] && phone.at[2] == two[i + 1])
            return 2;
    return 3;
}

bool coarser_country_of_phone(const struct value *in, struct shown *out)
{
    struct slice phone = in->octets;
    if (in->kind != VALUE_TEXT || phone.length < 5 || phone.at[0] != '+')
        return false;
    struct slice code = slice_part(phone, 0, 1 + calling_code_length(phone));
    return slice_copy_text(code, out->text, sizeof out->text);
}

/* The digit's value; 16 where it is none. */
static unsigned digit_of(uint8_t octet)
{
    if (octet >= '0' && octet <= '9')
        return (unsigned)(octet - '0');
    if (octet >= 'a' && octet <= 'f')
        return (unsigned)(octet - 'a') + 10;
    return octet >= 'A' && octet <= 'F' ? (unsigned)(octet - 'A') + 10 : 16;
}

/* A number of 1 to digits digits in this base, up to max. */
static bool read_number(struct slice text, size_t digits, unsigned base, unsigned max,
                        unsigned *ret_number)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.length && text.length <= digits; i++) {
        if (digit_of(text.at[i]) >= base)
            return false;
        number = number * base + digit_of(text.at[i]);
    }
    *ret_number = number;
    return text.length > 0 && text.length <= digits && number <= max;
}

static bool prefix_of_ipv4(struct slice rest, struct shown *out)
{
    unsigned parts[IPV4_PARTS];
    for (size_t i = 0; i < IPV4_PARTS; i++) {
        size_t end = slice_find(rest, '.');
        bool last = end == rest.length;
        if (last != (i + 1 == IPV4_PARTS) ||
            !read_number(slice_part(rest, 0, end), 3, 10, 255, &parts[i]))
            return false;
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
    snprintf(out->text, sizeof out->text, "%u.%u.%u.0/24", parts[0], parts[1], parts[2]);
    return true;
}

/* Groups with colons between them; gives their number, 0 where they are none, or too many. */
static size_t read_groups(struct slice rest, unsigned groups[static IPV6_GROUPS])
{
    for (size_t i = 0; i < IPV6_GROUPS; i++) {
        size_t end = slice_find(rest, ':');
        if (!read_number(slice_part(rest, 0, end), 4, 16, 0xffff, &groups[i]))
            return 0;
        if (end == rest.length)
            return i + 1;
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
    return 0;
}

/* Where "::" stands, or the end. */
static size_t find_gap(struct slice text)
{
    size_t at = 0;
    while (at + 1 < text.length && !(text.at[at] == ':' && text.at[at + 1] == ':'))
        at++;
    return at + 1 < text.length ? at : text.length;
}

/* What "::" leaves out is zero; an address that ends as one of IPv4 is not read. */
static bool prefix_of_ipv6(struct slice text, struct shown *out)
{
    unsigned groups[IPV6_GROUPS] = {0}, ending[IPV6_GROUPS];
    size_t gap = find_gap(text);
    struct slice head = slice_part(text, 0, gap), tail = slice_part(text, gap + 2, SIZE_MAX);
    size_t before = head.length == 0 ? 0 : read_groups(head, groups);
    size_t after = tail.length == 0 ? 0 : read_groups(tail, ending);
    if ((head.length > 0 && before == 0) || (tail.length > 0 && after == 0))
        return false;
    if (gap == text.length ? before != IPV6_GROUPS : before + after >= IPV6_GROUPS)
        return false;
    for (size_t i = 0; i < after; i++)
        groups[IPV6_GROUPS - after + i] = ending[i];
    for (size_t i = before; i < IPV6_GROUPS - after; i++)
        groups[i] = 0;
    snprintf(out->text, sizeof out->text, "%x:%x:%x::/%d", groups[0], groups[1], groups[2],
             IPV6_SHOWN * 16);
    return true;
}

bool coarser_prefix(const struct value *in, struct shown *out)
{
    if (in->kind != VALUE_TEXT)
        return false;
    bool six = slice_find(in->octets, ':') < in->octets.length;
    return six ? prefix_of_ipv6(in->octets, out) : prefix_of_ipv4(in->octets, out);
}

/* A calling code, and no digit of the number more. */
bool coarser_is_country_of_phone(const struct value *shown)
{
    struct slice text = shown->octets;
    bool fits = shown->kind == VALUE_TEXT && text.length >= 2 && text.at[0] == '+';
    for (size_t i = 1; fits && i < text.length; i++)
        fits = digit_of(text.at[i]) < 10;
    return fits && text.length == 1 + calling_code_length(text);
}

/* The prefix of the address that it begins with is itself. */
bool coarser_is_prefix(const struct value *shown)
{
    struct shown again;
    struct value address = *shown;
    if (shown->kind != VALUE_TEXT)
        return false;
    address.octets = slice_part(shown->octets, 0, slice_find(shown->octets, '/'));
    return coarser_prefix(&address, &again) && slice_is(shown->octets, again.text);
}
