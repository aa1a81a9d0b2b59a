/* Objects of the rulebook as octets: what is made fits the rulebook's digests, and what others have
 * made is read within its limits. */

#include "exchange/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "wire/cbor.h"

#define FOLDER_ARENA ((size_t)48 << 20)

/* A small rulebook, in the order in which a folder is read. */
static struct text_file small[] = {
    {{0}, {0}},
    {{0}, {0}},
    {{0}, {0}},
    {{0}, {0}},
};

static const struct text_files *small_files(void)
{
    static const char *const texts[][2] = {
        {"law/messages/a.b", "message a.b schema 1\nfrom CA to CA\npurpose EVIDENCE\n"
                             "field why text 9 MET\npersons persons up to 9\n"},
        {"law/objects/person", "object person\nfield sid sid MET required\n"
                               "field cat code kind MET or as cat required\n"},
        {"law/vocabulary", "law number 4\ncodes role CA\ncodes instrument EIO\n"
                           "codes purpose EVIDENCE\ncodes urgency ROUTINE, URGENT\n"
                           "codes kind GOOD, BAD as CRM\n"},
        {"states/demo", "states number 3\nstate XA \"A\" domain a.b\ngateway XA-GW-01\n"},
    };
    static const struct text_files files = {small, sizeof small / sizeof small[0]};
    for (size_t i = 0; i < files.count; i++)
        small[i] = (struct text_file){slice_text(texts[i][0]), slice_text(texts[i][1])};
    return &files;
}

static struct rulebook *small_rulebook(void)
{
    struct rulebook *rulebook = NULL;
    struct text_error error = {0};
    if (!CHECK_OK(rulebook_parse(small_files(), &rulebook, &error)))
        fprintf(stderr, "%s:%u: %s\n", error.file, error.line, error.message);
    return rulebook;
}

static void objects_are_made_that_anybody_can_digest(void)
{
    struct rulebook *r = small_rulebook();
    struct slice ders[] = {slice_text("der one"), slice_text("der two")};
    const struct object_lists lists[] = {{slice_text("XC"), 9, {ders, 2}},
                                         {slice_text("XB"), 0, {NULL, 0}},
                                         {slice_text("XA"), 7, {ders, 1}}};
    static const struct {
        const char *name;
        uint64_t number;
    } wanted[] = {{"law", 4}, {"revocations:XA", 7}, {"revocations:XC", 9}, {"states", 3}};
    struct objects *objects = NULL;
    if (r != NULL && CHECK_OK(objects_new(small_files(), r, lists, 3, &objects)) &&
        CHECK_U64(objects->count, 4)) {
        for (size_t i = 0; i < 4; i++) {
            struct digest digest;
            const struct object *o = objects_find(objects, slice_text(wanted[i].name));
            CHECK(o == &objects->at[i]);
            CHECK_U64(objects->at[i].number, wanted[i].number);
            if (CHECK_OK(objects_digest(objects->at[i].octets, objects->at[i].name, &digest)))
                CHECK_BYTES(digest_slice(&digest), digest_slice(&objects->at[i].digest));
        }
        CHECK_BYTES(digest_slice(&objects->at[0].digest), digest_slice(&r->law_digest));
        CHECK_BYTES(digest_slice(&objects->at[3].digest), digest_slice(&r->states_digest));
        CHECK(objects_find(objects, slice_text("parties:XA")) == NULL);
    }
    CHECK(objects_find(NULL, slice_text("law")) == NULL);
    objects_free(objects);
    rulebook_free(r);
}

static void what_is_no_signature_is_not_handed_out(void)
{
    struct rulebook *r = small_rulebook();
    struct arena *arena = arena_new(1 << 20);
    struct text_file with[] = {small[0],
                               small[1],
                               small[2],
                               {slice_text("signatures/law/x"), slice_text("text")},
                               small[3]};
    const struct text_files files = {with, sizeof with / sizeof with[0]};
    struct objects *objects = NULL;
    struct text_files law;
    struct slices signatures;
    if (CHECK_OK(objects_new(&files, r, NULL, 0, &objects)) &&
        CHECK_OK(objects_folder(arena, objects_find(objects, slice_text("law"))->octets, &law,
                                &signatures)))
        CHECK_U64(signatures.count, 0);
    objects_free(objects);
    rulebook_free(r);
    arena_free(arena);
}

