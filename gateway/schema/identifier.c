#include "schema/identifier.h"

#include <string.h>

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

static bool is_upper(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z';
}

static bool is_lower(uint8_t octet)
{
    return octet >= 'a' && octet <= 'z';
}

static bool is_upper_or_digit(uint8_t octet)
{
    return is_upper(octet) || is_digit(octet);
}

static bool is_sid_octet(uint8_t octet)
{
    return is_upper_or_digit(octet) || is_lower(octet) || octet == '-';
}

static bool is_made_of(struct slice s, bool (*is)(uint8_t octet), size_t min, size_t max)
{
    if (s.length < min || s.length > max)
        return false;
    for (size_t i = 0; i < s.length; i++)
        if (!is(s.at[i]))
            return false;
    return true;
}

bool identifier_is_digits(struct slice s, size_t min, size_t max)
{
    return is_made_of(s, is_digit, min, max);
}

bool identifier_is_sid(struct slice s)
{
    return is_made_of(s, is_sid_octet, 1, 40);
}

bool identifier_is_phone(struct slice s)
{
    return s.length > 1 && s.at[0] == '+' && s.at[1] != '0' &&
           identifier_is_digits(slice_part(s, 1, SIZE_MAX), 7, 15);
}

static bool is_mail_octet(uint8_t octet)
{
    return octet > ' ' && octet != '@' && octet != 0x7f;
}

bool identifier_is_email(struct slice s)
{
    size_t at = slice_find(s, '@');
    return s.length <= 254 && is_made_of(slice_part(s, 0, at), is_mail_octet, 1, 64) &&
           is_made_of(slice_part(s, at + 1, SIZE_MAX), is_mail_octet, 1, 253);
}

/* The remainder by 97 of the number that the characters make, letters counting 10 to 35. */
static unsigned modulo_97(struct slice s, unsigned remainder)
{
    for (size_t i = 0; i < s.length; i++) {
        unsigned value = (unsigned)(is_digit(s.at[i]) ? s.at[i] - '0' : s.at[i] - 'A' + 10);
        remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
    }
    return remainder;
}

bool identifier_is_iban(struct slice s)
{
    struct slice head = slice_part(s, 0, 4), rest = slice_part(s, 4, SIZE_MAX);
    return is_made_of(slice_part(s, 0, 2), is_upper, 2, 2) &&
           identifier_is_digits(slice_part(s, 2, 2), 2, 2) &&
           is_made_of(rest, is_upper_or_digit, 11, 30) && modulo_97(head, modulo_97(rest, 0)) == 1;
}

bool identifier_is_bic(struct slice s)
{
    return (s.length == 8 || s.length == 11) && is_made_of(slice_part(s, 0, 6), is_upper, 6, 6) &&
           is_made_of(slice_part(s, 6, SIZE_MAX), is_upper_or_digit, 2, 5);
}

bool identifier_is_imei(struct slice s)
{
    unsigned sum = 0;
    if (!identifier_is_digits(s, 15, 15))
        return false;
    for (size_t i = 0; i < s.length; i++) {
        unsigned digit = (unsigned)(s.at[i] - '0') * (i % 2 == 0 ? 1 : 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static bool is_ipv4_octet(uint8_t octet)
{
    return is_digit(octet) || octet == '.';
}

static bool is_ipv6_octet(uint8_t octet)
{
    return octet != 0 && strchr("0123456789abcdefABCDEF:.", octet) != NULL;
}

bool identifier_is_ip(struct slice s)
{
    return is_made_of(s, is_ipv4_octet, 7, 15) ||
           (is_made_of(s, is_ipv6_octet, 2, 45) && slice_find(s, ':') < s.length);
}
