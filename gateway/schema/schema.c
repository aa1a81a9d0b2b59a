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

static const struct text_file *file_find(const struct text_files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (slice_is(files->at[i].path, path))
            return &files->at[i];
    return NULL;
}

typedef void text_parser(struct reading *r, struct schema *schema);

static struct status parse_text(struct schema *schema, const struct text_file *file,
                                text_parser *parse, struct text_error *reterr)
{
    struct arena *scratch = arena_new(ARENA_BYTES);
    if (scratch == NULL)
        return FAIL(MEMORY);
    struct reading r = {.lexer = lexer_over(file->path, file->text, reterr),
                        .arena = schema->arena,
                        .scratch = scratch};
    parse(&r, schema);
    arena_free(scratch);
    return reading_status(&r);
}

static void parse_vocabulary(struct reading *r, struct schema *schema)
{
    vocabulary_parse(r, &schema->vocabulary);
}

static void parse_person(struct reading *r, struct schema *schema)
{
    struct lines lines = {0};
    person_parse(r, &schema->vocabulary, &lines);
    schema->has_person = true;
    lines_declare(r, &lines);
    if (!r->lexer.failed)
        field_table_build_local(r, &lines, &schema->locals);
    lines_declare(r, &lines);
    if (!r->lexer.failed)
        field_table_build_person(r, &lines, &schema->person);
}

static void add_type(struct reading *r, struct schema *schema, struct message_type *type,
                     const struct token *head)
{
    if (r->lexer.failed)
        return;
    if (schema_type(schema, type->name, type->version) != NULL)
        lexer_error(&r->lexer, head, "another text has this type with this schema");
    schema->types[schema->type_count++] = type;
    qsort(schema->types, schema->type_count, sizeof *schema->types, type_order);
}

static void parse_type(struct reading *r, struct schema *schema)
{
    struct token head = r->lexer.token;
    struct message_type *type = arena_alloc(schema->arena, sizeof *type);
    if (type == NULL) {
        reading_starve(r);
        return;
    }
    type_parse(r, schema, type);
    add_type(r, schema, type, &head);
}

static bool is_message(const struct text_file *file)
{
    return slice_begins(file->path, slice_text("law/messages/"));
}

static struct status make_room(struct schema *schema, const struct text_files *files)
{
    size_t count = 0;
    for (size_t i = 0; i < files->count; i++)
        count += is_message(&files->at[i]);
    schema->types = arena_array(schema->arena, count, sizeof *schema->types);
    return schema->types == NULL ? FAIL(MEMORY) : OK;
}

static struct status parse_all(struct schema *schema, const struct text_files *files,
                               struct text_error *reterr)
{
    const struct text_file missing = {.path = slice_text("law/vocabulary")};
    const struct text_file *vocabulary = file_find(files, "law/vocabulary");
    const struct text_file *person = file_find(files, "law/objects/person");
    struct status s =
        parse_text(schema, vocabulary != NULL ? vocabulary : &missing, parse_vocabulary, reterr);
    if (!failed(s) && person != NULL)
        s = parse_text(schema, person, parse_person, reterr);
    for (size_t i = 0; i < files->count && !failed(s); i++)
        if (is_message(&files->at[i]))
            s = parse_text(schema, &files->at[i], parse_type, reterr);
    return s;
}

/* The tables of all types, in the schema's own arena. */
static struct status join_tables(struct schema *schema)
{
    struct field_table **tables = arena_array(schema->tables, schema->type_count, sizeof *tables);
    if (tables == NULL)
        return FAIL(MEMORY);
    for (size_t i = 0; i < schema->type_count; i++)
        tables[i] = &schema->types[i]->table;
    schema->person.uses = NULL;
    return field_tables_join(schema->arena, tables, schema->type_count);
}

struct status schema_parse(const struct text_files *files, struct schema **ret_schema,
                           struct text_error *reterr)
{
    struct schema *schema = NULL;
    struct status s = FAIL(MEMORY);
    struct arena *arena = arena_new(ARENA_BYTES), *tables = arena_new(ARENA_BYTES);
    if (arena == NULL || tables == NULL)
        goto out;
    schema = arena_alloc(arena, sizeof *schema);
    if (schema == NULL)
        goto out;
    schema->arena = arena;
    schema->tables = tables;
    if (failed(s = make_room(schema, files)) || failed(s = parse_all(schema, files, reterr)) ||
        failed(s = join_tables(schema)))
        goto out;
    schema->tables = NULL;
    *ret_schema = schema;
    arena = NULL; /* handed over */
out:
    arena_free(tables);
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
    return schema->locals.count;
}

const struct field_rule *schema_local_at(const struct schema *schema, size_t index)
{
    return index < schema->locals.count ? &schema->locals.entries[index].rule : NULL;
}
