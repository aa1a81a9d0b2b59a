#include "libcomity/uuid.h"

#include <string.h>

#include "base/encoding.h"

#define DIGITS 32
#define OCTETS 16

static bool is_hyphen_place(size_t index)
{
    return index == 8 || index == 13 || index == 18 || index == 23;
}

void uuid_write(struct slice octets, char text[static UUID_TEXT_BYTES])
{
    char digits[DIGITS + 1];
    text[0] = '\0';
    if (octets.length != OCTETS)
        return;
    hex_write(octets, digits);
    for (size_t i = 0, digit = 0; i < UUID_TEXT_BYTES - 1; i++)
        text[i] = is_hyphen_place(i) ? '-' : digits[digit++];
    text[UUID_TEXT_BYTES - 1] = '\0';
}

bool uuid_read(struct slice text, uint8_t octets[static 16])
{
    uint8_t digits[DIGITS], read[OCTETS];
    size_t count = 0;
    bool hyphens = text.length == UUID_TEXT_BYTES - 1;
    if (!hyphens && text.length != DIGITS)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!hyphens || !is_hyphen_place(i))
            digits[count++] = text.at[i];
        else if (text.at[i] != '-')
            return false;
    }
    if (!hex_read(slice_over(digits, DIGITS), read, OCTETS) || read[6] >> 4 != 4 ||
        read[8] >> 6 != 2)
        return false;
    memcpy(octets, read, OCTETS);
    return true;
}
