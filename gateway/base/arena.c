#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define BLOCK_BYTES 0 /* each piece its own block: ASan sees every overrun */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCK_BYTES 0
#endif
#endif
#ifndef BLOCK_BYTES
#define BLOCK_BYTES 16384
#endif

struct block {
    struct block *next;
    size_t used, room;
    max_align_t data[];
};

struct arena {
    struct block *blocks; /* the one being filled first */
    size_t used, cap;
};

struct arena *arena_new(size_t cap_bytes)
{
    struct arena *a = calloc(1, sizeof *a);
    if (a != NULL)
        a->cap = cap_bytes;
    return a;
}

void arena_free(struct arena *a)
{
    if (a == NULL)
        return;
    for (struct block *b = a->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

static struct block *block_with(struct arena *a, size_t size)
{
    struct block *b = a->blocks;
    if (b != NULL && b->room - b->used >= size)
        return b;
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    b = malloc(sizeof *b + room);
    if (b == NULL)
        return NULL;
    *b = (struct block){.next = a->blocks, .room = room};
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t whole = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (whole == 0)
        whole = alignof(max_align_t);
    if (whole < size || whole > a->cap - a->used)
        return NULL;
    struct block *b = block_with(a, whole);
    if (b == NULL)
        return NULL;
    uint8_t *at = (uint8_t *)b->data + b->used;
    b->used += whole;
    a->used += whole;
    return memset(at, 0, whole);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    return size != 0 && count > SIZE_MAX / size ? NULL : arena_alloc(a, count * size);
}

struct slice arena_copy(struct arena *a, struct slice in)
{
    uint8_t *at = arena_alloc(a, in.length);
    if (at != NULL && in.length > 0)
        memcpy(at, in.at, in.length);
    return slice_over(at, in.length);
}

char *arena_text(struct arena *a, struct slice in)
{
    char *text = in.length == SIZE_MAX ? NULL : arena_alloc(a, in.length + 1);
    if (text != NULL && in.length > 0)
        memcpy(text, in.at, in.length);
    return text;
}

char *arena_print(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
