#include "support/check.h"

#include "golden.h"

#include "audit/witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_3 "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc="
#define ROOT_6 "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8="
#define EMPTY  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
/* from 3 and from 6 of the golden tree to its 8 */
#define FROM_3                                                                                     \
    "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=\n"                                               \
    "B1Bqhf2d0vEg62lPhgEeW7RmLlxBWmKRcDPUqWJEh+c=\n"                                               \
    "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=\n"                                               \
    "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=\n"
#define FROM_6                                                                                     \
    "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=\n"                                               \
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"                                               \
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
#define HASH "37kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc0=\n"
#define NOTE GOLDEN_BODY "\n" GOLDEN_LOG_LINE

/* The request that the specification gives as its example. */
#define EXAMPLE                                                                                    \
    "old 20852014\n"                                                                               \
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"                                               \
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"                                               \
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"                                               \
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n" EXAMPLE_NOTE
#define EXAMPLE_NOTE                                                                               \
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/"                                \
    "Xajj7h2fB2MPA3j2jxq2I=\n\n" GOLDEN_DASH                                                       \
    "example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q" \
    "1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" GOLDEN_DASH                                                   \
    "example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V626" \
    "7UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"

static struct digest root_of(const char *base64)
{
    static const char note[] = GOLDEN_ORIGIN "\n1\n%s\n\n" GOLDEN_LOG_LINE;
    char text[NOTE_MAX_BYTES];
    struct note parsed = {0};
    snprintf(text, sizeof text, note, base64);
    CHECK_OK(note_parse(slice_text(text), &parsed));
    return parsed.root;
}

static struct witness_head head_of(uint64_t size, const char *root)
{
    return (struct witness_head){size, root_of(root)};
}

static enum witness_verdict verdict_of(struct slice text, const struct witness_head *kept)
{
    struct witness_request request;
    struct vkey log = {0};
    CHECK_OK(vkey_parse(slice_text(GOLDEN_LOG_VKEY), &log));
    if (failed(witness_request_parse(text, &request)))
        return WITNESS_MALFORMED;
    return witness_judge(&request, slice_equal(request.note.origin, log.name) ? &log : NULL, kept);
}

static void the_example_of_the_specification_is_read_and_written_again(void)
{
    struct witness_request request;
    struct slice path[WITNESS_MAX_HASHES];
    struct buffer out = buffer_new(WITNESS_MAX_BYTES);
    if (!CHECK_OK(witness_request_parse(slice_text(EXAMPLE), &request)))
        return;
    CHECK_U64(request.old, 20852014);
    CHECK_U64(request.hash_count, 4);
    CHECK_U64(request.note.size, 20852163);
    CHECK_U64(request.note.line_count, 2);
    for (size_t i = 0; i < request.hash_count; i++)
        path[i] = digest_slice(&request.hashes[i]);
    CHECK_OK(witness_request_write(request.old, (struct slices){path, request.hash_count},
                                   slice_text(EXAMPLE_NOTE), &out));
    CHECK_BYTES(buffer_slice(&out), slice_text(EXAMPLE));
    buffer_done(&out);
}

static void a_request_of_another_shape_is_malformed(void)
{
    static const char *const bad[] = {
        "",
        "\n",
        "old 3\n",
        "old 3\n\n",
        "old 3\n" FROM_3,
        "old 3\n" FROM_3 "\n",
        "old 3\n" FROM_3 NOTE,
        "old 3\n" FROM_3 "\n\n" NOTE,
        "\n" NOTE,
        "OLD 3\n" FROM_3 "\n" NOTE,
        "old  3\n" FROM_3 "\n" NOTE,
        "old 3 \n" FROM_3 "\n" NOTE,
        "old 03\n" FROM_3 "\n" NOTE,
        "old +3\n" FROM_3 "\n" NOTE,
        "old -3\n" FROM_3 "\n" NOTE,
        "old\n" FROM_3 "\n" NOTE,
        "old 3\r\n" FROM_3 "\n" NOTE,
        "old 9223372036854775808\n" FROM_3 "\n" NOTE,
        "old 18446744073709551619\n" FROM_3 "\n" NOTE,
        "old 3\n" FROM_3 " \n" NOTE,
        "old 3\n ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=\n\n" NOTE,
        "old 3\nApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+d=\n\n" NOTE, /* stray bits */
        "old 3\nApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c\n\n" NOTE,  /* no padding */
        "old 3\nApjRIpBtz8EIkstTpzmS_FufST6kybrbJ7eRtBJ6f-c=\n\n" NOTE, /* another alphabet */
        "old 3\nApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6\n\n" NOTE,     /* 30 octets */
        "old 3\nApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+eAAAAA\n\n" NOTE,
        "old 3\n" FROM_3 "\n" GOLDEN_BODY,
        "old 3\n" FROM_3 "\n" NOTE "x",
    };
    struct witness_request request;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK_STATUS(witness_request_parse(slice_text(bad[i]), &request), REFUSE(NOTE_SHAPE)))
            fprintf(stderr, "request %zu\n", i);
    CHECK_OK(witness_request_parse(slice_text("old 3\n" FROM_3 "\n" NOTE), &request));
}

