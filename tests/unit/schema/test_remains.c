/* What another gateway has let go: judged like a message, but it need not be complete. */

#include "schema/document.h"

#include <stdio.h>

#include "law.h"
#include "support/check.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PERSON      "persons/~00000000000000a1/"
#define ITEM        "items/~00000000000000b1/"

#define EIGHT "eightlet"
#define LONG                                                                                       \
    EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT      \
        EIGHT /* 128 octets */

static struct arena *arena;
static struct schema *schema;
static const struct message_type *request;

static void open_law(void)
{
    arena = arena_new(ARENA_BYTES);
    schema = law_load(arena);
    request = schema_newest(schema, slice_text("mla.request"));
}

static void close_law(void)
{
    schema_free(schema);
    arena_free(arena);
}

/* A leaf with a text, or nil. */
struct left {
    const char *path, *text;
    bool derived;
};

static struct value value_of(const char *text)
{
    struct buffer b = buffer_new(256);
    mp_put_text_or_nil(&b, slice_text(text));
    struct slice raw = arena_copy(arena, buffer_slice(&b));
    buffer_done(&b);
    return value_read(raw);
}

static struct status judge_left(const struct left *left, size_t count,
                                const struct document **ret_document)
{
    struct leaf leaves[8];
    bool derived[8];
    struct slice path = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        leaves[i] = (struct leaf){slice_text(left[i].path), value_of(left[i].text)};
        derived[i] = left[i].derived;
    }
    const struct remains remains = {leaves, derived, count};
    return document_judge_remains(arena, request, &remains, ret_document, &path);
}

static struct composed a3_leaves(void)
{
    return compose(arena, request,
                   arena_text(arena, file_octets(tests_path("cases/a3-sent.json"))));
}

static void any_field_may_be_missing(void)
{
    open_law();
    struct leaves all = a3_leaves().fields;
    struct leaf *some = arena_array(arena, all.count, sizeof *some);
    bool *derived = arena_array(arena, all.count, sizeof *derived);
    const struct document *d = NULL;
    struct slice path = {NULL, 0};
    for (size_t left_out = 0; left_out < all.count; left_out++) {
        size_t count = 0;
        for (size_t i = 0; i < all.count; i++)
            if (i != left_out)
                some[count++] = all.at[i];
        const struct remains remains = {some, derived, count};
        if (CHECK_OK(document_judge_remains(arena, request, &remains, &d, &path)))
            CHECK_U64(d->person_count, 4);
    }
    close_law();
}

static void any_field_may_be_all_there_is(void)
{
    open_law();
    struct leaves all = a3_leaves().fields;
    const struct document *d = NULL;
    struct slice path = {NULL, 0};
    bool sender = false;
    for (size_t i = 0; i < all.count; i++) {
        const struct remains remains = {&all.at[i], &sender, 1};
        if (CHECK_OK(document_judge_remains(arena, request, &remains, &d, &path)) &&
            d->items[0].person != NO_PERSON)
            CHECK_U64(d->person_count, 1);
    }
    const struct remains none = {all.at, &sender, 0};
    if (CHECK_OK(document_judge_remains(arena, request, &none, &d, &path)))
        CHECK_U64(d->count, 0);
    close_law();
}

static void what_is_there_must_still_be_right(void)
{
    static const struct {
        struct left left;
        enum reason reason;
    } rows[] = {
        {{"nobody_knows", "x", false}, REASON_TYPE_FIELD},
        {{PERSON "nobody_knows", "x", false}, REASON_TYPE_FIELD},
        {{PERSON "nobody_knows", "x", true}, REASON_TYPE_FIELD},
        {{PERSON "cat", "NOBODY", false}, REASON_TYPE_VALUE},
        {{PERSON "age_group", "forty", true}, REASON_TYPE_VALUE},
        {{PERSON "age_group", "18 years or over", true}, REASON_NONE},
        {{PERSON "age_group", NULL, true}, REASON_TYPE_VALUE},
        {{PERSON "dob", "1990s", true}, REASON_NONE},
        {{PERSON "dob", "1990s", false}, REASON_TYPE_VALUE},
        {{PERSON "sid", "8d0c 31f2", true}, REASON_NONE},
        {{PERSON "sid", "8d0c 31f2", false}, REASON_TYPE_VALUE},
        {{PERSON "sex", "1", true}, REASON_TYPE_VALUE},
        {{PERSON "contact/phones", "+40", true}, REASON_TYPE_VALUE},
        {{PERSON "dob", LONG, true}, REASON_NONE},
        {{PERSON "dob", LONG "x", true}, REASON_TYPE_VALUE},
        {{"facts", NULL, true}, REASON_NONE},
        {{"facts", NULL, false}, REASON_TYPE_VALUE},
        {{"releasable_summary", NULL, true}, REASON_TYPE_VALUE},
    };
    open_law();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct document *d = NULL;
        struct status s = judge_left(&rows[i].left, 1, &d);
        if (!CHECK_TEXT(reason_name(s.reason), reason_name(rows[i].reason)))
            printf("    %s\n", rows[i].left.path);
        CHECK((d != NULL) == !failed(s));
    }
    close_law();
}

