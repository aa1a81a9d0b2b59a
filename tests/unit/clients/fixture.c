#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/vectors.h"
#include "wire/names.h"

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

struct schema *shipped_schema(struct arena *arena)
{
    struct text_files files;
    struct text_error error = {.message = "memory"};
    struct schema *schema = NULL;
    if (failed(folder_read(arena, COMITY_SOURCE_DIR "/policies", 256, &files)))
        stop("policies cannot be read");
    for (size_t i = 0; i < files.count; i++)
        files.at[i].path = slice_text(arena_print(arena, "law/%.*s", (int)files.at[i].path.length,
                                                  (const char *)files.at[i].path.at));
    if (failed(schema_parse(&files, &schema, &error)))
        stop(error.message);
    return schema;
}

static struct sealer sealer;
static struct key *key;
static struct certificate *certificate;

static void free_sealer(void)
{
    key_free(key);
    certificate_free(certificate);
}

const struct sealer *vector_sealer(void)
{
    if (key != NULL)
        return &sealer;
    json_t *all = vectors("keys.json");
    const json_t *one = json_object_get(all, "seal_eddsa");
    if (failed(crypto_thread_start()) ||
        failed(key_from_seed(vector_member(one, "seed").at, &key)) ||
        failed(certificate_read(vector_member(one, "certificate"), &certificate)))
        stop("the vectors' key cannot be read");
    json_decref(all);
    sealer = (struct sealer){key, certificate};
    atexit(free_sealer);
    return &sealer;
}

struct slice case_text(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "cases/%s", name);
    return file_octets(tests_path(path));
}

struct compose_question question_of(const struct schema *schema, struct slice document)
{
    return (struct compose_question){.schema = schema,
                                     .document = document,
                                     .from = slice_text("XA-CA-01"),
                                     .to = slice_text("XC-CA-01"),
                                     .now_ms = CREATED_MS};
}

static struct slice sid_of(struct arena *arena, const struct draft *draft, struct slice person)
{
    struct slice path =
        slice_text(arena_print(arena, "%.*s/sid", (int)person.length, (const char *)person.at));
    for (size_t i = 0; i < draft->field_count; i++)
        if (slice_equal(draft->fields[i].path, path))
            return draft->fields[i].value.octets;
    return (struct slice){0};
}

/* The place of an element in its list: how many names stand up to it. */
static unsigned place_of(const struct draft *draft, struct slice list, struct slice element)
{
    unsigned place = 0;
    struct slice last = {0};
    for (size_t i = 0; i < draft->field_count; i++) {
        struct slice path = draft->fields[i].path, name;
        if (!path_covers(list, path) || path.length <= list.length + 1)
            continue;
        struct slice rest = slice_part(path, list.length + 1, SIZE_MAX);
        path_next(&rest, &name);
        if (slice_equal(name, last))
            continue;
        last = name;
        place++;
        if (slice_equal(name, element))
            break;
    }
    return place;
}

struct slice label_of(struct arena *arena, const struct draft *draft, struct slice path)
{
    char *label = arena_print(arena, "%s", "");
    struct slice rest = path, segment;
    while (path_next(&rest, &segment)) {
        struct slice before = slice_over(path.at, (size_t)(segment.at - path.at));
        struct slice list = slice_part(before, 0, before.length == 0 ? 0 : before.length - 1);
        struct slice here = slice_over(path.at, before.length + segment.length);
        const char *slash = label[0] == '\0' ? "" : "/";
        struct slice sid =
            slice_is(list, "persons") ? sid_of(arena, draft, here) : (struct slice){0};
        if (!name_is_element(segment))
            label = arena_print(arena, "%s%s%.*s", label, slash, (int)segment.length,
                                (const char *)segment.at);
        else if (sid.length > 0)
            label = arena_print(arena, "%s%s~%.*s", label, slash, (int)sid.length,
                                (const char *)sid.at);
        else
            label = arena_print(arena, "%s%s~%u", label, slash, place_of(draft, list, segment));
    }
    return slice_text(label);
}

bool holds_text(struct slice octets, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= octets.length; i++)
        if (memcmp(octets.at + i, text, length) == 0)
            return true;
    return false;
}
