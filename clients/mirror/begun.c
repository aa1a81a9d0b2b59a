#include "mirror/begun.h"

#include <string.h>

#include "base/encoding.h"

/* Takes what stands before the words, and the words; false where they are not there. */
static bool take(struct slice *rest, const char *words, struct slice *ret_before)
{
    const struct slice wanted = slice_text(words);
    for (size_t at = 0; at + wanted.length <= rest->length; at++) {
        if (!slice_begins(slice_part(*rest, at, SIZE_MAX), wanted))
            continue;
        *ret_before = slice_part(*rest, 0, at);
        *rest = slice_part(*rest, at + wanted.length, SIZE_MAX);
        return true;
    }
    return false;
}

/* "start; succeeds ORIGIN, which ended at SIZE root ROOT" */
bool begun_read(const struct opened *first, struct begun *ret_begun)
{
    struct begun b = {0};
    struct slice nothing, size;
    size_t length = 0;
    struct slice rest = first->has_inner ? first->inner.justification : (struct slice){NULL, 0};
    if (!first->has_outer || first->outer.kind != ENTRY_START_STOP ||
        !take(&rest, "start; succeeds ", &nothing) || nothing.length > 0 ||
        !take(&rest, ", which ended at ", &b.origin) || !take(&rest, " root ", &size) ||
        !decimal_read(size, INT64_MAX, &b.size) ||
        !base64_read(rest, b.root.octets, sizeof b.root.octets, &length) ||
        length != sizeof b.root.octets)
        return false;
    *ret_begun = b;
    return true;
}
