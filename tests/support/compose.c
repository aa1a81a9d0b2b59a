#include "support/compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "wire/names.h"

#define LEAVES_MAX   8192
#define ELEMENTS_MAX 4096
#define COMPOSE_LIFE (30 * 86400000ULL)

static _Noreturn void stop(const char *what, const char *which)
{
    fprintf(stderr, "compose: %s: %s\n", what, which);
    exit(1);
}

static struct slice kept(struct composed *c, const char *text)
{
    return text == NULL ? (struct slice){NULL, 0} : arena_copy(c->arena, slice_text(text));
}

static void put_json(struct buffer *out, const json_t *v)
{
    if (json_is_null(v)) {
        mp_put_nil(out);
    } else if (json_is_boolean(v)) {
        mp_put_bool(out, json_is_true(v));
    } else if (json_is_integer(v)) {
        mp_put_int(out, json_integer_value(v));
    } else if (json_is_string(v)) {
        mp_put_text(out, slice_text(json_string_value(v)));
    } else if (json_is_array(v)) {
        mp_put_array(out, json_array_size(v));
        for (size_t i = 0; i < json_array_size(v); i++)
            put_json(out, json_array_get(v, i));
    } else {
        mp_put_empty_map(out);
    }
}

static void add_leaf(struct composed *c, bool local, const char *path, const json_t *v)
{
    struct leaf *list = local ? c->locals : c->leaves;
    size_t *count = local ? &c->local_count : &c->count;
    struct buffer out = buffer_new(65536);
    put_json(&out, v);
    if (out.failed || *count == LEAVES_MAX)
        stop("too large", path);
    list[(*count)++] =
        (struct leaf){kept(c, path), value_read(arena_copy(c->arena, buffer_slice(&out)))};
    buffer_done(&out);
}

/* Where the walk through a document is. */
struct place {
    const char *path;
    bool local;
};

static void walk(struct composed *c, struct place at, const json_t *v);

static void walk_element(struct composed *c, struct place list, size_t index, const json_t *v)
{
    const char *sid = json_string_value(json_object_get(v, "sid"));
    size_t element = c->element_count++;
    if (element == ELEMENTS_MAX)
        stop("too many elements", list.path);
    bool person = sid != NULL && strcmp(list.path, "persons") == 0;
    c->labels[element] = slice_text(person ? arena_print(c->arena, "~%s", sid)
                                           : arena_print(c->arena, "~%zu", index + 1));
    walk(c, (struct place){arena_print(c->arena, "%s/~%016zx", list.path, element), list.local}, v);
}

static void walk_object(struct composed *c, struct place at, const json_t *v)
{
    for (void *i = json_object_iter((json_t *)(uintptr_t)v); i != NULL;
         i = json_object_iter_next((json_t *)(uintptr_t)v, i)) {
        const char *key = json_object_iter_key(i);
        struct place below = {
            at.path[0] == '\0' ? key : arena_print(c->arena, "%s/%s", at.path, key), at.local};
        if (!at.local && strcmp(key, "LOCAL") == 0)
            below = (struct place){at.path, true};
        walk(c, below, json_object_iter_value(i));
    }
}

static bool has_elements(const struct composed *c, const char *path, const json_t *v)
{
    return json_is_array(v) && json_array_size(v) > 0 &&
           (json_is_object(json_array_get(v, 0)) || type_is_by_value(c->type, slice_text(path)));
}

static void walk(struct composed *c, struct place at, const json_t *v)
{
    if (json_is_object(v) && (json_object_size(v) > 0 || at.path[0] == '\0'))
        walk_object(c, at, v);
    else if (has_elements(c, at.path, v))
        for (size_t i = 0; i < json_array_size(v); i++)
            walk_element(c, at, i, json_array_get(v, i));
    else if (at.local || !name_is_reserved(slice_text(at.path)))
        add_leaf(c, at.local, at.path, v);
}

static int leaf_order(const void *a, const void *b)
{
    return slice_compare(((const struct leaf *)a)->path, ((const struct leaf *)b)->path);
}

static struct slice text_at(struct composed *c, const json_t *document, const char *key)
{
    return kept(c, json_string_value(json_object_get(document, key)));
}

static struct slices texts_at(struct composed *c, const json_t *list)
{
    struct slices texts = {arena_array(c->arena, json_array_size(list) + 1, sizeof *texts.at), 0};
    for (; texts.count < json_array_size(list); texts.count++)
        texts.at[texts.count] = kept(c, json_string_value(json_array_get(list, texts.count)));
    return texts;
}

