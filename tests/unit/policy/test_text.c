#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/birth.h"
#include "policy/fold.h"
#include "policy/haystack.h"
#include "policy/needles.h"

static struct arena *arena;

static void open_arena(void)
{
    arena = arena_new(4UL << 20);
    CHECK(arena != NULL);
}

static void close_arena(void)
{
    arena_free(arena);
    arena = NULL;
}

static void words_lose_case_accents_and_punctuation(void)
{
    static const char *const cases[][2] = {
        {"Blue Lantern House", " blue lantern house "},
        {"  DOSTAN,Mirela! ", " dostan mirela "},
        {"Dostán", " dostan "},
        {"Dosta\xcc\x81n", " dostan "}, /* a, then a combining accent */
        {"Æsir Œuvre Straße", " aesir oeuvre strasse "},
        {"Łódź Ðorđe Ħaż-Żabbar", " lodz dorde haz zabbar "},
        {"Iași Țepeș Şahin", " iasi tepes sahin "},
        {"O\xe2\x80\x99"
         "Brien O'Brien",
         " o brien o brien "},
        {"ΑΘΗΝΑ", " αθηνα "},
        {"МАРИЯ Ѓорги", " мария горги "},
        {"Андрей Їжак Алёна Ўладзімір", " андреи іжак алена уладзімір "},
        {"И\xcc\x86 и\xcc\x86 Й й", " и и и и "}, /* with a combining breve, and without */
        {"Ә ә Ӯ ӯ Қ қ Ӂ ӂ Ӄ ӄ", " ә ә у у қ қ ж ж ӄ ӄ "},
        {"Γιώργος ΑΪΒΑΛΉΣ Ἀθηνᾶ", " γιωργοσ αιβαλησ αθηνα "},
        {"ΰ ΐ Ϋ ϋ Ώ Ή", " υ ι υ υ ω η "},
        {"ԱՐԱՄ Արամ", " արամ արամ "},
        {"Nguyễn Thị Ánh ẞ Ẑ", " nguyen thi anh ss z "},
        {"Ǆ ƀ Ɓ ɓ Ə ə Ǟ Ȟ ɏ Ʈ", " dz b b b e e a h y t "},
        {"O\xca\xbc"
         "Brien Nez\xca\xbb",
         " o brien nez "},
        {"佐々木・ジョン", " 佐々木 ジョン "},
        {"Ｌｉｎｄｆｊｏｒｄ", " lindfjord "},
        {"Lind\xc2\xad"
         "fj\xe2\x80\x8bord",
         " lindfjord "}, /* soft hyphen, zero width space */
        {"2001-11-05", " 2001 11 05 "},
        {"東京", " 東京 "},
        {"", " "},
        {"...", " "},
    };
    open_arena();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_BYTES(fold_words(arena, slice_text(cases[i][0])), slice_text(cases[i][1]));
    close_arena();
}

static void apostrophes_of_every_form_are_nothing_in_joined_words(void)
{
    static const char *const forms[] = {
        "'", "\xc2\xb4", "\xca\xbc", "\xe2\x80\x98", "\xe2\x80\x99", "\xef\xbc\x87"};
    open_arena();
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char text[32];
        snprintf(text, sizeof text, "Mc O%sBrien", forms[i]);
        CHECK_BYTES(fold_joined(arena, slice_text(text)), slice_text(" mc obrien "));
        CHECK_BYTES(fold_words(arena, slice_text(text)), slice_text(" mc o brien "));
        CHECK(fold_has_apostrophe(slice_text(text)));
    }
    CHECK(!fold_has_apostrophe(slice_text("Mc O-Brien, \"Dostán\"")));
    close_arena();
}

