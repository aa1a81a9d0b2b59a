#include "messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "stop.h"
#include "wire/frame.h"
#include "wire/msgpack.h"

#define FILE_MAX_BYTES (2UL << 30)
#define LENGTH_BYTES   4
#define ELEMENTS       7 /* of SUBMIT */

/* [7 elements, SUBMIT, 1: one octet each. */
static const uint8_t beginning[] = {0x90 | ELEMENTS, FRAME_SUBMIT, 1};

void messages_put(struct buffer *file, struct slice frame)
{
    struct slice body = slice_part(frame, FRAME_HEAD_BYTES, SIZE_MAX);
    if (!slice_begins(body, slice_over(beginning, sizeof beginning)))
        stop("a SUBMIT frame does not begin as expected");
    struct slice tail = slice_part(body, sizeof beginning, SIZE_MAX);
    buffer_u32(file, (uint32_t)tail.length);
    buffer_put(file, tail);
}

static bool take(struct slice *left, struct slice *ret_message)
{
    if (left->length < LENGTH_BYTES)
        return false;
    size_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        length = length << 8 | left->at[i];
    *ret_message = slice_part(*left, LENGTH_BYTES, length);
    *left = slice_part(*left, LENGTH_BYTES + length, SIZE_MAX);
    return ret_message->length == length;
}

void messages_read(const char *path, size_t max, struct messages *ret_messages)
{
    struct messages m = {.octets = buffer_new(FILE_MAX_BYTES)};
    if (failed(file_read(path, &m.octets)))
        stop("the file of messages cannot be read");
    m.at = calloc(max, sizeof *m.at);
    if (m.at == NULL)
        stop("out of memory");
    struct slice left = buffer_slice(&m.octets);
    while (m.count < max && take(&left, &m.at[m.count]))
        m.count++;
    *ret_messages = m;
}

void messages_done(struct messages *m)
{
    free(m->at);
    buffer_done(&m->octets);
}

void messages_frame(struct buffer *out, struct slice message, uint64_t number)
{
    uint8_t head[FRAME_HEAD_BYTES];
    size_t before = out->length;
    buffer_put(out, slice_over("\0\0\0", FRAME_HEAD_BYTES));
    mp_put_array(out, ELEMENTS);
    mp_put_uint(out, FRAME_SUBMIT);
    mp_put_uint(out, number);
    buffer_put(out, message);
    size_t length = out->length - before - FRAME_HEAD_BYTES;
    for (size_t i = 0; i < FRAME_HEAD_BYTES; i++)
        head[i] = (uint8_t)(length >> (8 * (FRAME_HEAD_BYTES - 1 - i)));
    if (!out->failed)
        memcpy(out->at + before, head, sizeof head);
}
