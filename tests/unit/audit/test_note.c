#include "support/check.h"

#include "golden.h"

#include "audit/note.h"
#include "crypto/merkle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        vkey_write(GOLDEN_ORIGIN, 0x01, octets, text);
        CHECK_TEXT(text, GOLDEN_LOG_VKEY);
    }
    key_free(key);
    struct vkey k = vkey_of(GOLDEN_WITNESS_VKEY);
    CHECK_U64(k.type, 0x04);
    vkey_write(GOLDEN_WITNESS_NAME, k.type, k.key, text);
    CHECK_TEXT(text, GOLDEN_WITNESS_VKEY);
}

static void a_key_text_with_anything_wrong_is_refused(void)
{
    static const char *const bad[] = {
        "",
        GOLDEN_ORIGIN,
        GOLDEN_ORIGIN "+a7712418",
        GOLDEN_ORIGIN "+a7712419+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        GOLDEN_ORIGIN "x+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        GOLDEN_ORIGIN "+A7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
        GOLDEN_ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c4",
        GOLDEN_ORIGIN "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3\n",
        "+a7712418+AdBKsjJ0K7SrOhNovUYV5ObQIkq3GgFrr4UgozLJd4c3",
    };
    struct vkey k;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STATUS(vkey_parse(slice_text(bad[i]), &k), FAIL(CONFIG));
}

static void the_golden_checkpoint_is_signed_and_cosigned(void)
{
    struct note note;
    struct vkey log = vkey_of(GOLDEN_LOG_VKEY), witness = vkey_of(GOLDEN_WITNESS_VKEY);
    struct digest root = golden_root();
    uint64_t time_s = 0;
    struct digest file = digest_plain(slice_text(GOLDEN_NOTE));
    CHECK_BYTES(digest_slice(&file),
                hex("fc99d24d29a01d38467baf0f3c1184dc038e98f76304434f40605a62081706cd"));
    if (!CHECK_OK(note_parse(slice_text(GOLDEN_NOTE), &note)))
        return;
    CHECK_BYTES(note.origin, slice_text(GOLDEN_ORIGIN));
    CHECK_BYTES(note.body, slice_text(GOLDEN_BODY));
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
        CHECK_OK(note_sign(key, GOLDEN_ORIGIN, 8, &root, &out));
    CHECK_BYTES(buffer_slice(&out), slice_text(GOLDEN_BODY "\n" GOLDEN_LOG_LINE));
    buffer_done(&out);
    key_free(key);
}

static struct key *key_of(uint8_t octet)
{
    uint8_t seed[32];
    struct key *key = NULL;
    memset(seed, octet, sizeof seed);
    CHECK_OK(key_from_seed(seed, &key));
    return key;
}

static void cosigning_gives_the_golden_line(void)
{
    struct key *log = key_of(0x11), *witness = key_of(0x22);
    struct digest root = golden_root();
    struct note note;
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    CHECK_OK(note_sign(log, GOLDEN_ORIGIN, 8, &root, &out));
    if (CHECK_OK(note_parse(slice_text(GOLDEN_BODY "\n" GOLDEN_LOG_LINE), &note)))
        CHECK_OK(note_cosign(witness, GOLDEN_WITNESS_NAME, GOLDEN_TIME_S, &note, &out));
    struct digest file = digest_plain(buffer_slice(&out));
    CHECK_U64(out.length, 330);
    CHECK_BYTES(buffer_slice(&out), slice_text(GOLDEN_NOTE));
    CHECK_BYTES(digest_slice(&file),
                hex("fc99d24d29a01d38467baf0f3c1184dc038e98f76304434f40605a62081706cd"));
    CHECK_STATUS(note_cosign(witness, "a name with blanks", GOLDEN_TIME_S, &note, &out),
                 FAIL(CONFIG));
    buffer_done(&out);
    key_free(log);
    key_free(witness);
}

/* The golden checkpoint's line by the witness, as of another time. */
static void put_cosignature(struct buffer *out, uint64_t time_s)
{
    struct key *witness = key_of(0x22);
    struct note note;
    if (CHECK_OK(note_parse(slice_text(GOLDEN_NOTE), &note)))
        CHECK_OK(note_cosign(witness, GOLDEN_WITNESS_NAME, time_s, &note, out));
    key_free(witness);
}

