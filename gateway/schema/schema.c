#include "schema/schema.h"

#include <stdlib.h>
#include <string.h>

#include "schema/type.h"

#define ARENA_BYTES 67108864 /* 64 MiB */

static int type_order(const void *a, const void *b)
{
    const struct message_type *x = *(const struct message_type *const *)a;
    const struct message_type *y = *(const struct message_type *const *)b;
    int order = slice_compare(x->name, y->name);
    return order != 0 ? order : (x->version > y->version) - (x->version < y->version);
}

static struct reading reading_over(struct schema *schema, const struct text_file *file,
                                   struct text_error *reterr)
{
    return (struct reading){.lexer = lexer_over(file->path, file->text, reterr),
                            .arena = schema->arena};
}

static const struct text_file *file_find(const struct text_files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (slice_is(files->at[i].path, path))
            return &files->at[i];
    return NULL;
}

static struct status parse_vocabulary(struct schema *schema, const struct text_files *files,
                                      struct text_error *reterr)
{
    const struct text_file *file = file_find(files, "law/vocabulary");
    struct text_file missing = {.path = slice_text("law/vocabulary")};
    struct reading r = reading_over(schema, file != NULL ? file : &missing, reterr);
    vocabulary_parse(&r, &schema->vocabulary);
    return reading_status(&r);
}

static struct status parse_person(struct schema *schema, const struct text_files *files,
                                  struct text_error *reterr)
{
    const struct text_file *file = file_find(files, "law/objects/person");
    if (file == NULL)
        return OK;
    struct reading r = reading_over(schema, file, reterr);
    person_parse(&r, &schema->vocabulary, &schema->person);
    schema->has_person = true;
    if (!r.lexer.failed)
        field_table_build_local(&r, &schema->person, &schema->locals);
    return reading_status(&r);
}

static void add_type(struct schema *schema, struct reading *r, struct message_type *type,
                     const struct token *head)
{
    if (r->lexer.failed)
        return;
    if (schema_type(schema, type->name, type->version) != NULL)
        lexer_error(&r->lexer, head, "another text has this type with this schema");
    struct message_type **types = reading_more(r, schema->types, schema->type_count, sizeof *types);
    if (types == NULL)
        return;
    schema->types = types;
    types[schema->type_count++] = type;
    qsort(types, schema->type_count, sizeof *types, type_order);
}

static struct status parse_type(struct schema *schema, const struct text_file *file,
                                struct text_error *reterr)
{
    struct message_type *type = arena_alloc(schema->arena, sizeof *type);
    if (type == NULL)
        return FAIL(MEMORY);
    struct reading r = reading_over(schema, file, reterr);
    struct token head = r.lexer.token;
    type_parse(&r, schema, type);
    add_type(schema, &r, type, &head);
    return reading_status(&r);
}

static struct status parse_all(struct schema *schema, const struct text_files *files,
                               struct text_error *reterr)
{
    struct status s = parse_vocabulary(schema, files, reterr);
    if (!failed(s))
        s = parse_person(schema, files, reterr);
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (slice_begins(files->at[i].path, slice_text("law/messages/")))
            s = parse_type(schema, &files->at[i], reterr);
    return s;
}

struct status schema_parse(const struct text_files *files, struct schema **ret_schema,
                           struct text_error *reterr)
{
    struct schema *schema = NULL;
    struct status s = FAIL(MEMORY);
    struct arena *arena = arena_new(ARENA_BYTES);
    if (arena == NULL)
        return s;
    schema = arena_alloc(arena, sizeof *schema);
    if (schema == NULL)
        goto out;
    schema->arena = arena;
    if (failed(s = parse_all(schema, files, reterr)))
        goto out;
    *ret_schema = schema;
    arena = NULL; /* handed over */
out:
    arena_free(arena);
    return s;
}

void schema_free(struct schema *schema)
{
    if (schema != NULL)
        arena_free(schema->arena);
}

const struct message_type *schema_type(const struct schema *schema, struct slice name,
                                       uint64_t version)
{
    for (size_t i = 0; i < schema->type_count; i++)
        if (slice_equal(schema->types[i]->name, name) && schema->types[i]->version == version)
            return schema->types[i];
    return NULL;
}

const struct message_type *schema_newest(const struct schema *schema, struct slice name)
{
    const struct message_type *newest = NULL;
    for (size_t i = 0; i < schema->type_count; i++)
        if (slice_equal(schema->types[i]->name, name))
            newest = schema->types[i]; /* sorted by version */
    return newest;
}

size_t schema_type_count(const struct schema *schema)
{
    return schema->type_count;
}

const struct message_type *schema_type_at(const struct schema *schema, size_t index)
{
    return index < schema->type_count ? schema->types[index] : NULL;
}

bool schema_has_code(const struct schema *schema, const char *list, struct slice code)
{
    return code_find(vocabulary_list(&schema->vocabulary, slice_text(list)), code) != NULL;
}

const char *const *schema_codes(const struct schema *schema, const char *list, size_t *ret_count)
{
    const struct code_list *found = vocabulary_list(&schema->vocabulary, slice_text(list));
    if (found == NULL)
        return NULL;
    *ret_count = found->count;
    return found->names;
}

uint64_t schema_number(const struct schema *schema)
{
    return schema->vocabulary.number;
}

size_t schema_local_count(const struct schema *schema)
{
    return schema->locals.entries.count;
}

const struct field_rule *schema_local_at(const struct schema *schema, size_t index)
{
    return index < schema->locals.entries.count ? &schema->locals.entries.at[index]->rule : NULL;
}