static void a_request_has_63_hashes_at_most(void)
{
    struct witness_request request;
    struct slice path[WITNESS_MAX_HASHES + 1];
    struct buffer out = buffer_new(WITNESS_MAX_BYTES);
    for (size_t count = WITNESS_MAX_HASHES; count < WITNESS_MAX_HASHES + 2; count++) {
        buffer_clear(&out);
        buffer_text(&out, "old 3\n");
        for (size_t i = 0; i < count; i++)
            buffer_text(&out, HASH);
        buffer_text(&out, "\n" NOTE);
        CHECK_STATUS(witness_request_parse(buffer_slice(&out), &request),
                     count == WITNESS_MAX_HASHES ? OK : REFUSE(NOTE_SHAPE));
    }
    for (size_t i = 0; i < WITNESS_MAX_HASHES; i++)
        path[i] = digest_slice(&request.hashes[i]);
    path[WITNESS_MAX_HASHES] = path[0];
    CHECK_STATUS(witness_request_write(3, (struct slices){path, WITNESS_MAX_HASHES + 1},
                                       slice_text(NOTE), &out),
                 REFUSE(NOTE_SHAPE));
    path[0].length--;
    CHECK_STATUS(witness_request_write(3, (struct slices){path, 1}, slice_text(NOTE), &out),
                 REFUSE(NOTE_SHAPE));
    buffer_done(&out);
}