/* The octets and their digest, written by hand. */
static void a_folder_is_an_array_of_paths_and_files(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct slice octets =
        hex("82" /* */ "82" /* */ "8261614178" /* */ "8263622f634179" /* */ "8241734174");
    struct text_files files;
    struct slices signatures;
    struct digest digest, x = digest_plain(slice_text("x")), y = digest_plain(slice_text("y"));
    struct buffer rows = buffer_new(256);
    buffer_put(&rows, hex("82"
                          "826161"
                          "5820"));
    buffer_put(&rows, digest_slice(&x));
    buffer_put(&rows, hex("8263622f63"
                          "5820"));
    buffer_put(&rows, digest_slice(&y));
    if (CHECK_OK(objects_folder(arena, octets, &files, &signatures)) && CHECK_U64(files.count, 2) &&
        CHECK_U64(signatures.count, 2)) {
        CHECK_BYTES(signatures.at[0], slice_text("s"));
        CHECK_BYTES(signatures.at[1], slice_text("t"));
        CHECK_BYTES(files.at[0].path, slice_text("a"));
        CHECK_BYTES(files.at[1].path, slice_text("b/c"));
        CHECK_BYTES(files.at[1].text, slice_text("y"));
    }
    struct digest wanted = digest_of(SEPARATION_OBJECT, buffer_slice(&rows));
    if (CHECK_OK(objects_digest(octets, slice_text("parties:XA"), &digest)))
        CHECK_BYTES(digest_slice(&digest), digest_slice(&wanted));
    buffer_done(&rows);
    arena_free(arena);
}

static void put_file(struct buffer *b, const char *path, struct slice text)
{
    cbor_put_array(b, 2);
    cbor_put_text(b, slice_text(path));
    cbor_put_bytes(b, text);
}

static struct status read_paths(const char *const *paths, size_t count)
{
    struct arena *arena = arena_new(1 << 16);
    struct buffer b = buffer_new(1 << 16);
    struct text_files files;
    struct slices signatures;
    cbor_put_array(&b, 2);
    cbor_put_array(&b, count);
    for (size_t i = 0; i < count; i++)
        put_file(&b, paths[i], slice_text("text"));
    cbor_put_array(&b, 0);
    struct status s = objects_folder(arena, buffer_slice(&b), &files, &signatures);
    buffer_done(&b);
    arena_free(arena);
    return s;
}

static void paths_stay_below_their_folder(void)
{
    static char longest[OBJECT_PATH_MAX_BYTES + 2];
    const char *const bad[] = {"",       "/",
                               "/a",     "a/",
                               "..",     "../a",
                               "a/../b", "a/..",
                               ".",      "./a",
                               "a//b",   ".git",
                               "a/.",    "a/.b",
                               "a b",    "a\\b",
                               "a\tb",   "\xc3\xa9",
                               "a:b",    "a*",
                               "~",      "1/2/3/4/5/6/7/8",
                               longest};
    const char *const good[] = {"a", "A-z_0.9", "1/2/3/4/5/6/7", "a..", longest + 1};
    memset(longest, 'a', sizeof longest - 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK_STATUS(read_paths(&bad[i], 1), REFUSE(OBJECT_PATH)))
            fprintf(stderr, "\"%s\"\n", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!CHECK_OK(read_paths(&good[i], 1)))
            fprintf(stderr, "\"%s\"\n", good[i]);
}

static void paths_ascend_and_none_is_anothers_folder(void)
{
    static const char *const twice[] = {"a", "a"}, *const back[] = {"b", "a"},
                             *const below[] = {"a", "a-b", "a/b"}, *const fine[] = {"a", "ab/c"},
                             *const deep[] = {"x/y", "x/y-", "x/y/z"};
    CHECK_STATUS(read_paths(twice, 2), REFUSE(OBJECT_PATH));
    CHECK_STATUS(read_paths(back, 2), REFUSE(OBJECT_PATH));
    CHECK_STATUS(read_paths(below, 3), REFUSE(OBJECT_PATH));
    CHECK_STATUS(read_paths(deep, 3), REFUSE(OBJECT_PATH));
    CHECK_OK(read_paths(fine, 2));
    CHECK_OK(read_paths(NULL, 0));
}

/* So many files of so many octets; the last one longer. */
static struct status read_files(size_t count, size_t length, size_t last)
{
    struct arena *arena = arena_new(FOLDER_ARENA);
    struct buffer b = buffer_new(SIZE_MAX);
    struct text_files files;
    struct slices signatures;
    uint8_t *octets = calloc(1, OBJECT_FILE_MAX_BYTES + 1);
    char path[16];
    cbor_put_array(&b, 2);
    cbor_put_array(&b, count);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%05zu", i);
        put_file(&b, path, slice_over(octets, i + 1 == count ? last : length));
    }
    cbor_put_array(&b, 0);
    struct status s = objects_folder(arena, buffer_slice(&b), &files, &signatures);
    free(octets);
    buffer_done(&b);
    arena_free(arena);
    return s;
}

static void folders_have_limits(void)
{
    CHECK_OK(read_files(OBJECT_MAX_FILES, 0, 0));
    CHECK_STATUS(read_files(OBJECT_MAX_FILES + 1, 0, 0), REFUSE(OBJECT_SHAPE));
    CHECK_OK(read_files(1, 0, OBJECT_FILE_MAX_BYTES));
    CHECK_STATUS(read_files(1, 0, OBJECT_FILE_MAX_BYTES + 1), REFUSE(OBJECT_SHAPE));
    /* heads: 3 of the arrays, 12 of each long file, 10 of the last one */
    const size_t most = (size_t)4 * 4096 - 3 - 48 - 10;
    CHECK_OK(read_files(5, OBJECT_FILE_MAX_BYTES - 4096, most));
    CHECK_STATUS(read_files(5, OBJECT_FILE_MAX_BYTES - 4096, most + 1), REFUSE(OBJECT_SIZE));
}

