#include "base/slice.h"

#include <string.h>

struct slice slice_text(const char *text)
{
    return slice_over(text, text == NULL ? 0 : strlen(text));
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_text(text));
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

bool slice_begins(struct slice a, struct slice prefix)
{
    return slice_equal(slice_part(a, 0, prefix.length), prefix);
}

struct slice slice_part(struct slice a, size_t offset, size_t length)
{
    if (offset >= a.length)
        return (struct slice){NULL, 0};
    size_t left = a.length - offset;
    return slice_over(a.at + offset, length < left ? length : left);
}

size_t slice_find(struct slice a, uint8_t octet)
{
    const uint8_t *hit = a.length == 0 ? NULL : memchr(a.at, octet, a.length);
    return hit == NULL ? a.length : (size_t)(hit - a.at);
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