static void a_witnesss_answer_is_put_into_the_checkpoint(void)
{
    static const struct {
        const char *text, *lines, *want;
    } good[] = {
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, GOLDEN_WITNESS_LINE, GOLDEN_NOTE},
        {GOLDEN_NOTE, GOLDEN_WITNESS_LINE, GOLDEN_NOTE},
        {GOLDEN_BODY "\n" GOLDEN_WITNESS_LINE GOLDEN_LOG_LINE, GOLDEN_WITNESS_LINE, GOLDEN_NOTE},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE GOLDEN_DASH "x AAAAAAAA\n",
         GOLDEN_DASH "y AAAAAAAA\n" GOLDEN_WITNESS_LINE,
         GOLDEN_BODY "\n" GOLDEN_LOG_LINE GOLDEN_DASH "x AAAAAAAA\n" GOLDEN_WITNESS_LINE},
    };
    const struct cosigner cosigner = {vkey_of(GOLDEN_WITNESS_VKEY), GOLDEN_TIME_S, GOLDEN_TIME_S};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct buffer out = buffer_new(NOTE_MAX_BYTES);
        CHECK_OK(note_add_cosignature(slice_text(good[i].text), slice_text(good[i].lines),
                                      &cosigner, &out));
        CHECK_BYTES(buffer_slice(&out), slice_text(good[i].want));
        buffer_done(&out);
    }
}

static void a_newer_cosignature_takes_the_place_of_an_older_one(void)
{
    const struct cosigner cosigner = {vkey_of(GOLDEN_WITNESS_VKEY), 0, UINT64_MAX};
    struct buffer newer = buffer_new(NOTE_MAX_BYTES), want = buffer_new(NOTE_MAX_BYTES);
    buffer_text(&want, GOLDEN_BODY "\n" GOLDEN_LOG_LINE);
    put_cosignature(&newer, GOLDEN_TIME_S + 60);
    buffer_put(&want, buffer_slice(&newer));
    for (int overtaken = 0; overtaken < 2; overtaken++) {
        struct buffer out = buffer_new(NOTE_MAX_BYTES);
        CHECK_OK(note_add_cosignature(
            overtaken == 1 ? buffer_slice(&want) : slice_text(GOLDEN_NOTE),
            overtaken == 1 ? slice_text(GOLDEN_WITNESS_LINE) : buffer_slice(&newer), &cosigner,
            &out));
        CHECK_BYTES(buffer_slice(&out), buffer_slice(&want));
        buffer_done(&out);
    }
    buffer_done(&newer);
    buffer_done(&want);
}

static void an_answer_that_does_not_hold_changes_nothing(void)
{
    static const char other_line[] = /* one digit of the signature is another */
        GOLDEN_DASH GOLDEN_WITNESS_NAME
        " cAaUUgAAAABqsTuAjfCBKS5sNhnGORTQOSX8n6CXhWOxJ1V9uChn0y98wulThheNKSMpe5"
        "U/ErI/Eag9VsEmzi8mKocUKSRMt2hRAQ==\n";
    static const struct {
        const char *text, *lines;
        struct status want;
    } bad[] = {
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, "", {CODE_REFUSED, REASON_NOTE_SHAPE}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, "x", {CODE_REFUSED, REASON_NOTE_SHAPE}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE,
         GOLDEN_WITNESS_LINE "x",
         {CODE_REFUSED, REASON_NOTE_SHAPE}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE,
         "\n" GOLDEN_WITNESS_LINE,
         {CODE_REFUSED, REASON_NOTE_SHAPE}},
        {GOLDEN_BODY GOLDEN_LOG_LINE, GOLDEN_WITNESS_LINE, {CODE_REFUSED, REASON_NOTE_SHAPE}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, GOLDEN_LOG_LINE, {CODE_REFUSED, REASON_NOTE_KEY}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, other_line, {CODE_REFUSED, REASON_NOTE_SIGNATURE}},
        {GOLDEN_BODY "\n" GOLDEN_LOG_LINE, GOLDEN_WITNESS_LINE, {CODE_REFUSED, REASON_WITNESS_AGE}},
        {GOLDEN_ORIGIN "\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n" GOLDEN_LOG_LINE,
         GOLDEN_WITNESS_LINE,
         {CODE_REFUSED, REASON_NOTE_SIGNATURE}},
    };
    struct buffer out = buffer_new(NOTE_MAX_BYTES);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (uint64_t late = 0; late < 2; late++) {
            const struct cosigner cosigner = {vkey_of(GOLDEN_WITNESS_VKEY),
                                              late == 1 ? GOLDEN_TIME_S + 1 : 0,
                                              late == 1 ? UINT64_MAX : GOLDEN_TIME_S - 1};
            if (!CHECK_STATUS(note_add_cosignature(slice_text(bad[i].text),
                                                   slice_text(bad[i].lines), &cosigner, &out),
                              bad[i].want))
                fprintf(stderr, "answer %zu\n", i);
        }
    CHECK_U64(out.length, 0);
    buffer_done(&out);
}

