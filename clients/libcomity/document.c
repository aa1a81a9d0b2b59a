#include "libcomity/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/claim_rows.h"
#include "libcomity/document_tree.h"
#include "libcomity/leaf.h"
#include "libcomity/uuid.h"

#define SUMMARY_SOURCE "releasable_summary"

/* What is listed, and the room for it. */
struct listing {
    struct arena *arena;
    struct comity_value *at;
    size_t count;
};

static const char *value_text(struct arena *arena, const struct value *value)
{
    json_t *json = leaf_json(value);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    char *kept = text == NULL ? NULL : arena_text(arena, slice_text(text));
    free(text);
    json_decref(json);
    return kept;
}

static bool list_field(struct listing *l, const struct field *field)
{
    struct comity_value *v = &l->at[l->count++];
    v->kind = COMITY_SEALED;
    v->path = arena_text(l->arena, field->path);
    v->value = value_text(l->arena, &field->value);
    return v->path != NULL && v->value != NULL;
}

/* A summary has no value of its own: it points to the text that the sender signed for this. */
static bool list_derived(struct listing *l, const struct contents *contents,
                         const struct derived *derived)
{
    const struct field *source = contents_field(contents, slice_text(SUMMARY_SOURCE));
    const struct value *value = &derived->value;
    if (derived->transform == TRANSFORM_SUMMARY && source != NULL)
        value = &source->value;
    struct comity_value *v = &l->at[l->count++];
    v->kind = COMITY_DERIVED;
    v->path = arena_text(l->arena, derived->path);
    v->value = value_text(l->arena, value);
    v->transform = transform_name(derived->transform);
    return v->path != NULL && v->value != NULL;
}

static bool list_withheld(struct listing *l, const struct withholding *withholding)
{
    struct comity_value *v = &l->at[l->count++];
    v->kind = COMITY_WITHHELD;
    v->path = arena_text(l->arena, withholding->path);
    v->code = arena_text(l->arena, withholding->code);
    return v->path != NULL && v->code != NULL;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct comity_value *)a)->path, ((const struct comity_value *)b)->path);
}

struct status document_values(struct arena *arena, const struct delivery_verified *delivery,
                              const struct comity_value **ret_values, size_t *ret_count)
{
    const struct contents *contents = delivery->contents;
    /* the last hop's release repeats what the one before stated */
    const struct release *release = &delivery->releases[delivery->hops - 1];
    size_t room = contents->field_count + contents->derived_count + release->withheld_count;
    struct listing l = {arena, arena_array(arena, room, sizeof *l.at), 0};
    bool good = l.at != NULL;
    for (size_t i = 0; good && i < contents->field_count; i++)
        good = list_field(&l, &contents->fields[i]);
    for (size_t i = 0; good && i < contents->derived_count; i++)
        good = list_derived(&l, contents, &contents->derived[i]);
    for (size_t i = 0; good && i < release->withheld_count; i++)
        good = list_withheld(&l, &release->withheld[i]);
    if (!good)
        return FAIL(MEMORY);
    qsort(l.at, l.count, sizeof *l.at, by_path);
    *ret_values = l.at;
    *ret_count = l.count;
    return OK;
}

/* What stands at a value's place in the document. */
static json_t *shown_json(const struct comity_value *v)
{
    if (v->kind == COMITY_WITHHELD)
        return json_sprintf("W:%s", v->code);
    return json_loads(v->value, JSON_DECODE_ANY, NULL);
}

static void grow_claim(void *owner, const char *path, json_t *json)
{
    tree_add(owner, path, json);
}

struct status document_json(const struct claims *claims, const struct comity_value *values,
                            size_t count, json_t **ret_json)
{
    struct tree tree = {0};
    claim_rows_show(claims, true, grow_claim, &tree);
    for (size_t i = 0; i < count; i++)
        tree_add(&tree, values[i].path, shown_json(&values[i]));
    json_t *json = tree_json(&tree);
    tree_done(&tree);
    if (json == NULL)
        return FAIL(MEMORY);
    *ret_json = json;
    return OK;
}

static json_t *claims_json(const struct claims *claims)
{
    struct tree tree = {0};
    tree_add(&tree, "version", json_integer(1));
    claim_rows_show(claims, false, grow_claim, &tree);
    json_t *json = tree_json(&tree);
    tree_done(&tree);
    return json;
}

static json_t *fields_json(const struct comity_value *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct comity_value *v = &values[i];
        if (v->kind == COMITY_WITHHELD)
            continue;
        json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:s?}", "path", v->path, "value",
                                              shown_json(v), "origin",
                                              v->kind == COMITY_SEALED ? "sender" : "gateway",
                                              "transform", v->transform));
    }
    return list;
}

static json_t *withheld_json(const struct comity_value *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (values[i].kind == COMITY_WITHHELD)
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "path", values[i].path, "code", values[i].code));
    return list;
}

static json_t *chain_json(const struct delivery_verified *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->hops; i++)
        json_array_append_new(list, json_pack("{s:s%, s:s%, s:I, s:I}", "gateway",
                                              (const char *)d->releases[i].gateway.at,
                                              d->releases[i].gateway.length, "origin",
                                              (const char *)d->receipts[i].note.origin.at,
                                              d->receipts[i].note.origin.length, "size",
                                              (json_int_t)d->receipts[i].note.size, "index",
                                              (json_int_t)d->receipts[i].receipt.index));
    return list;
}

/* A delivery that was not verified cannot be had, so these say what was verified, not whether. */
static json_t *verified_json(const struct delivery_verified *d)
{
    return json_pack("{s:b, s:b, s:o}", "seal", 1, "receipt", 1, "chain", chain_json(d));
}

struct status document_show(const struct delivery_verified *delivery,
                            const struct comity_value *values, size_t count, json_t **ret_json)
{
    const struct claims *c = &delivery->envelope->claims;
    json_t *document;
    char id[UUID_TEXT_BYTES];
    struct status s = document_json(c, values, count, &document);
    if (failed(s))
        return s;
    uuid_write(c->id, id);
    json_t *json = json_pack("{s:s, s:s%, s:o, s:o, s:o, s:o, s:o, s:o}", "id", id, "type",
                             (const char *)c->type.at, c->type.length, "claims", claims_json(c),
                             "document", document, "fields", fields_json(values, count), "withheld",
                             withheld_json(values, count), "obligations",
                             leaf_json_texts(&delivery->releases[delivery->hops - 1].obligations),
                             "verified", verified_json(delivery));
    if (json == NULL)
        return FAIL(MEMORY);
    *ret_json = json;
    return OK;
}