static void scripts_without_blanks_are_known(void)
{
    static const char *const without[] = {"山田",     "a 々",  "ひらがな",
                                          "カタカナ", "สมชาย", "\xf0\xa0\x80\x80"};
    static const char *const with[] = {"", "Dostán", "МАРИЯ", "ΑΘΗΝΑ", "محمد", "김철수", "・"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        CHECK(fold_is_unspaced(slice_text(without[i])));
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        CHECK(!fold_is_unspaced(slice_text(with[i])));
}

/* Every small letter is what its capital is, and each is compared as some letter. */
static void every_latin_letter_has_a_plain_one(void)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {{0xC0, 0x2AF}, {0x1E00, 0x1EFF}};
    open_arena();
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++)
        for (unsigned c = ranges[r].first; c <= ranges[r].last; c++) {
            const uint8_t two[] = {(uint8_t)(0xC0 | c >> 6), (uint8_t)(0x80 | (c & 0x3F))};
            const uint8_t three[] = {(uint8_t)(0xE0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 0x3F)),
                                     (uint8_t)(0x80 | (c & 0x3F))};
            struct slice folded = fold_number(arena, c < 0x800 ? slice_over(two, sizeof two)
                                                               : slice_over(three, sizeof three));
            bool sign = c == 0xD7 || c == 0xF7 || (c >= 0x1C0 && c <= 0x1C3);
            if (!CHECK(sign ? folded.length == 0 : folded.length == 1 || folded.length == 2))
                printf("    U+%04X\n", c);
            for (size_t i = 0; i < folded.length; i++)
                CHECK(folded.at[i] >= 'a' && folded.at[i] <= 'z');
        }
    close_arena();
}

static void numbers_keep_letters_and_digits_only(void)
{
    static const char *const cases[][2] = {
        {"+999 551-200.481", "999551200481"},
        {"C 3390174", "c3390174"},
        {"XA-INT-2026-118204", "xaint2026118204"},
        {"０８１５", "0815"},
        {" - ", ""},
    };
    open_arena();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_BYTES(fold_number(arena, slice_text(cases[i][0])), slice_text(cases[i][1]));
    close_arena();
}

static void words_without_their_blanks_are_the_number(void)
{
    static const char *const texts[] = {
        "+999 551-200.481", "O'Brien, Zoë  \"Dostán\"", "\xC3(a", "ДОСТАН ０８１５", "", " - "};
    open_arena();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        CHECK_BYTES(fold_unspaced(arena, fold_words(arena, slice_text(texts[i]))),
                    fold_number(arena, slice_text(texts[i])));
    close_arena();
}

static void octets_that_are_no_text_are_folded_without_harm(void)
{
    open_arena();
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t octets[] = {(uint8_t)first, 0x80, (uint8_t)first};
        for (size_t length = 0; length <= sizeof octets; length++) {
            struct slice folded = fold_words(arena, slice_over(octets, length));
            CHECK(folded.length >= 1 && folded.length <= length + 2);
            CHECK(fold_number(arena, slice_over(octets, length)).length <= length);
        }
    }
    close_arena();
}

static void a_full_arena_gives_no_folded_text(void)
{
    struct arena *tiny = arena_new(16);
    CHECK(fold_words(tiny, slice_text("a text longer than the arena")).at == NULL);
    struct needles n = needles_new(tiny);
    needles_add(&n, (struct slice){NULL, 0});
    CHECK(n.starved);
    arena_free(tiny);
}

static void settle(struct needles *n, const struct needles *shown)
{
    struct needles none = needles_new(arena);
    needles_settle(n, shown == NULL ? &none : shown);
}

static void needles_are_found_as_whole_words(void)
{
    open_arena();
    struct needles n = needles_new(arena);
    needles_add(&n, slice_text(" ana b "));
    needles_add(&n, slice_text(" ana "));
    needles_add(&n, slice_text(" zoe x "));
    settle(&n, NULL);
    CHECK_U64(n.count, 2);
    CHECK(needles_in_words(&n, slice_text(" then ana c came ")));
    CHECK(needles_in_words(&n, slice_text(" zoe x ")));
    CHECK(!needles_in_words(&n, slice_text(" anabel and zoe y ")));
    CHECK(!needles_in_words(&n, slice_text(" ")));
    close_arena();
}

static void needles_that_are_shown_do_not_count(void)
{
    open_arena();
    struct needles n = needles_new(arena), shown = needles_new(arena);
    needles_add(&n, slice_text(" ana "));
    needles_add(&n, slice_text(" berg "));
    needles_add(&shown, slice_text(" ana "));
    needles_sort(&shown);
    settle(&n, &shown);
    CHECK(!needles_in_words(&n, slice_text(" ana ")));
    CHECK(needles_in_words(&n, slice_text(" ana berg ")));
    close_arena();
}