/* Which claims are there; those that a client always fills are. */
static void mark_present(struct claims *k)
{
    const struct {
        enum claim claim;
        bool there;
    } marks[] = {
        {CLAIM_CASE_REF, k->case_ref.at != NULL},
        {CLAIM_INSTRUMENT, k->instrument.at != NULL},
        {CLAIM_LEGAL_BASIS, k->legal_basis.count > 0},
        {CLAIM_URGENCY, k->urgency.at != NULL},
        {CLAIM_HANDLING, k->handling.count > 0},
        {CLAIM_LANG, k->lang.at != NULL},
        {CLAIM_OWNER, k->owner.at != NULL},
        {CLAIM_TRANSFER, k->tier.at != NULL},
        {CLAIM_CONFIDENTIAL, k->confidential},
        {CLAIM_THEIR_REF, k->their_ref.at != NULL},
        {CLAIM_DEADLINE, k->deadline_ms != 0},
    };
    for (unsigned claim = CLAIM_VERSION; claim <= CLAIM_DIGESTS; claim++)
        k->present |= claim == CLAIM_REPLY_TO ? 0 : 1U << claim;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (!marks[i].there)
            k->present &= ~(1U << marks[i].claim);
}

static void fill_claims(struct composed *c, const json_t *d, const char *from, const char *to)
{
    static const uint8_t id[UUID_BYTES] = {0x11, 0, 0, 0, 0, 0, 0x40, 1, 0x80, 1};
    const json_t *transfer = json_object_get(d, "transfer");
    const json_t *urgency = json_object_get(d, "urgency");
    c->claims = (struct claims){
        .id = slice_over(id, sizeof id),
        .thread = slice_over(id, sizeof id),
        .type = text_at(c, d, "type"),
        .schema = type_version(c->type),
        .from = kept(c, from),
        .to = kept(c, to),
        .created_ms = COMPOSE_CREATED,
        .expires_ms = COMPOSE_CREATED + COMPOSE_LIFE,
        .case_ref = text_at(c, d, "case_ref"),
        .their_ref = text_at(c, d, "their_ref"),
        .instrument = text_at(c, d, "instrument"),
        .legal_basis = texts_at(c, json_object_get(d, "legal_basis")),
        .purpose = text_at(c, d, "purpose"),
        .urgency = text_at(c, urgency, "level"),
        .handling = texts_at(c, json_object_get(json_object_get(d, "handling"), "codes")),
        .confidential = json_is_true(json_object_get(d, "confidential")),
        .lang = text_at(c, d, "lang"),
        .owner = text_at(c, d, "owner"),
        .tier = text_at(c, transfer, "tier"),
        .transfer_basis = text_at(c, transfer, "basis"),
        .retain_until_ms = 1801440000000ULL, /* 2027-02-01 */
    };
    mark_present(&c->claims);
    c->facts = (struct claim_facts){c->claims.purpose, c->claims.urgency, c->claims.instrument};
}

struct composed *compose(const struct schema *schema, const json_t *document, const char *from,
                         const char *to)
{
    struct arena *arena = arena_new(64UL << 20);
    struct composed *c = arena == NULL ? NULL : arena_alloc(arena, sizeof *c);
    const char *type = json_string_value(json_object_get(document, "type"));
    if (c == NULL || type == NULL)
        stop("no memory, or no type", "document");
    c->arena = arena;
    c->type = schema_newest(schema, slice_text(type));
    c->leaves = arena_array(arena, LEAVES_MAX, sizeof *c->leaves);
    c->locals = arena_array(arena, LEAVES_MAX, sizeof *c->locals);
    c->labels = arena_array(arena, ELEMENTS_MAX, sizeof *c->labels);
    if (c->type == NULL || c->leaves == NULL || c->locals == NULL || c->labels == NULL)
        stop("unknown type", type);
    fill_claims(c, document, from, to);
    walk(c, (struct place){"", false}, document);
    qsort(c->leaves, c->count, sizeof *c->leaves, leaf_order);
    qsort(c->locals, c->local_count, sizeof *c->locals, leaf_order);
    return c;
}

void composed_free(struct composed *composed)
{
    if (composed != NULL)
        arena_free(composed->arena);
}

static struct slice label_of(const struct composed *c, struct slice element)
{
    char digits[17];
    slice_copy_text(slice_part(element, 1, SIZE_MAX), digits, sizeof digits);
    size_t number = strtoull(digits, NULL, 16);
    return number < c->element_count ? c->labels[number] : element;
}

const char *composed_label(const struct composed *c, struct slice path)
{
    const char *label = "";
    for (struct slice segment; path_next(&path, &segment);) {
        if (segment.at[0] == '~')
            segment = label_of(c, segment);
        label = arena_print(c->arena, "%s%s%.*s", label, label[0] == '\0' ? "" : "/",
                            (int)segment.length, (const char *)segment.at);
    }
    return label;
}

const struct leaf *composed_leaf(const struct composed *c, const char *label)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(composed_label(c, c->leaves[i].path), label) == 0)
            return &c->leaves[i];
    return NULL;
}

json_t *json_file(const char *relative)
{
    json_error_t error;
    json_t *document = json_load_file(tests_path(relative), JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        stop(relative, error.text);
    return document;
}
