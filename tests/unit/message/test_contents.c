#include "support/check.h"

#include "message/submission.h"
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES (1 << 20)

static int slice_order(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* Claims that hold only these digests, sorted. */
static struct claims claims_of(struct slices digests)
{
    qsort(digests.at, digests.count, sizeof *digests.at, slice_order);
    return (struct claims){.digests = digests};
}

static void every_form_of_value_has_its_digests(void)
{
    const json_t *list = vector_at(vector_file("fields.json"), "fields");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        struct arena *a = arena_new(ARENA_BYTES);
        struct slice octets = vector_hex(v, "field"), digest = vector_hex(v, "field_digest");
        struct claims claims = claims_of((struct slices){&digest, 1});
        const struct contents *c = NULL;
        struct buffer again = buffer_new(ARENA_BYTES);
        if (CHECK_OK(contents_parse(a, &claims, (struct slices){&octets, 1},
                                    (struct slices){NULL, 0}, &c))) {
            struct digest released = field_released_digest(&c->fields[0]);
            CHECK_BYTES(c->fields[0].path, vector_text(v, "path"));
            CHECK_BYTES(digest_slice(&c->fields[0].digest), digest);
            CHECK_BYTES(digest_slice(&released), vector_hex(v, "released_digest"));
            const struct field *f = &c->fields[0];
            field_write(&again, &(struct field_parts){f->salt, f->path, f->value.raw});
            CHECK_BYTES(buffer_slice(&again), octets);
        }
        buffer_done(&again);
        arena_free(a);
    }
}

static void derived_fields_and_decoys_have_their_digests(void)
{
    const json_t *derived = vector_at(vector_file("fields.json"), "derived");
    const json_t *decoys = vector_at(vector_file("fields.json"), "decoys");
    for (size_t i = 0; i < json_array_size(derived); i++) {
        const json_t *v = json_array_get(derived, i);
        struct arena *a = arena_new(ARENA_BYTES);
        struct slice octets = vector_hex(v, "derived");
        struct slice source = slice_part(octets, octets.length - 32, 32);
        struct claims claims = claims_of((struct slices){&source, 1});
        const struct contents *c = NULL;
        struct buffer again = buffer_new(ARENA_BYTES);
        if (CHECK_OK(contents_parse(a, &claims, (struct slices){NULL, 0},
                                    (struct slices){&octets, 1}, &c))) {
            const struct derived *d = &c->derived[0];
            struct digest from = digest_read(d->source);
            CHECK_BYTES(digest_slice(&d->digest), vector_hex(v, "derived_digest"));
            const struct field_parts parts = {d->salt, d->path, d->value.raw};
            derived_write(&again, &parts, d->transform, &from);
            CHECK_BYTES(buffer_slice(&again), octets);
        }
        buffer_done(&again);
        arena_free(a);
    }
    for (size_t i = 0; i < json_array_size(decoys); i++) {
        const json_t *v = json_array_get(decoys, i);
        struct digest d = decoy_digest(vector_hex(v, "random"));
        CHECK_BYTES(digest_slice(&d), vector_hex(v, "decoy_digest"));
    }
}

static void transforms_have_names(void)
{
    for (enum transform t = TRANSFORM_MASK; t <= TRANSFORM_COMPUTE; t++)
        CHECK_U64(transform_find(slice_text(transform_name(t))), t);
    CHECK_U64(transform_find(slice_text("none")), TRANSFORM_NONE);
    CHECK_U64(transform_find(slice_text("")), TRANSFORM_NONE);
}

/* Small fields made here, each with a salt of its own. */
#define DRAFTS_MAX 8

struct drafts {
    struct buffer octets[DRAFTS_MAX];
    struct slice list[DRAFTS_MAX];
    struct digest digests[DRAFTS_MAX];
    struct slice digest_list[DRAFTS_MAX];
    size_t count;
    struct claims claims;
};

static void drafts_init(struct drafts *d, const char *const *paths)
{
    *d = (struct drafts){0};
    for (; paths[d->count] != NULL; d->count++) {
        uint8_t salt[SALT_BYTES] = {(uint8_t)(d->count + 1)};
        d->octets[d->count] = buffer_new(1024);
        const struct field_parts parts = {slice_over(salt, sizeof salt),
                                          slice_text(paths[d->count]), hex("c3")};
        field_write(&d->octets[d->count], &parts);
        d->list[d->count] = buffer_slice(&d->octets[d->count]);
        d->digests[d->count] = digest_of(SEPARATION_FIELD, d->list[d->count]);
        d->digest_list[d->count] = digest_slice(&d->digests[d->count]);
    }
    d->claims = claims_of((struct slices){d->digest_list, d->count});
}

static struct status drafts_parse(struct drafts *d, struct arena *a, const struct contents **ret)
{
    return contents_parse(a, &d->claims, (struct slices){d->list, d->count},
                          (struct slices){NULL, 0}, ret);
}

static void drafts_done(struct drafts *d)
{
    for (size_t i = 0; i < d->count; i++)
        buffer_done(&d->octets[i]);
}

static struct status paths_judge(const char *const *paths)
{
    struct arena *a = arena_new(ARENA_BYTES);
    const struct contents *c = NULL;
    struct drafts d;
    drafts_init(&d, paths);
    struct status s = drafts_parse(&d, a, &c);
    drafts_done(&d);
    arena_free(a);
    return s;
}

