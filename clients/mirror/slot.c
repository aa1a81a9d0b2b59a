#include "mirror/mirror_parts.h"

void mirror_slot_write(struct buffer *out, struct slice document, size_t room)
{
    buffer_u32(out, (uint32_t)document.length);
    buffer_put(out, document);
    while (out->length < room && !out->failed)
        buffer_u8(out, 0);
}

bool mirror_slot_read(struct slice slot, struct slice *ret_document)
{
    struct reader r = reader_over(slot);
    const struct slice document = reader_take(&r, reader_u32(&r));
    for (size_t i = 0; i < r.left.length; i++)
        if (r.left.at[i] != 0)
            return false;
    *ret_document = document;
    return !r.failed;
}
