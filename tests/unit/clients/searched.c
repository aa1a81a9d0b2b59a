#include "searched.h"

#include "made_mirror.h"
#include "support/check.h"

#include <stdio.h>

#include "mirror/marks.h"

#define ARENA_BYTES (64U << 20)

static const uint8_t rulebook[32] = {6};

void titled_put(struct mirror *m, uint64_t time_ms, const char *title, const char *words)
{
    const struct inner_field field = {slice_text("facts"), slice_text("CRM"), slice_text("clear"),
                                      slice_text(title), slice_text("b")};
    const struct outer outer = {.kind = ENTRY_START_STOP,
                                .gateway = slice_text(MADE_GATEWAY),
                                .rulebook = slice_over(rulebook, 32)};
    const struct inner inner = {.op = slice_text("OPERATE"),
                                .actor = slice_text(MADE_GATEWAY),
                                .fields = &field,
                                .field_count = 1,
                                .justification = slice_text(words)};
    made_put(m, time_ms, &outer, &inner);
}

const char *found(struct mirror *m, const struct search_wanted *wanted)
{
    static char text[4096];
    struct arena *a = arena_new(ARENA_BYTES);
    uint64_t *indices = NULL, all = 0;
    size_t count = 0, length = 0;
    struct search_wanted whole = *wanted;
    text[0] = '\0';
    struct status s = search_run(m, a, wanted, &indices, &count);
    for (size_t i = 0; i < count && length < sizeof text - 24; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%llu,",
                                   (unsigned long long)indices[i]);
    if (!failed(s) && count < wanted->limit && wanted->before == SEARCH_NEWEST) {
        CHECK_OK(search_count(m, &whole, &all));
        CHECK_U64(all, count);
    }
    arena_free(a);
    return failed(s) ? NULL : text;
}

const char *by_mark(struct mirror *m, const char *word, struct slice value)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct slice mark = mark_make(a, word, value);
    const struct search_wanted wanted = {.marks = {&mark, 1}, .before = SEARCH_NEWEST, .limit = 50};
    const char *text = found(m, &wanted);
    arena_free(a);
    return text;
}

const char *by_text(struct mirror *m, const char *words)
{
    const struct search_wanted wanted = {
        .text = slice_text(words), .before = SEARCH_NEWEST, .limit = 50};
    return found(m, &wanted);
}
