#include "base/slice.h"

#include <string.h>

bool slice_begins(struct slice a, struct slice prefix)
{
    return slice_equal(slice_part(a, 0, prefix.length), prefix);
}

size_t slice_find(struct slice a, uint8_t octet)
{
    const uint8_t *hit = a.length == 0 ? NULL : memchr(a.at, octet, a.length);
    return hit == NULL ? a.length : (size_t)(hit - a.at);
}

bool slice_line(struct slice *rest, struct slice *ret_line)
{
    size_t end = slice_find(*rest, '\n');
    if (end == rest->length)
        return false;
    *ret_line = slice_part(*rest, 0, end);
    *rest = slice_part(*rest, end + 1, SIZE_MAX);
    return true;
}

bool bytes_equal(const void *a, const void *b, size_t length)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t differing = 0;
    for (size_t i = 0; i < length; i++)
        differing = (uint8_t)(differing | (x[i] ^ y[i]));
    return differing == 0;
}

bool slice_copy_text(struct slice a, char *text, size_t room)
{
    size_t length = a.length < room ? a.length : room - 1;
    if (length > 0)
        memcpy(text, a.at, length);
    text[length] = '\0';
    return length == a.length && slice_find(a, 0) == a.length;
}
