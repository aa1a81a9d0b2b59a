#include "comity/policy/change.h"

#include <string.h>

#include "base/encoding.h"

#define SEGMENT_BYTES 64

static bool has_sid(const json_t *element, const char *sid)
{
    const char *own = json_string_value(json_object_get(element, "sid"));
    return own != NULL && strcmp(own, sid) == 0;
}

/* A person by the sid, anything else by its place. */
static json_t *element_at(const json_t *list, const char *segment)
{
    uint64_t place = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (has_sid(json_array_get(list, i), segment))
            return json_array_get(list, i);
    bool counted = decimal_read(slice_text(segment), UINT32_MAX, &place) && place > 0;
    return counted ? json_array_get(list, (size_t)place - 1) : NULL;
}

static json_t *below(json_t *at, const char *segment)
{
    if (json_is_array(at))
        return element_at(at, segment);
    json_t *member = json_object_get(at, segment);
    if (member == NULL && json_is_object(at) &&
        json_object_set_new(at, segment, json_object()) == 0)
        member = json_object_get(at, segment);
    return member;
}

static json_t *scalar_of(struct slice text, bool number)
{
    uint64_t value;
    if (number && decimal_read(text, INT64_MAX, &value))
        return json_integer((json_int_t)value);
    if (slice_is(text, "true") || slice_is(text, "false"))
        return json_boolean(slice_is(text, "true"));
    return json_stringn((const char *)text.at, text.length);
}

static json_t *value_of(const struct scenario_given *given, bool list)
{
    if (given->values.count == 1 && !list)
        return scalar_of(given->values.at[0], given->numbers[0]);
    json_t *values = json_array();
    for (size_t i = 0; i < given->values.count; i++)
        json_array_append_new(values, scalar_of(given->values.at[i], given->numbers[i]));
    return values;
}

bool policy_change(json_t *document, const struct scenario_given *given)
{
    char segment[SEGMENT_BYTES];
    json_t *at = document;
    struct slice rest = given->path;
    for (;;) {
        size_t length = 0;
        while (length < rest.length && rest.at[length] != '/')
            length++;
        if (!slice_copy_text(slice_part(rest, 0, length), segment, sizeof segment))
            return false;
        if (length == rest.length)
            break;
        rest = slice_part(rest, length + 1, SIZE_MAX);
        at = below(at, segment);
        if (at == NULL)
            return false;
    }
    if (!json_is_object(at))
        return false;
    if (given->missing)
        return json_object_del(at, segment) == 0;
    bool list = json_is_array(json_object_get(at, segment));
    return json_object_set_new(at, segment, value_of(given, list)) == 0;
}