static void what_is_no_object_is_refused(void)
{
    static const struct {
        const char *name, *octets;
        enum reason reason;
    } rows[] = {
        {"law", "", REASON_OBJECT_SIZE},
        {"law", "9b7fffffffffffffff", REASON_CBOR_COUNT}, /* claims more than there is */
        {"law", "829f8261614178ff80", REASON_CBOR_FORM},
        {"law", "828182616141788000", REASON_CBOR_TRAILING},
        {"law", "8281826161", REASON_CBOR_TRUNCATED},
        {"law", "a0", REASON_OBJECT_SHAPE},
        {"law",
         "8182616141"
         "78",
         REASON_OBJECT_SHAPE}, /* without signatures */
        {"law", "8182616141788081", REASON_CBOR_TRAILING},
        {"law", "8281826161617880", REASON_OBJECT_SHAPE}, /* text for octets */
        {"law", "8281826161f680", REASON_OBJECT_SHAPE},
        {"law", "828183616141780180", REASON_OBJECT_SHAPE},
        {"law", "8281416180", REASON_OBJECT_SHAPE},
        {"law", "828080", REASON_NONE},
        {"law", "8280816173", REASON_OBJECT_SHAPE}, /* a signature that is text */
        {"law", "82808140", REASON_OBJECT_SHAPE},   /* and one of nothing */
        {"law",
         "8380"
         "80"
         "80",
         REASON_OBJECT_SHAPE},
        {"revocations:XA", "80", REASON_OBJECT_SHAPE}, /* no list */
        {"revocations:XA", "8140", REASON_OBJECT_SHAPE},
        {"revocations:XA", "816161", REASON_OBJECT_SHAPE},
        {"revocations:XA", "8141614161", REASON_CBOR_TRAILING},
        {"restored", "80", REASON_QUERY_UNKNOWN},
        {"parties:", "80", REASON_QUERY_UNKNOWN},
        {"parties:xa", "80", REASON_QUERY_UNKNOWN},
        {"revocations:XAB", "814161", REASON_QUERY_UNKNOWN},
        {"lawful", "80", REASON_QUERY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct digest digest;
        struct status s = objects_digest(hex(rows[i].octets), slice_text(rows[i].name), &digest);
        if (!CHECK_U64(s.reason, rows[i].reason))
            fprintf(stderr, "row %zu: %s\n", i, reason_name(s.reason));
    }
}

static void many_lists_are_refused(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct slices lists;
    for (size_t count = OBJECT_MAX_LISTS; count <= OBJECT_MAX_LISTS + 1; count++) {
        struct buffer b = buffer_new(1 << 12);
        cbor_put_array(&b, count);
        for (size_t i = 0; i < count; i++)
            cbor_put_bytes(&b, slice_text("d"));
        CHECK_STATUS(objects_lists(arena, buffer_slice(&b), &lists),
                     count > OBJECT_MAX_LISTS ? REFUSE(OBJECT_SHAPE) : OK);
        buffer_done(&b);
    }
    arena_free(arena);
}

/* What nobody would take is told where it is made. */
static void folders_that_nobody_would_take_are_not_made(void)
{
    static const char *const paths[] = {"law/a b", "law/messages", "law/0/1/2/3/4/5/6/7"};
    struct rulebook *r = small_rulebook();
    struct objects *objects = NULL;
    for (size_t i = 0; r != NULL && i < sizeof paths / sizeof paths[0]; i++) {
        struct text_file files[8];
        const struct text_files *kept = small_files();
        files[0] = (struct text_file){slice_text(paths[i]), slice_text("x")};
        memcpy(&files[1], kept->at, kept->count * sizeof *files);
        const struct text_files with = {files, kept->count + 1};
        CHECK_STATUS(objects_new(&with, r, NULL, 0, &objects), FAIL(CONFIG));
    }
    rulebook_free(r);
}

TESTS(exchange_objects,
      {"what is no signature is not handed out", what_is_no_signature_is_not_handed_out},
      {"objects are made that anybody can digest", objects_are_made_that_anybody_can_digest},
      {"a folder is an array of paths and files", a_folder_is_an_array_of_paths_and_files},
      {"paths stay below their folder", paths_stay_below_their_folder},
      {"paths ascend, and none is another's folder", paths_ascend_and_none_is_anothers_folder},
      {"folders have limits", folders_have_limits},
      {"what is no object is refused", what_is_no_object_is_refused},
      {"more lists than a State has are refused", many_lists_are_refused},
      {"folders that nobody would take are not made", folders_that_nobody_would_take_are_not_made})
