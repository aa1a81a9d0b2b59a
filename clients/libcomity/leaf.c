#include "libcomity/leaf.h"

#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"

static bool is_scalar(const json_t *json)
{
    return json_is_string(json) || json_is_integer(json) || json_is_boolean(json) ||
           json_is_null(json);
}

bool leaf_is_json(const json_t *json)
{
    if (json_is_object(json))
        return json_object_size(json) == 0;
    if (!json_is_array(json))
        return is_scalar(json);
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!is_scalar(json_array_get(json, i)))
            return false;
    return true;
}

static void scalar_write(struct buffer *out, const json_t *json)
{
    if (json_is_string(json))
        mp_put_text(out, slice_over(json_string_value(json), json_string_length(json)));
    else if (json_is_integer(json))
        mp_put_int(out, json_integer_value(json));
    else if (json_is_boolean(json))
        mp_put_bool(out, json_is_true(json));
    else
        mp_put_nil(out);
}

void leaf_write(struct buffer *out, const json_t *json)
{
    if (json_is_object(json)) {
        mp_put_empty_map(out);
    } else if (json_is_array(json)) {
        mp_put_array(out, json_array_size(json));
        for (size_t i = 0; i < json_array_size(json); i++)
            scalar_write(out, json_array_get(json, i));
    } else {
        scalar_write(out, json);
    }
}

static json_t *octets_json(struct slice octets)
{
    char *text = malloc(base64_length(octets.length) + 1);
    json_t *json = NULL;
    if (text != NULL) {
        base64_write(octets, text);
        json = json_string(text);
    }
    free(text);
    return json;
}

static json_t *array_json(const struct value *value)
{
    json_t *list = json_array();
    struct mp_cursor c = mp_over(value->raw);
    uint32_t count = mp_array(&c, UINT32_MAX);
    for (uint32_t i = 0; i < count && mp_ok(&c); i++) {
        struct value element = mp_value(&c);
        json_array_append_new(list, leaf_json(&element));
    }
    return list;
}

json_t *leaf_json_text(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

json_t *leaf_json_texts(const struct slices *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->count; i++)
        json_array_append_new(list, leaf_json_text(texts->at[i]));
    return list;
}

json_t *leaf_json_instant(uint64_t unix_ms)
{
    char text[INSTANT_TEXT_BYTES];
    instant_write(unix_ms, text);
    return json_string(text);
}

json_t *leaf_json(const struct value *value)
{
    switch (value->kind) {
    case VALUE_BOOL:
        return json_boolean(value->boolean);
    case VALUE_INT:
        return json_integer(value->integer);
    case VALUE_TEXT:
        return leaf_json_text(value->octets);
    case VALUE_BYTES:
        return octets_json(value->octets);
    case VALUE_ARRAY:
        return array_json(value);
    case VALUE_EMPTY_MAP:
        return json_object();
    case VALUE_NONE:
    case VALUE_NIL:
        break;
    }
    return json_null();
}