/* What the gateway derives of an array is an array of short texts, no longer than it may be. */
static void an_array_is_derived_element_by_element(void)
{
    static const struct {
        size_t count;
        bool number, derived;
        enum reason reason;
    } rows[] = {
        {2, false, true, REASON_NONE},        {20, false, true, REASON_NONE},
        {21, false, true, REASON_TYPE_VALUE}, {2, true, true, REASON_TYPE_VALUE},
        {2, false, false, REASON_TYPE_VALUE},
    };
    open_law();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer b = buffer_new(4096);
        const struct document *d = NULL;
        struct slice path;
        mp_put_array(&b, rows[i].count);
        for (size_t k = 0; k < rows[i].count; k++)
            if (rows[i].number && k == 1)
                mp_put_int(&b, 7);
            else
                mp_put_text(&b, slice_text("+40"));
        const struct leaf leaf = {slice_text(PERSON "contact/phones"),
                                  value_read(buffer_slice(&b))};
        const struct remains remains = {&leaf, &rows[i].derived, 1};
        struct status s = document_judge_remains(arena, request, &remains, &d, &path);
        CHECK_TEXT(reason_name(s.reason), reason_name(rows[i].reason));
        buffer_done(&b);
    }
    close_law();
}

static void a_list_is_never_longer_than_it_may_be(void)
{
    open_law();
    struct leaf leaves[65];
    bool derived[65] = {false};
    const struct document *d = NULL;
    struct slice path = {NULL, 0};
    for (unsigned i = 0; i < 65; i++) {
        leaves[i].path = slice_text(arena_print(arena, "persons/~%016x/name/family", i + 1));
        leaves[i].value = value_of("x");
    }
    struct remains remains = {leaves, derived, 64};
    CHECK_OK(document_judge_remains(arena, request, &remains, &d, &path));
    CHECK_U64(d == NULL ? 0 : d->person_count, 64);
    remains.count = 65;
    CHECK_STATUS(document_judge_remains(arena, request, &remains, &d, &path), REFUSE(TYPE_VALUE));
    close_law();
}

/* A field's category may depend on another: without that, and on a derived one, it is doubtful. */
static void a_category_is_doubtful_without_what_it_depends_on(void)
{
    static const struct left both[] = {{ITEM "details/place", "x", false},
                                       {ITEM "measure", "DOCUMENTS", false}};
    static const struct left derived[] = {{ITEM "details/place", "x", false},
                                          {ITEM "measure", "DOCUMENTS", true}};
    const struct document *d = NULL;
    open_law();
    if (CHECK_OK(judge_left(both, 1, &d)))
        CHECK(d->items[0].doubtful);
    if (CHECK_OK(judge_left(both, 2, &d)))
        CHECK(!d->items[0].doubtful && !d->items[1].doubtful);
    if (CHECK_OK(judge_left(derived, 2, &d)))
        CHECK(d->items[0].doubtful && d->items[1].derived && !d->items[0].derived);
    close_law();
}

static void only_the_sender_says_who_a_person_is(void)
{
    static const struct left left[] = {{PERSON "cat", "SUSPECT", true},
                                       {PERSON "name/family", "x", false},
                                       {PERSON "sid", "S1", false}};
    const struct document *d = NULL;
    open_law();
    if (CHECK_OK(judge_left(left, 3, &d)) && CHECK_U64(d->person_count, 1)) {
        CHECK_U64(d->persons[0].cat.length, 0);
        CHECK_BYTES(d->persons[0].sid, slice_text("S1"));
    }
    close_law();
}

TESTS(schema_remains, {"any field may be missing", any_field_may_be_missing},
      {"any field may be all there is", any_field_may_be_all_there_is},
      {"what is there must still be right", what_is_there_must_still_be_right},
      {"an array is derived element by element", an_array_is_derived_element_by_element},
      {"a list is never longer than it may be", a_list_is_never_longer_than_it_may_be},
      {"a category is doubtful without what it depends on",
       a_category_is_doubtful_without_what_it_depends_on},
      {"only the sender says who a person is", only_the_sender_says_who_a_person_is})
