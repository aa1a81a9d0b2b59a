#include "policy.h"

#include "policy/scalars.h"

static json_t *json_slice(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

static json_t *texts_of(const struct value *value)
{
    json_t *texts = json_array();
    struct scalar_walk walk = scalars_of(value);
    struct value scalar;
    while (scalars_next(&walk, &scalar))
        if (scalar.kind == VALUE_TEXT)
            json_array_append_new(texts, json_slice(scalar.octets));
    return texts;
}

json_t *bench_fields(const struct composed *message, const struct document *document,
                     const struct verdict verdicts[static BENCH_FIELDS])
{
    json_t *fields = json_array();
    for (size_t i = 0; i < BENCH_FIELDS; i++) {
        const struct document_item *item = &document->items[i];
        json_t *field = json_object();
        json_object_set_new(field, "label", json_string(composed_label(message, item->leaf.path)));
        json_object_set_new(field, "name", json_slice(item->rule->name));
        json_object_set_new(field, "category", json_string(category_code(item->category)));
        json_object_set_new(field, "person",
                            item->person == NO_PERSON ? json_null()
                                                      : json_integer((json_int_t)item->person));
        json_object_set_new(field, "texts", texts_of(&item->leaf.value));
        json_object_set_new(field, "level", json_string(level_name(verdicts[i].level)));
        json_array_append_new(fields, field);
    }
    return fields;
}