static void paths_are_judged_by_segment(void)
{
    CHECK_OK(paths_judge((const char *const[]){"a", "a0", "a_b", "ab", "b/c", "b/d", NULL}));
    CHECK_STATUS(paths_judge((const char *const[]){"a", "a/b", "a0", NULL}), REFUSE(FIELD_PREFIX));
    CHECK_STATUS(paths_judge((const char *const[]){"a/b", "a/b/c/d", NULL}), REFUSE(FIELD_PREFIX));
    CHECK_STATUS(paths_judge((const char *const[]){"a", "a0", "a/b", NULL}), REFUSE(FIELD_ORDER));
    CHECK_STATUS(paths_judge((const char *const[]){"urgency/level", NULL}), REFUSE(FIELD_RESERVED));
    CHECK_OK(paths_judge((const char *const[]){"urgency/levels", NULL}));
}

static void a_message_may_have_no_fields(void)
{
    CHECK_OK(paths_judge((const char *const[]){NULL}));
}

static void a_field_is_found_by_its_path(void)
{
    static const char *const paths[] = {"a", "b/c", "b/d", "e", NULL};
    struct arena *a = arena_new(ARENA_BYTES);
    const struct contents *c = NULL;
    struct drafts d;
    drafts_init(&d, paths);
    if (CHECK_OK(drafts_parse(&d, a, &c))) {
        for (size_t i = 0; paths[i] != NULL; i++)
            CHECK(contents_field(c, slice_text(paths[i])) == &c->fields[i]);
        CHECK(contents_field(c, slice_text("b")) == NULL);
        CHECK(contents_field(c, slice_text("f")) == NULL);
    }
    drafts_done(&d);
    arena_free(a);
}

/* Fields of two persons, every digest explained. */
static struct status locals_judge(const struct local_value *locals, size_t count)
{
    static const char *const paths[] = {"facts", "persons/~0000000000000001/sid",
                                        "persons/~0000000000000002/name/family", NULL};
    struct arena *a = arena_new(ARENA_BYTES);
    const struct contents *c = NULL;
    const struct submission_extras extras = {.locals = locals, .local_count = count};
    struct drafts d;
    drafts_init(&d, paths);
    struct status s = drafts_parse(&d, a, &c);
    if (!failed(s))
        s = submission_check(a, &d.claims, c, &extras);
    drafts_done(&d);
    arena_free(a);
    return s;
}

static struct local_value local_at(const char *path)
{
    return (struct local_value){slice_text(path), value_read(hex("c3"))};
}

static void local_values_lie_below_the_messages_own_elements(void)
{
    const struct local_value good[] = {local_at("note"),
                                       local_at("persons/~0000000000000001/asylum/status"),
                                       local_at("persons/~0000000000000002/risk/level")};
    CHECK_OK(locals_judge(good, 3));
    CHECK_OK(locals_judge(NULL, 0));
    const struct local_value stranger = local_at("persons/~0000000000000003/risk/level");
    CHECK_STATUS(locals_judge(&stranger, 1), REFUSE(LOCAL_SHAPE));
    const struct local_value elsewhere = local_at("items/~0000000000000001/risk");
    CHECK_STATUS(locals_judge(&elsewhere, 1), REFUSE(LOCAL_SHAPE));
    const struct local_value twice[] = {good[1], good[1]};
    CHECK_STATUS(locals_judge(twice, 2), REFUSE(LOCAL_SHAPE));
    struct local_value nested = good[0];
    nested.value = value_read(hex("919101"));
    CHECK_STATUS(locals_judge(&nested, 1), REFUSE(LOCAL_SHAPE));
}

static struct status nobody_seen([[maybe_unused]] void *store,
                                 [[maybe_unused]] const struct message_key *key,
                                 [[maybe_unused]] struct digest *ret_seal)
{
    return FAIL(STORE);
}

static void a_lookup_that_fails_ends_the_judging(void)
{
    const json_t *v = json_array_get(vector_file("positive.json"), 0);
    struct arena *a = arena_new(ARENA_BYTES);
    const struct submission *submission = NULL;
    const struct submission_context context = {
        .link = vector_text(v, "link"),
        .directory = vector_directory("directory-hub.json"),
        .now_ms = vector_count(v, "now"),
        .seen = nobody_seen,
    };
    struct frame frame;
    if (CHECK_OK(frame_parse(a, vector_frame(v), &frame)))
        CHECK_STATUS(submission_judge(a, &frame.as.submit, &context, &submission), FAIL(STORE));
    CHECK(submission == NULL);
    arena_free(a);
}

TESTS(contents, {"every form of value has its digests", every_form_of_value_has_its_digests},
      {"derived fields and decoys have their digests",
       derived_fields_and_decoys_have_their_digests},
      {"transforms have names", transforms_have_names},
      {"paths are judged by segment", paths_are_judged_by_segment},
      {"a message may have no fields", a_message_may_have_no_fields},
      {"a field is found by its path", a_field_is_found_by_its_path},
      {"local values lie below the message's own elements",
       local_values_lie_below_the_messages_own_elements},
      {"a lookup that fails ends the judging", a_lookup_that_fails_ends_the_judging})
