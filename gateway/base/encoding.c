#include "base/encoding.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hex_write(struct slice in, char *text)
{
    for (size_t i = 0; i < in.length; i++) {
        *text++ = hex_digits[in.at[i] >> 4];
        *text++ = hex_digits[in.at[i] & 15];
    }
    *text = '\0';
}

static int digit_value(const char *digits, uint8_t c)
{
    const char *hit = c == 0 ? NULL : strchr(digits, c);
    return hit == NULL ? -1 : (int)(hit - digits);
}

bool hex_read(struct slice text, uint8_t *octets, size_t room)
{
    if (text.length != room * 2)
        return false;
    for (size_t i = 0; i < room; i++) {
        int high = digit_value(hex_digits, text.at[2 * i]);
        int low = digit_value(hex_digits, text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

size_t base64_length(size_t length)
{
    return (length + 2) / 3 * 4;
}

void base64_write(struct slice in, char *text)
{
    for (size_t i = 0; i < in.length; i += 3) {
        size_t have = in.length - i < 3 ? in.length - i : 3;
        uint32_t word = (uint32_t)in.at[i] << 16;
        word |= have > 1 ? (uint32_t)in.at[i + 1] << 8 : 0;
        word |= have > 2 ? in.at[i + 2] : 0;
        *text++ = base64_digits[word >> 18];
        *text++ = base64_digits[word >> 12 & 63];
        *text++ = have > 1 ? base64_digits[word >> 6 & 63] : '=';
        *text++ = have > 2 ? base64_digits[word & 63] : '=';
    }
    *text = '\0';
}

/* One group of four characters; gives how many octets it stands for, 0 if it is malformed. */
static size_t base64_group(const uint8_t *in, bool last, uint8_t out[static 3])
{
    size_t digits = !last || in[3] != '=' ? 4 : in[2] != '=' ? 3 : 2;
    uint32_t word = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < digits ? digit_value(base64_digits, in[i]) : 0;
        if (value < 0)
            return 0;
        word = word << 6 | (uint32_t)value;
    }
    out[0] = (uint8_t)(word >> 16);
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)word;
    bool stray = (digits == 2 && (out[1] | out[2]) != 0) || (digits == 3 && out[2] != 0);
    return stray ? 0 : digits - 1;
}

bool base64_read(struct slice text, uint8_t *octets, size_t room, size_t *ret_length)
{
    size_t length = 0;
    if (text.length % 4 != 0)
        return false;
    for (size_t i = 0; i < text.length; i += 4) {
        uint8_t group[3];
        size_t have = base64_group(text.at + i, i + 4 == text.length, group);
        if (have == 0 || have > room - length)
            return false;
        memcpy(octets + length, group, have);
        length += have;
    }
    *ret_length = length;
    return true;
}

bool decimal_read(struct slice text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.length == 0 || (text.length > 1 && text.at[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

/* Octets of the sequence that begins with lead, and the code point's smallest legal value. */
static size_t sequence_length(uint8_t lead, uint32_t *ret_least)
{
    static const struct {
        uint8_t mask, mark;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 1}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t i = 0; i < 4; i++)
        if ((lead & forms[i].mask) == forms[i].mark) {
            *ret_least = forms[i].least;
            return i + 1;
        }
    return 0;
}

bool utf8_valid(struct slice in)
{
    for (size_t i = 0; i < in.length;) {
        uint32_t least = 0;
        size_t length = sequence_length(in.at[i], &least);
        if (length == 0 || length > in.length - i)
            return false;
        uint32_t point = length == 1 ? in.at[i] : in.at[i] & (0x7fU >> length);
        for (size_t k = 1; k < length; k++) {
            if ((in.at[i + k] & 0xc0) != 0x80)
                return false;
            point = point << 6 | (in.at[i + k] & 0x3fU);
        }
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return false;
        i += length;
    }
    return true;
}
