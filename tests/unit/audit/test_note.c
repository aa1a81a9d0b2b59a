#include "support/check.h"

#include "audit/note.h"
#include "crypto/merkle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DASH         "\xe2\x80\x94 "
#define ORIGIN       "gw1.jx.example/audit/2026"
#define LOG_VKEY     ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3"
#define WITNESS_VKEY "moj-b.example/witness/1+70069452+BKCapfR6Z1mAL/lV+NwtKhSlyZ0jvpf4ZBJ/+Tg0VaTw"
#define BODY         ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
#define LOG_LINE                                                                                   \
    DASH ORIGIN " p3EkGOs71Vl9MsebKKkRB1PMpUy21MwdPJGgrKDHtOgp+6BtWLb8KiPdZeOWBozed9SEv70pJWXZySG" \
                "JQLkWcm0kgws=\n"
#define WITNESS_LINE                                                                               \
    DASH                                                                                           \
        "moj-b.example/witness/1 cAaUUgAAAABqsTuAjfCBKS5sNhnGORTQOSX8n6CXhWOxJ1V9uChn0y98wulThheN" \
        "KSMpe5U/ErI/Eag9VsEmzi8mKocUKSRMt2hRAA==\n"
#define GOLDEN BODY "\n" LOG_LINE WITNESS_LINE

static struct vkey vkey_of(const char *text)
{
    struct vkey k = {0};
    CHECK_OK(vkey_parse(slice_text(text), &k));
    return k;
}

/* The root over the eight leaves of RFC 6962's reference tests. */
static struct digest golden_root(void)
{
    static const char *const leaves[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
    struct merkle_edge edge = {0};
    for (size_t i = 0; i < 8; i++) {
        struct digest leaf = merkle_leaf(hex(leaves[i]));
        merkle_append(&edge, &leaf);
    }
    return merkle_root(&edge);
}

static void keys_have_their_text_form(void)
{
    uint8_t seed[32], octets[32];
    struct key *key = NULL;
    char text[ORIGIN_MAX_BYTES + 64];
    memset(seed, 0x11, sizeof seed);
    if (CHECK_OK(key_from_seed(seed, &key)) && CHECK(key_public(key, octets))) {
        vkey_write(ORIGIN, 0x01, octets, text);
        CHECK_TEXT(text, LOG_VKEY);
    }
    key_free(key);
    struct vkey k = vkey_of(WITNESS_VKEY);
    CHECK_U64(k.type, 0x04);
    vkey_write("moj-b.example/witness/1", k.type, k.key, text);
    CHECK_TEXT(text, WITNESS_VKEY);
}

static void a_key_text_with_anything_wrong_is_refused(void)
{
    static const char *const bad[] = {
        "",
        ORIGIN,
        ORIGIN "+a7712418",
        ORIGIN "+a7712419+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        ORIGIN "x+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        ORIGIN "+A7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c4",
        ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3\n",
        "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
    };
    struct vkey k;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STATUS(vkey_parse(slice_text(bad[i]), &k), FAIL(CONFIG));
}

static void the_golden_checkpoint_is_signed_and_cosigned(void)
{
    struct note note;
    struct vkey log = vkey_of(LOG_VKEY), witness = vkey_of(WITNESS_VKEY);
    struct digest root = golden_root();
    uint64_t time_s = 0;
    struct digest file = digest_plain(slice_text(GOLDEN));
    CHECK_BYTES(digest_slice(&file),
                hex("fc99d24d29a01d38467baf0f3c1184dc038e98f76304434f40605a62081706cd"));
    if (!CHECK_OK(note_parse(slice_text(GOLDEN), &note)))
        return;
    CHECK_BYTES(note.origin, slice_text(ORIGIN));
    CHECK_BYTES(note.body, slice_text(BODY));
    CHECK_U64(note.size, 8);
    CHECK_BYTES(digest_slice(&note.root), digest_slice(&root));
    CHECK_U64(note.line_count, 2);
    CHECK_OK(note_verify(&note, &log));
    CHECK_OK(note_cosigned(&note, &witness, &time_s));
    CHECK_U64(time_s, 1790000000);
}

static void signing_gives_the_golden_checkpoint(void)
{
    uint8_t seed[32];
    struct key *key = NULL;
    struct digest root = golden_root();
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    memset(seed, 0x11, sizeof seed);
    if (CHECK_OK(key_from_seed(seed, &key)))
        CHECK_OK(note_sign(key, ORIGIN, 8, &root, &out));
    CHECK_BYTES(buffer_slice(&out), slice_text(BODY "\n" LOG_LINE));
    buffer_done(&out);
    key_free(key);
}

static void keys_of_others_do_not_vouch(void)
{
    struct note note;
    struct vkey log = vkey_of(LOG_VKEY), witness = vkey_of(WITNESS_VKEY);
    uint64_t time_s = 0;
    struct vkey other = log;
    if (!CHECK_OK(note_parse(slice_text(BODY "\n" WITNESS_LINE), &note)))
        return;
    CHECK_STATUS(note_verify(&note, &log), REFUSE(NOTE_KEY));
    other.name = slice_text("gw2.jx.example/audit/2026");
    CHECK_STATUS(note_verify(&note, &other), REFUSE(NOTE_ORIGIN));
    if (!CHECK_OK(note_parse(slice_text(BODY "\n" LOG_LINE), &note)))
        return;
    CHECK_STATUS(note_cosigned(&note, &witness, &time_s), FAIL(ABSENT));
    other = log;
    other.key[0] ^= 1;
    CHECK_STATUS(note_verify(&note, &other), REFUSE(NOTE_SIGNATURE));
    other = log; /* a key for cosignatures signs no checkpoint */
    other.type = 0x04;
    CHECK_STATUS(note_verify(&note, &other), REFUSE(NOTE_KEY));
}

static void a_note_of_another_shape_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "\n",
        BODY,
        BODY "\n",
        BODY LOG_LINE,
        BODY "\n" LOG_LINE "\n",
        BODY "\n" LOG_LINE "x",
        BODY "extension\n\n" LOG_LINE,
        BODY "\n- " ORIGIN " p3EkGOs7\n",
        BODY "\n" DASH ORIGIN "\n",
        BODY "\n" DASH ORIGIN " \n",
        BODY "\n" DASH ORIGIN " p3EkGA==\n",
        BODY "\n" DASH ORIGIN "  p3EkGOs7\n",
        BODY "\n" DASH " p3EkGOs7\n",
        BODY "\n" DASH "a+b p3EkGOs7\n",
        "a b\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" LOG_LINE,
        "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" LOG_LINE,
        ORIGIN "\n08\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" LOG_LINE,
        ORIGIN "\n+8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" LOG_LINE,
        ORIGIN "\n9223372036854775808\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" LOG_LINE,
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n\n" LOG_LINE,
        ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQw==\n\n" LOG_LINE,
        BODY "\n" DASH "a\x7f\xc0 p3EkGOs7\n",
    };
    struct note note;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK_STATUS(note_parse(slice_text(bad[i]), &note), REFUSE(NOTE_SHAPE)))
            fprintf(stderr, "note %zu\n", i);
    CHECK_OK(note_parse(slice_text(BODY "\n" DASH "unknown p3EkGOs7\n" LOG_LINE), &note));
}

