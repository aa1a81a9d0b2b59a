#include "witness/evidence.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"

/* A page while it is written. */
struct page {
    struct buffer *out;
    size_t begins; /* in out */
};

static void put_text(json_t *object, const char *key, struct slice text)
{
    (void)json_object_set_new(object, key, json_stringn((const char *)text.at, text.length));
}

/* NULL where memory is out. */
static char *line_of(const struct kept_evidence *one)
{
    char at[INSTANT_TEXT_BYTES];
    json_t *object = json_object();
    instant_write(one->at_ms, at);
    (void)json_object_set_new(object, "number", json_integer((json_int_t)one->number));
    put_text(object, "at", slice_text(at));
    put_text(object, "kind", slice_text(one->kind));
    put_text(object, strcmp(one->kind, KEPT_CLOSED) == 0 ? KEPT_CLOSED : "cosigned", one->cosigned);
    put_text(object, "shown", one->shown);
    char *text = json_object_size(object) == 5 ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

/* A kept_visit. */
static bool put(void *owner, const struct kept_evidence *one)
{
    struct page *page = owner;
    struct buffer *out = page->out;
    char *line = line_of(one);
    const size_t length = line == NULL ? 0 : strlen(line) + 1;
    const bool fits =
        out->length == page->begins || out->length - page->begins + length <= EVIDENCE_PAGE_BYTES;
    if (line == NULL)
        out->failed = true;
    else if (!fits)
        buffer_print(out, "{\"next\":%" PRIu64 "}\n", one->number);
    else {
        buffer_text(out, line);
        buffer_text(out, "\n");
    }
    free(line);
    return fits && !out->failed;
}

struct status evidence_page(struct kept *kept, const struct digest *origin, uint64_t from,
                            struct buffer *out)
{
    struct page page = {out, out->length};
    struct status s = kept_evidence(kept, origin, from, put, &page);
    return failed(s) || !out->failed ? s : FAIL(MEMORY);
}