static void each_request_gets_the_first_verdict_that_fits(void)
{
    static const char unsigned_7[] =
        "old 9\n\n" GOLDEN_ORIGIN
        "\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n" GOLDEN_LOG_LINE;
    const struct {
        const char *text;
        uint64_t size;
        const char *root;
        enum witness_verdict want;
    } rows[] = {
        {"old 9\n\n" EXAMPLE_NOTE, 3, ROOT_3, WITNESS_UNKNOWN},
        {unsigned_7, 3, ROOT_3, WITNESS_UNSIGNED},
        {"old 9\n\n" GOLDEN_BODY "\n" GOLDEN_WITNESS_LINE, 3, ROOT_3, WITNESS_UNSIGNED},
        {"old 9\n" HASH "\n" NOTE, 3, ROOT_3, WITNESS_BACKWARDS},
        {"old 9\n\n" NOTE, 9, ROOT_3, WITNESS_BACKWARDS},
        {"old 4\n" HASH "\n" NOTE, 3, ROOT_3, WITNESS_ELSEWHERE},
        {"old 0\n" HASH "\n" NOTE, 3, ROOT_3, WITNESS_ELSEWHERE},
        {"old 3\n" FROM_3 "\n" NOTE, 0, EMPTY, WITNESS_ELSEWHERE},
        {"old 8\n\n" NOTE, 9, ROOT_3, WITNESS_ELSEWHERE},
        {"old 3\n\n" NOTE, 3, ROOT_3, WITNESS_UNPROVED},
        {"old 3\n" FROM_6 "\n" NOTE, 3, ROOT_3, WITNESS_UNPROVED},
        {"old 3\n" FROM_3 HASH "\n" NOTE, 3, ROOT_3, WITNESS_UNPROVED},
        {"old 3\n" FROM_3 "\n" NOTE, 3, ROOT_6, WITNESS_UNPROVED},
        {"old 0\n" HASH "\n" NOTE, 0, EMPTY, WITNESS_UNPROVED},
        {"old 8\n\n" NOTE, 8, ROOT_6, WITNESS_UNPROVED},
        {"old 8\n" HASH "\n" NOTE, 8,
         "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", WITNESS_UNPROVED},
        {"old 3\n" FROM_3 "\n" NOTE, 3, ROOT_3, WITNESS_GOOD},
        {"old 6\n" FROM_6 "\n" NOTE, 6, ROOT_6, WITNESS_GOOD},
        {"old 0\n\n" NOTE, 0, EMPTY, WITNESS_GOOD},
        {"old 8\n\n" NOTE, 8, "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", WITNESS_GOOD},
        {"old 8\n\n" GOLDEN_NOTE, 8, "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", WITNESS_GOOD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct witness_head kept = head_of(rows[i].size, rows[i].root);
        if (!CHECK_U64(verdict_of(slice_text(rows[i].text), &kept), rows[i].want))
            fprintf(stderr, "row %zu\n", i);
    }
}

static void a_line_of_the_logs_key_that_does_not_hold_spoils_the_good_one_beside_it(void)
{
    static const char bad_line[] = GOLDEN_DASH GOLDEN_ORIGIN
        " p3EkGOs71Vl9MsebKKkRB1PMpUy21MwdPJGgrKDHtOgp+6BtWLb8KiPdZeOWBozed9SEv70pJWXZySGJQLkWcm0k"
        "gwA=\n";
    char text[NOTE_MAX_BYTES];
    const struct witness_head empty = witness_head_empty();
    snprintf(text, sizeof text, "old 0\n\n" GOLDEN_BODY "\n" GOLDEN_LOG_LINE "%s", bad_line);
    CHECK_U64(verdict_of(slice_text(text), &empty), WITNESS_UNSIGNED);
    snprintf(text, sizeof text, "old 0\n\n" GOLDEN_BODY "\n%s" GOLDEN_LOG_LINE, bad_line);
    CHECK_U64(verdict_of(slice_text(text), &empty), WITNESS_UNSIGNED);
}

static void verdicts_have_the_statuses_of_the_protocol(void)
{
    static const unsigned want[WITNESS_VERDICTS] = {500, 400, 404, 403, 400, 409, 422, 200};
    for (unsigned i = 0; i < WITNESS_VERDICTS; i++)
        CHECK_U64(witness_http_status((enum witness_verdict)i), want[i]);
}

/* A checkpoint that this test's log key signs. */
static void put_note(struct buffer *out, uint64_t size, const struct digest *root)
{
    uint8_t seed[32];
    struct key *key = NULL;
    memset(seed, 0x11, sizeof seed);
    if (CHECK_OK(key_from_seed(seed, &key)))
        CHECK_OK(note_sign(key, GOLDEN_ORIGIN, size, root, out));
    key_free(key);
}

static void the_empty_tree_has_one_root(void)
{
    const struct witness_head empty = witness_head_empty();
    struct digest want = root_of(EMPTY), other = root_of(ROOT_3);
    CHECK_U64(empty.size, 0);
    CHECK_BYTES(digest_slice(&empty.root), digest_slice(&want));
    for (int i = 0; i < 4; i++) {
        struct buffer text = buffer_new(WITNESS_MAX_BYTES);
        buffer_text(&text, i == 2 ? "old 0\n" HASH "\n" : "old 0\n\n");
        put_note(&text, 0, i == 1 ? &other : &want);
        CHECK_U64(verdict_of(buffer_slice(&text), &empty),
                  i == 1 || i == 2 ? WITNESS_UNPROVED : WITNESS_GOOD);
        buffer_done(&text);
    }
}

static void what_contradicts_is_told_from_what_is_only_refused(void)
{
    const struct {
        const char *text;
        uint64_t size;
        const char *root;
        enum witness_conflict want;
    } rows[] = {
        {"old 3\n" FROM_3 "\n" NOTE, 3, ROOT_3, WITNESS_AGREES},
        {"old 8\n\n" NOTE, 8, ROOT_6, WITNESS_TWO_ROOTS},
        {"old 3\n" FROM_3 "\n" NOTE, 8, ROOT_6, WITNESS_TWO_ROOTS}, /* refused for its old size */
        {"old 9\n\n" NOTE, 8, ROOT_6, WITNESS_TWO_ROOTS},
        {"old 3\n" FROM_6 "\n" NOTE, 3, ROOT_3, WITNESS_UNLED},
        {"old 3\n" FROM_3 "\n" NOTE, 3, ROOT_6, WITNESS_UNLED},
        {"old 4\n" FROM_3 "\n" NOTE, 3, ROOT_6, WITNESS_AGREES}, /* another question */
        {"old 0\n" HASH "\n" NOTE, 0, EMPTY, WITNESS_AGREES},
        {"old 9\n\n" NOTE, 9, ROOT_6, WITNESS_AGREES},
        {"old 8\n\n" GOLDEN_BODY "\n" GOLDEN_WITNESS_LINE, 8, ROOT_6,
         WITNESS_AGREES}, /* nobody signed it */
    };
    struct vkey log = {0};
    CHECK_OK(vkey_parse(slice_text(GOLDEN_LOG_VKEY), &log));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct witness_head head = head_of(rows[i].size, rows[i].root);
        struct witness_request request;
        if (!CHECK_OK(witness_request_parse(slice_text(rows[i].text), &request)))
            continue;
        enum witness_verdict verdict = witness_judge(&request, &log, &head);
        if (!CHECK_U64(witness_conflict(&request, verdict, &head), rows[i].want))
            fprintf(stderr, "row %zu\n", i);
    }
}