static void a_note_has_limits(void)
{
    struct buffer b = buffer_new(2 * NOTE_MAX_BYTES);
    struct note note;
    buffer_text(&b, BODY "\n");
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++)
        buffer_text(&b, LOG_LINE);
    CHECK_OK(note_parse(buffer_slice(&b), &note));
    buffer_text(&b, LOG_LINE);
    CHECK_STATUS(note_parse(buffer_slice(&b), &note), REFUSE(NOTE_SHAPE));

    buffer_clear(&b);
    buffer_text(&b, BODY "\n" DASH "long ");
    for (size_t i = 0; i < 3000; i++)
        buffer_text(&b, "AAAA");
    buffer_text(&b, "\n");
    CHECK_OK(note_parse(buffer_slice(&b), &note));
    CHECK_U64(note.lines[0].blob_length, 9000 - 4);
    b.length--;
    for (size_t i = 0; i < 2000; i++)
        buffer_text(&b, "AAAA");
    buffer_text(&b, "\n");
    CHECK_STATUS(note_parse(buffer_slice(&b), &note), REFUSE(NOTE_SHAPE));
    buffer_done(&b);
}

/* Whether the note is still the golden one to a reader who knows both keys. */
static bool vouched(struct slice text)
{
    struct note note;
    struct vkey log = vkey_of(LOG_VKEY), witness = vkey_of(WITNESS_VKEY);
    uint64_t time_s = 0;
    return !failed(note_parse(text, &note)) && !failed(note_verify(&note, &log)) &&
           !failed(note_cosigned(&note, &witness, &time_s));
}

static void no_cut_or_changed_checkpoint_is_vouched_for(void)
{
    size_t length = strlen(GOLDEN);
    uint8_t *octets = malloc(length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, GOLDEN, length);
    CHECK(vouched(slice_over(octets, length)));
    for (size_t i = 0; i < length; i++) {
        CHECK(!vouched(slice_over(octets, i)));
        octets[i] ^= (uint8_t)(1U << i % 8);
        CHECK(!vouched(slice_over(octets, length)));
        octets[i] ^= (uint8_t)(1U << i % 8);
    }
    free(octets);
}

TESTS(note, {"keys have their text form", keys_have_their_text_form},
      {"a key text with anything wrong is refused", a_key_text_with_anything_wrong_is_refused},
      {"the golden checkpoint is signed and cosigned",
       the_golden_checkpoint_is_signed_and_cosigned},
      {"signing gives the golden checkpoint", signing_gives_the_golden_checkpoint},
      {"keys of others do not vouch", keys_of_others_do_not_vouch},
      {"a note of another shape is refused", a_note_of_another_shape_is_refused},
      {"a note has limits", a_note_has_limits},
      {"no cut or changed checkpoint is vouched for", no_cut_or_changed_checkpoint_is_vouched_for})
