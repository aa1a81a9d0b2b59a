/* Documents of officers: whatever JSON comes, composing gives fields that a gateway would take. */

#include <stdlib.h>
#include <string.h>

#include "libcomity/compose.h"
#include "message/field.h"
#include "wire/names.h"

#define ARENA_BYTES (16U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct schema *no_schema(void)
{
    static const char vocabulary[] = "law number 1\n";
    struct text_file file = {slice_text("law/vocabulary"), slice_text(vocabulary)};
    struct text_files files = {&file, 1};
    struct text_error error;
    static struct schema *schema;
    if (schema == NULL && failed(schema_parse(&files, &schema, &error)))
        abort();
    return schema;
}

static void check_leaves(const struct leaf *leaves, size_t count, bool fields)
{
    for (size_t i = 0; i < count; i++) {
        if (!name_is_path(leaves[i].path) || !value_is_leaf(&leaves[i].value) ||
            (fields && name_is_reserved(leaves[i].path)))
            abort();
        if (i > 0 && slice_compare(leaves[i - 1].path, leaves[i].path) >= 0)
            abort();
        if (i > 0 && path_covers(leaves[i - 1].path, leaves[i].path))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct draft draft;
    struct comity_fault fault;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct compose_question question = {
        .schema = no_schema(),
        .document = slice_over(data, size),
        .from = slice_text("XA-CA-01"),
        .to = slice_text("XC-CA-01"),
        .now_ms = 1788766800000,
    };
    if (arena != NULL && !failed(compose(arena, &question, &draft, &fault))) {
        check_leaves(draft.fields, draft.field_count, true);
        check_leaves(draft.locals, draft.local_count, false);
    }
    arena_free(arena);
    return 0;
}