static void a_checkpoint_that_is_full_takes_no_line_of_one_more(void)
{
    struct buffer full = buffer_new(NOTE_MAX_BYTES), out = buffer_new(NOTE_MAX_BYTES);
    const struct cosigner cosigner = {vkey_of(GOLDEN_WITNESS_VKEY), 0, UINT64_MAX};
    buffer_text(&full, GOLDEN_BODY "\n" GOLDEN_LOG_LINE);
    for (size_t i = 1; i < NOTE_MAX_SIGNATURES; i++)
        buffer_text(&full, GOLDEN_DASH "x AAAAAAAA\n");
    CHECK_STATUS(
        note_add_cosignature(buffer_slice(&full), slice_text(GOLDEN_WITNESS_LINE), &cosigner, &out),
        REFUSE(NOTE_SHAPE));
    CHECK_U64(out.length, 0);
    full.length -= strlen(GOLDEN_DASH "x AAAAAAAA\n");
    CHECK_OK(note_add_cosignature(buffer_slice(&full), slice_text(GOLDEN_WITNESS_LINE), &cosigner,
                                  &out));
    buffer_put(&full, slice_text(GOLDEN_WITNESS_LINE)); /* in whose place it comes */
    buffer_clear(&out);
    CHECK_OK(note_add_cosignature(buffer_slice(&full), slice_text(GOLDEN_WITNESS_LINE), &cosigner,
                                  &out));
    CHECK_BYTES(buffer_slice(&out), buffer_slice(&full));
    buffer_done(&full);
    buffer_done(&out);
}

static void keys_of_others_do_not_vouch(void)
{
    struct note note;
    struct vkey log = vkey_of(GOLDEN_LOG_VKEY), witness = vkey_of(GOLDEN_WITNESS_VKEY);
    uint64_t time_s = 0;
    struct vkey other = log;
    if (!CHECK_OK(note_parse(slice_text(GOLDEN_BODY "\n" GOLDEN_WITNESS_LINE), &note)))
        return;
    CHECK_STATUS(note_verify(&note, &log), REFUSE(NOTE_KEY));
    other.name = slice_text("gw2.jx.example/audit/2026");
    CHECK_STATUS(note_verify(&note, &other), REFUSE(NOTE_ORIGIN));
    if (!CHECK_OK(note_parse(slice_text(GOLDEN_BODY "\n" GOLDEN_LOG_LINE), &note)))
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
        GOLDEN_BODY,
        GOLDEN_BODY "\n",
        GOLDEN_BODY GOLDEN_LOG_LINE,
        GOLDEN_BODY "\n" GOLDEN_LOG_LINE "\n",
        GOLDEN_BODY "\n" GOLDEN_LOG_LINE "x",
        GOLDEN_BODY "extension\n\n" GOLDEN_LOG_LINE,
        GOLDEN_BODY "\n- " GOLDEN_ORIGIN " p3EkGOs7\n",
        GOLDEN_BODY "\n" GOLDEN_DASH GOLDEN_ORIGIN "\n",
        GOLDEN_BODY "\n" GOLDEN_DASH GOLDEN_ORIGIN " \n",
        GOLDEN_BODY "\n" GOLDEN_DASH GOLDEN_ORIGIN " p3EkGA==\n",
        GOLDEN_BODY "\n" GOLDEN_DASH GOLDEN_ORIGIN "  p3EkGOs7\n",
        GOLDEN_BODY "\n" GOLDEN_DASH " p3EkGOs7\n",
        GOLDEN_BODY "\n" GOLDEN_DASH "a+b p3EkGOs7\n",
        "a b\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" GOLDEN_LOG_LINE,
        "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" GOLDEN_LOG_LINE,
        GOLDEN_ORIGIN "\n08\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" GOLDEN_LOG_LINE,
        GOLDEN_ORIGIN "\n+8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" GOLDEN_LOG_LINE,
        GOLDEN_ORIGIN
        "\n9223372036854775808\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n" GOLDEN_LOG_LINE,
        GOLDEN_ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n\n" GOLDEN_LOG_LINE,
        GOLDEN_ORIGIN "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQw==\n\n" GOLDEN_LOG_LINE,
        GOLDEN_BODY "\n" GOLDEN_DASH "a\x7f\xc0 p3EkGOs7\n",
    };
    struct note note;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (!CHECK_STATUS(note_parse(slice_text(bad[i]), &note), REFUSE(NOTE_SHAPE)))
            fprintf(stderr, "note %zu\n", i);
    CHECK_OK(note_parse(
        slice_text(GOLDEN_BODY "\n" GOLDEN_DASH "unknown p3EkGOs7\n" GOLDEN_LOG_LINE), &note));
}

