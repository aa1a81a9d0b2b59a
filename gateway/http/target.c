#include "base/encoding.h"
#include "http/head.h"

static int digit_of(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes the octet at *at, and moves past it. -1: there is none that may stand there. */
static int take_octet(struct slice in, size_t *at)
{
    uint8_t c = in.at[*at];
    *at += 1;
    if (c != '%')
        return c;
    int high = *at + 1 < in.length ? digit_of(in.at[*at]) : -1;
    int low = high < 0 ? -1 : digit_of(in.at[*at + 1]);
    *at += 2;
    int octet = low < 0 ? -1 : high * 16 + low;
    return octet < ' ' || octet == 0x7f || octet == '/' || octet == '\\' ? -1 : octet;
}

static bool is_visible(struct slice s)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.at[i] <= ' ' || s.at[i] >= 0x7f || s.at[i] == '#' || s.at[i] == '\\')
            return false;
    return true;
}

/* Every segment names something, but for the one after a last "/". */
static bool has_good_segments(struct slice path)
{
    for (struct slice rest = slice_part(path, 1, SIZE_MAX); rest.length > 0;) {
        size_t end = slice_find(rest, '/');
        struct slice segment = slice_part(rest, 0, end);
        if (segment.length == 0 || slice_is(segment, ".") || slice_is(segment, ".."))
            return false;
        rest = slice_part(rest, end + 1, SIZE_MAX);
    }
    return path.length > 0 && path.at[0] == '/';
}

bool http_target_read(struct slice target, uint8_t room[static TARGET_PATH_BYTES],
                      struct slice *ret_path, struct slice *ret_query)
{
    size_t end = slice_find(target, '?'), length = 0;
    struct slice coded = slice_part(target, 0, end);
    if (!is_visible(target))
        return false;
    for (size_t at = 0; at < coded.length;) {
        int octet = take_octet(coded, &at);
        if (octet < 0 || length == TARGET_PATH_BYTES)
            return false;
        room[length++] = (uint8_t)octet;
    }
    struct slice path = slice_over(room, length);
    if (!has_good_segments(path) || !utf8_valid(path))
        return false;
    *ret_path = path;
    *ret_query = slice_part(target, end + 1, SIZE_MAX);
    return true;
}