static void no_cut_or_changed_request_is_good(void)
{
    static const char text[] = "old 6\n" FROM_6 "\n" NOTE;
    const struct witness_head kept = head_of(6, ROOT_6);
    size_t length = strlen(text);
    uint8_t *octets = malloc(length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, text, length);
    CHECK_U64(verdict_of(slice_over(octets, length), &kept), WITNESS_GOOD);
    for (size_t i = 0; i < length; i++) {
        CHECK(verdict_of(slice_over(octets, i), &kept) != WITNESS_GOOD);
        octets[i] ^= (uint8_t)(1U << i % 8);
        if (!CHECK(verdict_of(slice_over(octets, length), &kept) != WITNESS_GOOD))
            fprintf(stderr, "octet %zu\n", i);
        octets[i] ^= (uint8_t)(1U << i % 8);
    }
    free(octets);
}

static void what_is_kept_has_one_line_of_the_log_and_the_witnesss(void)
{
    struct note note;
    struct vkey log = {0};
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    CHECK_OK(vkey_parse(slice_text(GOLDEN_LOG_VKEY), &log));
    if (CHECK_OK(note_parse(
            slice_text(GOLDEN_BODY "\n" GOLDEN_DASH "x AAAAAAAA\n" GOLDEN_LOG_LINE GOLDEN_LOG_LINE),
            &note)))
        witness_note_write(&note, &log, slice_text(GOLDEN_WITNESS_LINE), &out);
    CHECK_BYTES(buffer_slice(&out), slice_text(GOLDEN_NOTE));
    buffer_done(&out);
}

TESTS(witness,
      {"the example of the specification is read and written again",
       the_example_of_the_specification_is_read_and_written_again},
      {"a request of another shape is malformed", a_request_of_another_shape_is_malformed},
      {"a request has 63 hashes at most", a_request_has_63_hashes_at_most},
      {"each request gets the first verdict that fits",
       each_request_gets_the_first_verdict_that_fits},
      {"a line of the log's key that does not hold spoils the good one beside it",
       a_line_of_the_logs_key_that_does_not_hold_spoils_the_good_one_beside_it},
      {"verdicts have the statuses of the protocol", verdicts_have_the_statuses_of_the_protocol},
      {"the empty tree has one root", the_empty_tree_has_one_root},
      {"what contradicts is told from what is only refused",
       what_contradicts_is_told_from_what_is_only_refused},
      {"no cut or changed request is good", no_cut_or_changed_request_is_good},
      {"what is kept has one line of the log and the witness's",
       what_is_kept_has_one_line_of_the_log_and_the_witnesss})
