#include "base/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t big_endian(struct reader *r, size_t length)
{
    struct slice octets = reader_take(r, length);
    uint64_t value = 0;
    for (size_t i = 0; i < octets.length; i++)
        value = value << 8 | octets.at[i];
    return value;
}

uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)big_endian(r, 2);
}

uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)big_endian(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
    return big_endian(r, 8);
}

struct buffer buffer_new(size_t max)
{
    return (struct buffer){.max = max};
}

void buffer_done(struct buffer *b)
{
    free(b->at);
    *b = buffer_new(b->max);
}

void buffer_clear(struct buffer *b)
{
    b->length = 0;
    b->failed = false;
}

static bool reserve(struct buffer *b, size_t length)
{
    if (b->failed || length > b->max - b->length)
        return false;
    size_t needed = b->length + length;
    if (needed <= b->room)
        return true;
    size_t room = b->room < 256 ? 256 : b->room;
    while (room < needed)
        room = room > SIZE_MAX / 2 ? needed : room * 2;
    uint8_t *at = realloc(b->at, room);
    if (at == NULL)
        return false;
    b->at = at;
    b->room = room;
    return true;
}

uint8_t *buffer_grow(struct buffer *b, size_t length)
{
    if (!reserve(b, length)) {
        b->failed = true;
        return NULL;
    }
    size_t from = b->length;
    b->length += length;
    return b->at == NULL ? NULL : b->at + from;
}

void buffer_put(struct buffer *b, struct slice in)
{
    if (in.length == 0)
        return;
    uint8_t *at = buffer_grow(b, in.length);
    if (at != NULL)
        memcpy(at, in.at, in.length);
}

void buffer_text(struct buffer *b, const char *text)
{
    buffer_put(b, slice_text(text));
}

static void put_big_endian(struct buffer *b, uint64_t value, size_t length)
{
    uint8_t *at = buffer_grow(b, length);
    for (size_t i = length; at != NULL && i > 0; i--, value >>= 8)
        at[i - 1] = (uint8_t)value;
}

void buffer_u8(struct buffer *b, uint8_t value)
{
    put_big_endian(b, value, 1);
}

void buffer_u16(struct buffer *b, uint16_t value)
{
    put_big_endian(b, value, 2);
}

void buffer_u32(struct buffer *b, uint32_t value)
{
    put_big_endian(b, value, 4);
}

void buffer_u64(struct buffer *b, uint64_t value)
{
    put_big_endian(b, value, 8);
}

void buffer_print(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0 || !reserve(b, (size_t)length + 1)) {
        b->failed = true;
    } else {
        vsnprintf((char *)b->at + b->length, (size_t)length + 1, format, again);
        b->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

void buffer_drop(struct buffer *b, size_t count)
{
    if (count >= b->length) {
        b->length = 0;
        return;
    }
    memmove(b->at, b->at + count, b->length - count);
    b->length -= count;
}