/* Against the plain search: whatever is there is found, whatever is not is not. */
static void needles_find_what_a_plain_search_finds(void)
{
    unsigned seed = 20260907;
    for (unsigned round = 0; round < 2000; round++) {
        char texts[6][12];
        char text[40];
        open_arena();
        struct needles n = needles_new(arena);
        for (size_t i = 0; i < 6; i++) {
            size_t length = 1 + (unsigned)rand_r(&seed) % 4;
            for (size_t k = 0; k < length; k++)
                texts[i][k] = (char)('a' + rand_r(&seed) % 2);
            texts[i][length] = '\0';
            if (i < 5)
                needles_add(&n, slice_text(texts[i]));
        }
        snprintf(text, sizeof text, "%s%s", texts[5], round % 2 == 0 ? texts[0] : "b");
        bool there = false;
        for (size_t i = 0; i < 5; i++)
            there = there || strstr(text, texts[i]) != NULL;
        settle(&n, NULL);
        CHECK(needles_in_number(&n, slice_text(text)) == there);
        close_arena();
    }
}

static void all_that_stands_in_a_haystack_may_stand_there(void)
{
    static const char *const texts[] = {"Mirela Dostán, born 17.03.1984", "the O'Briens",
                                        "AB-12 345", "x"};
    open_arena();
    struct haystack h = {.arena = arena};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        haystack_add(&h, i == 2 ? PROSE_CODE : PROSE_FREE, slice_text(texts[i]));
    for (size_t i = 0; i < h.count; i++) {
        const struct slice words = h.at[i].words, number = h.at[i].number;
        for (size_t k = 0; k + NEEDLE_MIN_BYTES <= words.length; k++)
            CHECK(words.at[k] != ' ' ||
                  haystack_may_have_words(&h, slice_part(words, k, SIZE_MAX)));
        for (size_t k = 0; k + NEEDLE_MIN_BYTES <= number.length; k++)
            CHECK(haystack_may_have_number(&h, slice_part(number, k, SIZE_MAX)));
    }
    CHECK(haystack_may_have_words(&h, slice_text(" obriens ")));
    CHECK(h.at[2].words.at == NULL && !h.at[2].free);
    CHECK(!haystack_may_have_words(&h, slice_text(" zoe ")));
    CHECK(!haystack_may_have_words(&h, slice_text(" ab 12 ")));
    CHECK(!haystack_may_have_number(&h, slice_text("77777")));
    CHECK(!h.starved);
    close_arena();
}

static void a_full_arena_starves_a_haystack(void)
{
    struct arena *tiny = arena_new(256);
    struct haystack h = {.arena = tiny};
    for (unsigned i = 0; i < 16; i++)
        haystack_add(&h, PROSE_FREE, slice_text("a text"));
    CHECK(h.starved);
    arena_free(tiny);
}

static void majority_is_reached_on_the_birthday(void)
{
    static const struct {
        const char *birth;
        bool minor; /* on 2026-09-07 */
    } cases[] = {
        {"2008-09-06", false}, {"2008-09-07", false}, {"2008-09-08", true}, {"2008-09", true},
        {"2008-08", false},    {"2008", true},        {"2007", false},      {"1955-03-01", false},
        {"2026-09-07", true},  {"2008-02-29", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct birth b;
        if (CHECK(birth_read(slice_text(cases[i].birth), &b)) &&
            !CHECK(birth_is_minor_on(b, birth_day_of(1788766800000ULL)) == cases[i].minor))
            printf("    %s\n", cases[i].birth);
    }
    struct birth none;
    CHECK(!birth_read(slice_text("20080907"), &none));
    CHECK(!birth_read(slice_text("2008-13"), &none));
    CHECK(!birth_read(slice_text(""), &none));
}

TESTS(policy_text,
      {"words lose case, accents and punctuation", &words_lose_case_accents_and_punctuation},
      {"apostrophes of every form are nothing in joined words",
       &apostrophes_of_every_form_are_nothing_in_joined_words},
      {"scripts without blanks are known", &scripts_without_blanks_are_known},
      {"every Latin letter has a plain one", &every_latin_letter_has_a_plain_one},
      {"numbers keep letters and digits only", &numbers_keep_letters_and_digits_only},
      {"words without their blanks are the number", &words_without_their_blanks_are_the_number},
      {"octets that are no text are folded without harm",
       &octets_that_are_no_text_are_folded_without_harm},
      {"a full arena gives no folded text", &a_full_arena_gives_no_folded_text},
      {"needles are found as whole words", &needles_are_found_as_whole_words},
      {"needles that are shown do not count", &needles_that_are_shown_do_not_count},
      {"needles find what a plain search finds", &needles_find_what_a_plain_search_finds},
      {"all that stands in a haystack may stand there",
       &all_that_stands_in_a_haystack_may_stand_there},
      {"a full arena starves a haystack", &a_full_arena_starves_a_haystack},
      {"majority is reached on the birthday", &majority_is_reached_on_the_birthday})