static void a_note_has_limits(void)
{
    struct buffer b = buffer_new(2 * NOTE_MAX_BYTES);
    struct note note;
    buffer_text(&b, GOLDEN_BODY "\n");
    for (size_t i = 0; i < NOTE_MAX_SIGNATURES; i++)
        buffer_text(&b, GOLDEN_LOG_LINE);
    CHECK_OK(note_parse(buffer_slice(&b), &note));
    buffer_text(&b, GOLDEN_LOG_LINE);
    CHECK_STATUS(note_parse(buffer_slice(&b), &note), REFUSE(NOTE_SHAPE));

    buffer_clear(&b);
    buffer_text(&b, GOLDEN_BODY "\n" GOLDEN_DASH "long ");
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
    struct vkey log = vkey_of(GOLDEN_LOG_VKEY), witness = vkey_of(GOLDEN_WITNESS_VKEY);
    uint64_t time_s = 0;
    return !failed(note_parse(text, &note)) && !failed(note_verify(&note, &log)) &&
           !failed(note_cosigned(&note, &witness, &time_s));
}

static void no_cut_or_changed_checkpoint_is_vouched_for(void)
{
    size_t length = strlen(GOLDEN_NOTE);
    uint8_t *octets = malloc(length);
    if (!CHECK(octets != NULL))
        return;
    memcpy(octets, GOLDEN_NOTE, length);
    CHECK(vouched(slice_over(octets, length)));
    for (size_t i = 0; i < length; i++) {
        CHECK(!vouched(slice_over(octets, i)));
        octets[i] ^= (uint8_t)(1U << i % 8);
        CHECK(!vouched(slice_over(octets, length)));
        octets[i] ^= (uint8_t)(1U << i % 8);
    }
    free(octets);
}

TESTS(
    note, {"keys have their text form", keys_have_their_text_form},
    {"a key text with anything wrong is refused", a_key_text_with_anything_wrong_is_refused},
    {"the golden checkpoint is signed and cosigned", the_golden_checkpoint_is_signed_and_cosigned},
    {"signing gives the golden checkpoint", signing_gives_the_golden_checkpoint},
    {"cosigning gives the golden line", cosigning_gives_the_golden_line},
    {"a witness's answer is put into the checkpoint", a_witnesss_answer_is_put_into_the_checkpoint},
    {"a newer cosignature takes the place of an older one",
     a_newer_cosignature_takes_the_place_of_an_older_one},
    {"an answer that does not hold changes nothing", an_answer_that_does_not_hold_changes_nothing},
    {"a checkpoint that is full takes no line of one more",
     a_checkpoint_that_is_full_takes_no_line_of_one_more},
    {"keys of others do not vouch", keys_of_others_do_not_vouch},
    {"a note of another shape is refused", a_note_of_another_shape_is_refused},
    {"a note has limits", a_note_has_limits},
    {"no cut or changed checkpoint is vouched for", no_cut_or_changed_checkpoint_is_vouched_for})
